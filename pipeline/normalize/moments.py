"""Times as records write them, to nanoseconds since the epoch.

ISO 8601 / RFC 3339 with or without zone, epoch numbers, Windows FILETIME, and what people read
(``dates``). A zone-less time is read in the source's zone and says so; a time that no log still
arriving can bear is no time.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, TypeAlias

from pipeline.model import NANOSECONDS, TimeConfidence
from pipeline.normalize.dates import dotnet, written

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
_DIGITS = re.compile(r"[0-9]{9,19}(?:[.,][0-9]{1,9})?")
_CALENDAR_DIGITS = 14  # 20260302150000; as an epoch of any unit it would lie before 1971
# Windows counts 100 ns since 1601; read as nanoseconds since 1970, these would be 1973 to 1979.
_FILETIME_EPOCH = 116_444_736_000_000_000
# Nanoseconds of the last digit of a fraction, by how many it has.
_UNITS: list[int] = [int(10 ** (9 - digits)) for digits in range(10)]
_FILETIMES = range(_FILETIME_EPOCH, 300_000_000_000_000_000)


def utc(text: str) -> int | None:
    """Read an ISO time that is UTC by definition, whether it says so or not; None where none."""
    if not text.isascii():
        return None
    if 20 < len(text) < 31 and text[19] == ".":
        digits = text[20:-1] if text[-1] == "Z" else text[20:]
        whole = _second(text[:19]) if digits.isdigit() else None
        if whole is not None:
            return whole + int(digits) * _UNITS[len(digits)]
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


@lru_cache(maxsize=4096)
def _second(text: str) -> int | None:
    """Read a time of the usual form to whole seconds; events of one second come together."""
    if text[4] != "-" or text[13] != ":" or text[16] != ":":
        return None
    try:
        since = datetime.fromisoformat(text) - _NAIVE_EPOCH
    except (ValueError, TypeError):
        return None
    return (since.days * 86_400 + since.seconds) * NANOSECONDS


def moment(value: object, zone: tzinfo) -> Moment | None:
    """Read a time as a record gives it; None where it is none or older than ``EARLIEST``.

    Text in ISO 8601 or a form of ``dates``, zone-less text in ``zone`` (``ZONE_ASSUMED``), epoch
    seconds, milliseconds, microseconds or nanoseconds and FILETIME as a number or as digits, told
    apart by their size.
    """
    if isinstance(value, str):
        at = utc(value) if value[-1:] == "Z" else _with_offset(value)
        found = _from_text(value, zone) if at is None else (at, TimeConfidence.EXACT)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _from_number(value)
    else:
        return None
    return None if found is None or found[0] < EARLIEST else found


def _with_offset(text: str) -> int | None:
    """Read the usual form with an offset at once; None for any other, which may be a time too."""
    if text[-6:-5] not in ("+", "-") or text[10:11] != "T" or text[7] != "-" or len(text) > 32:
        return None
    if text[-5:-3] > "14" or text[13:14] != ":" or not text.isascii():
        return None
    try:
        since = datetime.fromisoformat(text) - _EPOCH
    except ValueError:
        return None
    return (since.days * 86_400 + since.seconds) * NANOSECONDS + since.microseconds * 1000


def _from_text(text: str, zone: tzinfo) -> Moment | None:
    text = text.strip()
    match = _ISO.fullmatch(text)
    if match is None:
        return _from_digits(text, zone) if _DIGITS.fullmatch(text) else _from_written(text, zone)
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


def _from_written(text: str, zone: tzinfo) -> Moment | None:
    milliseconds = dotnet(text)
    if milliseconds is not None:
        return milliseconds * (NANOSECONDS // 1000), TimeConfidence.EXACT
    found = written(text)
    at = None if found is None else in_zone(found.naive, found.zone or zone)
    if found is None or at is None:
        return None
    exact = found.zone is not None
    return at + found.nanos, TimeConfidence.EXACT if exact else TimeConfidence.ZONE_ASSUMED


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


def _from_digits(text: str, zone: tzinfo) -> Moment | None:
    whole, _, fraction = text.replace(",", ".").partition(".")
    if len(whole) == _CALENDAR_DIGITS:
        return _from_written(text, zone)
    found = _from_number(int(whole))
    if found is None or not fraction or len(whole) > 10:
        return found
    return found[0] + int(fraction[:9].ljust(9, "0")), TimeConfidence.EXACT


def _from_number(value: Any) -> Moment | None:  # a whole number stays one when compiled
    """Tell the unit by size: 10 digits are seconds until 2286, 13 milliseconds, and so on."""
    if not 100_000_000 <= value < 10_000_000_000_000_000_000:
        return None
    if type(value) is int and value in _FILETIMES:
        return (value - _FILETIME_EPOCH) * 100, TimeConfidence.EXACT
    for unit in (1, 1_000, 1_000_000, NANOSECONDS):
        if value < 10_000_000_000 * unit:
            whole = value * (NANOSECONDS // unit) if isinstance(value, int) else _float(value, unit)
            return whole, TimeConfidence.EXACT
    return None


def _float(value: float, unit: int) -> int:
    """Keep microseconds of a float: its own precision ends there for today's epoch seconds."""
    return round(value * (1_000_000 / unit)) * 1000
