"""What a notifier waits for holds up neither other partitions nor the giving up of its own."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP, Message
from prometheus_client import CollectorRegistry

from connectors.stores.kafka.topics import Told, Topics, pack_outcome
from connectors.stores.partition_rows import OrderedMemory
from connectors.stores.partition_stores import open_partition
from pipeline.errors import StoreCorrupt
from pipeline.incidents.audit import Draft
from pipeline.model import Revisions, as_document, to_json
from pipeline.model.rows import Rows
from pipeline.notify import Backoff, Courier
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.cluster import notifier as module
from pipeline.runtime.cluster.faust_app import make_app
from pipeline.runtime.cluster.notifier import Notifier, Task
from pipeline.runtime.cluster.notifying import OWN, InForce, NotifierPartition
from pipeline.runtime.cluster.notifying_lanes import Deliveries
from pipeline.runtime.cluster.unbroken import Unbroken
from pipeline.runtime.cluster.waiting import Waiting
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.telemetry import Prometheus
from pipeline.settings import ClusterSettings
from tests.runtime.cluster.notified import NoFigures

PATIENCE = 20.0  # seconds
STAMP = Revisions("c", "r", "p")
ABSENT = "no such bundle"
BEGINS = (7, 3)  # what is committed of each partition


class Buffers:
    """What a consumer is told of its buffers, without the thread that faust's would start."""

    def on_buffer_full(self, tp: TP) -> None:
        """Fetch no more of a partition."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Fetch again."""

    async def committed(self, place: TP) -> int:
        """Give from where a partition is read."""
        await asyncio.sleep(0)
        return BEGINS[place.partition]


async def first(_topic: str, _partition: int, offset: int) -> int:
    """Say that the log has every message."""
    await asyncio.sleep(0)
    return offset


@dataclass
class Event:
    """A message as a stream gives it."""

    value: bytes
    message: Message
    acked: list[str]

    def ack(self) -> None:
        """Note that it was acknowledged."""
        self.acked.append(f"{self.message.partition}/{self.message.offset}")


@dataclass
class Rig:
    """A notifier with its partitions 0, which knows what is in force, and 1, which does not."""

    folder: Path
    chains: Callable[[Revisions], Any]
    acked: list[str] = field(default_factory=list)
    notifier: Notifier = field(init=False)

    def __post_init__(self) -> None:
        settings = ClusterSettings(brokers=("127.0.0.1:1",), prefix="n.", folder=self.folder)
        app = make_app(settings, "notifier")
        app.consumer_generation_id = 1
        app.flow_control.resume()
        made = Notifier(
            app=app,
            topics=Topics("n."),
            folds=2,
            chains=self.chains,
            stage=self._stage,
            dispatcher=lambda _held: pytest.fail("nothing is opened"),
            noted=lambda _stage: False,
            first=first,
            session_seconds=60.0,
        )
        made.waiting = Waiting(Buffers)
        made.unbroken = Unbroken(Buffers, first)
        for partition in (0, 1):
            made._tasks[partition] = self._task(partition)
        known = {Rows.key("revisions"): to_json(InForce(STAMP, 1))}
        made._tasks[0].held.stores.state.save(OWN, known)
        self.notifier = made

    def _stage(self, partition: int, held: Any) -> NotifierPartition:
        return NotifierPartition(partition, 2, held, self.chains, NoFigures(), 60 * 10**9)

    def _task(self, partition: int) -> Task:
        held = open_partition(OrderedMemory(), lambda _writes: None)
        dispatcher = Dispatcher(
            stores=held.stores,
            courier=Courier({}, Backoff(0.05, 1.0, 9, 9)),
            clock=SystemClock(),
            telemetry=Prometheus(CollectorRegistry()),
        )
        deliveries = Deliveries(dispatcher, held.outbox, lambda _error: None)
        return Task(self._stage(partition, held), held, deliveries)

    def event(self, partition: int, offset: int, value: bytes = b"") -> Event:
        """Make an event of a word for the trail."""
        draft = Draft(f"chain-{partition}", f"e{offset}", "test", "", 1, "a", {})
        told = Told(f"chain-{partition}", "b", 1, drafts=(as_document(draft),))
        place = TP("n.outcomes", partition)
        message = Message(
            *place, offset, 0.0, 0, [], None, b"", None, tp=place, generation_id=1
        )  # fmt: skip
        return Event(value or pack_outcome(told), message, self.acked)

    def last(self, partition: int) -> str:
        """Give the entry that a partition has chained last."""
        head = self.notifier._tasks[partition].held.stores.audit.head(f"chain-{partition}")
        return head.entry_id if head is not None else ""


async def until(done: Callable[[], bool]) -> None:
    """Wait until that is so."""
    async with asyncio.timeout(PATIENCE):
        while not done():  # noqa: ASYNC110 (another thread's work)
            await asyncio.sleep(0.01)


async def trying(rig: Rig, then: Awaitable[None]) -> None:
    """Have a notifier try again what waits, until that came to pass."""
    again = asyncio.create_task(rig.notifier._trying_again())
    await then
    again.cancel()


def test_partitions_are_given_up_while_stages_are_made(tmp_path: Path) -> None:
    """Who makes stages holds nobody up; what is another's meanwhile is left to it."""
    asked, made = threading.Event(), threading.Event()

    def chains(_stamp: Revisions) -> None:
        asked.set()
        made.wait(PATIENCE)

    async def played() -> Rig:
        rig = Rig(tmp_path, chains)
        taking = asyncio.create_task(rig.notifier._take([rig.event(0, 7)]))
        await asyncio.to_thread(asked.wait, PATIENCE)
        await asyncio.wait_for(rig.notifier._given_up(), PATIENCE / 2)
        rig.notifier.app.consumer_generation_id = 2
        made.set()
        await asyncio.wait_for(taking, PATIENCE)
        return rig

    try:
        rig = asyncio.run(played())
    finally:
        made.set()
    assert asked.is_set()
    assert rig.acked == []
    assert rig.notifier.trouble == ""


def test_what_is_not_to_be_had_holds_up_its_own_partition_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle that is absent is waited for, in order; other partitions go on, and it is told."""
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)
    there = threading.Event()

    def chains(_stamp: Revisions) -> Any:
        if not there.is_set():
            raise StoreCorrupt(ABSENT)
        return SimpleNamespace(terms=None, digests=None)

    async def played() -> Rig:
        rig = Rig(tmp_path, chains)
        events = [rig.event(0, 7), rig.event(1, 3), rig.event(0, 8), rig.event(1, 4)]
        await rig.notifier._take(events)
        assert rig.acked == ["1/3", "1/4"]
        assert rig.notifier.trouble == ABSENT
        await rig.notifier._take([rig.event(0, 9)])
        there.set()
        await trying(rig, until(lambda: rig.notifier.trouble == ""))
        return rig

    rig = asyncio.run(played())
    assert rig.acked == ["1/3", "1/4", "0/7", "0/8", "0/9"]
    assert (rig.last(0), rig.last(1)) == ("e9", "e4")


def test_what_fails_at_work_waits_before_what_waits_already(tmp_path: Path) -> None:
    """Of what could be made ready, and of what could not, the former comes first again."""
    calls: list[Revisions] = []

    def chains(stamp: Revisions) -> Any:
        calls.append(stamp)
        if len(calls) > 1:
            raise StoreCorrupt(ABSENT)

    async def played() -> list[str]:
        rig = Rig(tmp_path, chains)
        newer = rig.event(0, 9).value
        last = rig.event(0, 9, newer[:1] + bytes((99,)) + newer[2:])
        await rig.notifier._take([rig.event(0, 7), rig.event(0, 8), last])
        assert rig.acked == []
        place = TP("n.outcomes", 0)
        return [f"{one.message.offset}" for one in rig.notifier.waiting.again(place)]

    assert asyncio.run(played()) == ["7", "8", "9"]
    assert calls == [STAMP, STAMP]


def test_a_message_of_a_newer_program_waits(tmp_path: Path) -> None:
    """What only a later program reads is neither taken nor set aside, and says so."""

    async def played() -> Rig:
        rig = Rig(tmp_path, lambda _stamp: SimpleNamespace(terms=None, digests=None))
        value = rig.event(1, 3).value
        await rig.notifier._take(
            [rig.event(1, 3, value[:1] + bytes((99,)) + value[2:]), rig.event(1, 4)]
        )
        return rig

    rig = asyncio.run(played())
    assert rig.acked == []
    assert "outcomes/1/3" in rig.notifier.trouble
    assert "upgrade" in rig.notifier.trouble


def test_a_message_that_was_not_given_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing behind a message that the log has, and that did not come, is acknowledged."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)

    async def played() -> Rig:
        rig = Rig(tmp_path, lambda _stamp: SimpleNamespace(terms=None, digests=None))
        await rig.notifier._take([rig.event(1, 3), rig.event(1, 4)])
        await rig.notifier._take([rig.event(1, 6)])
        return rig

    rig = asyncio.run(played())
    assert rig.acked == ["1/3", "1/4"]
    assert rig.last(1) == "e4"
    assert ended == [module.ENDED]
