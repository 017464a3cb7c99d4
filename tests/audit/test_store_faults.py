"""Faults put into the rows of a store after a real run: what was changed, cut or lost there."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.audit import Discrepancy
from pipeline.model import from_json
from tests.audit.runs import DAY, auditor, copied, found, night, run, told
from tests.runtime.centre import AT

Db = sqlite3.Connection
HOUR_LATER = AT + DAY


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the store of a night in which a bit of everything happened, all of it delivered."""
    folder = tmp_path_factory.mktemp("night")
    with run(folder) as one:
        night(one)
        one.command("close", one.incident("kz-bank"), verdict="true")
        one.deliver()
    return folder / "saqshy.db"


@contextmanager
def rows(path: Path) -> Iterator[Db]:
    """Open a store as an intruder would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER audit_unchanged")
        connection.execute("DROP TRIGGER audit_undeleted")
        yield connection


def change(db: Db, table: str, where: str, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Edit the document of the first row that fits."""
    row = db.execute(f"SELECT rowid, data FROM {table} WHERE {where} ORDER BY rowid").fetchone()
    document = orjson.loads(row[1])
    edit(document)
    data = orjson.dumps(document)
    db.execute(f"UPDATE {table} SET data = ? WHERE rowid = ?", (data, row[0]))


NOTICE = "json_extract(data, '$.recipient.role') = 'ncc'"
BANK = "json_extract(data, '$.object_id') = 'kz-bank'"
FIRST = f"{NOTICE} AND {BANK} AND json_extract(data, '$.leg') = 'first'"


def lost(db: Db) -> None:
    db.execute(f"DELETE FROM notices WHERE {FIRST}")


def put_back(db: Db) -> None:
    change(db, "notices", FIRST, lambda one: one.update(attempts=3))


def redirected(db: Db) -> None:
    change(db, "notices", FIRST, lambda one: one["recipient"].update(party_id="tec-holder"))


def another_channel(db: Db) -> None:
    change(db, "notices", FIRST, lambda one: one.update(channel="email"))


def more_said(db: Db) -> None:
    change(db, "notices", FIRST, lambda one: one["payload"].update(user="aigul"))


def another_receipt(db: Db) -> None:
    change(db, "notices", FIRST, lambda one: one["receipt"].update(notice_id="0" * 32))


def receipt_of_before(db: Db) -> None:
    change(
        db, "notices", FIRST, lambda one: one["receipt"].update(received_at="2020-01-01T00:00:00Z")
    )


def count_changed(db: Db) -> None:
    change(db, "incidents", BANK, lambda one: one.update(event_count=99))


def revision_cut_out(db: Db) -> None:
    db.execute(f"DELETE FROM incidents WHERE {BANK} AND revision = 2")


def entry_rewritten(db: Db) -> None:
    where = "json_extract(data, '$.kind') = 'incident' AND chain = 'kz-bank'"
    change(db, "audit", where, lambda one: one.update(actor="nobody"))


def entry_cut_out(db: Db) -> None:
    db.execute("DELETE FROM audit WHERE chain = 'administration' AND number = 2")


def entry_inserted(db: Db) -> None:
    db.execute("INSERT INTO audit SELECT chain, number + 1000, 'made-up', data FROM audit LIMIT 1")


FAULTS: dict[str, tuple[Callable[[Db], None], set[tuple[str, str]]]] = {
    "a notice is lost": (lost, {("missing", "removed")}),
    "a count of attempts is changed": (put_back, {("broken", "trail_disagrees")}),
    "a recipient is changed": (
        redirected,
        {("wrong", "wrong_party"), ("wrong", "receipt_content")},
    ),
    "a channel is changed": (another_channel, {("wrong", "channel")}),
    "a payload is changed": (more_said, {("wrong", "leak"), ("wrong", "receipt_content")}),
    "a receipt is exchanged": (another_receipt, {("wrong", "receipt_notice")}),
    "a receipt is backdated": (receipt_of_before, {("wrong", "receipt_early")}),
    "a revision is changed": (count_changed, {("broken", "content_changed")}),
    "an entry is rewritten": (entry_rewritten, {("broken", "entry_changed")}),
    "an entry is cut out": (entry_cut_out, {("broken", "entries_missing")}),
    "an entry is slipped in": (entry_inserted, {("broken", "entries_missing")}),
}


def test_the_night_is_clean(store: Path, tmp_path: Path) -> None:
    """Without a fault nothing is found, also a day later."""
    path = copied(store, tmp_path)
    assert found(path, HOUR_LATER) == []


@pytest.mark.parametrize(("fault", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_changed_row_is_found(
    store: Path, tmp_path: Path, fault: Callable[[Db], None], expected: set[tuple[str, str]]
) -> None:
    """Every alarm of a changed row names what was changed, and nothing else."""
    path = copied(store, tmp_path)
    with rows(path) as db:
        fault(db)
    assert set(told(found(path, HOUR_LATER))) == expected


def test_a_missing_revision_is_found(store: Path, tmp_path: Path) -> None:
    """A revision that was cut out is named, with the notices that told of it."""
    path = copied(store, tmp_path)
    with rows(path) as db:
        revision_cut_out(db)
    said = told(found(path, HOUR_LATER))
    assert ("broken", "revision_missing") in said
    assert {what for _, what in said} == {"revision_missing", "no_such_revision"}


def test_a_chain_that_was_seen_cannot_be_cut(store: Path, tmp_path: Path) -> None:
    """An auditor that saw a chain's end finds the chain shorter, and shows where it ended."""
    path = copied(store, tmp_path)
    seen = auditor(path)
    seen.look(HOUR_LATER)
    with rows(path) as db:
        last = "SELECT max(number) FROM audit WHERE chain = 'administration'"
        db.execute(f"DELETE FROM audit WHERE chain = 'administration' AND number = ({last})")
    seen.look(HOUR_LATER, everything=True)
    alarms = [from_json(Discrepancy, one.data) for one in seen.state.alarms()]
    seen.close()
    assert [one.what for one in alarms] == ["chain_cut"]


def test_a_chain_that_was_seen_cannot_be_written_anew(store: Path, tmp_path: Path) -> None:
    """A whole new trail that verifies in itself is not the one that was seen."""
    path = copied(store, tmp_path)
    seen = auditor(path)
    seen.look(HOUR_LATER)
    ends = seen.state.ends()
    with seen.state.together():
        seen.state.set_ends({"kz-bank": (ends["kz-bank"][0], "0" * 64)})
    seen.look(HOUR_LATER, everything=True)
    assert [one.what for one in seen.state.alarms()] == ["chain_rewritten"]
    seen.close()
