"""How often somebody may be wrong; unknown names are counted like known ones."""

import hashlib
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from pipeline.model import NANOSECONDS, Instant
from pipeline.ports.accounts import Attempts

MINUTE = 60 * NANOSECONDS
# Wrong within how long: a name from one network, a network with any name, a name from anywhere.
# The last is wide, so that a stranger who knows a name does not lock its owner out at once.
TOGETHER, NETWORK, NAME = (5, 15 * MINUTE), (30, 15 * MINUTE), (60, 60 * MINUTE)
_PREFIX = {4: 32, 6: 64}


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts failures by name and network."""

    store: Attempts

    def hold(self, name: str, address: str, now: Instant) -> bool:
        """Tell whether this is once too often: nothing is looked at then."""
        return any(
            self.store.failures(key, now - within) >= most
            for key, (most, within) in zip(
                _keys(name, address), (TOGETHER, NETWORK, NAME), strict=True
            )
        )

    def failed(self, name: str, address: str, now: Instant) -> None:
        """Note that it was wrong."""
        self.store.failed(_keys(name, address), now)


def _keys(name: str, address: str) -> tuple[str, str, str]:
    network = _network(address)
    return tuple(  # type: ignore[return-value]
        hashlib.sha256("\0".join(parts).encode()).hexdigest()
        for parts in (("together", name, network), ("network", network), ("name", name))
    )


def _network(address: str) -> str:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((found, _PREFIX[found.version]), strict=False))
