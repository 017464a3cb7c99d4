"""What was written, read by a process beside the writer."""

from contextlib import closing
from pathlib import Path

import pytest

from connectors.stores.sqlite.trace import SqliteTrace
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.ports import Added
from tests.audit.runs import WORSE, YES, Run, copied, run
from tests.audit.test_store_faults import rows


def one_night(one: Run) -> None:
    """Let one incident be told and told anew."""
    one.find("kz-bank", "entry", YES)
    one.deliver()
    one.find("kz-bank", "entry", WORSE)
    one.deliver()


def test_rows_come_in_the_order_of_their_adding(tmp_path: Path) -> None:
    """Each place is read on behind a mark, and the same row never twice."""
    with run(tmp_path) as one:
        one_night(one)
        with closing(SqliteTrace(one.store)) as trace, trace.still():
            for place in ("audit", "incidents", "notices"):
                whole = trace.added(place, 0, 1000)
                parts: list[Added] = []
                mark = 0
                while rest := trace.added(place, mark, 2):
                    parts += rest
                    mark = rest[-1].mark
                assert parts == list(whole)
                assert [part.mark for part in parts] == sorted({part.mark for part in parts})


def test_what_is_of_an_incident_is_found(tmp_path: Path) -> None:
    """Revisions, notices and the trail's entries about each come back whole."""
    with run(tmp_path) as one:
        one_night(one)
        incident = one.incident("kz-bank")
        with closing(SqliteTrace(one.store)) as trace, trace.still():
            revisions, notices = trace.written(incident.id)
            assert revisions[-1] == incident
            assert list(notices) == one.notices("kz-bank")
            assert [entry.kind for entry in trace.told(incident.id)] == ["incident"] * 2
            states = [entry.detail["state"] for entry in trace.told(notices[0].id)]
            assert states == ["pending", "sent"]
            assert trace.told("0" * 32) == []


def test_inside_nothing_moves(tmp_path: Path) -> None:
    """What is written meanwhile shows after the block, and not in it."""
    with run(tmp_path) as one:
        one_night(one)
        with closing(SqliteTrace(one.store)) as trace:
            with trace.still():
                before = len(trace.added("incidents", 0, 1000))
                one.find("kz-bank", "entry", YES)
                assert len(trace.added("incidents", 0, 1000)) == before
            with trace.still():
                assert len(trace.added("incidents", 0, 1000)) == before + 1


@pytest.mark.parametrize("make", [False, True], ids=["no file", "an empty file"])
def test_what_is_no_store_is_told(tmp_path: Path, make: bool) -> None:
    """Without a store the message says what to name."""
    if make:
        (tmp_path / "saqshy.db").touch()
    with pytest.raises(StoreError, match="saqshy run"):
        SqliteTrace(tmp_path / "saqshy.db")


@pytest.mark.parametrize("table", ["audit", "incidents", "notices"])
def test_what_does_not_decode_is_told(tmp_path: Path, table: str) -> None:
    """A damaged row names the store, and is never skipped."""
    with run(tmp_path / "run") as one:
        one_night(one)
        path = copied(one.store, tmp_path)
        name = one.incident("kz-bank").id
    with rows(path) as db:
        db.execute(f"UPDATE {table} SET data = '{{}}'")
    with (
        closing(SqliteTrace(path)) as trace,
        trace.still(),
        pytest.raises(StoreCorrupt, match="does not decode"),
    ):
        trace.written(name) if table != "audit" else trace.added("audit", 0, 10)
