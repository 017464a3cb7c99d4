"""Tests of dates and times in registry and pack files."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline.model import instant
from pipeline.registry.moments import Begin, End, midnight, zone_named

BEGIN: TypeAdapter[int] = TypeAdapter(Begin)
END: TypeAdapter[int] = TypeAdapter(End)
ALMATY = {"zone": zone_named("Asia/Almaty")}


@pytest.mark.parametrize(
    ("given", "begin", "end"),
    [
        pytest.param(date(2026, 3, 2), "2026-03-01T19:00:00Z", "2026-03-02T19:00:00Z", id="date"),
        pytest.param("2026-03-02", "2026-03-01T19:00:00Z", "2026-03-02T19:00:00Z", id="text-date"),
        pytest.param("2023-03-02", "2023-03-01T18:00:00Z", "2023-03-02T18:00:00Z", id="old-zone"),
        pytest.param("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z", None, id="time"),
        pytest.param(datetime(2026, 3, 2, 10, tzinfo=UTC), "2026-03-02T10:00:00Z", None, id="utc"),
        pytest.param(datetime(2026, 3, 2, 10), "2026-03-02T05:00:00Z", None, id="naive"),  # noqa: DTZ001 (YAML gives such)
    ],
)
def test_a_date_begins_and_ends_with_its_day_in_the_files_zone(
    given: Any, begin: str, end: str | None
) -> None:
    """A bare date is a whole day of the file's zone, a time is itself."""
    assert BEGIN.validate_python(given, context=ALMATY) == instant(begin)
    assert END.validate_python(given, context=ALMATY) == instant(end or begin)


@pytest.mark.parametrize("given", [2026, True, "soon", "2026-03-02T10:00:00", None, [], 1.5])
def test_what_is_no_time_is_refused(given: Any) -> None:
    """A number, a zone-less text and anything else is no time."""
    with pytest.raises(ValidationError):
        BEGIN.validate_python(given, context=ALMATY)


def test_a_bundle_carries_nanoseconds() -> None:
    """Only a bundle may write an instant as a number."""
    assert BEGIN.validate_python(7, context={"bundle": True}) == 7


@pytest.mark.parametrize("name", ["Asia/Atlantis", "+25", "", "../etc/passwd", "+0500x"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    """An unknown zone is an error, never UTC by default."""
    with pytest.raises(ValueError, match=r"zone|offset"):
        zone_named(name)


def test_an_offset_is_a_zone() -> None:
    """An offset serves where no name is wanted."""
    assert midnight(date(2026, 3, 2), zone_named("+05:00")) == instant("2026-03-01T19:00:00Z")
