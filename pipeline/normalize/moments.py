"""Times as records write them, to nanoseconds since the epoch.

ISO 8601 / RFC 3339 with or without zone, and epoch numbers. A zone-less time is read in the
source's zone and says so; a time that no log still arriving can bear is no time.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias

from pipeline.model import NANOSECONDS, TimeConfidence

# A clock that was never set starts in 1970, an empty FILETIME in 1601: such a time is none.
EARLIEST = int(datetime(1971, 1, 1, tzinfo=UTC).timestamp()) * NANOSECONDS

Moment: TypeAlias = tuple[int, TimeConfidence]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (both sides of the subtraction are UTC)
_ISO = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?"
    r" ?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    flags=re.ASCII,
)
_DIGITS = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?")


def utc(text: str) -> int | None:
    """Read an ISO time that is UTC by definition, whether it says so or not; None where none."""
    if not text.isascii():
        return None
    try:
        since = datetime.fromisoformat(text[:26].removesuffix("Z")) - _NAIVE_EPOCH
    except (ValueError, TypeError):  # no time; a time with an offset, which is not UTC
        return None
    if len(text) <= 26:
        return (since.days * 86_400 + since.seconds) * NANOSECONDS + since.microseconds * 1000
    finer = text[26:].removesuffix("Z")  # datetime ends at microseconds
    if text[19] != "." or not (not finer or (finer.isascii() and finer.isdigit())):
        return None
    nanos = since.microseconds * 1000 + int(finer[:3].ljust(3, "0"))
    return (since.days * 86_400 + since.seconds) * NANOSECONDS + nanos


def moment(value: object, zone: tzinfo) -> Moment | None:
    """Read a time as a record gives it; None where it is none or older than ``EARLIEST``.

    Text in ISO 8601, zone-less text in ``zone`` (``ZONE_ASSUMED``), epoch seconds, milliseconds,
    microseconds or nanoseconds as a number or as digits, told apart by their size.
    """
    if isinstance(value, str):
        at = utc(value) if value[-1:] == "Z" else None
        found = _from_text(value, zone) if at is None else (at, TimeConfidence.EXACT)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _from_number(value)
    else:
        return None
    return None if found is None or found[0] < EARLIEST else found


def _from_text(text: str, zone: tzinfo) -> Moment | None:
    text = text.strip()
    match = _ISO.fullmatch(text)
    if match is None:
        return _from_digits(text) if _DIGITS.fullmatch(text) else None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        naive = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001 (the zone is resolved below)
    except ValueError:
        return None
    nanos = int(fraction[:9].ljust(9, "0")) if fraction else 0
    if offset is None:
        at = in_zone(naive, zone)
        return None if at is None else (at + nanos, TimeConfidence.ZONE_ASSUMED)
    at = in_zone(naive, UTC)
    shift = _offset_seconds(offset)
    if at is None or shift is None:
        return None
    return at + nanos - shift * NANOSECONDS, TimeConfidence.EXACT


def in_zone(naive: datetime, zone: tzinfo) -> int | None:
    """Give the nanoseconds of a wall-clock time in a zone; None where no calendar has it.

    Of a repeated hour the first is taken, and a skipped hour is read as its zone reads it.
    """
    try:
        since = naive.replace(tzinfo=zone) - _EPOCH
    except (OverflowError, ValueError):
        return None
    return (since.days * 86_400 + since.seconds) * NANOSECONDS + since.microseconds * 1000


def _offset_seconds(text: str) -> int | None:
    if text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 14 or minutes > 59:
        return None
    seconds = int(timedelta(hours=hours, minutes=minutes).total_seconds())
    return -seconds if text[0] == "-" else seconds


def _from_digits(text: str) -> Moment | None:
    whole, _, fraction = text.partition(".")
    found = _from_number(int(whole))
    if found is None or not fraction or len(whole) > 10:
        return found
    return found[0] + int(fraction[:9].ljust(9, "0")), TimeConfidence.EXACT


def _from_number(value: float) -> Moment | None:
    """Tell the unit by size: 10 digits are seconds until 2286, 13 milliseconds, and so on."""
    if not 100_000_000 <= value < 10_000_000_000_000_000_000:
        return None
    for unit in (1, 1_000, 1_000_000, NANOSECONDS):
        if value < 10_000_000_000 * unit:
            whole = value * (NANOSECONDS // unit) if isinstance(value, int) else _float(value, unit)
            return whole, TimeConfidence.EXACT
    return None


def _float(value: float, unit: int) -> int:
    """Keep microseconds of a float: its own precision ends there for today's epoch seconds."""
    return round(value * (1_000_000 / unit)) * 1000
