"""The period of a report: whole days of one zone, or any two instants."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from pipeline.model import NANOSECONDS, Instant

_DECEMBER = 12
FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Years that a period may lie in: instants count from the first, and nobody plans beyond."""


@dataclass(frozen=True, slots=True)
class Period:
    """From ``begin`` on and before ``end`` (nanoseconds); ``name`` and ``zone`` are for people."""

    begin: Instant
    end: Instant
    name: str = ""
    zone: str = "UTC"
    kind: str = "days"  # month | year | days

    def __post_init__(self) -> None:
        if self.end <= self.begin:
            raise ValueError(f"the period {self.name or 'given'} ends before it begins")

    def holds(self, at: int) -> bool:
        """Tell whether an instant lies in the period."""
        return self.begin <= at < self.end


def days(first: date, last: date, zone: tzinfo, zone_name: str) -> Period:
    """Give the days from ``first`` to ``last``, both included; ValueError where none are."""
    _bounded(first.year, last.year)
    name = f"{first.isoformat()}/{last.isoformat()}"
    after = last + timedelta(days=1)
    return Period(_midnight(first, zone), _midnight(after, zone), name, zone_name)


def month(text: str, zone: tzinfo, zone_name: str) -> Period:
    """Give a month that is written ``2026-03``; ValueError where the text is none."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise ValueError(f"{text!r} is no month: write 2026-03") from error
    _bounded(first.year)
    ends = first.month == _DECEMBER
    after = date(first.year + ends, 1 if ends else first.month + 1, 1)
    return Period(_midnight(first, zone), _midnight(after, zone), text, zone_name, "month")


def year(number: int, zone: tzinfo, zone_name: str) -> Period:
    """Give a calendar year; ValueError where the number is none."""
    _bounded(number)
    first, after = date(number, 1, 1), date(number + 1, 1, 1)
    return Period(_midnight(first, zone), _midnight(after, zone), str(number), zone_name, "year")


def _bounded(*years: int) -> None:
    for one in years:
        if not FIRST_YEAR <= one <= LAST_YEAR:
            span = f"{FIRST_YEAR} to {LAST_YEAR}"
            raise ValueError(f"the year {one} is none of a period: name one from {span}")


def _midnight(day: date, zone: tzinfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp()) * NANOSECONDS
