"""ISO 8601 durations of law packs: ``PT0S`` is at once, ``PT24H``, ``P3D``, ``P1M``.

Months are the calendar's: one month after 31 January is the last day of February. Everything else
is exact, a day being 24 hours.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from pipeline.model import NANOSECONDS

_FORM = re.compile(
    r"^P(?=.)(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$"
)
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: calendar months, and exact nanoseconds beside them."""

    text: str
    months: int
    nanoseconds: int

    def after(self, instant: int) -> int:
        """Give the instant (nanoseconds) that lies this long after another."""
        if self.months:
            moment = datetime.fromtimestamp(instant // NANOSECONDS, UTC)
            year, month = divmod(moment.year * 12 + moment.month - 1 + self.months, 12)
            day = min(moment.day, calendar.monthrange(year, month + 1)[1])
            moved = moment.replace(year=year, month=month + 1, day=day)
            instant = int(moved.timestamp()) * NANOSECONDS + instant % NANOSECONDS
        return instant + self.nanoseconds


def span(text: str) -> Span:
    """Read a duration; ValueError where the text is none."""
    found = _FORM.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no duration: write PT0S, PT15M, PT24H, P3D or P1M")
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
