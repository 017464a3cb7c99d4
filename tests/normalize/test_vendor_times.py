"""Times as appliances write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import TimeConfidence, instant, rfc3339
from pipeline.normalize.parsed import Context
from pipeline.normalize.vendor_times import named, patterned_time, vendor_time
from tests.normalize.reading import ALMATY, RECEIVED

CONTEXT = Context(RECEIVED, RECEIVED, ALMATY)
NINE = "2026-03-02T09:00:05Z"


@pytest.mark.parametrize(
    ("text", "zone", "time", "confidence"),
    [
        ("1772442005000", "", NINE, "exact"),
        ("1772442005", "", NINE, "exact"),
        ("1772442005000000000", "", NINE, "exact"),
        ("Mar 02 2026 14:00:05", "", NINE, "zone_assumed"),
        ("Mar 02 2026 14:00:05.250", "", "2026-03-02T09:00:05.25Z", "zone_assumed"),
        ("Mar 02 2026 09:00:05 UTC", "", NINE, "exact"),
        ("Mar 02 2026 14:00:05 +05:00", "", NINE, "exact"),
        ("Mar  2 14:00:05", "", NINE, "year_assumed"),
        ("Mar 02 2026 12:00:05", "Europe/Moscow", NINE, "exact"),
        ("Mar 02 2026 14:00:05", "+05:00", NINE, "exact"),
        ("Mar 02 2026 14:00:05", "no/zone", NINE, "zone_assumed"),
        ("2026-03-02T14:00:05+05:00", "", NINE, "exact"),
        ("2026/03/02 14:00:05", "", NINE, "zone_assumed"),
    ],
)
def test_times(text: str, zone: str, time: str, confidence: str) -> None:
    """Each documented form is read, in the zone that it names or else in the source's."""
    found = vendor_time(text, CONTEXT, zone)
    assert found is not None
    assert (rfc3339(found[0]), found[1].value) == (time, confidence)


@pytest.mark.parametrize(
    "text", ["", "never", "Mar 02 2026 14:00:05 and more", "1", "9" * 13 + "x"]
)
def test_what_is_no_time(text: str) -> None:
    """What is no time is none."""
    assert vendor_time(text, CONTEXT) is None


@pytest.mark.parametrize(
    ("text", "pattern", "time"),
    [
        ("02/03/2026 14:00:05", "dd/MM/yyyy HH:mm:ss", NINE),
        ("02.03.26 14:00:05", "dd.MM.yy HH:mm:ss", NINE),
        ("Mar 2, 2026 2:00:05 PM", "MMM d, yyyy h:mm:ss a", NINE),
        ("Mon 02 March 2026 14:00:05 +0500", "EEE dd MMMM yyyy HH:mm:ss Z", NINE),
        ("2026-03-02T09:00:05.000Z", "yyyy-MM-dd'T'HH:mm:ss.SSSX", NINE),
        ("20260302140005", "yyyyMMddHHmmss", NINE),
        ("03-02 14:00:05", "MM-dd HH:mm:ss", NINE),
    ],
)
def test_patterns_of_java(text: str, pattern: str, time: str) -> None:
    """A time is read by the pattern that stands beside it."""
    found = patterned_time(text, pattern, CONTEXT)
    assert found is not None
    assert found[0] == instant(time)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("02/03/2026", "yyyy-MM-dd"),
        ("2026 2026", "yyyy yyyy"),
        ("x", "n"),
        ("31/02/2026 00:00:00", "dd/MM/yyyy HH:mm:ss"),
        ("1" * 99, "yyyy"),
    ],
)
def test_what_does_not_follow_its_pattern(text: str, pattern: str) -> None:
    """A text that is not of the pattern's form, or a pattern that is none, gives no time."""
    assert patterned_time(text, pattern, CONTEXT) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "Asia/Nowhere", "\x00", "a" * 300])
def test_what_is_no_zone(name: str) -> None:
    """A name that the tz database does not know, or may not be asked for, is no zone."""
    assert named(name) is None


@given(text=st.text(max_size=70), pattern=st.text("yMdHhmsSazZX'EE-/: T", max_size=30))
def test_any_text_is_a_time_or_none(text: str, pattern: str) -> None:
    """Whatever is asked, there is an answer."""
    for found in (vendor_time(text, CONTEXT), patterned_time(text, pattern, CONTEXT)):
        assert found is None or isinstance(found[1], TimeConfidence)
