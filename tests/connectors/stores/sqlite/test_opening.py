"""Opening one file: its mode, version, single writer, readers beside it, and what is refused."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.ports import Turn
from tests.connectors.stores.nouns import at, batch, event, finding, incident, notice

KEEP_OPEN = """
import sys
from pathlib import Path
from connectors.stores.sqlite import open_sqlite
stores = open_sqlite(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""

FORK = """
import os, sys, time
from pathlib import Path
from connectors.stores.sqlite import open_sqlite
stores = open_sqlite(Path(sys.argv[1]))
if os.fork():
    time.sleep(60)
else:
    print("child lives", flush=True)
    sys.stdin.readline()
    print("child ends", flush=True)
"""


def keeper(path: Path) -> "subprocess.Popen[str]":
    """Start a process that holds the store open for writing."""
    process = subprocess.Popen(
        [sys.executable, "-c", KEEP_OPEN, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def test_reopening_finds_everything(tmp_path: Path) -> None:
    """What was written is there when the file is opened again, and work goes on behind it."""
    path = tmp_path / "deep" / "saqshy.db"
    stores = open_sqlite(path)
    stores.journal.append("a", [batch(1)])
    stores.journal.commit(1)
    stores.events.add(batch(1), [event(batch(1), 0, batch(1).received_at)])
    stores.incidents.put_findings([finding(1)])
    stores.incidents.put_incidents([incident(1)])
    stores.outbox.put([notice(1)])
    stores.database.close()
    stores = open_sqlite(path)
    assert stores.journal.read(0, 9) == [(1, batch(1))]
    assert stores.journal.committed() == 1
    assert stores.events.count() == 1
    assert stores.incidents.finding("finding-1") == finding(1)
    assert list(stores.incidents.latest()) == [incident(1)]
    assert stores.journal.append("a", [batch(2)]) == 2
    stores.database.close()


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """File, log and index beside it are made with mode 0600, whatever the umask."""
    before = os.umask(0)
    try:
        stores = open_sqlite(tmp_path / "saqshy.db")
        stores.journal.append("a", [batch(1)])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        stores.database.close()
    finally:
        os.umask(before)
    names = ("saqshy.db", "saqshy.db-shm", "saqshy.db-wal", "saqshy.db.lock")
    assert modes == dict.fromkeys(names, 0o600)


def test_every_commit_is_synced(tmp_path: Path) -> None:
    """The writing connection logs ahead (WAL) and syncs each commit (FULL)."""
    stores = open_sqlite(tmp_path / "saqshy.db")
    database = stores.database
    with database.writing() as connection:  # type: ignore[attr-defined]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    stores.database.close()


def test_second_writer_in_the_process(tmp_path: Path) -> None:
    """A second opening of the same file is refused until the first has closed."""
    path = tmp_path / "saqshy.db"
    first = open_sqlite(path)
    with pytest.raises(StoreError, match=rf"saqshy\.db is in use .*process {os.getpid()}"):
        open_sqlite(path)
    first.database.close()
    open_sqlite(path).database.close()


def test_second_writer_in_another_process(tmp_path: Path) -> None:
    """Another process is named in the refusal, and a kill -9 of it frees the store."""
    path = tmp_path / "saqshy.db"
    with keeper(path) as other:
        with pytest.raises(StoreError, match=f"in use by another Saqshy process .*{other.pid}"):
            open_sqlite(path)
        other.send_signal(signal.SIGKILL)
        other.wait(10)
    open_sqlite(path).database.close()


def test_forked_worker_holds_no_lock(tmp_path: Path) -> None:
    """A forked child that outlives its killed parent does not keep the store locked."""
    path = tmp_path / "saqshy.db"
    process = subprocess.Popen(
        [sys.executable, "-c", FORK, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline() == "child lives\n"
        process.kill()
        process.wait(10)
        open_sqlite(path).database.close()
        process.stdin.write("end\n")  # the child still reads: it was alive all the time
        process.stdin.flush()
        assert process.stdout.readline() == "child ends\n"


def test_reading_beside_the_writer(tmp_path: Path) -> None:
    """A reader sees each commit of the writing process, writes nothing, and needs no lock."""
    path = tmp_path / "saqshy.db"
    writer = open_sqlite(path)
    reader = open_sqlite(path, readonly=True)
    assert reader.journal.committed() == 0
    writer.journal.append("a", [batch(1)])
    assert reader.journal.read(0, 9) == [(1, batch(1))]
    with pytest.raises(StoreError, match="reading only"):
        reader.journal.commit(1)
    reader.database.close()
    writer.database.close()


def test_reading_after_a_kill(tmp_path: Path) -> None:
    """A reader finds what a killed writer had committed to its log only."""
    path = tmp_path / "saqshy.db"
    program = KEEP_OPEN.replace(
        'print("open"',
        "from tests.connectors.stores.nouns import batch\n"
        'stores.journal.append("a", [batch(1)])\nprint("open"',
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        process.kill()
    assert (tmp_path / "saqshy.db-wal").stat().st_size > 0
    reader = open_sqlite(path, readonly=True)
    assert reader.journal.read(0, 9) == [(1, batch(1))]
    reader.database.close()


def other_database(path: Path) -> None:
    """Make a database of another program."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (id INTEGER)")
        connection.commit()


def newer_schema(path: Path) -> None:
    """Make a store that a later Saqshy wrote."""
    open_sqlite(path).database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()


def no_database(path: Path) -> None:
    """Make a file that is no database."""
    path.write_bytes(b"From: someone\n" * 1000)


def broken_schema(path: Path) -> None:
    """Make a store whose first page is overwritten behind the header."""
    open_sqlite(path).database.close()
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)


def folder(path: Path) -> None:
    """Make a folder where the store should be."""
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        pytest.param(other_database, StoreError, "another program's database", id="foreign"),
        pytest.param(newer_schema, StoreError, "schema version 99.* uses 7", id="newer"),
        pytest.param(no_database, StoreCorrupt, "damaged or no Saqshy store", id="text"),
        pytest.param(broken_schema, StoreCorrupt, "damaged or no Saqshy store", id="broken"),
        pytest.param(folder, StoreError, "Is a directory", id="folder"),
    ],
)
@pytest.mark.parametrize("readonly", [False, True], ids=["writing", "reading"])
def test_refused_at_opening(
    tmp_path: Path,
    make: Callable[[Path], None],
    kind: type[StoreError],
    words: str,
    readonly: bool,
) -> None:
    """A file that cannot serve is refused with its path and a way out, and left as it was."""
    path = tmp_path / "x.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    if readonly and make is folder:
        words = "there is no store"
    with pytest.raises(kind, match=words) as caught:
        open_sqlite(path, readonly=readonly)
    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before
    if make is no_database:
        path.unlink()
        open_sqlite(path).database.close()  # a refused opening keeps no lock


@pytest.mark.parametrize(
    ("content", "words"), [(None, "there is no store"), (b"", "is empty")], ids=["none", "empty"]
)
def test_nothing_to_read(tmp_path: Path, content: bytes | None, words: str) -> None:
    """Reading a store that nobody has written says so, and makes no file."""
    path = tmp_path / "x.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=words):
        open_sqlite(path, readonly=True)
    assert path.exists() == (content is not None)


def test_no_way_to_the_file(tmp_path: Path) -> None:
    """A path that cannot be made is refused with the system's reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be opened \((File exists|Not a directory)\)"):
        open_sqlite(tmp_path / "file" / "saqshy.db")


def test_claims_of_the_dead_are_free(tmp_path: Path) -> None:
    """What a killed notifier had claimed is given at once by the next, and counted."""
    mine = Turn(owner="killed", lease=at(9_999) - at(0))
    path = tmp_path / "saqshy.db"
    stores = open_sqlite(path)
    stores.outbox.put([notice(1)])
    assert [one.tried.unrecorded for one in stores.outbox.due(at(5), 9, None, mine)] == [0]
    stores.database.close()
    again = open_sqlite(path)
    [taken] = again.outbox.due(at(6), 9, None, Turn(owner="next"))
    again.database.close()
    assert taken.tried.unrecorded == 1
