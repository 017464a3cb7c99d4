"""What a worker has to have before it works is made, or waited for, out of turn."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP, Message

from connectors.stores.kafka.topics import Topics, Unread, pack_raw, unpack_raw
from pipeline.errors import StoreCorrupt
from pipeline.model import BatchKind, RawBatch, Revisions
from pipeline.runtime.begun import Begun
from pipeline.runtime.chain import Chain, Observed
from pipeline.runtime.cluster.faust_app import make_app
from pipeline.runtime.cluster.isolating import Isolating
from pipeline.runtime.cluster.preparing import Preparing
from pipeline.runtime.cluster.unbroken import Unbroken
from pipeline.runtime.cluster.waiting import Waiting
from pipeline.runtime.cluster.worker import Line, Shape, Worker
from pipeline.settings import ClusterSettings

PATIENCE = 20.0  # seconds
OFFSET = 7
STAMP = Revisions("c", "r", "p")
BATCH = RawBatch(
    id="b", object_id="o", source_id="s", sequence=1, previous=0, received_at=1, reference_at=1,
    format="syslog", records=(b"x",), revisions=STAMP,
)  # fmt: skip


@dataclass
class Event:
    """A message as a stream gives it."""

    value: bytes
    message: Message
    acked: list[int] = field(default_factory=list)

    def ack(self) -> None:
        """Note that it was acknowledged."""
        self.acked.append(self.message.offset)


@dataclass
class Stream:
    """A stream of one group."""

    events: Sequence[Event]

    async def noack_take(self, _most: int, within: float) -> AsyncIterator[Sequence[Event]]:
        """Give the group; ``within`` is faust's own word for the longest wait."""
        assert within > 0
        yield self.events


def event(batch: RawBatch, generation: int = 1, partition: int = 0) -> Event:
    """Make an event of a batch, of that generation of the group."""
    place = TP("w.raw", partition)
    message = Message(
        *place, OFFSET, 0.0, 0, [], None, b"", None, tp=place, generation_id=generation
    )  # fmt: skip
    return Event(pack_raw(batch), message)


class Buffers:
    """What a consumer is told of its buffers, without the thread that faust's would start."""

    def on_buffer_full(self, tp: TP) -> None:
        """Fetch no more of a partition."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Fetch again."""

    async def committed(self, _place: TP) -> int:
        """Say that the group committed nothing."""
        await asyncio.sleep(0)
        return 0


def isolating(folder: Path) -> Isolating:
    """Make the matching of a process before which none died over anything."""

    def alone(batch: RawBatch) -> Observed:
        raise AssertionError(batch)

    return Isolating(Begun.opened(folder / "begun"), alone)


async def first(_topic: str, _partition: int, _offset: int) -> int:
    """Say where the log begins: with the only message."""
    await asyncio.sleep(0)
    return OFFSET


def worker(folder: Path, chains: Callable[[Revisions], Chain]) -> Worker:
    """Make a worker whose group is in its first generation."""
    settings = ClusterSettings(brokers=("127.0.0.1:1",), prefix="w.", folder=folder)
    app = make_app(settings, "worker")
    app.consumer_generation_id = 1
    app.flow_control.resume()
    made = Worker(app, Shape(Topics("w."), 1, 1), chains, isolating(folder), first, 60.0)
    made.waiting = Waiting(Buffers)
    made.unbroken = Unbroken(Buffers, first)
    return made


def test_partitions_are_given_up_while_stages_are_made(tmp_path: Path) -> None:
    """Who makes stages holds nobody up; what is another's meanwhile is left to it, unread."""
    asked, made = threading.Event(), threading.Event()
    worked: list[Any] = []

    def chains(_stamp: Revisions) -> Chain:
        asked.set()
        made.wait(PATIENCE)
        raise StoreCorrupt("no such bundle")

    async def work(read: Sequence[tuple[Any, Any]]) -> None:
        worked.extend(read)

    async def played() -> Event:
        one, taken = worker(tmp_path, chains), event(BATCH)
        agent = one._agent(Line("raw", unpack_raw, work, 1))
        group = asyncio.create_task(agent(Stream([taken])))
        await asyncio.to_thread(asked.wait, PATIENCE)
        await asyncio.wait_for(one._revoked(), PATIENCE / 2)
        one.app.consumer_generation_id = 2
        made.set()
        await asyncio.wait_for(group, PATIENCE)
        return taken

    try:
        taken = asyncio.run(played())
    finally:
        made.set()
    assert asked.is_set()
    assert not worked
    assert not taken.acked


def test_what_is_ours_is_worked_on_once_its_stages_are_made(tmp_path: Path) -> None:
    """A message waits for its bundle, says so, and is acknowledged when it was worked on."""
    asked: list[Revisions] = []
    worked: list[Any] = []
    troubles: list[str] = []

    def chains(stamp: Revisions) -> Any:
        asked.append(stamp)
        if len(asked) == 1:
            raise StoreCorrupt("no such bundle")

    async def work(read: Sequence[tuple[Any, Any]]) -> None:
        worked.extend(message for _, message in read)

    async def played() -> Event:
        one, taken = worker(tmp_path, chains), event(BATCH)
        line = Line("w.raw", unpack_raw, work, 1)
        await one._agent(line)(Stream([taken]))
        troubles.append(one.trouble)
        assert not taken.acked
        again = asyncio.create_task(one._trying_again(replace(line, name="raw"))())
        while not taken.acked:  # noqa: ASYNC110 (faust acknowledges without an event)
            await asyncio.sleep(0.01)
        again.cancel()
        troubles.append(one.trouble)
        return taken

    taken = asyncio.run(played())
    assert asked == [STAMP, STAMP]
    assert "no such bundle" in troubles
    assert troubles[-1] == ""
    assert worked == [BATCH]
    assert taken.acked == [OFFSET]


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (BATCH, [STAMP]),
        (replace(BATCH, kind=BatchKind.CLOCK), []),
        (Unread("broken", "no message of ours"), []),
    ],
    ids=["records", "a tick is passed on", "nobody can read it"],
)
def test_only_what_is_read_needs_stages(
    tmp_path: Path, read: RawBatch | Unread, expected: list[Revisions]
) -> None:
    """Stages are made for what is matched, and for nothing else."""
    asked: list[Revisions] = []
    preparing = Preparing(asked.append, isolating(tmp_path))  # type: ignore[arg-type] # its result is not used
    assert asyncio.run(preparing("raw/0/7", read)) == ""
    assert asked == expected


def test_a_message_of_a_newer_program_waits(tmp_path: Path) -> None:
    """What only a later program reads is neither worked on nor set aside."""
    preparing = Preparing(lambda _stamp: None, isolating(tmp_path))  # type: ignore[arg-type,return-value] # no stages are needed
    assert "upgrade" in asyncio.run(preparing("raw/0/7", Unread("newer", "version 9")))


def test_a_state_of_a_newer_process_waits_and_holds_up_no_other(tmp_path: Path) -> None:
    """Its partition is neither folded nor acknowledged, the worker says why, and others go on."""
    worked: list[int] = []
    opened: list[int] = []

    async def open_state(partition: int) -> None:
        opened.append(partition)
        if partition == 0 and len(opened) <= len(events):
            raise StoreCorrupt("this state is of version 2, known is 1")

    async def work(read: Sequence[tuple[Any, Any]]) -> None:
        worked.extend(one.message.partition for one, _ in read)

    async def played() -> str:
        one = worker(tmp_path, lambda _stamp: None)  # type: ignore[arg-type, return-value]
        line = Line("w.raw", unpack_raw, work, 3, open_state)
        await one._agent(line)(Stream(events))
        trouble = one.trouble
        assert [bool(taken.acked) for taken in events] == [False, True, False]
        again = asyncio.create_task(one._trying_again(replace(line, name="raw"))())
        while not events[2].acked:  # noqa: ASYNC110 (faust acknowledges without an event)
            await asyncio.sleep(0.01)
        again.cancel()
        return trouble

    events = [event(BATCH), event(BATCH, partition=1), event(BATCH)]
    assert "raw/0: this state is of version 2" in asyncio.run(played())
    assert worked == [1, 0, 0]
