"""The one SQLite file of a receiver, and the lock under which its threads take turns."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.stores.sqlite.mapping import mapped


class ReceivedFile:
    """A file that is durable before anything is answered; ``":memory:"`` is the sibling."""

    def __init__(self, path: Path | str, *schemas: str) -> None:
        self._lock = threading.Lock()
        self._path = Path(path)
        with mapped(self._path):
            self._file = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10.0
            )
            try:
                self._file.execute("PRAGMA journal_mode = WAL")
                self._file.execute("PRAGMA synchronous = FULL")
                for schema in schemas:
                    self._file.executescript(schema)
            except sqlite3.Error:
                self._file.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection, alone; StoreError where the file cannot be used."""
        with self._lock, mapped(self._path):
            yield self._file

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection, alone, in one transaction."""
        with self.reading() as file:
            file.execute("BEGIN IMMEDIATE")
            try:
                yield file
            except BaseException:
                if file.in_transaction:
                    file.execute("ROLLBACK")
                raise
            file.execute("COMMIT")

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            self._file.close()
