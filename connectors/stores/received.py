"""What a receiver of notices keeps: one SQLite file, durable before anything is answered.

Under one id stands one letter, the first; another content under it is an alarm, not an overwrite.
``ReceivedNotices(":memory:")`` is the sibling in memory.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.stores.received_file import ReceivedFile
from connectors.stores.received_heartbeats import SCHEMA as HEARTBEATS
from connectors.stores.received_heartbeats import ReceivedHeartbeats
from connectors.stores.received_messages import SCHEMA as MESSAGES
from connectors.stores.received_messages import ReceivedMessages

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
CREATE TABLE IF NOT EXISTS late (
    notice_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    jws TEXT NOT NULL,
    verified INTEGER NOT NULL,
    UNIQUE (notice_id, jws)
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


@dataclass(frozen=True, slots=True)
class Lateness:
    """What was said beside a letter that came late; not ``verified``: nobody of us signed it."""

    notice_id: str
    at: int
    jws: str
    verified: bool


class ReceivedNotices:
    """Notices received, by arrival; safe to use from several threads.

    ``heartbeats`` and ``messages`` are kept in the same file.
    """

    def __init__(self, path: Path | str) -> None:
        self._file = ReceivedFile(path, _SCHEMA, HEARTBEATS, MESSAGES)
        self.heartbeats = ReceivedHeartbeats(self._file)
        self.messages = ReceivedMessages(self._file)

    def keep(self, notice_id: str, letter: bytes, received_at: int, receipt: str) -> Kept:
        """Keep a letter durably, or find the first one under its id, and give what stands there.

        ``deliveries`` is 1 for a new letter and more for a repeated one; where the hash given
        back is not the letter's, the id is taken and the conflict has been kept.
        """
        digest = hashlib.sha256(letter).hexdigest()
        with self._file.writing() as file:
            file.execute(
                "INSERT INTO received (notice_id, sha256, letter, received_at, receipt, deliveries)"
                " VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (notice_id) DO NOTHING",
                (notice_id, digest, letter, received_at, receipt),
            )
            file.execute(
                "UPDATE received SET deliveries = deliveries + 1"
                " WHERE notice_id = ? AND sha256 = ?",
                (notice_id, digest),
            )
            row = file.execute(
                f"SELECT {_COLUMNS} FROM received WHERE notice_id = ?",  # noqa: S608 (a constant)
                (notice_id,),
            ).fetchone()
            kept = Kept(*row)
            if kept.sha256 != digest:
                file.execute(
                    "INSERT INTO conflicts (at, notice_id, sha256) VALUES (?, ?, ?)",
                    (received_at, notice_id, digest),
                )
        return kept

    def note_late(self, notice_id: str, at: int, jws: str, *, verified: bool) -> None:
        """Keep what was said beside a letter; the same again is known."""
        with self._file.writing() as file:
            file.execute(
                "INSERT INTO late (notice_id, at, jws, verified) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (notice_id, jws) DO NOTHING",
                (notice_id, at, jws, verified),
            )

    def late(self, notice_ids: Iterable[str]) -> Mapping[str, Sequence[Lateness]]:
        """Give what was said beside these letters, by notice, in the order in which it came."""
        found: dict[str, list[Lateness]] = {}
        with self._file.reading() as file:
            for notice_id in notice_ids:
                rows = file.execute(
                    "SELECT notice_id, at, jws, verified FROM late"
                    " WHERE notice_id = ? ORDER BY rowid",
                    (notice_id,),
                ).fetchall()
                found[notice_id] = [
                    Lateness(name, at, jws, bool(sure)) for name, at, jws, sure in rows
                ]
        return found

    def listed(self, after: int, limit: int) -> Sequence[Kept]:
        """Give notices behind a sequence number, by arrival."""
        with self._file.reading() as file:
            rows = file.execute(
                f"SELECT {_COLUMNS} FROM received"  # noqa: S608 (a constant)
                " WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Kept(*row) for row in rows]

    def latest(self, limit: int) -> Sequence[Kept]:
        """Give the newest notices, the newest first."""
        with self._file.reading() as file:
            rows = file.execute(
                f"SELECT {_COLUMNS} FROM received"  # noqa: S608 (a constant)
                " ORDER BY sequence DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [Kept(*row) for row in rows]

    def conflicts(self, limit: int) -> Sequence[Conflict]:
        """Give the newest conflicts, the newest first."""
        with self._file.reading() as file:
            rows = file.execute(
                "SELECT at, notice_id, sha256 FROM conflicts ORDER BY rowid DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [Conflict(*row) for row in rows]

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()
