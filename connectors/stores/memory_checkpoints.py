"""Checkpoints in memory: the sibling of the SQLite tables."""

from collections.abc import Iterator, Sequence

from connectors.stores.tables import MemoryDatabase, Table
from pipeline.errors import IntegrityError
from pipeline.model.checkpoint import ChainHead, Checkpoint


class MemoryCheckpointStore:
    """``ports.CheckpointStore`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._checkpoints: Table[int, Checkpoint] = Table(database)
        self._covered: Table[str, ChainHead] = Table(database)

    def append(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; a taken number raises IntegrityError."""
        with self._database.transaction():
            if checkpoint.number in self._checkpoints:
                raise IntegrityError(f"checkpoint {checkpoint.number} is already in the store")
            self._checkpoints[checkpoint.number] = checkpoint
            self._covered.update((head.chain, head) for head in checkpoint.moved)

    def last(self) -> Checkpoint | None:
        """Give the newest one; None where there is none yet."""
        with self._database.turn:
            return self._checkpoints[max(self._checkpoints)] if self._checkpoints else None

    def read(self, after: int = 0) -> Iterator[Checkpoint]:
        """Give those behind a number, in order."""
        for number, checkpoint in sorted(self._checkpoints.snapshot(), key=lambda row: row[0]):
            if number > after:
                yield checkpoint

    def covered(self) -> Sequence[ChainHead]:
        """Give the heads that the newest one covers, by chain."""
        rows = sorted(self._covered.snapshot(), key=lambda row: row[0])
        return [head for _, head in rows]
