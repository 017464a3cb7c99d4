"""The messages that a coordination centre has for operations centres, and what came back on them.

Messages are read by their sequence: whoever polls goes on behind the last one it has.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.stores.received_file import ReceivedFile
from pipeline.errors import IntegrityError

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    sequence INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    made_at INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    jws TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS acknowledgements (
    sequence INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL,
    letter_id TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    letter BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    deliveries INTEGER NOT NULL
) STRICT;
"""
_SENT = "sequence, message_id, made_at, sha256, jws"
_ANSWER = "message_id, letter_id, sha256, letter, received_at, receipt, deliveries"


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as it is given out; ``sha256`` is that of the signed content."""

    sequence: int
    message_id: str
    made_at: int
    sha256: str
    jws: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What an operations centre said of a message, as it came."""

    message_id: str
    letter_id: str
    sha256: str
    letter: bytes
    received_at: int
    receipt: str
    deliveries: int


class ReceivedMessages:
    """Messages by their order, and acknowledgements; safe to use from several threads."""

    def __init__(self, file: ReceivedFile) -> None:
        self._file = file

    def send(self, message_id: str, content: bytes, jws: str, made_at: int) -> Sent:
        """Keep a signed message to be given out; IntegrityError where another has its id."""
        digest = hashlib.sha256(content).hexdigest()
        with self._file.writing() as file:
            file.execute(
                "INSERT INTO messages (message_id, made_at, sha256, jws) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (message_id) DO NOTHING",
                (message_id, made_at, digest, jws),
            )
            row = file.execute(
                f"SELECT {_SENT} FROM messages WHERE message_id = ?",  # noqa: S608 (a constant)
                (message_id,),
            ).fetchone()
        sent = Sent(*row)
        if sent.sha256 != digest:
            raise IntegrityError(f"message {message_id}: another content stands under this id")
        return sent

    def after(self, sequence: int, limit: int) -> Sequence[Sent]:
        """Give messages behind a sequence number, in their order."""
        with self._file.reading() as file:
            rows = file.execute(
                f"SELECT {_SENT} FROM messages"  # noqa: S608 (a constant)
                " WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (sequence, limit),
            ).fetchall()
        return [Sent(*row) for row in rows]

    def end(self) -> int:
        """Give the last sequence number, 0 where there is no message."""
        with self._file.reading() as file:
            return int(file.execute("SELECT ifnull(max(sequence), 0) FROM messages").fetchone()[0])

    def one(self, message_id: str) -> Sent | None:
        """Give one message."""
        with self._file.reading() as file:
            row = file.execute(
                f"SELECT {_SENT} FROM messages WHERE message_id = ?",  # noqa: S608 (a constant)
                (message_id,),
            ).fetchone()
        return Sent(*row) if row else None

    def answer(
        self, message_id: str, letter_id: str, letter: bytes, at: int, receipt: str
    ) -> Acknowledgement:
        """Keep an acknowledgement durably, or find the first under its id; give what stands.

        ``deliveries`` counts how often this content came; where the hash given back is another,
        the id was taken.
        """
        digest = hashlib.sha256(letter).hexdigest()
        with self._file.writing() as file:
            file.execute(
                "INSERT INTO acknowledgements (message_id, letter_id, sha256, letter, received_at,"
                " receipt, deliveries) VALUES (?, ?, ?, ?, ?, ?, 0)"
                " ON CONFLICT (letter_id) DO NOTHING",
                (message_id, letter_id, digest, letter, at, receipt),
            )
            file.execute(
                "UPDATE acknowledgements SET deliveries = deliveries + 1"
                " WHERE letter_id = ? AND sha256 = ?",
                (letter_id, digest),
            )
            row = file.execute(
                f"SELECT {_ANSWER} FROM acknowledgements WHERE letter_id = ?",  # noqa: S608 (a constant)
                (letter_id,),
            ).fetchone()
        return Acknowledgement(*row)

    def acknowledgements(self, message_id: str) -> Sequence[Acknowledgement]:
        """Give what came back on a message, by arrival."""
        with self._file.reading() as file:
            rows = file.execute(
                f"SELECT {_ANSWER} FROM acknowledgements"  # noqa: S608 (a constant)
                " WHERE message_id = ? ORDER BY sequence",
                (message_id,),
            ).fetchall()
        return [Acknowledgement(*row) for row in rows]
