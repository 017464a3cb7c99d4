"""What a fold holds of objects between two commits."""

import pytest

from connectors.stores.memory import open_memory
from pipeline.errors import StoreError
from pipeline.runtime import folding as folds
from pipeline.runtime.cluster.arrival import ARRIVAL_ROWS, PositionRow
from pipeline.runtime.folding import Folding
from pipeline.runtime.surviving import Broken


def _folding() -> Folding:
    return Folding(open_memory().state, types=ARRIVAL_ROWS)


def _heard(folding: Folding, object_id: str, sequence: int) -> None:
    rows = folding.rows(object_id)
    rows.put(PositionRow(sequence), "position", "source")
    folding.save(rows)


def test_what_was_settled_is_not_written_again() -> None:
    """After a commit nothing is left to be written, of any object of the step."""
    folding = _folding()
    for sequence in (1, 2):
        for name in ("a", "b"):
            _heard(folding, name, sequence)
        folding.settled()
        assert [folding.rows(name).changes() for name in ("a", "b")] == [{}, {}]


def test_a_step_may_touch_more_objects_than_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects that had to make room are read again as they were saved."""
    monkeypatch.setattr(folds, "OBJECTS_CACHED", 2)
    folding = _folding()
    for number in range(5):
        _heard(folding, f"object-{number}", number)
    folding.settled()
    found = [
        folding.rows(f"object-{number}").get(PositionRow, "position", "source")
        for number in range(5)
    ]
    assert found == [PositionRow(number) for number in range(5)]
    assert all(not folding.rows(f"object-{number}").changes() for number in range(5))


def test_what_was_forgotten_is_read_as_it_is_stored() -> None:
    """After a failure the rows are those of the store, and nothing of the step is left."""
    folding = _folding()
    _heard(folding, "a", 1)
    folding.settled()
    folding.rows("a").put(PositionRow(7), "position", "source")
    folding.forget()
    assert folding.rows("a").get(PositionRow, "position", "source") == PositionRow(1)
    assert folding.rows("a").changes() == {}


def test_what_breaks_leaves_the_rows_as_they_were_before() -> None:
    """What was noted before is kept, what broke is not, and whoever holds them goes on."""
    folding = _folding()
    rows = folding.rows("a")
    rows.put(PositionRow(1), "position", "source")

    def breaks() -> None:
        rows.put(PositionRow(7), "position", "source")
        rows.put(PositionRow(7), "position", "another")
        rows.scratch["derived"] = 7
        raise ZeroDivisionError

    assert folding._tried(rows, breaks) == Broken("ZeroDivisionError")
    assert rows is folding.rows("a")
    assert rows.get(PositionRow, "position", "source") == PositionRow(1)
    assert rows.get(PositionRow, "position", "another") is None
    assert not rows.scratch
    rows.put(PositionRow(2), "position", "source")
    folding.save(rows)
    folding.settled()
    folding.forget()
    assert folding.rows("a").get(PositionRow, "position", "source") == PositionRow(2)


def test_errors_of_ours_are_raised() -> None:
    """A store that fails is no fault of what is folded."""
    folding = _folding()

    def fails() -> None:
        raise StoreError("gone")

    with pytest.raises(StoreError):
        folding._tried(folding.rows("a"), fails)
