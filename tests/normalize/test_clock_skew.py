"""How far a source's clock is off, told by when its records arrive."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import NANOSECONDS, TimeConfidence
from pipeline.normalize.clock_skew import ClockSkew, measured
from tests.normalize.reading import event_of

EXACT = TimeConfidence.EXACT
NOW = 1_772_445_600 * NANOSECONDS
delays = st.lists(st.integers(-(10**18), 10**18), max_size=60)


def of(found: list[int]) -> ClockSkew:
    skew = ClockSkew()
    for delay in found:
        skew.add(NOW - delay, NOW, EXACT)
    return skew


@pytest.mark.parametrize("off", [-3600, -90, 0, 7, 3600, 6 * 3600])
def test_a_clock_s_skew_is_told_among_delays_and_broken_times(off: int) -> None:
    """Seconds that a clock is off are found behind varying delays and a few absurd times."""
    chance = random.Random(7)
    seconds = [off + chance.expovariate(4) for _ in range(500)] + [-80_000.0, 9e8, 5e7]
    skew = of([round(one * NANOSECONDS) for one in seconds])
    assert skew.skew == pytest.approx(off * NANOSECONDS, rel=0.06, abs=NANOSECONDS // 10)
    assert skew.median == pytest.approx((off + 0.17) * NANOSECONDS, rel=0.06, abs=NANOSECONDS // 5)
    assert skew.least == -80_000 * NANOSECONDS


@given(delays, delays, delays)
def test_parts_in_any_order_give_the_same(one: list[int], two: list[int], three: list[int]) -> None:
    """Merging is commutative and associative, and equals counting everything at once."""
    left, right = of(one), of(three)
    left.merge(of(two))
    left.merge(of(three))
    right.merge(of(one))
    right.merge(of(two))
    assert left == right == of([*two, *three, *one])


@given(st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_quantile_is_right_to_a_twentieth(found: list[int], share: float) -> None:
    """A quantile is that of the delays themselves, to 5 % or a millisecond."""
    told = of(found).quantile(share)
    below = sorted(found)[: max(1, -int(-share * len(found) // 1))]
    assert told == pytest.approx(below[-1], rel=0.05, abs=10**6)


@given(st.lists(st.integers(-(10**22), 10**22), max_size=300))
def test_the_state_is_bounded(found: list[int]) -> None:
    """Whatever times come, the buckets are no more than the delays up to a century need."""
    buckets = of(found).buckets
    assert all(-342 < bucket < 342 for bucket in buckets)


@pytest.mark.parametrize("confidence", [TimeConfidence.RECEIVED, TimeConfidence.CLAMPED])
def test_a_time_that_the_record_did_not_give_tells_nothing(confidence: TimeConfidence) -> None:
    """Receive times that stand in for event times are not counted."""
    skew = ClockSkew()
    skew.add(NOW, NOW, confidence)
    assert (skew.count, skew.least, skew.skew, skew.median) == (0, None, None, None)


def test_events_are_counted_by_object_and_source() -> None:
    """A batch's events give one estimate for each source."""
    event = event_of('{"@timestamp": "2026-03-02T09:59:00Z", "a": 1}')
    skews = measured([event, event])
    assert list(skews) == [("object", "source")]
    assert skews["object", "source"].count == 2
    assert skews["object", "source"].skew == pytest.approx(60 * NANOSECONDS, rel=0.05)
