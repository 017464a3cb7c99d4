"""Times in the forms that people read: days first, names of months, twelve hours, named zones.

What ``moments`` falls back to where a text is neither ISO 8601 nor a number. A date that can be
read in two ways (``03/02/2026``) is no time, unless AM or PM says that it is an American one.
"""

import re
from datetime import datetime, tzinfo
from typing import NamedTuple

from pipeline.normalize.zones import zone_of

_SHORTEST, _LONGEST = 8, 64  # characters of a written time
_CENTURY = 70  # a year of two digits is of this century below it (POSIX, strptime)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "янв", "қаң"), ("feb", "фев", "ақп"), ("mar", "мар", "нау"),
            ("apr", "апр", "сәу"), ("may", "мая", "май", "мам"), ("jun", "июн", "мау"),
            ("jul", "июл", "шіл"), ("aug", "авг", "там"), ("sep", "сен", "қыр"),
            ("oct", "окт", "қаз"), ("nov", "ноя", "қар"), ("dec", "дек", "жел"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip

_CLOCK = (
    r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})"
    r"(?:[:.](?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,12}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = (
    r"(?P<zone>(?:UTC|GMT)?[+-][0-9]{1,2}(?::?[0-9]{2})?|[A-Za-z]{1,5}"
    r"|[A-Za-z_]{2,20}(?:/[A-Za-z0-9_+-]{1,30}){1,2})"
)
_REST = rf"{_CLOCK}(?: ?\[?{_ZONE}\]?)?"
_DAY, _MONTH, _YEAR = r"(?P<day>[0-9]{1,2})", r"(?P<month>[0-9]{1,2})", r"(?P<year>[0-9]{4})"
_SHORT_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_NAME = r"(?P<name>[^\W\d_]{3,10})\.?"
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,? +)?"
_PAIRS = "(?P<month>..)(?P<day>..)T?(?P<hour>..)(?P<minute>..)(?P<second>..)".replace(
    "..", "[0-9]{2}"
)
_FORMS = tuple(
    re.compile(form)
    for form in (
        # 02.03.2026 15:00:00, 2.3.26 9:05: days first, as here and in most of Europe
        rf"{_DAY}\.{_MONTH}\.{_SHORT_YEAR}(?:,? +|T){_REST}",
        # 02/Mar/2026:15:00:00 +0500, 02-Mar-2026 15:00:00.1, Mon, 2 Mar 2026 15:00:00 GMT
        rf"{_WEEKDAY}{_DAY}[-/ ]{_NAME}[-/ ]{_SHORT_YEAR}(?:,? +|[:T]){_REST}",
        # Mar 02 2026 15:00:00, March 2, 2026 3:00:00 PM
        rf"{_WEEKDAY}{_NAME} +{_DAY},? +{_YEAR},? +{_REST}",
        # Mon Mar  2 15:00:00 2026, Mon Mar  2 15:00:00 +05 2026 (ctime, date)
        rf"{_WEEKDAY}{_NAME} +{_DAY} +{_CLOCK}(?: +{_ZONE})? +{_YEAR}",
        # 3/2/2026 3:00:00 PM, 15/03/2026 10:00:00
        rf"(?P<first>[0-9]{{1,2}})/(?P<other>[0-9]{{1,2}})/{_SHORT_YEAR}(?:,? +|T){_REST}",
        # 2026-03-02 3:00:00 PM, 2026-03-02, 15:00:00 Asia/Almaty, 2026.03.02 15:00:00
        rf"{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}(?:,? +|T){_REST}",
        # 20260302150000, 20260302T150000Z, 20260302150000.0Z (GeneralizedTime, RFC 4517 3.3.13)
        rf"(?P<year>(?:19|20)[0-9]{{2}}){_PAIRS}(?:[.,](?P<fraction>[0-9]{{1,12}}))?{_ZONE}?",
    )
)
# .NET's JavaScriptSerializer: milliseconds since 1970 in UTC; an offset says where it was written.
_DOTNET = re.compile(r"\\?/?Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)\\?/?")


class Written(NamedTuple):
    """A wall-clock time, its nanoseconds and its zone; None where it names none that is known."""

    naive: datetime
    nanos: int
    zone: tzinfo | None


def written(text: str) -> Written | None:
    """Read a time in one of the forms; None where it is in none, or in none that is a date."""
    if not _SHORTEST <= len(text) <= _LONGEST or not any(char in "0123456789" for char in text):
        return None
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return _made(match.groupdict())
    return None


def dotnet(text: str) -> int | None:
    """Give the milliseconds of ``/Date(1772445600000)/``; None where the text is none."""
    match = _DOTNET.fullmatch(text)
    return int(match[1]) if match else None


def _made(said: dict[str, str | None]) -> Written | None:
    month, day = _month_and_day(said)
    hour, half = int(said["hour"] or 0), (said.get("half") or "").lower()
    if half and not 1 <= hour <= (12 if half == "a" else 23):
        return None
    hour = hour % 12 if half == "a" else hour % 12 + 12 if half and hour <= 12 else hour
    year = int(said["year"] or 0)
    if year < 100:
        year += 2000 if year < _CENTURY else 1900
    try:
        naive = datetime(year, month, day, hour, int(said["minute"] or 0), int(said["second"] or 0))  # noqa: DTZ001 (the zone stands beside it)
    except ValueError:
        return None
    zone = said.get("zone")
    fraction = said.get("fraction") or ""
    return Written(naive, int(fraction[:9].ljust(9, "0")), zone_of(zone) if zone else None)


def _month_and_day(said: dict[str, str | None]) -> tuple[int, int]:
    """Give month and day; month 0, which no calendar has, where they are not told."""
    if said.get("name"):
        return _MONTHS.get((said["name"] or "")[:3].lower(), 0), int(said["day"] or 0)
    if said.get("first") is None:
        return int(said["month"] or 0), int(said["day"] or 0)
    first, other = int(said["first"] or 0), int(said["other"] or 0)
    if said.get("half") or other > 12 or first == other:
        return first, other
    return (other, first) if first > 12 else (0, 0)
