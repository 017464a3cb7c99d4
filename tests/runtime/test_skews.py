"""How far sources' clocks are off, as it is shown."""

from dataclasses import replace

from prometheus_client import CollectorRegistry

from pipeline.model import NANOSECONDS, Event
from pipeline.runtime.skews import GENERATION, MOST_SHOWN, Skews, sampled, watch_skews
from tests.normalize.reading import RECEIVED, event_of

EVENT = event_of('{"ts": "2026-03-02T10:00:00Z", "a": 1}')


def seen(lag: float, source: str = "s", at: int = RECEIVED, count: int = 100) -> list[Event]:
    one = replace(EVENT, source_id=source, received_at=at, time=at - round(lag * NANOSECONDS))
    return [one] * count


def note(skews: Skews, events: list[Event]) -> None:
    skews.note(events[0].received_at if events else RECEIVED, sampled(events))


def test_a_clock_that_is_off_is_shown() -> None:
    """A clock that lags and one that runs ahead are told with their sign, a right one is not."""
    skews = Skews()
    for lag, source in ((300.0, "late"), (-7200.0, "early"), (0.2, "right")):
        note(skews, seen(lag, source))
    assert [(name, off[0]) for name, off, _ in skews.rows()] == [
        ("object/early", "-"),
        ("object/late", "+"),
    ]
    metrics = CollectorRegistry()
    watch_skews(metrics, skews)
    name, labels = "saqshy_source_clock_skew_seconds", {"object_id": "object"}
    late = metrics.get_sample_value(name, {**labels, "source_id": "late"})
    assert late is not None
    assert abs(late - 300) <= 15


def test_a_mended_clock_is_right_two_generations_later() -> None:
    """What was measured hours ago is forgotten."""
    skews = Skews()
    note(skews, seen(300.0))
    for hour in (1, 2, 3):
        note(skews, seen(0.1, at=RECEIVED + hour * GENERATION))
    assert skews.rows() == ()


def test_what_is_shown_is_bounded() -> None:
    """Of many clocks that are off those that are off most are shown, and no more."""
    skews = Skews()
    for number in range(MOST_SHOWN):
        note(skews, seen(10.0, f"near{number}", count=1))
        note(skews, seen(-1000.0, f"far{number}", count=1))
    rows = skews.rows()
    assert sorted(name for name, *_ in rows) == sorted(
        f"object/far{number}" for number in range(MOST_SHOWN)
    )
    note(skews, [])
    assert skews.rows() == rows
