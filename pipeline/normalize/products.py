"""Which dataset a product's events are of, by the vendor and product that CEF and LEEF name.

Names are those of Elastic's integrations where these have one.
"""

from functools import lru_cache

# Beginnings of "vendor|product" in lower case, the first that fits: dataset.
_PRODUCTS = (
    ("check point|", "checkpoint.firewall"),
    ("checkpoint|", "checkpoint.firewall"),
    ("palo alto networks|", "panw.panos"),
    ("fortinet|forti", "fortinet_fortigate.log"),
    ("cisco|asa", "cisco_asa.log"),
    ("kaspersky lab|kaspersky industrial", "kaspersky.kics"),
    ("ao kaspersky lab|kaspersky industrial", "kaspersky.kics"),
    ("kaspersky|kaspersky industrial", "kaspersky.kics"),
    ("kaspersky", "kaspersky.ksc"),
    ("ao kaspersky", "kaspersky.ksc"),
)


@lru_cache(maxsize=1024)
def known_product(vendor: str, product: str) -> tuple[str, str] | None:
    """Give dataset and module of a product; None of one that nobody here speaks of."""
    name = f"{vendor}|{product}".casefold()
    for beginning, dataset in _PRODUCTS:
        if name.startswith(beginning):
            return dataset, dataset.partition(".")[0]
    return None
