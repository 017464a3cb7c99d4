"""Times in the forms that people and their programs write."""

from datetime import UTC, datetime, timedelta, tzinfo
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import TimeConfidence, instant, rfc3339
from pipeline.normalize.dates import written
from pipeline.normalize.moments import EARLIEST, moment
from pipeline.normalize.zones import zone_of

EXACT, ASSUMED = TimeConfidence.EXACT, TimeConfidence.ZONE_ASSUMED
NOON = "2026-03-02T10:00:00Z"


def pinned(name: str) -> tzinfo:
    """Give a zone out of the pinned package of zones, whatever the machine has."""
    with files("tzdata.zoneinfo").joinpath(name).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


ALMATY = pinned("Asia/Almaty")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02.03.2026 15:00:00", NOON),
        ("2.3.2026 15:00:00", NOON),
        ("02.03.26 15:00:00", NOON),
        ("02.03.2026, 15:00:00.250", "2026-03-02T10:00:00.25Z"),
        ("02.03.2026 3:00:00 PM", NOON),
        ("02.03.1998 15:00", "1998-03-02T09:00:00Z"),
        ("02/Mar/2026:15:00:00", NOON),
        ("02-Mar-2026 15:00:00.123456789", "2026-03-02T10:00:00.123456789Z"),
        ("02-MAR-26 03.00.00.500000 PM", "2026-03-02T10:00:00.5Z"),
        ("Mar 02 2026 15:00:00", NOON),
        ("Mar  2 2026 15:00:00", NOON),
        ("March 2, 2026 3:00:00 PM", NOON),
        ("Mon Mar  2 15:00:00 2026", NOON),
        ("3/2/2026 3:00:00 PM", NOON),
        ("03/02/2026 03:00:00 p.m.", NOON),
        ("3/2/26 3:00 PM", NOON),
        ("15/03/2026 15:00:00", "2026-03-15T10:00:00Z"),
        ("03/15/2026 15:00:00", "2026-03-15T10:00:00Z"),
        ("03/03/2026 15:00:00", "2026-03-03T10:00:00Z"),
        ("2026-03-02 03:00:00 PM", NOON),
        ("2026-03-02, 15:00:00", NOON),
        ("2026.03.02 15:00:00", NOON),
        ("20260302150000", NOON),
        ("20260302T150000", NOON),
        ("2 марта 2026 15:00:00", NOON),
        ("02 мар 2026 15:00:00", NOON),
        ("2 наурыз 2026 15:00:00", NOON),
        ("15 қаңтар 2026 15:00:00", "2026-01-15T10:00:00Z"),
        ("15 қазан 2026 15:00:00", "2026-10-15T10:00:00Z"),
        ("15 қараша 2026 15:00:00", "2026-11-15T10:00:00Z"),
    ],
)
def test_a_wall_clock_time_is_read_in_its_source_s_zone(text: str, expected: str) -> None:
    """A time without a zone is read in the source's zone, and says so."""
    assert moment(text, ALMATY) == (instant(expected), ASSUMED)


@pytest.mark.parametrize(
    "text",
    [
        "02/Mar/2026:15:00:00 +0500",
        "02.03.2026 15:00:00 +05:00",
        "02.03.2026 15:00:00 UTC+5",
        "02.03.2026 13:00:00 MSK",
        "02-Mar-2026 10:00:00 GMT",
        "Mon, 02 Mar 2026 15:00:00 +0500",
        "Mon, 2 Mar 2026 10:00:00 GMT",
        "Mon Mar  2 15:00:00 +05 2026",
        "Mon Mar  2 10:00:00 UTC 2026",
        "2026-03-02 15:00:00 Asia/Almaty",
        "2026-03-02 15:00:00 ALMT",
        "2026-03-02 15:00:00 GMT+5",
        "20260302100000Z",
        "20260302100000.0Z",
        "20260302T100000Z",
        "20260302150000+0500",
        "/Date(1772445600000)/",
        "/Date(1772445600000+0500)/",
        r"\/Date(1772445600000)\/",
        "Date(1772445600000)",
        "1772445600,000",
        "1772445600.0",
        "134169192000000000",
    ],
)
def test_a_time_that_names_its_zone_is_exact(text: str) -> None:
    """A zone beside the time, an epoch or a FILETIME needs no zone of the source."""
    assert moment(text, pinned("America/New_York")) == (instant(NOON), EXACT)


def test_a_filetime_is_told_from_an_epoch() -> None:
    """A whole number of 18 digits is Windows' time, one of 19 nanoseconds of the epoch."""
    assert moment(134_169_192_001_234_567, UTC) == (instant("2026-03-02T10:00:00.1234567Z"), EXACT)
    assert moment(1_772_445_600_000_000_000, UTC) == (instant(NOON), EXACT)


@pytest.mark.parametrize(
    "text",
    [
        "03/02/2026 15:00:00",
        "31.02.2026 15:00:00",
        "02.13.2026 15:00:00",
        "02.03.2026",
        "02.03.2026 25:00:00",
        "02.03.2026 15:60:00",
        "02.03.2026 13:00:00 AM",
        "02.03.2026 0:00:00 PM",
        "2 foo 2026 15:00:00",
        "20261302150000",
        "/Date()/",
        "/Date(5)/",
        "02.03.2026 15:00:00 and more of it",
        "Mar 02 15:00:00",
        "0.0.0.0 10:10:10",
        "1" * 64,
        "02.03.2026 15:00:00" + " " * 9999 + "x",
        "٠٢.٠٣.٢٠٢٦ 15:00:00",
    ],
)
def test_what_is_no_date_or_could_be_two_is_no_time(text: str) -> None:
    """A day that no calendar has, or that could be another month's, is not guessed."""
    assert moment(text, ALMATY) is None


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Asia/Almaty", 6, 5),
        ("Asia/Qostanay", 6, 5),
        ("Asia/Qyzylorda", 5, 5),
        ("Asia/Aqtobe", 5, 5),
        ("Asia/Aqtau", 5, 5),
        ("Asia/Atyrau", 5, 5),
        ("Asia/Oral", 5, 5),
    ],
)
def test_kazakhstan_has_one_zone_since_march_2024(zone: str, before: int, after: int) -> None:
    """Two zones until 29 February 2024, UTC+5 everywhere since 1 March 2024, in winter and summer.

    Source: Government decree 20 of 19 January 2024; tz database, 2024a.
    """
    place = pinned(zone)
    winter = moment("01.02.2024 12:00:00", place)
    assert winter == (instant(f"2024-02-01T{12 - before:02}:00:00Z"), ASSUMED)
    for month in ("03", "07", "12"):
        found = moment(f"02.{month}.2024 12:00:00", place)
        assert found == (instant(f"2024-{month}-02T{12 - after:02}:00:00Z"), ASSUMED)


def test_the_hour_that_came_twice_is_read_as_its_first() -> None:
    """At midnight before 1 March 2024 Almaty's clocks went back an hour: of two readings the first.

    A source that names its offset is read exactly.
    """
    assert moment("29.02.2024 22:59:59", ALMATY) == (instant("2024-02-29T16:59:59Z"), ASSUMED)
    assert moment("29.02.2024 23:30:00", ALMATY) == (instant("2024-02-29T17:30:00Z"), ASSUMED)
    assert moment("29.02.2024 23:30:00 +05", ALMATY) == (instant("2024-02-29T18:30:00Z"), EXACT)
    assert moment("01.03.2024 00:00:00", ALMATY) == (instant("2024-02-29T19:00:00Z"), ASSUMED)


@pytest.mark.parametrize(
    "name", ["", "XYZ", "CST", "Asia", "Asia/", "../../etc/passwd", "+15", "+05:60", "Asia/Nowhere"]
)
def test_a_name_of_no_zone_is_none(name: str) -> None:
    """What is no zone, a folder of zones, or the name of several, is none."""
    assert zone_of(name) is None


def test_an_unknown_zone_leaves_the_source_s() -> None:
    """A time whose zone's name means nothing is read in the source's zone, and says so."""
    assert moment("02.03.2026 15:00:00 XYZ", ALMATY) == (instant(NOON), ASSUMED)


FORMS = [
    "%d.%m.%Y %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S",
    "%b %d %Y %I:%M:%S %p",
    "%a %b %d %H:%M:%S %Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y%m%d%H%M%S",
    "%d-%b-%Y %H:%M:%S",
    "%Y-%m-%d %I:%M:%S %p",
]


@given(
    at=st.integers(EARLIEST // 10**9 + 86_400, 4_000_000_000),
    form=st.sampled_from(FORMS),
)
def test_what_strftime_writes_is_read_again(at: int, form: str) -> None:
    """Any second in any form is read to that second."""
    naive = datetime.fromtimestamp(at, UTC)
    assert moment(naive.strftime(form), UTC) == (at * 10**9, ASSUMED), form


@given(st.text(alphabet="0123456789.:/-+ ,TZAPMmarMrя()Date", max_size=70))
def test_any_text_is_a_time_or_none(text: str) -> None:
    """Whatever a text holds, it is a time that can be written, or none."""
    found = moment(text, ALMATY)
    assert found is None or rfc3339(found[0])
    assert written(text) is None or isinstance(written(text), tuple)


def test_a_two_digit_year_is_of_this_century_below_seventy() -> None:
    """POSIX's rule: 69 is 2069, 70 is 1970, of which no log still arrives."""
    assert moment("02.03.69 10:00:00", UTC) == (instant("2069-03-02T10:00:00Z"), ASSUMED)
    assert moment("02.03.70 10:00:00", UTC) is None
    assert moment("02.03.71 10:00:00", UTC) == (instant("1971-03-02T10:00:00Z"), ASSUMED)


def test_offsets_of_quarters_are_zones() -> None:
    """An offset may have minutes, and may lack its zero."""
    assert zone_of("+5") == zone_of("UTC+05:00") == zone_of("+0500")
    half = zone_of("-4:30")
    assert half is not None
    assert half.utcoffset(None) == timedelta(hours=-4, minutes=-30)
