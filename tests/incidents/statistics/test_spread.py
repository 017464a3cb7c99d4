"""Durations: nearest rank, and what is unknown or still runs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.incidents.statistics.spread import Durations, Spread, quantile
from pipeline.model import NANOSECONDS


@pytest.mark.parametrize(
    ("count", "p50", "p90", "p95", "most"),
    [
        (1, 1, 1, 1, 1), (2, 1, 2, 2, 2), (10, 5, 9, 10, 10), (20, 10, 18, 19, 20),
        (100, 50, 90, 95, 100),
    ],
)  # fmt: skip
def test_quantiles_are_values_that_occurred(
    count: int, p50: int, p90: int, p95: int, most: int
) -> None:
    """Of one second to so many seconds each quantile is the one of its rank."""
    gathered = Durations()
    for seconds in range(count, 0, -1):
        gathered.add(0, seconds * NANOSECONDS)
    spread = gathered.spread()
    assert (spread.p50_seconds, spread.p90_seconds, spread.p95_seconds, spread.max_seconds) == (
        p50, p90, p95, most,
    )  # fmt: skip


def test_nothing_known_is_no_zero() -> None:
    """Without a known duration there is no quantile, and what runs stands apart."""
    gathered = Durations()
    gathered.runs(0, 7 * NANOSECONDS)
    gathered.runs(0, 5 * NANOSECONDS)
    gathered.add(9, 3)
    assert gathered.spread() == Spread(unknown=1, open=2, open_longest_seconds=7.0)


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=60), st.integers(1, 100))
def test_a_quantile_has_its_part_below_it(values: list[int], percent: int) -> None:
    """At least so many percent are not above it, and fewer are below it."""
    found = quantile(sorted(values), percent)
    assert found is not None
    seconds = [value / NANOSECONDS for value in values]
    assert found in seconds
    assert sum(one <= found for one in seconds) >= math.ceil(percent * len(values) / 100)
    assert sum(one < found for one in seconds) < math.ceil(percent * len(values) / 100)
