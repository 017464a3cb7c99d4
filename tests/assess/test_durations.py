"""Tests of durations of law rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess.durations import span
from pipeline.model import instant, rfc3339


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("PT0S", "2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z"),
        ("PT15M", "2026-03-02T12:00:00Z", "2026-03-02T12:15:00Z"),
        ("PT24H", "2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z"),
        ("P3D", "2026-03-02T12:00:00.5Z", "2026-03-05T12:00:00.5Z"),
        ("P1W", "2026-03-02T12:00:00Z", "2026-03-09T12:00:00Z"),
        ("P1M", "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z"),
        ("P1M", "2024-01-31T12:00:00.25Z", "2024-02-29T12:00:00.25Z"),
        ("P1M", "2026-12-15T12:00:00Z", "2027-01-15T12:00:00Z"),
        ("P13M1DT1H", "2026-01-01T00:00:00Z", "2027-02-02T01:00:00Z"),
        ("P1D business", "2026-03-06T12:00:00Z", "2026-03-09T12:00:00Z"),
        ("P10D business", "2026-03-04T12:00:00Z", "2026-03-18T12:00:00Z"),
    ],
)
def test_a_duration_leads_to_its_end(text: str, begin: str, end: str) -> None:
    """Months are the calendar's, everything else is exact."""
    assert rfc3339(span(text).after(instant(begin))) == end


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "24h",
        "P1Y",
        "-PT1H",
        "PT1.5H",
        "P1DT",
        "P99999D",
        "P1M business",
        "P99999D business",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A length that could be read in two ways is an error."""
    with pytest.raises(ValueError, match=r"duration|long"):
        span(text)


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    """No text breaks the reader."""
    try:
        assert span(text).after(0) >= 0
    except ValueError:
        assert text.strip() != "PT0S"


@pytest.mark.parametrize(
    ("text", "end", "begin"),
    [
        ("PT15M", "2026-03-02T12:15:00Z", "2026-03-02T12:00:00Z"),
        ("P1M", "2026-03-31T12:00:00Z", "2026-02-28T12:00:00Z"),
        ("P2D business", "2026-03-09T12:00:00Z", "2026-03-05T12:00:00Z"),
        ("P0D business", "2026-03-08T12:00:00Z", "2026-03-08T12:00:00Z"),
    ],
)
def test_a_duration_leads_back_from_its_end(text: str, end: str, begin: str) -> None:
    """What is due so long before something is found by the same calendar."""
    assert rfc3339(span(text).before(instant(end))) == begin
