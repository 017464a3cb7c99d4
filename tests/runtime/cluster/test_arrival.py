"""In which order messages come to pass."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import BatchKind, Observation, RawBatch, Revisions, to_json
from pipeline.model.rows import Rows
from pipeline.runtime.cluster import arrival
from pipeline.runtime.cluster.arrival import (
    ARRIVAL_ROWS,
    RETIRED_AFTER,
    TooEarly,
    TooFull,
    come_to_pass,
    first_time,
    held,
    in_turn,
    left_behind,
    oldest_tick,
    passed,
    released,
)


def rows() -> Rows:
    return Rows("object", ARRIVAL_ROWS, {})


def seen(sequence: int, source: str = "s") -> Observation:
    return Observation(
        f"b{sequence}", BatchKind.RAW, "object", source, sequence, sequence - 1, 5, Revisions()
    )


def tick(sequence: int) -> RawBatch:
    return RawBatch(
        f"t{sequence}", "", "clock", sequence, sequence - 1, 5, 5, "clock", (b"now",),
        kind=BatchKind.CLOCK,
    )  # fmt: skip


@given(st.lists(st.integers(1, 12), max_size=60), st.randoms(use_true_random=False))
def test_a_source_comes_to_pass_in_order_and_once(repeats: list[int], chance: object) -> None:
    """However observations of two collectors are shuffled and repeated, each counts once."""
    arriving = [(name, number) for name in ("a", "b") for number in range(1, 13)]
    arriving += [("a", number) for number in repeats]
    chance.shuffle(arriving)  # type: ignore[attr-defined]
    state, came = rows(), []
    for name, number in arriving:
        came += [(name, one.sequence) for one in in_turn(state, name, seen(number))]
        state = Rows("object", ARRIVAL_ROWS, _stored(state))
    for name in ("a", "b"):
        assert [number for one, number in came if one == name] == list(range(1, 13))
    assert state.count("early") == 0


def test_behind_too_wide_a_gap_nothing_more_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is bounded: one more is told and not kept."""
    monkeypatch.setattr(arrival, "MOST_EARLY", 2)
    state = rows()
    for number in (3, 4):
        assert list(in_turn(state, "a", seen(number))) == []
    with pytest.raises(TooEarly, match="object/s"):
        list(in_turn(state, "a", seen(5)))


def test_a_message_counts_the_first_time_alone() -> None:
    """A number that is not above the last is known; senders and sources count by themselves."""
    state = rows()
    asked = [("a", "x", 1), ("a", "x", 1), ("a", "y", 1), ("b", "x", 1), ("a", "x", 3)]
    assert [first_time(state, *one) for one in asked] == [True, False, True, True, True]


def test_a_tick_comes_to_pass_once_it_came_through_everywhere() -> None:
    """Ticks wait for the slowest way, and come then in their order, once."""
    state, came = rows(), []
    for via, number in [(0, 1), (0, 2), (0, 3), (1, 1), (1, 1), (2, 1), (2, 2), (1, 2), (0, 1)]:
        came.append([one.sequence for one in come_to_pass(state, "c", tick(number), via, 3)])
        state = Rows("object", ARRIVAL_ROWS, _stored(state))
    assert came == [[], [], [], [], [], [1], [], [2], []]
    assert [one.sequence for one in come_to_pass(state, "c", replace(tick(3)), 1, 3)] == []
    assert [one.sequence for one in come_to_pass(state, "c", tick(3), 2, 3)] == [3]


def test_what_lies_behind_a_tick_waits_until_it_came_to_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Time overtakes nothing, and nothing overtakes time; what waits is bounded."""
    state = rows()
    assert not held(state, "a", seen(1), 0)
    come_to_pass(state, "c", tick(1), 0, 2)
    assert held(state, "a", seen(2), 0)
    assert not held(state, "a", seen(3), 1)
    come_to_pass(state, "c", tick(2), 0, 2)
    assert held(state, "b", seen(4), 0)
    state = Rows("object", ARRIVAL_ROWS, _stored(state))
    assert [one.sequence for one in come_to_pass(state, "c", tick(1), 1, 2)] == [1]
    assert [(name, one.sequence) for name, one in released(state, "c", 1)] == [("a", 2)]
    monkeypatch.setattr(arrival, "MOST_HELD", 1)
    with pytest.raises(TooFull, match="tick 2 of c"):
        held(state, "a", seen(5), 0)
    assert [one.sequence for one in come_to_pass(state, "c", tick(2), 1, 2)] == [2]
    assert [(name, one.sequence) for name, one in released(state, "c", 2)] == [("b", 4)]
    assert list(released(state, "c", 2)) == []


def test_a_clock_that_went_away_in_the_middle_of_a_tick_is_retired() -> None:
    """What came behind its tick waits until the next clock is well past it, and no longer."""
    state, ways, second = rows(), 3, 1_000_000_000
    held_back, let_go, late = 0, 0, []

    def ticked(collector: str, number: int, seconds: int, ways_: range) -> None:
        nonlocal let_go
        batch = replace(tick(number), received_at=seconds * second)
        for via in ways_:
            for one in come_to_pass(state, f"{collector}/clock", batch, via, ways):
                behind = len(list(left_behind(state, f"{collector}/clock", one)))
                late.extend([seconds] * behind)
                let_go += behind + sum(1 for _ in released(state, f"{collector}/clock", number))

    ticked("a", 1, 0, range(ways))
    ticked("a", 2, 10, range(1))  # it ends here
    for number in range(1, 60):
        for via in range(ways):
            held_back += held(state, "b", seen(ways * number + via), via)
        ticked("b", number, 10 + 10 * number, range(ways))
    assert held_back == let_go == len(late) > 0
    assert set(late) == {10 + RETIRED_AFTER // second}
    assert oldest_tick(state) is None
    ticked("a", 2, 10, range(1, ways))  # it comes back, and its next ticks count
    ticked("a", 3, 700, range(1))
    assert oldest_tick(state) == ("a/clock", 3)
    assert passed(state, "a/clock") == 2


def _stored(state: Rows) -> dict[str, bytes]:
    """Give all rows as a store would have them after this step."""
    return {key: to_json(state.at(kind, key)) for kind in ARRIVAL_ROWS for key in state.keys(kind)}
