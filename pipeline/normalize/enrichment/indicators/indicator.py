"""One threat indicator: what it looks for, from when to when, and who says so under which terms."""

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

Kind: TypeAlias = Literal["ip", "network", "domain", "url", "email", "hash"]

EVER = 1 << 62  # nanoseconds: before and after every event
MOST_VALUE = 2048
_HASHES = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
_HEX = re.compile(r"[0-9a-f]+")
_DOMAIN = re.compile(r"[^\s/:@\\]+")
_PORTS = {"http": 80, "https": 443, "ftp": 21}


class Sheet(NamedTuple):
    """What many indicators of one feed have in common; "" where it is not said.

    ``tlp`` is a label of TLP 2.0 in capitals without its prefix, or ``WHITE`` of 1.0.
    ``confidence`` is one of ECS: None, Low, Medium, High.
    """

    provider: str = ""
    confidence: str = ""
    tlp: str = ""
    tlp_version: str = ""
    reference: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One value looked for in events whose time is in [valid_from, valid_until).

    ``value`` is canonical. ``modified`` orders versions of one ``id``: the newest counts, and where
    that is ``revoked``, none does. Times in nanoseconds.
    """

    kind: Kind
    value: str
    sheet: Sheet
    id: str = ""
    valid_from: int = -EVER
    valid_until: int = EVER
    modified: int = 0
    revoked: bool = False


def canonical(kind: Kind, text: str) -> str:
    """Give a value as both indicators and events are compared; "" where it is none of its kind."""
    text = text.strip()
    if not text.isprintable() or not 0 < len(text) <= MOST_VALUE:
        return ""
    return _CANONICAL[kind](text)


def hash_name(value: str) -> str:
    """Name a hash by its length; "" for other texts."""
    return _HASHES.get(len(value), "")


def address_or_network(text: str) -> tuple[Kind, str]:
    """Tell an address from a network in CIDR notation; the value is "" for what is neither."""
    value = _network(text.strip()) if "/" in text else ""
    if value and not value.endswith(("/32", "/128")):
        return "network", value
    return "ip", _ip(text.strip().partition("/")[0]) if value or "/" not in text else ""


def _ip(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def _network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return ""
    # What covers half of all addresses is a mistake, and would match nearly every event.
    return str(network) if network.prefixlen >= (8 if network.version == 4 else 16) else ""


def _domain(text: str) -> str:
    name = text.rstrip(".").lower()
    if "." not in name or len(name) > 253 or not _DOMAIN.fullmatch(name) or _ip(name):
        return ""
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            return ""
    return name


def _url(text: str) -> str:
    """Give a URL without what no server sees or cares for: case of the host, default port, "#"."""
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError:
        return ""
    if not split.hostname or split.scheme not in ("http", "https", "ftp", "ws", "wss"):
        return ""
    host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname
    where = host if port in (None, _PORTS.get(split.scheme)) else f"{host}:{port}"
    query = f"?{split.query}" if split.query else ""
    return f"{split.scheme}://{where}{split.path or '/'}{query}"


def _email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}" if local and at and "." in domain else ""


def _hash(text: str) -> str:
    value = text.lower()
    return value if hash_name(value) and _HEX.fullmatch(value) else ""


_CANONICAL = {
    "ip": _ip,
    "network": _network,
    "domain": _domain,
    "url": _url,
    "email": _email,
    "hash": _hash,
}
