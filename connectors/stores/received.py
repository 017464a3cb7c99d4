"""What a receiver of notices keeps: one SQLite file, durable before anything is answered.

Under one id stands one letter, the first; another content under it is an alarm, not an overwrite.
``ReceivedNotices(":memory:")`` is the sibling in memory.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.stores.sqlite.mapping import mapped

_SCHEMA = """
CREATE TABLE IF NOT EXISTS received (
    sequence INTEGER PRIMARY KEY,
    notice_id TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    letter BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    deliveries INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS conflicts (
    at INTEGER NOT NULL,
    notice_id TEXT NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
"""
_COLUMNS = "sequence, notice_id, sha256, letter, received_at, receipt, deliveries"


@dataclass(frozen=True, slots=True)
class Kept:
    """One notice as kept. ``deliveries`` counts how often the same letter came."""

    sequence: int
    notice_id: str
    sha256: str
    letter: bytes
    received_at: int
    receipt: str
    deliveries: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another content that came under a known id."""

    at: int
    notice_id: str
    sha256: str


class ReceivedNotices:
    """Notices received, by arrival; safe to use from several threads."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._path = Path(path)
        with mapped(self._path):
            self._file = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10.0
            )
            try:
                self._file.execute("PRAGMA journal_mode = WAL")
                self._file.execute("PRAGMA synchronous = FULL")
                self._file.executescript(_SCHEMA)
            except sqlite3.Error:
                self._file.close()
                raise

    def keep(self, notice_id: str, letter: bytes, received_at: int, receipt: str) -> Kept:
        """Keep a letter durably, or find the first one under its id, and give what stands there.

        ``deliveries`` is 1 for a new letter and more for a repeated one; where the hash given
        back is not the letter's, the id is taken and the conflict has been kept.
        """
        digest = hashlib.sha256(letter).hexdigest()
        with self._lock, mapped(self._path), self._transaction():
            self._file.execute(
                "INSERT INTO received (notice_id, sha256, letter, received_at, receipt, deliveries)"
                " VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (notice_id) DO NOTHING",
                (notice_id, digest, letter, received_at, receipt),
            )
            self._file.execute(
                "UPDATE received SET deliveries = deliveries + 1"
                " WHERE notice_id = ? AND sha256 = ?",
                (notice_id, digest),
            )
            row = self._file.execute(
                f"SELECT {_COLUMNS} FROM received WHERE notice_id = ?",  # noqa: S608 (a constant)
                (notice_id,),
            ).fetchone()
            kept = Kept(*row)
            if kept.sha256 != digest:
                self._file.execute(
                    "INSERT INTO conflicts (at, notice_id, sha256) VALUES (?, ?, ?)",
                    (received_at, notice_id, digest),
                )
        return kept

    def listed(self, after: int, limit: int) -> Sequence[Kept]:
        """Give notices behind a sequence number, by arrival."""
        with self._lock, mapped(self._path):
            rows = self._file.execute(
                f"SELECT {_COLUMNS} FROM received"  # noqa: S608 (a constant)
                " WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Kept(*row) for row in rows]

    def latest(self, limit: int) -> Sequence[Kept]:
        """Give the newest notices, the newest first."""
        with self._lock, mapped(self._path):
            rows = self._file.execute(
                f"SELECT {_COLUMNS} FROM received"  # noqa: S608 (a constant)
                " ORDER BY sequence DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [Kept(*row) for row in rows]

    def conflicts(self, limit: int) -> Sequence[Conflict]:
        """Give the newest conflicts, the newest first."""
        with self._lock, mapped(self._path):
            rows = self._file.execute(
                "SELECT at, notice_id, sha256 FROM conflicts ORDER BY rowid DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [Conflict(*row) for row in rows]

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            self._file.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")
