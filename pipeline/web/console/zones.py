"""The zone in which somebody reads times of day: the browser's, else the centre's."""

from datetime import tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

ZONE = "saqshy_zone"  # the cookie in which the console's script keeps what the browser says


def zone_of(wanted: str, usual: tzinfo) -> tzinfo:
    """Give a zone by its IANA name; ``usual`` where the browser says none that is known."""
    return ZoneInfo(wanted) if wanted in _known() else usual


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
