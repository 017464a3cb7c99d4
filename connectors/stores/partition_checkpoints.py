"""Checkpoints of the trail in the partition that makes them: the last one, and what all cover.

Each one stands in the topic of checkpoints once it was told.
"""

from collections.abc import Iterator, Sequence

from connectors.stores.partition_database import PartitionDatabase, after, named
from connectors.stores.partition_unsent import PartitionUnsent
from pipeline.errors import IntegrityError
from pipeline.model import from_json, to_json
from pipeline.model.checkpoint import ChainHead, Checkpoint

_LAST = named("checkpoint", "last")


class PartitionCheckpoints:
    """``ports.CheckpointStore`` of a partition; of what was told it gives the newest alone."""

    def __init__(self, database: PartitionDatabase, unsent: PartitionUnsent) -> None:
        self._database, self._unsent = database, unsent

    def append(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; a taken number raises IntegrityError."""
        with self._database.transaction():
            before = self.last()
            if before is not None and checkpoint.number <= before.number:
                raise IntegrityError(f"checkpoint {checkpoint.number} is there already")
            self.seed([checkpoint])
            self._unsent.put("checkpoints", to_json(checkpoint))

    def seed(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Take over checkpoints in their order; nobody is told."""
        with self._database.transaction():
            for one in checkpoints:
                self._database.put(_LAST, to_json(one))
                for head in one.moved:
                    self._database.put(named("covered", head.chain), to_json(head))

    def last(self) -> Checkpoint | None:
        """Give the newest one; None where there is none yet."""
        data = self._database.get(_LAST)
        return from_json(Checkpoint, data) if data else None

    def read(self, after: int = 0) -> Iterator[Checkpoint]:
        """Give the newest one, where it is behind a number."""
        last = self.last()
        if last is not None and last.number > after:
            yield last

    def covered(self) -> Sequence[ChainHead]:
        """Give the heads that the newest one covers, by chain."""
        prefix = named("covered", "")
        found = [from_json(ChainHead, data) for _, data in self._database.items(prefix, _end)]
        return sorted(found, key=lambda head: head.chain)


_end = after(named("covered", ""))
