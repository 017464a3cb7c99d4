"""Periods as people name them, in the zone of the deployment."""

from datetime import UTC, date

import pytest

from pipeline.incidents.statistics import Period, days, month, year
from pipeline.model import instant, rfc3339
from pipeline.registry.moments import zone_named

ALMATY = zone_named("Asia/Almaty")


@pytest.mark.parametrize(
    ("made", "begin", "end", "name"),
    [
        (
            month("2026-03", ALMATY, "z"),
            "2026-03-01T00:00:00+05:00", "2026-04-01T00:00:00+05:00", "2026-03",
        ),
        (
            month("2024-02", ALMATY, "z"),
            "2024-02-01T00:00:00+06:00", "2024-03-01T00:00:00+05:00", "2024-02",
        ),
        (month("2025-12", UTC, "z"), "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z", "2025-12"),
        (year(2024, ALMATY, "z"), "2024-01-01T00:00:00+06:00", "2025-01-01T00:00:00+05:00", "2024"),
        (
            days(date(2026, 3, 1), date(2026, 3, 1), ALMATY, "z"),
            "2026-03-01T00:00:00+05:00", "2026-03-02T00:00:00+05:00", "2026-03-01/2026-03-01",
        ),
    ],
    ids=["month", "the month before the one zone", "december", "year", "one day"],
)  # fmt: skip
def test_days_are_those_of_the_zone(made: Period, begin: str, end: str, name: str) -> None:
    """A period begins and ends at the zone's midnights; Almaty has had +05:00 since March 2024."""
    assert (rfc3339(made.begin), rfc3339(made.end), made.name) == (
        rfc3339(instant(begin)), rfc3339(instant(end)), name,
    )  # fmt: skip


def test_the_last_instant_is_outside() -> None:
    """A period holds its first instant and not its end."""
    one = month("2026-03", ALMATY, "Asia/Almaty")
    assert [one.holds(at) for at in (one.begin - 1, one.begin, one.end - 1, one.end)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_what_is_no_period_is_refused() -> None:
    """A month that does not exist and days in the wrong order are refused with a reason."""
    with pytest.raises(ValueError, match="is no month"):
        month("2026-13", ALMATY, "z")
    with pytest.raises(ValueError, match="ends before it begins"):
        days(date(2026, 3, 2), date(2026, 3, 1), ALMATY, "z")


@pytest.mark.parametrize("number", [-1, 0, 1, 1969, 2201, 9999, 10_000])
def test_a_year_beyond_what_is_counted_is_refused(number: int) -> None:
    """Days, months and years that instants cannot tell are no period, and the error says which."""
    with pytest.raises(ValueError, match="name one from 1970 to 2200"):
        year(number, ALMATY, "z")
    if 1 <= number <= 9999:
        with pytest.raises(ValueError, match="name one from 1970 to 2200"):
            month(f"{number:04d}-12", ALMATY, "z")
        with pytest.raises(ValueError, match="name one from 1970 to 2200"):
            days(date(2026, 1, 1), date(number, 12, 31), ALMATY, "z")
        with pytest.raises(ValueError, match="name one from 1970 to 2200"):
            days(date(number, 1, 1), date(2026, 1, 1), ALMATY, "z")


@pytest.mark.parametrize("number", [1970, 2200])
def test_the_first_and_the_last_year_are_periods(number: int) -> None:
    """What is allowed can be computed at both ends."""
    for zone in (ALMATY, UTC):
        made = year(number, zone, "z")
        assert rfc3339(made.begin) < rfc3339(made.end - 1)
