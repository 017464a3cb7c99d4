"""Zones as times name them: offsets, IANA names, and the abbreviations that mean one zone only."""

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_IANA = re.compile(r"[A-Za-z_]{2,20}(?:/[A-Za-z0-9_+-]{1,30}){1,2}")
_FURTHEST = 14 * 60  # minutes; no place on Earth is further from UTC
_HOURS = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "EST": -5, "EDT": -4, "CDT": -5, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
# What Kazakhstan's zones were called; what these mean changed on 1 March 2024.
_PLACES = {
    "ALMT": "Asia/Almaty",
    "AQTT": "Asia/Aqtau",
    "ORAT": "Asia/Oral",
    "QYZT": "Asia/Qyzylorda",
}

# The abbreviations as alternatives of a pattern, the longer first.
KNOWN_ZONES = "|".join(sorted({*_HOURS, *_PLACES}, key=lambda name: (-len(name), name)))


@lru_cache(maxsize=512)
def zone_of(text: str) -> tzinfo | None:
    """Give the zone that a time names; None where it names none, or one of several."""
    name = text.upper()
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name])) if _HOURS[name] else UTC
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes > _FURTHEST or int(offset[3] or 0) > 59:
            return None
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    place = _PLACES.get(name, text)
    if not _IANA.fullmatch(place):
        return None
    try:
        return ZoneInfo(place)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is an OSError
        return None
