"""Where documents go."""

import pytest

from connectors.stores.elasticsearch.names import Names
from pipeline.model import NANOSECONDS, instant, rfc3339

NAMES = Names()


@pytest.mark.parametrize(
    ("time", "received", "index"),
    [
        ("2026-11-20T23:59:59.9Z", "2026-11-21T00:00:01Z", "saqshy-events-2026.11.20"),
        ("2026-11-22T00:00:00Z", "2026-11-21T23:00:00Z", "saqshy-events-2026.11.22"),
        ("2026-10-21T12:00:00Z", "2026-11-21T23:00:00Z", "saqshy-events-2026.10.21"),
        ("2026-10-20T12:00:00Z", "2026-11-21T23:00:00Z", "saqshy-events-past-2026.11"),
        ("1601-01-01T00:00:00Z", "2026-11-21T23:00:00Z", "saqshy-events-past-2026.11"),
        ("9999-12-31T00:00:00Z", "2026-11-21T23:00:00Z", "saqshy-events-past-2026.11"),
    ],
)
def test_index_of_an_event(time: str, received: str, index: str) -> None:
    """The day of the event; made-up times share the month of the receipt."""
    assert NAMES.event_index(time, received) == index


@pytest.mark.parametrize(
    ("index", "end"),
    [
        ("saqshy-events-2026.11.30", "2026-12-01T00:00:00Z"),
        ("saqshy-events-past-2026.12", "2027-01-01T00:00:00Z"),
        ("saqshy-failures-2024.02.29", "2024-03-01T00:00:00Z"),
        ("saqshy-events-v1", None),
        ("saqshy-incidents-v1", None),
        ("other-events-2026.11.30", None),
        ("saqshy-events-2026.13.40", None),
    ],
)
def test_end_of_an_index(index: str, end: str | None) -> None:
    """An index ends with its day or month; what has none, or is another's, has no end."""
    assert NAMES.ends(index) == (None if end is None else instant(end))


def test_events_of_a_span_lie_in_the_indices_of_its_days() -> None:
    """A span names each day that it touches, and of all others what is of no day."""
    day = 86_400 * NANOSECONDS
    begin = 20_000 * day + 5
    names = Names("x")
    named = names.events_between(begin, begin + day)
    assert named == [
        "x-events-*", "-x-events-2*", "x-events-2024.10.04", "x-events-2024.10.05",
    ]  # fmt: skip
    assert names.events_between(begin, 20_001 * day) == named[:3]
    when = rfc3339(begin)
    assert names.event_index(when, when) == named[2]
