"""One SQLite file: one writing connection for all threads, and short-lived readers beside it.

SQLite lets one writer in at a time, so threads take turns at one connection in Python, where the
wait is fair to measure and exact, and not at SQLite's busy handler, which sleeps and polls. Readers
have connections of their own (borrowed for one read, given back): in WAL mode they see the last
commit and hold nobody up, so a status page never delays the journal. Inside a transaction its
thread reads through the writing connection and sees its own writes.
"""

import os
import sqlite3
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from connectors.stores.sqlite.lock import WriterLock
from connectors.stores.sqlite.mapping import mapped, translated
from connectors.stores.sqlite.schema import create, is_new, renew
from pipeline.errors import StoreCorrupt, StoreError

Row: TypeAlias = tuple[Any, ...]

_BUSY_SECONDS = 5.0  # another program's short lock (a backup's checkpoint) is waited out
_IDLE_READERS = 4

_WRITER_PRAGMAS = (
    "PRAGMA page_size = 8192",  # blocks of 20-150 kB: half the overflow pages of the default
    "PRAGMA journal_mode = WAL",
    # FULL syncs the log at every commit: what was acknowledged outlives a power cut. NORMAL syncs
    # at checkpoints only, which a kill -9 forgives and a power cut does not.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA cache_size = -16384",  # KiB
    "PRAGMA journal_size_limit = 67108864",  # a log that one large write blew up shrinks again
)


_BESIDE_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
)


class SqliteDatabase:
    """The transaction that binds the stores of one file (``ports.Database``).

    Without ``writer`` the file is open for reading only, beside the process that writes it.
    """

    def __init__(
        self, path: Path, writer: sqlite3.Connection | None, lock: WriterLock | None
    ) -> None:
        self.path = path
        self._writer = writer
        self._lock = lock
        self._turn = threading.RLock()
        self._owner = 0  # the thread that is inside a transaction
        self._depth = 0
        self._spoilt = False
        self.undone = 0  # transactions; what was remembered of one is to be forgotten
        self.remembered: dict[str, Any] = {}  # by the stores of this file, each under its name
        self._idle: list[sqlite3.Connection] = []
        self._idle_guard = threading.Lock()
        self._stills = threading.local()
        self._closed = False

    @property
    def inside(self) -> bool:
        """Tell whether this thread is inside a transaction."""
        return self._owner == threading.get_ident()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let all writes inside commit together or not at all; nests into the outer one.

        Raises StoreError where a part inside failed and its error was caught: half an outcome is
        never committed.
        """
        with self._turn:
            self._begin()
            try:
                yield
            except BaseException:
                self._spoilt = True
                self._end()
                raise
            spoilt = self._spoilt
            self._end()
            if spoilt:
                raise StoreError(f"the store {self.path} took nothing: {_SPOILT}")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the writing connection inside a transaction."""
        with self.transaction(), mapped(self.path):
            yield self._writable()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let everything that this thread reads inside be as of one instant; not for writing."""
        with self.reading() as connection:
            if connection.in_transaction:
                yield
                return
            connection.execute("BEGIN")
            self._stills.connection = connection
            try:
                yield
            finally:
                self._stills.connection = None
                connection.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection to read from: in a transaction its own, else a borrowed one."""
        if self._owner == threading.get_ident():
            with mapped(self.path):
                yield self._writable()
            return
        held: sqlite3.Connection | None = getattr(self._stills, "connection", None)
        if held is not None:
            with mapped(self.path):
                yield held
            return
        with mapped(self.path):
            connection = self._borrow()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def one(self, query: str, *values: object) -> Row | None:
        """Give the first row of a query, or None."""
        row: Row | None
        if self._owner == threading.get_ident():  # asked for every notice and entry: no ceremony
            try:
                row = self._writable().execute(query, values).fetchone()
            except sqlite3.Error as error:
                raise translated(error, self.path) from error
            return row
        with self.reading() as connection:
            row = connection.execute(query, values).fetchone()
            return row

    def run(self, query: str, values: Sequence[object] | Mapping[str, object] = ()) -> int:
        """Run one statement, in this thread's transaction or in its own; give the rows it met."""
        if self._owner != threading.get_ident() or self._spoilt:
            with self.writing() as connection:
                return connection.execute(query, values).rowcount
        try:
            return self._writable().execute(query, values).rowcount
        except sqlite3.Error as error:
            self._spoilt = True
            raise translated(error, self.path) from error

    def all(self, query: str, *values: object) -> Sequence[Row]:
        """Give all rows of a query that has few."""
        with self.reading() as connection:
            return connection.execute(query, values).fetchall()

    def rows(self, query: str, *values: object) -> Generator[Row, None, None]:
        """Give the rows of a query that may have many, one by one, as they stood at the first.

        Inside a transaction they are fetched at once: later writes of the same connection would
        show in a half-read query or not, as it happens.
        """
        if self._owner == threading.get_ident():
            yield from self.all(query, *values)
            return
        with self.reading() as connection, closing(connection.execute(query, values)) as cursor:
            yield from cursor

    def watcher(self) -> sqlite3.Connection:
        """Give a connection of its own, which sees others' commits; who asked closes it."""
        with mapped(self.path):
            return _connect(self.path, "ro")

    def damaged(self, what: str, error: Exception) -> StoreCorrupt:
        """Give the error for a row that does not decode; a noun's own error would quote the row."""
        reason = type(error).__name__ if isinstance(error, ValidationError) else str(error)
        return StoreCorrupt(
            f"{what} in the store {self.path} does not decode: keep a copy of the file, restore"
            f" the last backup, and check the disk ({reason})"
        )

    def settle(self, *, whole: bool = False) -> bool:
        """Bring the log into the file and cut it off; with ``whole`` rewrite the file before.

        False where a reader still stands on an old state: ask again. StoreError inside a
        transaction, and where there is no room for a second copy of the file.
        """
        with self._turn, mapped(self.path):
            if self._depth:
                raise StoreError(f"the store {self.path} cannot be settled inside a transaction")
            connection = self._writable()
            if whole:
                connection.execute("VACUUM")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def close(self) -> None:
        """Let go of the file; safe to call twice. Waits for a transaction under way."""
        with self._turn, mapped(self.path):
            with self._idle_guard:
                self._closed = True
                idle, self._idle = self._idle, []
            for connection in idle:
                connection.close()
            if self._writer is not None:
                self._writer.close()
            if self._lock is not None:
                self._lock.release()

    def _begin(self) -> None:
        if self._depth == 0:
            connection = self._writable()
            with mapped(self.path):
                connection.execute("BEGIN IMMEDIATE")
            self._owner, self._spoilt = threading.get_ident(), False
        elif self._spoilt:
            raise StoreError(f"the store {self.path} takes nothing more: {_SPOILT}")
        self._depth += 1

    def _end(self) -> None:
        self._depth -= 1
        if self._depth:
            return
        self._owner = 0
        connection = self._writable()
        with mapped(self.path):
            if self._spoilt:
                self.undone += 1
                connection.rollback()
                return
            try:
                connection.execute("COMMIT")
            except BaseException:
                self.undone += 1
                connection.rollback()
                raise

    def _writable(self) -> sqlite3.Connection:
        if self._writer is None:
            raise StoreError(f"the store {self.path} is open for reading only")
        return self._writer

    def _borrow(self) -> sqlite3.Connection:
        with self._idle_guard:
            if self._closed:
                raise StoreError(f"the store {self.path} is closed")
            if self._idle:
                return self._idle.pop()
        return _connect(self.path, "ro")

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._idle_guard:
            if not self._closed and len(self._idle) < _IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()


_SPOILT = "a part of this transaction failed before, and all of it is undone"


def open_writing(path: Path) -> SqliteDatabase:
    """Open a store as its only writer, making file and tables where they are missing.

    The file is readable by its owner alone (mode 0600). Raises StoreError where another process
    writes it, or the file is none of ours; StoreCorrupt where it is damaged.
    """
    _make_file(path)
    lock = WriterLock(path)
    connection = None
    try:
        with mapped(path):
            connection = _connect(path, "rw")
            renew(connection)
            new = is_new(connection, path)
            for pragma in _WRITER_PRAGMAS:
                connection.execute(pragma)
            if new:
                create(connection)
                _sync_folder(path.parent)
    except BaseException:
        if connection is not None:
            connection.close()
        lock.release()
        raise
    return SqliteDatabase(path, connection, lock)


def open_reading(path: Path) -> SqliteDatabase:
    """Open a store for reading beside its writer; raises StoreError where there is none."""
    try:
        found = path.is_file()
    except OSError as error:
        raise _unreachable(path, error) from error
    if not found:
        raise StoreError(f"there is no store {path}: name the file that saqshy run writes")
    with mapped(path), closing(_connect(path, "ro")) as connection:
        if is_new(connection, path):
            raise StoreError(f"the store {path} is empty: saqshy run has not begun to fill it")
    return SqliteDatabase(path, None, None)


def open_beside(path: Path) -> SqliteDatabase:
    """Open a store for short writes beside its writer, which waits for each as for a backup.

    Only for rows that the writer remembers nothing of: neither journal, state nor audit trail.
    """
    open_reading(path).close()
    with mapped(path):
        connection = _connect(path, "rw")
        for pragma in _BESIDE_PRAGMAS:
            connection.execute(pragma)
    return SqliteDatabase(path, connection, None)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise _unreachable(path, error) from error


def _unreachable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the store {path} cannot be opened ({error.strerror}): give this user access to the file"
        " and its folder, or name another store"
    )


def _sync_folder(folder: Path) -> None:
    # A new file's name is durable only when its folder is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
