"""Checkpoints and heads, and reading as of one instant: what every implementation must do."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.stores.memory import open_memory
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.trace import SqliteTrace
from pipeline.errors import IntegrityError, StoreCorrupt, StoreError
from pipeline.model import to_json
from pipeline.model.checkpoint import ChainHead, Checkpoint
from pipeline.ports import Stores
from tests.connectors.stores.nouns import entry, notice


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Each implementation, empty."""
    opened = open_memory() if request.param == "memory" else open_sqlite(tmp_path / "saqshy.db")
    yield opened
    opened.database.close()


def checkpoint(number: int, *chains: str) -> Checkpoint:
    """Make a checkpoint that moved some chains."""
    moved = (ChainHead(chain, number, f"{number:02}") for chain in sorted(chains))
    return Checkpoint(number, f"token-{number}", tuple(moved))


def test_empty(stores: Stores) -> None:
    """An empty store has neither heads nor checkpoints."""
    assert list(stores.audit.heads()) == []
    assert stores.checkpoints.last() is None
    assert list(stores.checkpoints.read()) == []
    assert list(stores.checkpoints.covered()) == []


def test_heads(stores: Stores) -> None:
    """Every chain's newest entry stands as its head, by chain."""
    stores.audit.append([entry(1), entry(2, hash="aa"), entry(1, "Қ", hash="bb"), entry(1, "a")])
    assert list(stores.audit.heads()) == [
        ChainHead("a", 1, "00"),
        ChainHead("power-7", 2, "aa"),
        ChainHead("Қ", 1, "bb"),
    ]


def test_checkpoints_come_back(stores: Stores) -> None:
    """They are read in order, behind a number too; the newest is the last."""
    made = [checkpoint(1, "a", "b"), checkpoint(2), checkpoint(3, "b", "c")]
    for one in made:
        stores.checkpoints.append(one)
    assert list(stores.checkpoints.read()) == made
    assert list(stores.checkpoints.read(after=2)) == made[2:]
    assert stores.checkpoints.last() == made[2]


def test_what_is_covered_is_the_newest_of_each_chain(stores: Stores) -> None:
    """A chain stays covered where it was moved to last."""
    for one in (checkpoint(1, "a", "b"), checkpoint(2, "a"), checkpoint(12, "b", "Қ")):
        stores.checkpoints.append(one)
    assert list(stores.checkpoints.covered()) == [
        ChainHead("a", 2, "02"),
        ChainHead("b", 12, "12"),
        ChainHead("Қ", 12, "12"),
    ]


def test_a_taken_number_is_refused(stores: Stores) -> None:
    """A number is taken once, by an equal one too, and what was there stays."""
    stores.checkpoints.append(checkpoint(1, "a"))
    for again in (checkpoint(1, "a"), replace(checkpoint(1, "b"), token="other")):
        with pytest.raises(IntegrityError, match="already in the store"):
            stores.checkpoints.append(again)
    assert list(stores.checkpoints.read()) == [checkpoint(1, "a")]
    assert list(stores.checkpoints.covered()) == [ChainHead("a", 1, "01")]


def broken_off(stores: Stores) -> None:
    """Make a checkpoint, and fail before the transaction's end."""
    with stores.database.transaction():
        stores.checkpoints.append(checkpoint(1, "a"))
        raise ZeroDivisionError


def test_a_failed_transaction_keeps_none(stores: Stores) -> None:
    """A checkpoint is undone with what it was made with."""
    with pytest.raises(ZeroDivisionError):
        broken_off(stores)
    assert stores.checkpoints.last() is None
    assert list(stores.checkpoints.covered()) == []


def test_reading_as_of_one_instant(stores: Stores) -> None:
    """What another thread writes meanwhile is not seen inside, and seen after."""
    stores.audit.append([entry(1)])

    def write() -> None:
        stores.audit.append([entry(2)])

    with stores.database.still(), stores.database.still():
        assert len(list(stores.audit.read())) == 1
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(0.05)
        assert len(list(stores.audit.read())) == 1
        assert stores.audit.head("power-7") == entry(1)
    thread.join()
    assert len(list(stores.audit.read())) == 2


# --- the SQLite file alone ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "work",
    [
        "UPDATE checkpoints SET token = 'x'",
        "DELETE FROM checkpoints",
        "UPDATE checkpoint_heads SET hash = 'x'",
        "DELETE FROM checkpoint_heads",
    ],
)
def test_our_own_hands_are_kept_off(tmp_path: Path, work: str) -> None:
    """Rows of checkpoints can neither be changed nor deleted while the triggers stand."""
    opened = open_sqlite(tmp_path / "saqshy.db")
    opened.checkpoints.append(checkpoint(1, "a"))
    opened.database.close()
    with (
        closing(sqlite3.connect(tmp_path / "saqshy.db")) as db,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        db.execute(work)


VERSION_2 = Path(__file__).parent / "sqlite" / "version_2.sql"


def older(path: Path) -> None:
    """Make a store as it was before there were checkpoints, with an entry and a notice."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(VERSION_2.read_text(encoding="utf-8"))
        held = entry(1)
        row = (held.chain, held.number, held.entry_id, to_json(held))
        db.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", row)
        db.execute(NOTICE, (to_json(notice(1)),))


# Its columns, in the order of then.
NOTICE = """INSERT INTO notices VALUES ('notice-1', 'incident-1', 'pending', 0, 1, 1, 1, 'folder',
    'holder', 'p', 1, 0, '', 0, 0, ?)"""


def test_an_earlier_store_is_brought_up_to_date(tmp_path: Path) -> None:
    """A writer gives a store of the version before what it lacks, and keeps what is in it."""
    older(tmp_path / "saqshy.db")
    opened = open_sqlite(tmp_path / "saqshy.db")
    opened.checkpoints.append(checkpoint(1, "power-7"))
    assert list(opened.audit.read()) == [entry(1)]
    assert list(opened.outbox.list()) == [notice(1)]
    opened.database.close()
    opened = open_sqlite(tmp_path / "saqshy.db", readonly=True)
    assert opened.checkpoints.last() == checkpoint(1, "power-7")
    opened.database.close()


def test_a_reader_leaves_an_earlier_store_alone(tmp_path: Path) -> None:
    """A reader may not change the file, and says who does."""
    older(tmp_path / "saqshy.db")
    for opening in (lambda path: open_sqlite(path, readonly=True), SqliteTrace):
        with pytest.raises(StoreError, match="let this one's saqshy run open it once"):
            opening(tmp_path / "saqshy.db")


def test_the_trace_reads_them_beside_the_writer(tmp_path: Path) -> None:
    """A process beside the writer reads checkpoints behind a number, and entries by place."""
    opened = open_sqlite(tmp_path / "saqshy.db")
    opened.audit.append([entry(1), entry(2)])
    for number in (1, 2, 3):
        opened.checkpoints.append(checkpoint(number, "power-7"))
    with closing(SqliteTrace(tmp_path / "saqshy.db")) as trace, trace.still():
        assert list(trace.checkpoints(1, 1)) == [checkpoint(2, "power-7")]
        assert trace.entry("power-7", 2) == entry(2)
        assert trace.entry("power-7", 3) is None
    opened.database.close()


def test_a_damaged_head_is_told(tmp_path: Path) -> None:
    """An entry that does not decode names the store, and is no head."""
    opened = open_sqlite(tmp_path / "saqshy.db")
    opened.audit.append([entry(1)])
    with closing(sqlite3.connect(tmp_path / "saqshy.db")) as db, db:
        db.execute("DROP TRIGGER audit_unchanged")
        db.execute("UPDATE audit SET data = '{}'")
    with pytest.raises(StoreCorrupt, match="does not decode"):
        opened.audit.heads()
    opened.database.close()
