"""Times as people write them, as spans: an instant, a day, or a distance from ``now``."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pipeline.model import NANOSECONDS, Instant
from pipeline.model.holding import time_of

_DAY: Final = 86_400 * NANOSECONDS
_UNITS: Final = {
    "s": NANOSECONDS,
    "m": 60 * NANOSECONDS,
    "h": 3_600 * NANOSECONDS,
    "d": _DAY,
    "w": 7 * _DAY,
}
_RELATIVE = re.compile(r"now((?:[+-][0-9]{1,6}[smhdw]){0,4})(?:/([smhd]))?", re.ASCII)
_STEP = re.compile(r"([+-][0-9]+)([smhdw])", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?", re.ASCII)
EXAMPLES: Final = "2026-01-31, 2026-01-31T09:30:00Z, now-1d, now-7d/d"


def span(text: str, now: Instant) -> tuple[Instant, Instant] | None:
    """Give the time that a text means as [begin, end); None where it is no time.

    An RFC 3339 time is one nanosecond, a date its day and a month itself in UTC; ``now-1d`` an
    instant, ``now-1d/d`` the day around it.
    """
    said = time_of(text)
    if said is not None:
        return said, said + 1
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        return _from(now, relative[1], relative[2])
    found = _DATE.fullmatch(text)
    try:
        return None if found is None else _dated(found)
    except (ValueError, OverflowError):
        return None


def _from(now: Instant, steps: str, rounded: str | None) -> tuple[Instant, Instant]:
    at = now + sum(int(number) * _UNITS[unit] for number, unit in _STEP.findall(steps))
    if rounded is None:
        return at, at + 1
    unit = _UNITS[rounded]
    begin = at // unit * unit
    return begin, begin + unit


def _dated(found: re.Match[str]) -> tuple[Instant, Instant]:
    year, month = int(found[1]), int(found[2])
    begin = date(year, month, int(found[3] or 1))
    end = begin + timedelta(days=1 if found[3] else 32)
    return _midnight(begin), _midnight(end if found[3] else end.replace(day=1))


def _midnight(day: date) -> Instant:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(moment.timestamp()) * NANOSECONDS
