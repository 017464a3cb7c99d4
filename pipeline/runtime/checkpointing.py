"""Checkpoints of a running system: by journalled ticks, and at a clean end.

A checkpoint and the entry that tells of it are of one transaction with what they cover. They follow
from the whole trail, deliveries included, and so are no part of what a rebuild makes again: another
store has its own.
"""

from dataclasses import dataclass

from pipeline.incidents.checkpoints import Sign, make, read_token, told
from pipeline.model import ENDING, NANOSECONDS, BatchKind, Instant, RawBatch
from pipeline.ports import Stores
from pipeline.runtime.chainer import audited
from pipeline.settings import Settings

MINUTE = 60 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Checkpointing:
    """Makes checkpoints of a store's trail, at most one every so often (nanoseconds)."""

    stores: Stores
    centre: str
    every: int
    sign: Sign

    def follow(self, batch: RawBatch) -> None:
        """Make a checkpoint where a tick says that it is time; inside the tick's transaction."""
        if batch.kind is not BatchKind.CLOCK or batch.source_id == ENDING:
            return
        last = self.stores.checkpoints.last()
        now = batch.received_at
        # A clock that was put back brings the next one forward, and never puts it off.
        if last is None or not 0 <= now - read_token(last.token).statement.at < self.every:
            self.make(now)

    def make(self, at: Instant) -> None:
        """Make a checkpoint over the whole trail as it stands, and record it."""
        stores = self.stores
        with stores.database.transaction():
            kept = stores.checkpoints
            made = make(
                kept.last(), stores.audit.heads(), kept.covered(), self.centre, at, self.sign
            )
            kept.append(made)
            audited(stores.audit, [told(made, at)])


def checkpointing(settings: Settings, stores: Stores, sign: Sign) -> Checkpointing | None:
    """Give what makes checkpoints as the settings say; None where they want none."""
    every = int(settings.audit.checkpoint_minutes * MINUTE)
    return Checkpointing(stores, settings.centre, every, sign) if every else None
