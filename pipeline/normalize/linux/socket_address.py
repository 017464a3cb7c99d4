"""A kernel's socket address (``struct sockaddr``) in hexadecimal, as audit records carry it.

Source: Linux, include/linux/socket.h (families), include/uapi/linux/in.h, in6.h, un.h. The family
is in the machine's byte order (little endian on all that Saqshy meets), the port in the network's.
"""

from ipaddress import IPv4Address, IPv6Address

from pipeline.model import Json

_FAMILIES = {1: "local", 2: "inet", 10: "inet6", 16: "netlink", 17: "packet", 40: "vsock"}


def socket_address(text: str) -> Json:
    """Give ``saddr_fam`` with ``laddr`` and ``lport``, or ``path``; {} where it does not read."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return {}
    if len(data) < 2:
        return {}
    family = _FAMILIES.get(int.from_bytes(data[:2], "little"), "")
    found: Json = {"saddr_fam": family} if family else {}
    if family == "inet" and len(data) >= 8:
        found |= {"laddr": str(IPv4Address(data[4:8])), "lport": int.from_bytes(data[2:4], "big")}
    elif family == "inet6" and len(data) >= 24:
        found |= {"laddr": str(IPv6Address(data[8:24])), "lport": int.from_bytes(data[2:4], "big")}
    elif family == "local":
        abstract = data[2:3] == b"\x00"  # a name without a file: it begins with a NUL
        name = data[3:] if abstract else data[2:]
        path = name.partition(b"\x00")[0].decode("utf-8", "replace")
        if path:
            found["path"] = f"@{path}" if abstract else path
    return found
