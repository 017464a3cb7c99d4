"""What an auditor remembers between two looks."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connectors.stores.auditor_state import Alarm, AuditorState, Seen
from pipeline.errors import StoreError

LATE = Alarm("1", "i", "late", "overdue", b"{}")
WRONG = Alarm("2", "i", "wrong", "due", b"{}")


def seen(incident_id: str = "i", next_at: int = 0) -> Seen:
    """Make an examination."""
    return Seen(incident_id, 1, 1, 2, next_at)


def test_everything_comes_back_after_a_restart(tmp_path: Path) -> None:
    """Marks, ends, alarms and what came into force outlive the process."""
    with closing(AuditorState(tmp_path / "a" / "state.db")) as state, state.together():
        state.set_mark("audit", "7")
        state.set_ends({"c": (3, "h")})
        state.keep(seen(next_at=5), [LATE])
        state.note_in_force("pack", 10, "p1")
        state.note_in_force("pack", 20, "p2")
    with closing(AuditorState(tmp_path / "a" / "state.db")) as state:
        assert state.mark("audit") == "7"
        assert state.ends() == {"c": (3, "h")}
        assert state.alarms() == [LATE]
        assert state.due(4, 10) == []
        assert state.due(5, 10) == ["i"]
        assert state.figures() == (1, 2)
        assert [state.in_force("pack", at) for at in (9, 10, 25)] == ["", "p1", "p2"]


def test_an_alarm_is_over_when_it_is_not_given_again(tmp_path: Path) -> None:
    """A new examination replaces the old one's alarms, and who was told stays so."""
    with closing(AuditorState(tmp_path / "state.db")) as state:
        state.keep(seen(), [LATE, WRONG])
        state.told([LATE.id])
        assert [one.id for one in state.alarms(untold=True)] == [WRONG.id]
        state.keep(seen(), [LATE])
        assert [(one.id, one.told) for one in state.alarms()] == [(LATE.id, True)]
        assert state.counts() == {("late", "overdue"): 1}


def broken_off(state: AuditorState) -> None:
    """Write something, and fail before the end."""
    with state.together():
        state.set_mark("audit", "7")
        raise ZeroDivisionError


def test_what_fails_inside_is_not_kept(tmp_path: Path) -> None:
    """Either all that was written together is kept, or nothing."""
    with closing(AuditorState(tmp_path / "state.db")) as state:
        with pytest.raises(ZeroDivisionError):
            broken_off(state)
        assert state.mark("audit") == ""


def test_incidents_are_looked_at_in_turn(tmp_path: Path) -> None:
    """Behind each id the next ones follow."""
    with closing(AuditorState(tmp_path / "state.db")) as state:
        for name in "cab":
            state.keep(seen(name), [])
        assert state.after("", 2) == ["a", "b"]
        assert state.after("b", 2) == ["c"]


def test_another_version_is_refused(tmp_path: Path) -> None:
    """A memory that another program wrote is not guessed at, and the way out is named."""
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="remove it"):
        AuditorState(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Where the memory cannot be kept, the message names the folder."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be kept there"):
        AuditorState(tmp_path / "file" / "state.db")
