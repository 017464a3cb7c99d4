"""`saqshy notifier`: a faust application over ``outcomes``, with deliveries beside it.

The agent takes a group of messages, has what came of them kept by the changelog, and only then
acknowledges them, in their order. Threads deliver what is due, and write through the same log. What
was committed is told to ``notices`` and ``audit`` behind it. As with workers nothing may raise
through the agent: what cannot be done is waited for, or ends the process, and another takes over.

Before a partition is given up its deliveries end; a process that stood still for longer than its
session ends before it writes: another has its partitions by then.
"""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from connectors.stores.faust_table import SMALL, FaustDisk
from connectors.stores.kafka.topics import Posted, Told, Topics, Unread, unpack_outcome
from connectors.stores.partition_rows import Write
from connectors.stores.partition_stores import PartitionStores, open_partition
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.runtime.cluster.notifying import NotifierPartition
from pipeline.runtime.cluster.notifying_lanes import Deliveries
from pipeline.runtime.cluster.notifying_poison import taken
from pipeline.runtime.cluster.outputs import Output, partition_of
from pipeline.runtime.cluster.progress import Progress
from pipeline.runtime.cluster.unread import unread_failure
from pipeline.runtime.dispatch import Dispatcher

GROUP, WITHIN = 64, 0.02  # messages that are kept together, and seconds to wait for more
WAIT_SECONDS = 1.0  # between looks for what a notifier does not have yet
ATTEND_SECONDS = 0.25  # after which what was committed is looked for, where nothing wakes it
ENDED = 70  # EX_SOFTWARE: a supervisor starts the process again
log = structlog.get_logger("saqshy.notifier")
_Done = TypeVar("_Done")


@dataclass(slots=True)
class Task:
    """One partition as this process holds it; deliveries begin once a registry is known."""

    stage: NotifierPartition
    held: PartitionStores
    deliveries: Deliveries
    delivers: bool = False


@dataclass(slots=True)
class Notifier:
    """The agent's work over a faust application.

    ``stage`` makes the decisions of a partition over its stores, ``dispatcher`` its deliveries;
    ``noted`` is told by which stage what may be in force changed.
    """

    app: Any
    topics: Topics
    folds: int
    stage: Callable[[int, PartitionStores], NotifierPartition]
    dispatcher: Callable[[PartitionStores], Dispatcher]
    noted: Callable[[NotifierPartition], bool]
    session_seconds: float
    trouble: str = ""
    progress: Progress = field(default_factory=Progress)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "stages"))
    _tasks: dict[int, Task] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _committed: asyncio.Event = field(default_factory=asyncio.Event)
    _sinks: dict[str, Any] = field(default_factory=dict)
    _table: Any = None
    _loop: Any = None
    _alive: float = field(default_factory=time.monotonic)

    def install(self) -> None:
        """Declare topics, table, agent and what goes on beside it."""
        app = self.app
        bare = {"key_type": bytes, "value_type": bytes, "value_serializer": "raw"}
        for name in ("outcomes", "notices", "audit", "failures", "checkpoints"):
            self._sinks[name] = app.topic(self.topics(name), key_serializer="raw", **bare)
        self._table = app.Table(
            "notifier",
            partitions=self.folds,
            key_type=bytes,
            value_type=bytes,
            options=dict(SMALL),
        )
        app.agent(self._sinks["outcomes"], name="notify")(self._agent)
        app.task(self._attend)
        app.task(self._beat)
        app.on_partitions_revoked.connect(self._given_up)
        app.on_before_shutdown.connect(self._given_up)

    def held(self) -> list[PartitionStores]:
        """Give the stores of the partitions that this process has."""
        return [task.held for task in list(self._tasks.values())]

    async def _agent(self, stream: Any) -> None:
        async for events in stream.noack_take(GROUP, within=WITHIN):
            try:
                async with self._turn:
                    await self._work(events)
            except Exception as error:  # noqa: BLE001 (faust would acknowledge what raised)
                self._end(error)
            for event in events:
                event.ack()
            self.progress.note(event.message for event in events)

    async def _work(self, events: Sequence[Any]) -> None:
        by_partition: dict[int, list[tuple[str, Told | Posted]]] = {}
        for event in events:
            message = event.message
            place = f"outcomes/{message.partition}/{message.offset}"
            read = unpack_outcome(event.value)
            if isinstance(read, Unread):
                await self._send([await self._unread(place, message, read)])
                continue
            by_partition.setdefault(message.partition, []).append((place, read))
        for partition, messages in by_partition.items():
            task = await self._task(partition)
            await self._send(await self._run(taken, task.stage, messages))

    async def _task(self, partition: int) -> Task:
        """Give a partition's task; opened where it is not yet."""
        task = self._tasks.get(partition)
        if task is None:
            self._loop = asyncio.get_running_loop()
            task = await self._run(self._opened, partition)
            self._tasks[partition] = task
        if not task.delivers and await self._run(self.noted, task.stage):
            task.delivers = True
            await self._run(task.deliveries.start)
        return task

    def _opened(self, partition: int) -> Task:
        disk = FaustDisk(self._table, partition)

        def keep(writes: Sequence[Write]) -> None:
            self._look_alive()
            asyncio.run_coroutine_threadsafe(disk.log(writes), self._loop).result()

        held = open_partition(disk, keep, lambda name: partition_of(name, self.folds) == partition)
        stage = self.stage(partition, held)
        deliveries = Deliveries(self.dispatcher(held), held.outbox, self._end)

        def committed() -> None:
            deliveries.wake()
            self._loop.call_soon_threadsafe(self._committed.set)

        held.database.committed = committed
        return Task(stage, held, deliveries)

    async def _attend(self) -> None:
        """Open what was assigned, whether a message comes or not, and tell what was committed."""
        while not self.app.should_stop:
            try:
                if self.app.started and not self.app.rebalancing:
                    await self._tell()
                    if not self._turn.locked():
                        await self._open_assigned()
            except Exception as error:  # noqa: BLE001 (whatever broke ends the process)
                self._end(error)
            try:
                await asyncio.wait_for(self._committed.wait(), ATTEND_SECONDS)
            except TimeoutError:
                continue
            self._committed.clear()

    async def _beat(self) -> None:
        """End where the process stood still."""
        while not self.app.should_stop:
            try:
                self._look_alive()
            except StoreError as error:
                self._end(error)
            await asyncio.sleep(ATTEND_SECONDS)

    async def _open_assigned(self) -> None:
        async with self._turn:
            for place in self.app.assignor.assigned_actives():
                ours = place.topic == self.topics("outcomes")
                if ours and not (self.app.rebalancing or self.app.should_stop):
                    await self._task(place.partition)

    async def _tell(self) -> None:
        async with self._telling:
            for task in list(self._tasks.values()):
                loop = asyncio.get_running_loop()
                told, outputs = await loop.run_in_executor(None, task.stage.outputs)
                if told:
                    await self._send(outputs)
                    await loop.run_in_executor(None, task.stage.sent, told)

    async def _given_up(self, *_: Any, **__: Any) -> None:
        """End deliveries, then let go of the partitions: another may have them."""
        async with self._turn, self._telling:
            tasks = list(self._tasks.values())
            self._tasks.clear()
            await asyncio.get_running_loop().run_in_executor(None, self._ended, tasks)

    def _ended(self, tasks: Sequence[Task]) -> None:
        until = time.monotonic() + self.session_seconds / 2
        for task in tasks:
            task.deliveries.halt()
        for task in tasks:
            task.deliveries.stop(max(0.0, until - time.monotonic()))
            task.held.database.close()

    async def _run(self, work: Callable[..., _Done], *arguments: Any) -> _Done:
        """Run a stage beside the loop; wait for a bundle that this process does not have yet."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                done = await loop.run_in_executor(self._pool, work, *arguments)
            except StoreCorrupt as error:
                if not self.trouble:
                    log.warning("notifier.waits", reason=str(error))
                self.trouble = str(error)
                await asyncio.sleep(WAIT_SECONDS)
            else:
                self.trouble = ""
                return done

    async def _unread(self, place: str, message: Any, unread: Unread) -> Output:
        """Make a failure of what no process can read; wait where a newer one can."""
        while unread.code == "newer":
            self.trouble = f"{place}: {unread.detail}: it waits for this notifier's upgrade"
            log.warning("notifier.newer", place=place)
            await asyncio.sleep(WAIT_SECONDS)
        return unread_failure(place, unread, int(message.timestamp * 1_000_000_000))

    async def _send(self, outputs: Sequence[Output]) -> None:
        """Send on, in order, and wait until the brokers have everything."""
        sent = [
            await self._sinks[one.topic].send(
                key=one.key,
                value=one.value,
                partition=one.partition,
                key_serializer="raw",
                value_serializer="raw",
            )
            for one in outputs
        ]
        await asyncio.gather(*sent)

    def _look_alive(self) -> None:
        """Note that the process runs; StoreError where it stood still for longer than a session."""
        now, before = time.monotonic(), self._alive
        self._alive = now
        if now - before > self.session_seconds and self._tasks:
            raise StoreError("this notifier stood still: another has its partitions")

    @staticmethod
    def _end(error: BaseException) -> None:
        """End the process at once: what it holds is not acknowledged, another takes over."""
        log.error("notifier.ends", error=f"{type(error).__name__}: {error}"[:500])
        os._exit(ENDED)
