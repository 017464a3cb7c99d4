"""Days of rest as the law on holidays and a year's decrees make them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import NANOSECONDS, instant, rfc3339
from pipeline.model.calendar import Calendar, Holiday
from tests.correlate.weeks import kazakh

DAYS = [
    ("2026-03-02", False, "a Monday"),
    ("2026-03-01", True, "a Sunday"),
    ("2026-01-01", True, "New Year"),
    ("2026-01-07", True, "Orthodox Christmas"),
    ("2026-03-09", True, "behind a holiday on a Sunday"),
    ("2026-03-24", True, "behind two of three holidays at a weekend"),
    ("2026-03-25", True, "behind the second of them"),
    ("2026-03-26", False, "behind all of them"),
    ("2026-05-27", True, "moved by the year"),
    ("2026-12-16", True, "Independence Day"),
    ("2026-12-17", False, "a holiday until 2021"),
    ("2021-12-17", True, "a holiday then"),
    ("2021-10-25", False, "a holiday from 2022 on"),
    ("2022-10-25", True, "Republic Day"),
    ("2023-01-09", False, "Christmas on a Saturday moves nothing"),
    ("2023-01-03", True, "New Year on a Sunday, the second a holiday of its own"),
]


@pytest.mark.parametrize(("day", "rests", "why"), DAYS, ids=[f"{d} {w}" for d, _, w in DAYS])
def test_days_of_rest(day: str, rests: bool, why: str) -> None:
    """Weekends, holidays, the working days behind holidays at weekends, what a year moves."""
    assert kazakh().calendar.rests(date.fromisoformat(day)) is rests, why


def test_an_hour_is_local() -> None:
    """An hour of UTC is looked at where the object stands: there another day may have begun."""
    sunday = datetime(2026, 3, 1, 19, tzinfo=UTC)
    local = kazakh().calendar.hour(int(sunday.timestamp()) // 3600)
    assert (local.day, local.hour, local.rest, local.slot) == (date(2026, 3, 2), 0, False, 0)
    assert Calendar().hour(int(sunday.timestamp()) // 3600).slot == 24 + 19


def test_what_is_moved_wins_over_everything() -> None:
    """A Saturday that is worked, and a working day that rests, are as the year says."""
    saturday, monday = date(2026, 2, 28), date(2026, 3, 2)
    moved = replace(Calendar(), moved=((saturday, False), (monday, True)))
    assert [moved.rests(day) for day in (saturday, monday)] == [False, True]
    assert Calendar(holidays=(Holiday(2, 28),)).rests(monday)


ZONES = ["UTC", "Asia/Almaty", "Asia/Aqtobe", "Europe/Brussels", "America/Santiago"]
INSTANTS = st.integers(1_500_000_000, 1_900_000_000)


def walk(calendar: Calendar, at: int, days: int) -> datetime:
    """Walk so many working days on from an instant, day by day, by the wall clock (an oracle)."""
    wall = datetime.fromtimestamp(at, calendar.zone)
    day, step = wall.date(), timedelta(1 if days > 0 else -1)
    for _ in range(abs(days)):
        day += step
        while calendar.rests(day):
            day += step
    return datetime.combine(day, wall.time(), calendar.zone)


@given(INSTANTS, st.integers(-60, 60).filter(bool), st.sampled_from(ZONES))
def test_working_days_are_walked_one_by_one(at: int, days: int, zone: str) -> None:
    """So many working days away it is the same time of day, and a day on which people work."""
    calendar = replace(kazakh().calendar, zone=ZoneInfo(zone))
    found = calendar.working_days_from(at * NANOSECONDS, days)
    assert found == int(walk(calendar, at, days).timestamp()) * NANOSECONDS


@given(INSTANTS, st.integers(-40, 40), st.sampled_from(ZONES))
def test_months_keep_the_time_of_day_and_end_with_the_month(at: int, count: int, zone: str) -> None:
    """So many months away it is the same day by the wall clock, or the month's last."""
    calendar = Calendar(ZoneInfo(zone))
    found = calendar.months_from(at * NANOSECONDS, count)
    wall = datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    year, number = goal(wall, count)
    month = wall.replace(year=year, month=number, day=1)
    last = ((month + timedelta(31)).replace(day=1) - timedelta(1)).day
    expected = month.replace(day=min(wall.day, last), tzinfo=ZoneInfo(zone))
    assert found == int(expected.timestamp()) * NANOSECONDS


def goal(wall: datetime, count: int) -> tuple[int, int]:
    """Count months on the fingers."""
    year, month = wall.year, wall.month
    for _ in range(abs(count)):
        month += 1 if count > 0 else -1
        if month in (0, 13):
            year, month = (year + 1, 1) if month else (year - 1, 12)
    return year, month


CASES = [
    ("2026-03-05T12:00:00Z", 1, "2026-03-06T12:00:00Z", "over an evening"),
    ("2026-03-06T12:00:00Z", 1, "2026-03-10T12:00:00Z", "over Women's Day on a Sunday"),
    ("2026-03-06T20:00:00Z", 1, "2026-03-09T20:00:00Z", "from what is Saturday there already"),
    ("2024-02-28T14:00:00Z", 2, "2024-03-01T15:00:00Z", "over the change to UTC+5"),
    ("2026-03-08T12:00:00Z", 0, "2026-03-09T19:00:00Z", "with 0 to the next working morning"),
    ("2026-03-10T12:00:00Z", 0, "2026-03-10T12:00:00Z", "with 0 a working day stays"),
]


@pytest.mark.parametrize(("begin", "days", "end", "why"), CASES, ids=[one[3] for one in CASES])
def test_working_days_of_kazakhstan(begin: str, days: int, end: str, why: str) -> None:
    """Weekends, holidays and what moves behind them count where the calendar is, not in UTC."""
    found = kazakh().calendar.working_days_from(instant(begin), days)
    assert rfc3339(found) == end, why


def test_kazakhstan_had_two_zones_before_march_2024() -> None:
    """A month from February 2024 is an hour longer in Almaty, and not in the west."""
    begin = instant("2024-02-15T06:00:00Z")
    ends = [
        Calendar(ZoneInfo(f"Asia/{city}")).months_from(begin, 1) for city in ("Almaty", "Aqtobe")
    ]
    assert [rfc3339(one) for one in ends] == ["2024-03-15T07:00:00Z", "2024-03-15T06:00:00Z"]
