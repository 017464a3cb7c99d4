"""Times as appliances write them: epoch numbers, ISO 8601, ``MMM dd yyyy HH:mm:ss``, Java patterns.

Sources: ArcSight, "Implementing CEF", date formats; IBM, "LEEF custom event date format";
java.text.SimpleDateFormat, date and time patterns.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.model import TimeConfidence
from pipeline.normalize.formats.rfc3164 import MONTHS, named_zone, stamp, year_less
from pipeline.normalize.moments import EARLIEST, Moment, in_zone, moment
from pipeline.normalize.parsed import Context

_LONGEST = 64  # characters of a time or of its pattern
_LETTERS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z']+)")
# SimpleDateFormat's letter: what it may stand for; the names are those that `_read` knows.
_PARTS = {
    "y": r"(?P<year>\d{4}|\d{2})",
    "u": r"(?P<year>\d{4})",
    "d": r"(?P<day>\d{1,2})",
    "H": r"(?P<hour>\d{1,2})",
    "k": r"(?P<hour>\d{1,2})",
    "h": r"(?P<hour>\d{1,2})",
    "K": r"(?P<hour>\d{1,2})",
    "m": r"(?P<minute>\d{1,2})",
    "s": r"(?P<second>\d{1,2})",
    "S": r"(?P<fraction>\d{1,9})",
    "a": r"(?P<half>AM|PM|am|pm)",
    "z": r"(?P<zone>[A-Za-z]{1,5}(?:[+-]\d\d:\d\d)?)",
    "Z": r"(?P<zone>[+-]\d\d:?\d\d)",
    "X": r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)",
    "E": r"\w{2,12}\.?",
}


def vendor_time(text: str, context: Context, zone_name: str = "") -> Moment | None:
    """Read a time; ``zone_name`` (``Asia/Almaty``, ``+05:00``) reads one without a zone."""
    size = len(text)
    if size > _LONGEST:
        return None
    if size == 13 and text.isdecimal() and text.isascii():
        at = int(text) * 1_000_000
        return (at, TimeConfidence.EXACT) if at >= EARLIEST else None
    zone = named(zone_name) if zone_name else None
    if zone is not None:
        context = replace(context, zone=zone)
    if text[:1].isdecimal():
        found = moment(text, context.zone)
    else:
        found, rest = stamp(text, context)
        if rest:
            return None
    if zone is not None and found is not None and found[1] is TimeConfidence.ZONE_ASSUMED:
        return found[0], TimeConfidence.EXACT  # the sender named the zone beside the time
    return found


def patterned_time(text: str, pattern: str, context: Context) -> Moment | None:
    """Read a time by a pattern of Java's SimpleDateFormat; None where it is not of that form."""
    if len(text) > _LONGEST or len(pattern) > _LONGEST:
        return None
    compiled = _compiled(pattern)
    match = compiled.fullmatch(text) if compiled else None
    return _read(match.groupdict(), context) if match else None


@lru_cache(maxsize=128)
def named(name: str) -> tzinfo | None:
    """Give a zone by its name in the tz database, or by its offset; None where it is neither."""
    known, sure = named_zone(name, UTC)
    if sure:
        return known
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    parts, used = [], set()
    for match in _LETTERS.finditer(pattern):
        quoted, letter, plain = match.groups()
        if quoted is not None:
            parts.append(re.escape(quoted.replace("''", "'") or "'"))
        elif plain is not None:
            parts.append(re.escape(plain))
        else:
            part = _part(letter, len(match[0]))
            name = part[4 : part.find(">")] if part.startswith("(?P<") else ""
            if not part or name in used:
                return None
            used.add(name or letter)
            parts.append(part)
    return re.compile("".join(parts))


def _part(letter: str, count: int) -> str:
    if letter in "ML":
        return r"(?P<month>\d{1,2})" if count < 3 else r"(?P<month>[^\W\d]{3,12})\.?"
    return _PARTS.get(letter, "")


def _read(said: dict[str, str], context: Context) -> Moment | None:
    month = said.get("month", "")
    number = int(month) if month.isdecimal() else MONTHS.get(month[:3].lower(), 0)
    parts = (
        number,
        int(said.get("day", 0)),
        _hour(int(said.get("hour", 0)), said.get("half", "")),
        int(said.get("minute", 0)),
        int(said.get("second", 0)),
    )
    zone, sure = named_zone(said["zone"], context.zone) if "zone" in said else (context.zone, False)
    nanos = int(said.get("fraction", "0").ljust(9, "0"))
    if "year" not in said:
        at = year_less(parts, zone, context.reference_at)
        return None if at is None else (at + nanos, TimeConfidence.YEAR_ASSUMED)
    year = int(said["year"]) + (2000 if len(said["year"]) == 2 else 0)
    try:
        at = in_zone(datetime(year, *parts), zone)  # noqa: DTZ001 (zoned by in_zone)
    except ValueError:
        return None
    if at is None or at < EARLIEST:
        return None
    return at + nanos, TimeConfidence.EXACT if sure else TimeConfidence.ZONE_ASSUMED


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour % 24
    return hour % 12 + (12 if half.lower() == "pm" else 0)
