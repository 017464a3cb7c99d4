"""ISO 8601 durations of law packs: ``PT0S`` is at once, ``PT24H``, ``P3D``, ``P1M``.

Months are the calendar's: one month after 31 January is the last day of February, at the same time
of day where the calendar's zone is. ``P3D business`` counts working days. Everything else is exact,
a day being 24 hours.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from pipeline.model import NANOSECONDS
from pipeline.model.calendar import Calendar

_FORM = re.compile(
    r"^P(?=.)(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$"
)
_BUSINESS = re.compile(r"^P(\d+)D business$")
_LONGEST = 10_000
PLAIN = Calendar()
"""Days of UTC, of which Saturdays and Sundays rest."""


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: calendar months and exact nanoseconds, or working days instead."""

    text: str
    months: int
    nanoseconds: int
    working_days: int | None = None

    def after(self, instant: int, calendar: Calendar = PLAIN) -> int:
        """Give the instant (nanoseconds) that lies this long after another."""
        if self.working_days is not None:
            return calendar.working_days_from(instant, self.working_days)
        if self.months:
            instant = calendar.months_from(instant, self.months)
        return instant + self.nanoseconds

    def before(self, instant: int, calendar: Calendar = PLAIN) -> int:
        """Give the instant (nanoseconds) that lies this long before another."""
        if self.working_days:
            return calendar.working_days_from(instant, -self.working_days)
        if self.months:
            instant = calendar.months_from(instant, -self.months)
        return instant - self.nanoseconds


def span(text: str) -> Span:
    """Read a duration; ValueError where the text is none."""
    business = _BUSINESS.match(text)
    if business is not None and int(business[1]) <= _LONGEST:
        return Span(text, 0, 0, int(business[1]))
    found = _FORM.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no duration: write PT0S, PT15M, P3D, P1M or P3D business")
    months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if max(months, weeks, days) > _LONGEST:
        raise ValueError(f"{text!r} is too long")
    exact = ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
    return Span(text, months, exact * NANOSECONDS)


def _read(value: Any) -> Any:
    return span(value) if isinstance(value, str) else value


def _write(value: Span) -> str:
    return value.text


Duration = Annotated[Span, BeforeValidator(_read), PlainSerializer(_write, return_type=str)]
