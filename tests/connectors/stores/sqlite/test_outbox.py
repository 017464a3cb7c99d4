"""The outbox in a SQLite file: who is first in a line, claims apart from notices, old files."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.stores.memory import open_memory
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.outbox import SqliteOutbox
from pipeline.model import Notice, NoticeState, Recipient
from pipeline.ports import Stores, Turn
from pipeline.ports.searching import Kind
from tests.connectors.stores.nouns import at, notice

_OLD = (
    "DROP INDEX notices_waiting",
    "ALTER TABLE notices DROP COLUMN head",
    "ALTER TABLE notices ADD COLUMN claim TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE notices ADD COLUMN claimed_until INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE notices ADD COLUMN unrecorded INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX notices_waiting ON notices (channel) WHERE state IN ('pending', 'failed')",
    "CREATE INDEX notices_in_line ON notices (incident_id) WHERE state = 'pending'",
    "CREATE INDEX notices_claimed ON notices (claim) WHERE claim <> ''",
    "DROP TABLE claims",
    "DROP TABLE search",
    "DROP TABLE search_letters",
    *(
        f"DROP TABLE search_{kind}{one}"
        for kind in Kind
        if kind is not Kind.EVENTS
        for one in ("", "_classes", "_days")
    ),
    "DROP TABLE event_terms",
    "DROP INDEX event_blocks_by_end",
    "DROP INDEX event_blocks_by_begin",
    "ALTER TABLE event_blocks DROP COLUMN indexed",
    "DELETE FROM counters WHERE name = 'search.filled'",
    "PRAGMA user_version = 3",
)
_STATES = st.sampled_from(list(NoticeState))
_NOTICES = st.tuples(st.integers(1, 2), st.integers(1, 3), st.sampled_from("ab"), _STATES)


@contextmanager
def opened(path: Path) -> Iterator[Stores]:
    """Open a store for a block."""
    stores = open_sqlite(path)
    try:
        yield stores
    finally:
        stores.database.close()


@settings(max_examples=40)
@given(st.lists(_NOTICES, max_size=8), st.lists(st.tuples(st.integers(0, 7), _STATES), max_size=8))
def test_the_first_of_each_line_is_the_one_that_memory_gives(
    made: list[tuple[int, int, str, NoticeState]], changes: list[tuple[int, NoticeState]]
) -> None:
    """After any puts and changes both stores give the same notices as due, in the same order."""
    notices = [
        notice(
            number, incident_id=f"incident-{incident}", revision=revision, state=state,
            recipient=Recipient("ncc", party), created_at=at(0), due_at=at(number),
        )
        for number, (incident, revision, party, state) in enumerate(made)
    ]  # fmt: skip
    with TemporaryDirectory() as folder, opened(Path(folder) / "x.db") as stores:
        both = (open_memory().outbox, stores.outbox)
        for outbox in both:
            outbox.put(notices[::2])
            outbox.put(notices[1::2])
        for number, state in changes:
            for outbox in both:
                before = outbox.get(f"notice-{number}")
                if before is not None:
                    assert outbox.change(before, replace(before, state=state, attempts=number))
        given_by = [[one.id for one in outbox.due(at(99), 99)] for outbox in both]
    assert given_by[0] == given_by[1]


def test_a_file_of_before_keeps_lines_and_claims(tmp_path: Path) -> None:
    """What an earlier version wrote is brought up to date: who is first, and what was claimed."""
    path = tmp_path / "x.db"
    waits = [notice(2, revision=2), notice(1), notice(3, incident_id="incident-2")]
    with opened(path) as stores:
        stores.outbox.put(waits)
    with closing(sqlite3.connect(path)) as connection:
        for statement in _OLD:
            connection.execute(statement)
        connection.execute(
            "UPDATE notices SET claim = 'killed', claimed_until = ?, unrecorded = 1"
            " WHERE id = 'notice-3'",
            (at(10**6),),
        )
        connection.commit()
    with opened(path) as stores:
        due = stores.outbox.due(at(9), 9, None, Turn(owner="next"))
        assert {one.id: one.tried.unrecorded for one in due} == {"notice-1": 0, "notice-3": 2}
        first = stores.outbox.get("notice-1")
        assert first is not None
        assert stores.outbox.change(first, replace(first, state=NoticeState.SENT))
        assert [one.id for one in stores.outbox.due(at(9), 9)] == ["notice-2"]


def test_claims_of_the_dead_are_freed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two threads that ask first at once, the later does not undo what the earlier claimed."""
    with opened(tmp_path / "x.db") as stores:
        outbox = cast("SqliteOutbox", stores.outbox)
        outbox.put([notice(1)])
        turn, waits = Turn(owner="a", lease=at(99) - at(0)), threading.Event()
        given_later: list[Notice] = []
        writing = outbox._database.writing

        def noted() -> AbstractContextManager[sqlite3.Connection]:
            waits.set()
            return writing()

        def ask() -> None:
            given_later.extend(outbox.due(at(9), 9, None, replace(turn, owner="b")))

        later = threading.Thread(target=ask)
        with stores.database.transaction():
            monkeypatch.setattr(outbox._database, "writing", noted)
            later.start()
            assert waits.wait(20)  # it has found that nothing was freed, and waits for its turn
            assert [one.id for one in outbox.due(at(9), 9, None, turn)] == ["notice-1"]
        later.join(20)
        assert given_later == []


def test_a_claim_rewrites_no_notice(tmp_path: Path) -> None:
    """To claim and to let go leaves the notice's row as it was."""
    path = tmp_path / "x.db"
    with opened(path) as stores:
        stores.outbox.put([notice(1)])
        with closing(sqlite3.connect(path)) as connection:
            query = "SELECT * FROM notices"
            before = connection.execute(query).fetchall()
            [claimed] = stores.outbox.due(at(9), 9, None, Turn(owner="a"))
            assert connection.execute("SELECT id, owner FROM claims").fetchall() == [
                ("notice-1", "a")
            ]
            assert stores.outbox.change(claimed, claimed)
            assert connection.execute(query).fetchall() == before
            assert connection.execute("SELECT id FROM claims").fetchall() == []
