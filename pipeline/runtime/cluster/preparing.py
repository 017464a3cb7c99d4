"""What a worker has to have before it can work on a message: made, or waited for, out of turn.

To make the stages of new rules takes seconds, a bundle may be long in coming, and what a process
died over is matched apart. Who held the turn
meanwhile would keep the worker from giving up its partitions; the group would drop it, and the
next one after it, for as long as the stages are not made.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from connectors.stores.kafka.topics import Posted, Unread
from pipeline.errors import StoreCorrupt
from pipeline.model import BatchKind, RawBatch, Revisions
from pipeline.runtime.chain import Chain
from pipeline.runtime.cluster.isolating import Isolating

Read: TypeAlias = RawBatch | Posted | Unread


@dataclass(slots=True)
class Preparing:
    """Makes stages beside the loop."""

    chains: Callable[[Revisions], Chain]
    isolating: Isolating
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "preparing"))

    async def __call__(self, place: str, read: Read) -> str:
        """Make what a message needs; say what is not to be had yet, "" where nothing is."""
        if isinstance(read, Unread):
            newer = f"{place}: {read.detail}: it waits for this worker's upgrade"
            return newer if read.code == "newer" else ""
        stamp = _stamp(read)
        if stamp is not None:
            try:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self.pool, self.chains, stamp)
            except StoreCorrupt as error:
                return str(error)
        if isinstance(read, RawBatch) and read.kind is BatchKind.RAW:
            return self.isolating.lacks(place, read)
        return ""


def _stamp(read: RawBatch | Posted) -> Revisions | None:
    """Give the revisions whose stages a message needs; what is merely passed on needs none."""
    if isinstance(read, RawBatch):
        return read.revisions if read.kind is BatchKind.RAW else None
    if read.batch is not None:
        return read.batch.revisions
    seen = read.across.observation if read.across is not None else read.observation
    return seen.revisions if seen is not None else None
