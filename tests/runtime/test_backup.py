"""Backups: whole and proved while the system runs, and back in place only where nobody writes."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.incidents.audit import Draft
from pipeline.ports import Stores
from pipeline.runtime.backup import (
    COMMANDS,
    EVIDENCE,
    MANIFEST,
    STORE,
    evidence_of,
    make_backup,
    read_backup,
    restore_backup,
)
from pipeline.runtime.chainer import audited
from pipeline.runtime.leaving import spool_of
from tests.connectors.stores.nouns import at, batch, event, incident, notice

NOW = at(100)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a store with something of everything, at rest, evidence and a command beside it."""
    path = tmp_path / "saqshy.db"
    with closing(open_sqlite(path).database):
        pass
    fill(path, 1)
    for beside, name in ((evidence_of(path), "ab/abc"), (spool_of(path), "1-a.json")):
        (beside / name).parent.mkdir(parents=True)
        (beside / name).write_bytes(b"{}")
    return path


def fill(path: Path, number: int) -> None:
    """Add a batch, an event, an incident, a notice and an entry."""
    stores = open_sqlite(path)
    with closing(stores.database):
        kept = batch(number)
        stores.journal.append("wire", [kept])
        stores.events.add(kept, [event(kept, 0, at(number))])
        stores.incidents.put_incidents([incident(number)])
        stores.outbox.put([notice(number)])
        chain(stores, number)


def chain(stores: Stores, number: int) -> None:
    """Chain an entry."""
    draft = Draft("power-7", f"e{number}", "note", "power-7", at(number), "system", {})
    with stores.database.transaction():
        audited(stores.audit, [draft])


def content(path: Path) -> list[tuple[object, ...]]:
    """Give every row of every table."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
        )
        names = sorted(name for (name,) in tables)
        return [
            (name, *row) for name in names for row in connection.execute(f"SELECT * FROM {name}")
        ]


def test_a_backup_comes_back_as_it_was(store: Path, tmp_path: Path) -> None:
    """Made beside a running writer, brought back elsewhere: every row and every file is there."""
    running = open_sqlite(store)
    with closing(running.database):
        made = make_backup(store, tmp_path / "b", NOW, None)
        chain(running, 2)  # the writer goes on
    assert made.entries == 1
    there = {one.path for one in made.files}
    assert there == {STORE, f"{EVIDENCE}/ab/abc", f"{COMMANDS}/1-a.json"}
    other = tmp_path / "other" / "saqshy.db"
    assert restore_backup(tmp_path / "b", other, None) == made
    assert content(other) == content(tmp_path / "b" / STORE)
    assert (evidence_of(other) / "ab/abc").read_bytes() == b"{}"
    assert (spool_of(other) / "1-a.json").read_bytes() == b"{}"
    fill(other, 2)  # it is a store to go on with


def test_a_store_is_replaced_only_where_asked_and_kept_beside(store: Path, tmp_path: Path) -> None:
    """The old store is neither overwritten nor lost."""
    make_backup(store, tmp_path / "b", NOW, None)
    fill(store, 2)
    with pytest.raises(StoreError, match="--replace"):
        restore_backup(tmp_path / "b", store, None)
    aside = tmp_path / "old.db"
    restore_backup(tmp_path / "b", store, None, aside=aside)
    for path, count in ((store, 1), (aside, 2)):
        stores = open_sqlite(path, readonly=True)
        with closing(stores.database):
            assert len(list(stores.audit.read())) == count


def test_never_over_a_running_store(store: Path, tmp_path: Path) -> None:
    """Where a process has the store nothing is replaced."""
    make_backup(store, tmp_path / "b", NOW, None)
    running = open_sqlite(store)
    with closing(running.database):
        with pytest.raises(StoreError, match="in use"):
            restore_backup(tmp_path / "b", store, None, aside=tmp_path / "old.db")
        chain(running, 2)
    assert not (tmp_path / "old.db").exists()
    assert sorted(one.name for one in tmp_path.glob(".*restored*")) == []


def _flip(folder: Path) -> None:
    data = bytearray((folder / STORE).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / STORE).write_bytes(data)


def _cut(folder: Path) -> None:
    (folder / EVIDENCE / "ab/abc").unlink()


def _forge(folder: Path) -> None:
    """Change an entry of the trail, and the manifest with it."""
    before = hashlib.sha256((folder / STORE).read_bytes()).hexdigest()
    with closing(sqlite3.connect(folder / STORE)) as connection, connection:
        connection.execute("DROP TRIGGER audit_unchanged")
        connection.execute(
            "UPDATE audit SET data = CAST(replace(CAST(data AS TEXT), 'note', 'nota') AS BLOB)"
        )
    after = hashlib.sha256((folder / STORE).read_bytes()).hexdigest()
    text = (folder / MANIFEST).read_text().replace(before, after)
    (folder / MANIFEST).write_text(text)


@pytest.mark.parametrize("harm", [_flip, _cut, _forge], ids=["a bit", "a file", "an entry"])
def test_what_is_not_what_it_was_is_refused(
    store: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    """A damaged backup replaces nothing."""
    make_backup(store, tmp_path / "b", NOW, None)
    harm(tmp_path / "b")
    with pytest.raises(StoreCorrupt):
        restore_backup(tmp_path / "b", tmp_path / "new.db", None)
    assert not (tmp_path / "new.db").exists()


def test_a_store_whose_trail_does_not_verify_makes_no_backup(store: Path, tmp_path: Path) -> None:
    """A folder without its manifest is no backup."""
    fill(store, 2)
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("DROP TRIGGER audit_undeleted")
        connection.execute("DELETE FROM audit WHERE number = 1")
    with pytest.raises(StoreCorrupt, match="does not verify"):
        make_backup(store, tmp_path / "b", NOW, None)
    assert not (tmp_path / "b" / MANIFEST).exists()
    with pytest.raises(StoreError, match="is no backup"):
        read_backup(tmp_path / "b", None)
