"""A faust table's partition: its changelog first and awaited, then RocksDB, place included.

faust itself writes RocksDB first, does not wait for the changelog, and notes the changelog's place
apart from both; a kill between them leaves a store that differs from its log. Here the log has it
first, and what it got and up to where is written to RocksDB in one batch.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import rocksdict
import structlog

from connectors.stores.partition_claims import (
    CLAIM,
    EPOCH,
    NOBODY,
    Kept,
    claimed,
    passed_over,
    take,
    unmarked,
)
from connectors.stores.partition_rows import VERSIONED, Write, stands_as_ours
from pipeline.errors import StoreError

SMALL = {
    "driver": "rocksdict",
    "write_buffer_size": 8 * 1024 * 1024,
    "block_cache_size": 16 * 1024 * 1024,
    "max_open_files": 256,
}
TRIES = 5  # of a claim, and of going on behind what others wrote
log = structlog.get_logger("saqshy.state")


class FaustTable(Protocol):
    """What is used of a faust table; ``between`` reads a partition's log in [begin, end)."""

    changelog_topic: Any
    data: Any

    async def between(self, partition: int, begin: int, end: int) -> Sequence[Kept]:
        """Give what the log has there; StoreError where no broker answers."""


class FaustDisk:
    """``Ordered`` over the RocksDB of one partition of a faust table; ``claim`` comes first.

    After it nobody else's writing counts. Each step is to stand directly behind the one before:
    where it does not, what stands between says whether the partition is still ours.
    """

    def __init__(self, table: FaustTable, partition: int) -> None:
        self._table, self._partition = table, partition
        self._reached, self._epoch = -1, NOBODY

    def items(self, begin: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Give what stands in [begin, end), in order."""
        for key, value in self._rocks().items(from_key=begin):
            if key >= end:
                return
            yield bytes(key), bytes(value)

    def first(self, begin: bytes) -> bytes | None:
        """Give the first key that is not before ``begin``."""
        found = next(iter(self._rocks().keys(from_key=begin)), None)
        return None if found is None else bytes(found)

    def write(self, changes: Sequence[Write]) -> None:
        """Put and (None) remove, and note the changelog's place, all or nothing."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        if self._reached >= 0:
            batch.put(self._table.data.offset_key, str(self._reached).encode())
        self._rocks().write(batch)

    async def claim(self) -> None:
        """Begin an epoch of ours behind all that the log has; it is on the disk afterwards.

        StoreCorrupt where the state is a newer process's, StoreError where another claims it too.
        """
        self._reached, self._epoch = placed(self._rocks(), self._table.data.offset_key)
        for _ in range(TRIES):
            # An older process reads no claims: it must not open what has one.
            changes: list[Write] = [] if stands_as_ours(self) else [VERSIONED]
            wanted, before = self._reached + len(changes) + 1, self._epoch
            epochs = [*([before] * len(changes)), NOBODY]
            changes.append((CLAIM, claimed(wanted)))
            sent = await self._send(changes, epochs)
            rocks, place = self._rocks(), self._table.data.offset_key
            kept = await self._stands(changes, epochs, sent)
            self._reached, self._epoch = written_behind(rocks, place, kept)
            if sent[-1] == wanted:
                await self._write_again()
                return
            if self._epoch != before:
                break
        raise StoreError(f"{self._place}: another process claims it at the same time")

    async def log(self, changes: Sequence[Write]) -> None:
        """Have the changelog keep changes, in their order.

        StoreError where it does not, or where the partition is another's by now: then nothing of
        this, and of what follows, may be written or told.
        """
        latest: dict[bytes, bytes | None] = {}
        for _ in range(TRIES):
            overwritten = await self._logged(changes)
            if not overwritten:
                return
            latest |= dict(changes)
            rocks = self._rocks()
            changes = [
                (key, latest[key] if key in latest else rocks.get(key)) for key in overwritten
            ]
        raise StoreError(f"{self._place}: somebody else writes here all the time")

    async def _logged(self, changes: Sequence[Write]) -> list[bytes]:
        """Send changes; give the keys that others, who have no right to, wrote beside them."""
        epochs = [self._epoch] * len(changes)
        sent = await self._send(changes, epochs)
        if not sent:
            return []
        kept = await self._stands(changes, epochs, sent)
        taken = take(kept, self._epoch)
        if taken.epoch != self._epoch:
            raise StoreError(f"{self._place}: another process has taken it over")
        self._reached = kept[-1].offset
        low, high = passed_over()
        passed = [unmarked(key) for key, _ in taken.changes if low <= key < high]
        if passed:
            log.warning("state.foreign", place=self._place, records=len(passed))
        return list(dict.fromkeys(passed))

    async def _write_again(self) -> None:
        """Have the log keep the values of what it was passed over in, behind it."""
        low, high = passed_over()
        marks = [key for key, _ in self.items(low, high)]
        if marks:
            rocks = self._rocks()
            await self.log([(unmarked(key), rocks.get(unmarked(key))) for key in marks])
            self.write([(key, None) for key in marks])

    async def _stands(
        self, changes: Sequence[Write], epochs: Sequence[int], sent: Sequence[int]
    ) -> Sequence[Kept]:
        """Give what the log has since it was read, up to what was sent last."""
        begin = self._reached + 1
        if list(sent) == list(range(begin, begin + len(sent))):
            rows = zip(sent, changes, epochs, strict=True)
            return [Kept(offset, key, value, epoch) for offset, (key, value), epoch in rows]
        kept = await self._table.between(self._partition, begin, max(sent) + 1)
        if not {one.offset for one in kept}.issuperset(sent):
            raise StoreError(f"{self._place}: what was written is not in the log")
        return kept

    async def _send(self, changes: Sequence[Write], epochs: Sequence[int]) -> list[int]:
        """Give the offsets of what the brokers have."""
        topic = self._table.changelog_topic
        try:
            sent = [
                await topic.send(
                    key=key,
                    value=value,
                    partition=self._partition,
                    headers={} if epoch == NOBODY else {EPOCH: b"%d" % epoch},
                    key_serializer="raw",
                    value_serializer="raw",
                )
                for (key, value), epoch in zip(changes, epochs, strict=True)
            ]
            return [kept.offset for kept in await asyncio.gather(*sent)]
        except Exception as error:
            raise StoreError(
                f"{self._place}: the changelog does not take what was folded: "
                f"{type(error).__name__} (see the brokers' logs)"
            ) from error

    @property
    def _place(self) -> str:
        return f"{self._table.changelog_topic.get_topic_name()}/{self._partition}"

    def _rocks(self) -> Any:
        return self._table.data._db_for_partition(self._partition)  # noqa: SLF001 (no public way to a range of keys)


def placed(rocks: Any, offset_key: bytes) -> tuple[int, int]:
    """Give up to where a RocksDB has its log, and the epoch there."""
    reached, epoch = rocks.get(offset_key), rocks.get(CLAIM)
    return (-1 if reached is None else int(reached)), (NOBODY if epoch is None else int(epoch))


def written_behind(rocks: Any, offset_key: bytes, kept: Sequence[Kept]) -> tuple[int, int]:
    """Put the log's next records into a RocksDB, place included; give where it stands then."""
    reached, epoch = placed(rocks, offset_key)
    taken = take(kept, epoch)
    reached = kept[-1].offset if kept else reached
    batch = rocksdict.WriteBatch(raw_mode=True)
    for key, value in [*taken.changes, (offset_key, b"%d" % reached)]:
        if value is None:
            batch.delete(key)
        else:
            batch.put(key, value)
    rocks.write(batch)
    return reached, taken.epoch
