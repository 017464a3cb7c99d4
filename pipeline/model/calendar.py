"""Which days are worked, and the same time of day some working days or months away.

What a source usually sends differs between the two kinds of days, and terms may count working days.

Source: Law of Kazakhstan "On Holidays" No. 267-II, article 5: a holiday that falls on a day of rest
makes the next working day one. Days that a year moves by decree are data.
"""

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from pipeline.model.times import NANOSECONDS

HOUR_SECONDS = 3600
SUNDAY = 6


class LocalHour(NamedTuple):
    """An hour where the object stands: its day, 0 to 23, and whether that day is one of rest."""

    day: date
    hour: int
    rest: bool

    @property
    def slot(self) -> int:
        """Give the place of this hour among those that are alike: 0 to 47, days of rest behind."""
        return self.hour + 24 * self.rest


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day of each year on which nobody works; ``moves`` where the next working day may stand in.

    ``begin`` and ``end`` are the first and the last year.
    """

    month: int
    day: int
    moves: bool = True
    begin: int = 1
    end: int = 9999


@dataclass(frozen=True, slots=True)
class Calendar:
    """Tells days of rest from working days. ``moved`` says of single days that they rest or not."""

    zone: tzinfo = UTC
    rest_weekdays: frozenset[int] = frozenset({5, SUNDAY})
    holidays: Sequence[Holiday] = ()
    moved: tuple[tuple[date, bool], ...] = ()
    _years: dict[int, frozenset[date]] = field(default_factory=dict, compare=False, repr=False)
    _hours: dict[int, LocalHour] = field(default_factory=dict, compare=False, repr=False)

    def hour(self, number: int) -> LocalHour:
        """Give the local hour of an hour counted from the epoch in UTC."""
        found = self._hours.get(number)
        if found is None:
            if len(self._hours) > 64:  # ticks ask for the same two hours again and again
                self._hours.clear()
            local = datetime.fromtimestamp(number * HOUR_SECONDS, UTC).astimezone(self.zone)
            found = LocalHour(local.date(), local.hour, self.rests(local.date()))
            self._hours[number] = found
        return found

    def rests(self, day: date) -> bool:
        """Tell whether a day is one of rest."""
        found = self._years.get(day.year)
        if found is None:
            found = self._years[day.year] = self._free(day.year)
        moved = dict(self.moved).get(day)
        return day in found if moved is None else moved

    def months_from(self, instant: int, count: int) -> int:
        """Give the same time of day so many months on (negative: back), in the calendar's zone.

        Of a month that is too short the last day counts.
        """
        local = self._local(instant)
        year, month = divmod(local.year * 12 + local.month - 1 + count, 12)
        day = min(local.day, months.monthrange(year, month + 1)[1])
        return _instant(local.replace(year=year, month=month + 1, day=day), instant)

    def working_days_from(self, instant: int, count: int) -> int:
        """Give the same time of day so many working days on (negative: back), in the zone.

        The day itself is not counted. With 0 a working day stays, and a day of rest gives way to
        the beginning of the next working day.
        """
        local = self._local(instant)
        step, left, day = timedelta(1 if count >= 0 else -1), abs(count), local.date()
        while left or (not count and self.rests(day)):
            day += step
            left -= bool(left) and not self.rests(day)
        if not count and day != local.date():
            local, instant = local.replace(hour=0, minute=0, second=0), 0
        return _instant(local.replace(year=day.year, month=day.month, day=day.day), instant)

    def _local(self, instant: int) -> datetime:
        return datetime.fromtimestamp(instant // NANOSECONDS, UTC).astimezone(self.zone)

    def _free(self, year: int) -> frozenset[date]:
        first = date(year, 1, 1)
        days = (first + timedelta(n) for n in range(366))
        rest = {day for day in days if day.weekday() in self.rest_weekdays and day.year == year}
        held = [one for one in self.holidays if one.begin <= year <= one.end]
        free = rest | {date(year, one.month, one.day) for one in held}
        for one in sorted(held, key=lambda one: (one.month, one.day)):
            day = date(year, one.month, one.day)
            if not one.moves or day not in rest:
                continue
            while day in free:
                day += timedelta(1)
            free.add(day)
        return frozenset(free)


def _instant(local: datetime, beside: int) -> int:
    """Give a local time's instant with the fraction of another.

    A time that a change of the clocks skips is as far behind it; of one that comes twice the first.
    """
    return int(local.replace(fold=0).timestamp()) * NANOSECONDS + beside % NANOSECONDS
