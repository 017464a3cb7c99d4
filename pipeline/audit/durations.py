"""Durations as the rows of a pack write them: ISO 8601, calendar months, or working days."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from pipeline.model import NANOSECONDS, Json
from pipeline.model.calendar import Calendar
from pipeline.model.rest_days import RestDays

_PART = re.compile(r"(\d+)([MWDHS])")
_WORKING = re.compile(r"P(\d+)D business")
_EXACT = {
    "W": timedelta(weeks=1),
    "D": timedelta(days=1),
    "H": timedelta(hours=1),
    "M": timedelta(minutes=1),
    "S": timedelta(seconds=1),
}


def later(begin: int, text: str, days: Calendar) -> int:
    """Give the instant (ns) a duration after another; ValueError where the text is none."""
    working = _WORKING.fullmatch(text)
    if working is not None:
        return days.working_days_from(begin, int(working[1]))
    if not text.startswith("P"):
        raise ValueError(f"{text!r} is no duration")
    date, _, time = text[1:].partition("T")
    months, exact = 0, timedelta()
    for number, unit in _PART.findall(date):
        if unit == "M":
            months += int(number)
        else:
            exact += int(number) * _EXACT[unit]
    for number, unit in _PART.findall(time):
        exact += int(number) * _EXACT[unit]
    moved = days.months_from(begin, months) if months else begin
    return moved + (exact.days * 86_400 + exact.seconds) * NANOSECONDS


def days_of(head: Json) -> Calendar:
    """Give the days that count for a pack's terms: its days of rest, else those of its zone."""
    rest = head.get("rest_days")
    if rest is not None:
        return RestDays.model_validate(rest).calendar()
    return Calendar(_zone(str(head.get("zone", "UTC"))))


def _zone(name: str) -> tzinfo:
    if name in ("UTC", "Z"):
        return UTC
    if name[0] in "+-":
        offset = datetime.strptime(name, "%z").tzinfo
        assert offset is not None
        return offset
    return ZoneInfo(name)
