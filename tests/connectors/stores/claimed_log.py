"""A partition of a changelog, and members of a group that write it, each by a wire of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import rocksdict

from connectors.stores.faust_table import FaustDisk, placed, written_behind
from connectors.stores.partition_claims import Kept, epoch_of
from connectors.stores.partition_rows import PartitionRows

OFFSET = b"__faust\0offset__"


@dataclass
class Log:
    """What the brokers have of one partition."""

    records: list[Kept] = field(default_factory=list)
    end: int = 0

    def append(self, key: bytes, value: bytes | None, epoch: int) -> int:
        """Keep a record; give its offset."""
        self.records.append(Kept(self.end, key, value, epoch))
        self.end += 1
        return self.end - 1

    def between(self, begin: int, end: int) -> list[Kept]:
        """Give what stands in [begin, end)."""
        return [one for one in self.records if begin <= one.offset < end]

    def compact(self, until: int) -> None:
        """Keep of what stands before an offset the last record of each key."""
        last = {one.key: one.offset for one in self.between(0, until)}
        self.records = [
            one for one in self.records if one.offset >= until or last[one.key] == one.offset
        ]


@dataclass
class Wire:
    """The way of one process to the brokers: silent, it holds everything back."""

    log: Log
    silent: bool = False
    held: list[tuple[bytes, bytes | None, int, "asyncio.Future[Any]"]] = field(default_factory=list)

    def get_topic_name(self) -> str:
        """Give the topic's name."""
        return "changelog"

    async def send(
        self,
        *,
        key: bytes,
        value: bytes | None,
        partition: int,
        headers: Mapping[str, bytes],
        key_serializer: str,
        value_serializer: str,
    ) -> "asyncio.Future[Any]":
        """Send a record; what is given tells once where it is kept."""
        assert (partition, key_serializer, value_serializer) == (0, "raw", "raw")
        kept: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.held.append((key, value, epoch_of(headers), kept))
        if not self.silent:
            self.deliver(len(self.held))
        return kept

    def deliver(self, count: int) -> None:
        """Have the oldest of what is held back arrive, whether its sender still lives or not."""
        for key, value, epoch, kept in self.held[:count]:
            offset = self.log.append(key, value, epoch)
            if not kept.done():
                kept.set_result(SimpleNamespace(offset=offset))
        del self.held[:count]


@dataclass
class Member:
    """One process's disk and its table, as faust drives them."""

    path: Path
    log: Log
    wire: Wire = field(init=False)
    db: Any = field(init=False)
    disk: FaustDisk = field(init=False)

    def __post_init__(self) -> None:
        options = rocksdict.Options(raw_mode=True)
        options.create_if_missing(True)
        self.db = rocksdict.Rdict(str(self.path), options)
        self.wire = Wire(self.log)

    def recover(self, until: int | None = None) -> None:
        """Read the log from where the disk stands, as faust's recovery does, up to an offset."""
        reached, _ = placed(self.db, OFFSET)
        kept = self.log.between(reached + 1, self.log.end if until is None else until)
        written_behind(self.db, OFFSET, kept)
        data = SimpleNamespace(offset_key=OFFSET, _db_for_partition=lambda _: self.db)

        async def between(_partition: int, begin: int, end: int) -> Sequence[Kept]:
            return self.log.between(begin, end)

        table = SimpleNamespace(changelog_topic=self.wire, data=data, between=between)
        self.disk = FaustDisk(table, 0)

    async def open(self, until: int | None = None) -> PartitionRows:
        """Recover and claim; give the state."""
        self.recover(until)
        await self.disk.claim()
        return PartitionRows(self.disk)


async def settled() -> None:
    """Let everything happen that needs nothing from outside."""
    for _ in range(40):
        await asyncio.sleep(0)
