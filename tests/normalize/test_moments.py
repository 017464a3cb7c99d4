"""Times as records write them."""

from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import TimeConfidence, instant, rfc3339
from pipeline.normalize.moments import EARLIEST, moment, utc

ALMATY = ZoneInfo("Asia/Almaty")
EXACT, ASSUMED = TimeConfidence.EXACT, TimeConfidence.ZONE_ASSUMED


@pytest.mark.parametrize(
    ("written", "zone", "expected", "confidence"),
    [
        ("2026-03-02T10:00:00Z", ALMATY, "2026-03-02T10:00:00Z", EXACT),
        ("2026-03-02T10:00:00.123Z", ALMATY, "2026-03-02T10:00:00.123Z", EXACT),
        ("2019-03-19T17:00:13.927462900Z", UTC, "2019-03-19T17:00:13.9274629Z", EXACT),
        ("2026-03-02T10:00:00.123456789Z", UTC, "2026-03-02T10:00:00.123456789Z", EXACT),
        ("2026-03-02T10:00:00.1234567Z", UTC, "2026-03-02T10:00:00.1234567Z", EXACT),
        ("2026-03-02T15:00:00+05:00", UTC, "2026-03-02T10:00:00Z", EXACT),
        ("2026-03-02T15:00:00.000001+0500", UTC, "2026-03-02T10:00:00.000001Z", EXACT),
        ("2026-03-02T05:30:00-04:30", UTC, "2026-03-02T10:00:00Z", EXACT),
        ("2026-03-02 10:00:00 UTC", ALMATY, "2026-03-02T10:00:00Z", EXACT),
        ("2026-03-02 15:00:00", ALMATY, "2026-03-02T10:00:00Z", ASSUMED),
        ("2026/03/02 15:00:00,5", ALMATY, "2026-03-02T10:00:00.5Z", ASSUMED),
        ("2026-03-02T15:00", ALMATY, "2026-03-02T10:00:00Z", ASSUMED),
        ("2024-02-29 12:00:00", ALMATY, "2024-02-29T06:00:00Z", ASSUMED),
        ("2024-03-01 12:00:00", ALMATY, "2024-03-01T07:00:00Z", ASSUMED),
        (1_772_445_600, UTC, "2026-03-02T10:00:00Z", EXACT),
        (1_772_445_600.25, UTC, "2026-03-02T10:00:00.25Z", EXACT),
        (1_772_445_600_123, UTC, "2026-03-02T10:00:00.123Z", EXACT),
        (1_772_445_600_123_456, UTC, "2026-03-02T10:00:00.123456Z", EXACT),
        (1_772_445_600_123_456_789, UTC, "2026-03-02T10:00:00.123456789Z", EXACT),
        ("1772445600", UTC, "2026-03-02T10:00:00Z", EXACT),
        ("1772445600.000000001", UTC, "2026-03-02T10:00:00.000000001Z", EXACT),
    ],
    ids=str,
)
def test_a_time_is_read(
    written: object, zone: tzinfo, expected: str, confidence: TimeConfidence
) -> None:
    """A time is read to the nanosecond; one without a zone is read in the source's and says so.

    Kazakhstan's single zone UTC+5 began on 1 March 2024; Almaty was UTC+6 before.
    """
    assert moment(written, zone) == (instant(expected), confidence)


@pytest.mark.parametrize(
    "written",
    [
        "", "-", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30 00:00:00", "2026-03-02",
        "2026-03-02T10:00:00+99:00", "2026-03-02T25:00:00Z", "0", "12", 12, True, None, [], {},
        "1601-01-01T00:00:00Z", "1970-01-01T00:00:05Z", 86_400, float("inf"), float("nan"), -1,
        "9" * 30, "2026-03-02T10:00:00.Z", "٢٠٢٦-03-02T10:00:00Z", "0001-01-01T00:00:00+14:00",
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_time_is_none(written: object) -> None:
    """Text that is no time, and a time that no clock that was ever set shows, give None."""
    assert moment(written, UTC) is None


@given(
    at=st.integers(EARLIEST, 4_000_000_000 * 10**9),
    offset=st.integers(-14 * 4, 14 * 4).map(lambda quarters: timedelta(minutes=15 * quarters)),
)
def test_what_is_written_is_read_again(at: int, offset: timedelta) -> None:
    """RFC 3339 in UTC is read to the instant that was written, whatever the source's zone."""
    assert moment(rfc3339(at), timezone(offset)) == (at, EXACT)
    assert utc(rfc3339(at)) == at


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2020-06-10 02:51:07.320", "2020-06-10T02:51:07.32Z"),
        ("2020-06-10 02:51:07", "2020-06-10T02:51:07Z"),
        ("2020-06-10T02:51:07.1234567", "2020-06-10T02:51:07.1234567Z"),
    ],
)
def test_utc_by_definition_needs_no_zone(written: str, expected: str) -> None:
    """A field that is UTC by definition (Sysmon's UtcTime) is read without naming it."""
    assert utc(written) == instant(expected)


@pytest.mark.parametrize(
    "written", ["2020-06-10 02:51:07+05:00", "now", "", "2020-06-10T02:51:07.12x"]
)
def test_utc_by_definition_takes_no_other_zone(written: str) -> None:
    """What names another zone, or is no time, is not read as UTC."""
    assert utc(written) is None
