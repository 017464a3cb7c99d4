"""Which addresses a webhook may be called at: those of the public Internet, and no others.

Who may name a URL must not thereby reach what only we reach: ourselves, our networks, a cloud's
metadata. The name is resolved once and the connection goes to the address that was checked, so that
a name that changes between the two (DNS rebinding) leads nowhere.
"""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

from pipeline.errors import ConfigurationError, DeliveryRefused, Problem

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# Addresses that carry another one inside: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo
# (RFC 4380), and those that are compatible with IPv4 (RFC 4291, 2.5.5.1).
_CARRIERS = tuple(
    ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)


def allowed_networks(texts: Sequence[str], place: str) -> tuple[Network, ...]:
    """Read networks that may be called although they are private; ConfigurationError where not."""
    found, problems = [], []
    for text in texts:
        try:
            found.append(ip_network(text))
        except ValueError as error:
            problems.append(Problem(place, 0, f"{text!r} is no network: {error}"))
    if problems:
        raise ConfigurationError(problems)
    return tuple(found)


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public Internet, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in carrier for carrier in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast


async def checked_address(host: str, port: int, allowed: Sequence[Network], place: str) -> str:
    """Resolve a name to an address that may be called; DeliveryRefused where it has none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for _, _, _, _, where in found:
        address = ip_address(str(where[0]).partition("%")[0])
        if is_public(address) or any(address in network for network in allowed):
            return str(address)
    raise DeliveryRefused(
        f"{place}: its address is private, and no setting allows it (notify.webhook.private)",
        "no_channel",
    )
