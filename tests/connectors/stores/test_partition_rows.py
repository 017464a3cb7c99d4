"""The state of a partition: whole steps, whatever part of its log is known."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.stores import partition_rows
from connectors.stores.partition_rows import VERSIONED, OrderedMemory, PartitionRows, Write

OBJECTS = st.sampled_from(["a", "ab", "@partition", ""])
ROWS = st.dictionaries(
    st.sampled_from(['["x"]', '["y","1"]', '["z"]']),
    st.one_of(st.none(), st.binary(max_size=4).map(lambda value: value.hex().encode())),
    min_size=1,
)
STEPS = st.lists(st.dictionaries(OBJECTS, ROWS, min_size=1, max_size=2), max_size=30)
State = dict[str, dict[str, bytes]]


def plain(steps: list[dict[str, dict[str, bytes | None]]]) -> list[State]:
    """Give the state after each number of steps, kept the plain way."""
    states: list[State] = [{}]
    for step in steps:
        state = {name: dict(rows) for name, rows in states[-1].items()}
        for name, rows in step.items():
            mine = state.setdefault(name, {})
            for key, value in rows.items():
                if value is None:
                    mine.pop(key, None)
                else:
                    mine[key] = value
        states.append(state)
    return states


def read(rows: PartitionRows, names: Mapping[str, object]) -> State:
    return {name: found for name in names if (found := dict(rows.load(name)))}


def told(state: State) -> State:
    return {name: rows for name, rows in state.items() if rows}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write rows themselves after a few entries, so that short runs see it."""
    monkeypatch.setattr(partition_rows, "ENTRIES", 3)


@given(STEPS, st.integers(0, 10_000), st.integers(0, 5))
def test_any_beginning_of_the_log_is_a_whole_number_of_steps(
    steps: list[dict[str, dict[str, bytes | None]]], cut: int, behind: int
) -> None:
    """Wherever the log ends, each object's state is that after a step, and never before the last.

    ``behind``: how many steps the disk is behind what was folded.
    """
    rows = PartitionRows(OrderedMemory())
    log: list[Write] = []
    ends: list[int] = [0]
    ahead = []
    expected = plain(steps)
    for number, step in enumerate(steps, 1):
        for name, changes in step.items():
            rows.save(name, changes)
        ahead.append(rows.step())
        log += ahead[-1]
        ends.append(len(log))
        if len(ahead) > behind:
            rows.written(ahead.pop(0))
        assert read(rows, expected[number]) == told(expected[number])
        assert set(rows.objects()) == set(expected[number])
    cut %= len(log) + 1
    found = OrderedMemory()
    found.write(log[:cut])
    after = PartitionRows(found)
    whole = max(number for number, end in enumerate(ends) if end <= cut)
    nexts = expected[min(whole + 1, len(steps))]
    for name in nexts:
        # A step may touch two objects, and each of them is whole by itself.
        state = dict(after.load(name))
        assert state in (expected[whole].get(name, {}), nexts[name])


def test_a_step_that_is_undone_leaves_nothing() -> None:
    """What a failed step saved is gone, and its object was never heard of."""
    rows = PartitionRows(OrderedMemory())
    rows.save("a", {'["x"]': b"1"})
    rows.undo()
    assert (rows.step(), rows.load("a"), rows.objects()) == ([], {}, [])


def test_what_has_come_to_pass_is_told_last() -> None:
    """The state that is no object's follows the objects', whichever was saved first."""
    rows = PartitionRows(OrderedMemory())
    for name in ("", "b", "a"):
        rows.save(name, {'["x"]': b"1"})
    version, *writes = rows.step()
    assert version == VERSIONED
    assert [key.split(b"\x00")[1] for key, _ in writes] == [b"b", b"a", b""]


def test_rows_between_two_keys_come_in_order() -> None:
    """A range of an object's rows is read in the order of keys, up to a limit."""
    rows = PartitionRows(OrderedMemory())
    rows.save("a", {f'["k",{number}]': b"%d" % number for number in range(5)})
    found = rows.between("a", '["k",1]', '["k",4]', 2)
    assert found == [('["k",1]', b"1"), ('["k",2]', b"2")]
