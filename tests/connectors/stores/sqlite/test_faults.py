"""What a SQLite file keeps when its process is killed, its disk is full, or its bytes change."""

import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.mapping import translated
from pipeline.errors import IntegrityError, SaqshyError, StoreCorrupt, StoreError, StoreFull
from pipeline.ports import Stores
from tests.connectors.stores.nouns import (
    at,
    batch,
    entry,
    event,
    failure,
    finding,
    incident,
    notice,
)

MIDDLE_OF_A_TRANSACTION = """
import sys
from pathlib import Path
from connectors.stores.sqlite import open_sqlite
from tests.connectors.stores.nouns import batch, event, finding, notice
stores = open_sqlite(Path(sys.argv[1]))
large = batch(2, records=(__import__("os").urandom(8_000_000),))
with stores.database.transaction():
    stores.journal.append("a", [batch(1)])
    stores.outbox.put([notice(1)])
    stores.journal.commit(1)
print("committed", flush=True)
with stores.database.transaction():
    stores.journal.append("a", [large])
    stores.events.add(large, [event(large, 0, 1)])
    stores.incidents.put_findings([finding(number) for number in range(30_000)])
    stores.outbox.put([notice(2)])
    stores.journal.commit(2)
    print("inside", flush=True)
    sys.stdin.read()
"""

WITHOUT_END = """
import sys, threading
from pathlib import Path
from connectors.stores.sqlite import open_sqlite
from tests.connectors.stores.nouns import batch, entry, event, notice
stores = open_sqlite(Path(sys.argv[1]))
say = threading.Lock()
def collect():
    number = stores.journal.tail("", "", "")
    number = number.sequence if number else 0
    while True:
        number = stores.journal.append("a", [batch(number + 1)])
        with say:
            print("journalled", number, flush=True)
threading.Thread(target=collect, daemon=True).start()
while True:
    for position, taken in stores.journal.read(stores.journal.committed(), 10):
        with stores.database.transaction():
            stores.events.add(taken, [event(taken, i, taken.received_at + i) for i in range(50)])
            stores.outbox.put([notice(position)])
            stores.audit.append([entry(position)])
            stores.journal.commit(position)
        with say:
            print("committed", position, flush=True)
"""

UNTIL_THE_LIMIT = """
import resource, sys
from pathlib import Path
from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreFull
from tests.connectors.stores.nouns import batch
path = Path(sys.argv[1])
stores = open_sqlite(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
done, refusal = 0, ""
while not refusal:
    try:
        noise = __import__("os").urandom(100_000)
        done = stores.journal.append("a", [batch(done + 1, records=(noise,))])
    except StoreFull as error:
        refusal = str(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
kept = len(stores.journal.read(0, 1000))
after = stores.journal.append("a", [batch(done + 1)])
print(done, kept, after, refusal)
stores.database.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "saqshy.db"


@pytest.fixture
def stores(path: Path) -> Iterator[Stores]:
    """Open an empty store."""
    opened = open_sqlite(path)
    yield opened
    opened.database.close()


def test_kill_in_the_middle_of_a_transaction(path: Path) -> None:
    """After a kill -9 inside a large transaction the state before it stands, and work goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", MIDDLE_OF_A_TRANSACTION, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"committed\n"
        assert process.stdout.readline() == b"inside\n"
        process.kill()
    spilled = path.with_name("saqshy.db-wal").stat().st_size
    assert spilled > 8_000_000  # the uncommitted pages were on disk already
    stores = open_sqlite(path)
    assert stores.journal.read(0, 9) == [(1, batch(1))]
    assert stores.journal.committed() == 1
    assert stores.events.count() == 0
    assert stores.incidents.finding("finding-7") is None
    assert list(stores.outbox.list()) == [notice(1)]
    assert stores.journal.append("a", [batch(2)]) == 2
    stores.database.close()


@pytest.mark.parametrize("seed", range(4))
def test_kill_at_any_instant(path: Path, seed: int) -> None:
    """Killed at any instant, what was told as durable is there, and outcomes are whole."""
    lines = random.Random(seed).randrange(5, 120)
    told = {"journalled": 0, "committed": 0}
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", WITHOUT_END, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _, line in zip(range(lines), process.stdout, strict=False):
                word, number = line.split()
                told[word] = int(number)
            process.kill()
        stores = open_sqlite(path, readonly=True)
        end = stores.journal.tail("", "", "")
        done = stores.journal.committed()
        assert end is not None
        assert end.sequence >= told["journalled"] > 0
        assert done >= told["committed"]
        journal = stores.journal.read(0, 10_000)
        assert [position for position, _ in journal] == list(range(1, end.sequence + 1))
        assert stores.events.count() == 50 * done
        assert len(list(stores.events.search("power-7", 0, at(10**6), 10**6))) == 50 * done
        assert len(list(stores.outbox.list())) == len(list(stores.audit.read())) == done
        stores.database.close()


def limit_pages(stores: Stores, pages: int) -> None:
    """Let the file grow to so many pages only."""
    assert isinstance(stores.database, SqliteDatabase)
    with stores.database.reading(), stores.database.writing() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages}")


def test_full_store(stores: Stores, path: Path) -> None:
    """Without room a commit is refused whole with StoreFull; with room again work goes on."""
    stores.journal.append("a", [batch(1)])
    limit_pages(stores, 60)
    large = batch(2, records=tuple(bytes([n]) + n.to_bytes(4, "big") * 999 for n in range(250)))

    def outcome() -> None:
        with stores.database.transaction():
            stores.outbox.put([notice(1)])
            for number in range(3, 2000):
                stores.audit.append([entry(number)])
            stores.journal.append("a", [large])

    with pytest.raises(StoreFull, match="no room left") as caught:
        outcome()
    assert str(path) in str(caught.value)
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    assert list(stores.outbox.list()) == []
    assert [position for position, _ in stores.journal.read(0, 9)] == [1]
    limit_pages(stores, 100_000)
    outcome()
    assert stores.journal.read(1, 9) == [(2, large)]


def test_caught_full_store_commits_nothing(stores: Stores) -> None:
    """SQLite may end the transaction by itself on a full disk: what follows is not kept alone."""
    limit_pages(stores, 60)

    def outcome() -> None:
        with stores.database.transaction():
            with pytest.raises(StoreFull):
                stores.incidents.put_findings([finding(number) for number in range(5000)])
            stores.outbox.put([notice(1)])

    with pytest.raises(StoreError, match="takes nothing more"):
        outcome()
    assert list(stores.outbox.list()) == []


def test_limit_on_file_size(path: Path) -> None:
    """A write that the system refuses is StoreFull; all that was acknowledged is there."""
    run = subprocess.run(
        [sys.executable, "-c", UNTIL_THE_LIMIT, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    done, kept, after, *refusal = run.stdout.split()
    assert 5 < int(done) == int(kept)
    assert int(after) == int(done) + 1
    assert "no room left" in " ".join(refusal)
    stores = open_sqlite(path)
    assert len(stores.journal.read(0, 1000)) == int(after)
    stores.database.close()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def everything(stores: Stores) -> None:
    """Read every row of the store."""
    stores.journal.read(0, 1000)
    list(stores.events.search("power-7", at(-9), at(9999), 10_000))
    for number in range(300):
        stores.incidents.finding(f"finding-{number}")
    for one in stores.incidents.latest():
        stores.incidents.history(one.id)
    list(stores.outbox.list())
    list(stores.audit.read())
    list(stores.dead_letters.list())


def filled(path: Path) -> int:
    """Make a store of many pages and give their number."""
    stores = open_sqlite(path)
    for number in range(1, 60):
        kept = batch(number)
        events = [event(kept, index, at(index)) for index in range(50)]
        stores.journal.append("a", [kept])
        stores.events.add(kept, events)
        stores.incidents.put_incidents([incident(number)])
        stores.outbox.put([notice(number)])
        stores.audit.append([entry(number)])
        stores.dead_letters.put([failure(number)])
    stores.incidents.put_findings([finding(number) for number in range(300)])
    stores.database.close()
    return path.stat().st_size // 8192


def test_damaged_pages(path: Path) -> None:
    """A page of noise gives StoreCorrupt with the path, wherever it lies, and no other error."""
    pages = filled(path)
    original = path.read_bytes()
    found = 0
    for page in range(1, pages):
        begin = page * 8192
        path.write_bytes(original[:begin] + b"\xa5" * 8192 + original[begin + 8192 :])
        with ExitStack() as opened:
            try:
                stores = open_sqlite(path)
                opened.callback(stores.database.close)
                everything(stores)
            except StoreCorrupt as error:
                found += 1
                assert str(path) in str(error)  # noqa: PT017 (a page that nobody reads is no error)
    assert found > pages // 3  # others are indices, a page each, of what is not asked here


def test_cut_file(path: Path) -> None:
    """A file that lost its end gives StoreCorrupt."""
    filled(path)
    path.write_bytes(path.read_bytes()[: 8192 * 5 + 100])
    with pytest.raises(StoreCorrupt, match="restore the last backup"):
        everything(open_sqlite(path, readonly=True))


@pytest.mark.parametrize(
    ("table", "read"),
    [
        pytest.param("journal", lambda s: s.journal.read(0, 99), id="journal"),
        pytest.param("event_blocks", lambda s: s.events.get([f"{batch(1).id}-0"]), id="get"),
        pytest.param(
            "event_blocks", lambda s: list(s.events.search("power-7", 0, at(99), 9)), id="search"
        ),
        pytest.param("findings", lambda s: s.incidents.finding("finding-1"), id="finding"),
        pytest.param("incidents", lambda s: list(s.incidents.latest()), id="latest"),
        pytest.param("incidents", lambda s: s.incidents.history("incident-1"), id="history"),
        pytest.param("notices", lambda s: s.outbox.due(at(99), 9), id="due"),
        pytest.param("audit", lambda s: list(s.audit.read()), id="audit"),
        pytest.param("failures", lambda s: list(s.dead_letters.list()), id="failures"),
        pytest.param("bundles", lambda s: s.content.bundle("pack", "p1"), id="bundle"),
    ],
)
def test_damaged_row(path: Path, table: str, read: Callable[[Stores], object]) -> None:
    """A flipped bit inside a row's bytes is found when the row is read, and the row is named."""
    stores = open_sqlite(path)
    stores.journal.append("a", [batch(1)])
    stores.events.add(batch(1), [event(batch(1), 0, at(1))])
    stores.incidents.put_findings([finding(1)])
    stores.incidents.put_incidents([incident(1)])
    stores.outbox.put([notice(1)])
    stores.audit.append([entry(1)])
    stores.dead_letters.put([failure(1)])
    stores.content.put_bundle("pack", "p1", b"rows" * 99)
    stores.database.close()
    with closing(sqlite3.connect(path)) as connection:
        (data,) = connection.execute(f"SELECT data FROM {table}").fetchone()
        connection.execute("DROP TRIGGER audit_unchanged")
        wrong = data[:9] + bytes([data[9] ^ 0xFF]) + data[10:]
        connection.execute(f"UPDATE {table} SET data = ?", (wrong,))
        connection.commit()
    stores = open_sqlite(path, readonly=True)
    with pytest.raises(StoreCorrupt, match="does not decode") as caught:
        read(stores)
    assert str(path) in str(caught.value)
    stores.database.close()


@pytest.mark.parametrize("statement", ["UPDATE audit SET data = x'00'", "DELETE FROM audit"])
def test_audit_rows_cannot_be_touched(stores: Stores, statement: str) -> None:
    """Not even a statement on the file itself changes or removes an audit entry."""
    stores.audit.append([entry(1)])
    assert isinstance(stores.database, SqliteDatabase)
    with pytest.raises(IntegrityError, match="append-only"), stores.database.writing() as writer:
        writer.execute(statement)
    assert list(stores.audit.read()) == [entry(1)]


def test_locked_by_another_program(stores: Stores, path: Path) -> None:
    """A foreign lock that does not end is a StoreError that says what to do."""
    assert isinstance(stores.database, SqliteDatabase)
    with stores.database.writing() as writer:
        writer.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another program: end that program"):
            stores.journal.append("a", [batch(1)])
        shell.execute("ROLLBACK")
    assert stores.journal.append("a", [batch(1)]) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StoreFull),
        (sqlite3.SQLITE_IOERR_WRITE, StoreFull),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreError),
        (sqlite3.SQLITE_CORRUPT_INDEX, StoreCorrupt),
        (sqlite3.SQLITE_NOTADB, StoreCorrupt),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreError),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StoreError),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, IntegrityError),
        (sqlite3.SQLITE_TOOBIG, StoreError),
        (0, StoreError),
    ],
)
def test_mapping(code: int, kind: type[SaqshyError]) -> None:
    """Each of SQLite's codes, plain or extended, has its error, with path and SQLite's words."""
    error = sqlite3.OperationalError("its own words")
    error.sqlite_errorcode = code
    mapped = translated(error, Path("/var/saqshy.db"))
    assert type(mapped) is kind
    assert "/var/saqshy.db" in str(mapped)
    assert "its own words" in str(mapped)
