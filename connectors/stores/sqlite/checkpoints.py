"""Checkpoints of the audit trail, create-only by number, and the heads that each one moved."""

from collections.abc import Iterator, Sequence

from connectors.stores.sqlite.database import SqliteDatabase
from pipeline.errors import IntegrityError
from pipeline.model.checkpoint import ChainHead, Checkpoint

_LAST = "SELECT number, token FROM checkpoints ORDER BY number DESC LIMIT 1"
_BEHIND = "SELECT number, token FROM checkpoints WHERE number > ? ORDER BY number"
_MOVED = "SELECT chain, number, hash FROM checkpoint_heads WHERE checkpoint = ? ORDER BY chain"
# One step down the index for each chain, however often it moved.
_COVERED = """WITH RECURSIVE chains (name) AS (
        SELECT min(chain) FROM checkpoint_heads
        UNION ALL
        SELECT (SELECT min(chain) FROM checkpoint_heads WHERE chain > name) FROM chains
        WHERE name IS NOT NULL)
    SELECT chain, number, hash FROM chains JOIN checkpoint_heads ON chain = name
    AND checkpoint = (SELECT max(checkpoint) FROM checkpoint_heads WHERE chain = name)
    ORDER BY chain"""


class SqliteCheckpointStore:
    """``ports.CheckpointStore`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def append(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; a taken number raises IntegrityError."""
        with self._database.writing() as connection:
            row = (checkpoint.number, checkpoint.token)
            query = "INSERT OR IGNORE INTO checkpoints VALUES (?, ?)"
            if not connection.execute(query, row).rowcount:
                raise IntegrityError(
                    f"checkpoint {checkpoint.number} is already in the store"
                    f" {self._database.path}: find out which process made two"
                )
            rows = [
                (checkpoint.number, head.chain, head.number, head.hash) for head in checkpoint.moved
            ]
            connection.executemany("INSERT INTO checkpoint_heads VALUES (?, ?, ?, ?)", rows)

    def last(self) -> Checkpoint | None:
        """Give the newest one; None where there is none yet."""
        row = self._database.one(_LAST)
        return self._whole(*row) if row else None

    def read(self, after: int = 0) -> Iterator[Checkpoint]:
        """Give those behind a number, in order."""
        for number, token in self._database.rows(_BEHIND, after):
            yield self._whole(number, token)

    def covered(self) -> Sequence[ChainHead]:
        """Give the heads that the newest one covers, by chain."""
        return [ChainHead(*row) for row in self._database.all(_COVERED)]

    def _whole(self, number: int, token: str) -> Checkpoint:
        moved = self._database.all(_MOVED, number)
        return Checkpoint(number, token, tuple(ChainHead(*row) for row in moved))
