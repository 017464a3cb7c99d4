"""A faust table's partition: its changelog first and awaited, then RocksDB, place included.

faust itself writes RocksDB first, does not wait for the changelog, and notes the changelog's place
apart from both; a kill between them leaves a store that differs from its log. Here the log has it
first, and what it got and up to where is written to RocksDB in one batch.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import rocksdict

from connectors.stores.partition_rows import Write
from pipeline.errors import StoreError

SMALL = {
    "driver": "rocksdict",
    "write_buffer_size": 8 * 1024 * 1024,
    "block_cache_size": 16 * 1024 * 1024,
    "max_open_files": 256,
}


class FaustTable(Protocol):
    """What is used of a faust table."""

    changelog_topic: Any
    data: Any


class FaustDisk:
    """``Ordered`` over the RocksDB of one partition of a faust table."""

    def __init__(self, table: FaustTable, partition: int) -> None:
        self._table, self._partition = table, partition
        self._reached = -1

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

    async def log(self, changes: Sequence[Write]) -> None:
        """Have the changelog keep changes, in their order; StoreError where it does not."""
        topic = self._table.changelog_topic
        try:
            sent = [
                await topic.send(
                    key=key,
                    value=value,
                    partition=self._partition,
                    key_serializer="raw",
                    value_serializer="raw",
                )
                for key, value in changes
            ]
            for kept in await asyncio.gather(*sent):
                self._reached = max(self._reached, kept.offset)
        except Exception as error:
            raise StoreError(
                f"{topic.get_topic_name()}: the changelog does not take what was folded: "
                f"{type(error).__name__} (see the brokers' logs)"
            ) from error

    def _rocks(self) -> Any:
        return self._table.data._db_for_partition(self._partition)  # noqa: SLF001 (no public way to a range of keys)
