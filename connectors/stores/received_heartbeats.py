"""The heartbeats that a receiver keeps, whole, with what was signed over them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.stores.received_file import ReceivedFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS heartbeats (
    sequence INTEGER PRIMARY KEY,
    centre TEXT NOT NULL,
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    signature TEXT NOT NULL,
    receipt TEXT NOT NULL,
    fresh INTEGER NOT NULL,
    deliveries INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS heartbeats_of ON heartbeats (centre, fresh, sequence);
CREATE TABLE IF NOT EXISTS absences (
    centre TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
"""
_COLUMNS = "sequence, centre, at, received_at, sha256, body, signature, receipt, fresh, deliveries"


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat as kept. ``fresh``: it says a later time than any before it."""

    sequence: int
    centre: str
    at: int
    received_at: int
    sha256: str
    body: bytes
    signature: str
    receipt: str
    fresh: bool
    deliveries: int


@dataclass(frozen=True, slots=True)
class Absence:
    """A stretch in which a centre's heartbeats stayed away, and that is over."""

    centre: str
    since: int
    until: int


class ReceivedHeartbeats:
    """Heartbeats by arrival; safe to use from several threads."""

    def __init__(self, file: ReceivedFile) -> None:
        self._file = file

    def take(
        self,
        centre: str,
        at: int,
        body: bytes,
        signature: str,
        given: tuple[int, str],
        quiet: int,
    ) -> Beat:
        """Keep a heartbeat durably, or find the same one; give what stands there.

        ``given``: when it came (nanoseconds) and its receipt. A fresh one that comes more than
        ``quiet`` nanoseconds after the one before it ends an absence, which is kept.
        """
        digest, (received_at, receipt) = hashlib.sha256(body).hexdigest(), given
        with self._file.writing() as file:
            last = file.execute(
                "SELECT at, received_at FROM heartbeats WHERE centre = ? AND fresh = 1"
                " ORDER BY sequence DESC LIMIT 1",
                (centre,),
            ).fetchone()
            fresh = last is None or at > last[0]
            added = file.execute(
                "INSERT INTO heartbeats (centre, at, received_at, sha256, body, signature,"
                " receipt, fresh, deliveries) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"
                " ON CONFLICT (sha256) DO NOTHING",
                (centre, at, received_at, digest, body, signature, receipt, fresh),
            )
            if added.rowcount and fresh and last and received_at - last[1] > quiet:
                file.execute(
                    "INSERT INTO absences (centre, since, until) VALUES (?, ?, ?)",
                    (centre, last[1], received_at),
                )
            file.execute(
                "UPDATE heartbeats SET deliveries = deliveries + 1 WHERE sha256 = ?", (digest,)
            )
            row = file.execute(
                f"SELECT {_COLUMNS} FROM heartbeats WHERE sha256 = ?",  # noqa: S608 (a constant)
                (digest,),
            ).fetchone()
        return _beat(row)

    def last(self) -> Sequence[Beat]:
        """Give each centre's last fresh heartbeat, by centre."""
        with self._file.reading() as file:
            rows = file.execute(
                f"SELECT {_COLUMNS} FROM heartbeats WHERE sequence IN"  # noqa: S608 (a constant)
                " (SELECT max(sequence) FROM heartbeats WHERE fresh = 1 GROUP BY centre)"
                " ORDER BY centre"
            ).fetchall()
        return [_beat(row) for row in rows]

    def listed(self, after: int, limit: int) -> Sequence[Beat]:
        """Give heartbeats behind a sequence number, by arrival."""
        with self._file.reading() as file:
            rows = file.execute(
                f"SELECT {_COLUMNS} FROM heartbeats"  # noqa: S608 (a constant)
                " WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (after, limit),
            ).fetchall()
        return [_beat(row) for row in rows]

    def absences(self, limit: int) -> Sequence[Absence]:
        """Give the newest absences that are over, the newest first."""
        with self._file.reading() as file:
            rows = file.execute(
                "SELECT centre, since, until FROM absences ORDER BY rowid DESC LIMIT ?", (limit,)
            ).fetchall()
        return [Absence(*row) for row in rows]


def _beat(row: tuple[int, str, int, int, str, bytes, str, str, int, int]) -> Beat:
    return Beat(*row[:8], fresh=bool(row[8]), deliveries=row[9])
