"""`saqshy notifier`: a faust application over ``outcomes``, with deliveries beside it.

The agent takes a group of messages, has what came of them kept by the changelog, and only then
acknowledges them, in their order. Threads deliver what is due, and write through the same log. What
was committed is told to ``notices`` and ``audit`` behind it. As with workers nothing may raise
through the agent: what cannot be done is waited for, or ends the process, and another takes over.
What is waited for, and stages that are made, hold no turn: partitions are given up meanwhile.

Before a partition is given up its deliveries end; a process that stood still for longer than its
session ends before it writes: another has its partitions by then.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import structlog

from connectors.stores.faust_table import SMALL, FaustDisk
from connectors.stores.kafka.topics import Posted, Told, Topics, Unread, unpack_outcome
from connectors.stores.partition_rows import Write
from connectors.stores.partition_stores import PartitionStores, open_partition
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.model import Revisions
from pipeline.runtime.cluster.notifying import NotifierPartition
from pipeline.runtime.cluster.notifying_lanes import Deliveries
from pipeline.runtime.cluster.notifying_poison import taken
from pipeline.runtime.cluster.outputs import Output, partition_of
from pipeline.runtime.cluster.progress import Progress, untold
from pipeline.runtime.cluster.unbroken import Unbroken
from pipeline.runtime.cluster.unread import unread_failure
from pipeline.runtime.cluster.waiting import Missed, Waiting
from pipeline.runtime.dispatch import Dispatcher

GROUP, WITHIN = 64, 0.02  # messages that are kept together, and seconds to wait for more
WAIT_SECONDS = 1.0  # between looks for what a notifier does not have yet
ATTEND_SECONDS = 0.25  # after which what was committed is looked for, where nothing wakes it
ENDED = 70  # EX_SOFTWARE: a supervisor starts the process again
log = structlog.get_logger("saqshy.notifier")
_Done = TypeVar("_Done")
_Read: TypeAlias = Told | Posted | Unread


@dataclass(slots=True)
class Task:
    """One partition as this process holds it; deliveries begin once a registry is known.

    ``ready``: the stages of what it knows to be in force were made.
    """

    stage: NotifierPartition
    held: PartitionStores
    deliveries: Deliveries
    ready: bool = False
    delivers: bool = False


@dataclass(slots=True)
class Notifier:
    """The agent's work over a faust application.

    ``stage`` makes the decisions of a partition over its stores, ``dispatcher`` its deliveries;
    ``chains`` makes stages; ``noted`` is told by which stage what may be in force changed.
    ``first`` is what the log itself has (``Unbroken``); ``stored`` is told how many seconds it took
    until a transaction was kept.
    """

    app: Any
    topics: Topics
    folds: int
    chains: Callable[[Revisions], object]
    stage: Callable[[int, PartitionStores], NotifierPartition]
    dispatcher: Callable[[PartitionStores], Dispatcher]
    noted: Callable[[NotifierPartition], bool]
    first: Callable[[str, int, int], Awaitable[int]]
    session_seconds: float
    stored: Callable[[float], None] = untold
    progress: Progress = field(default_factory=Progress)
    waiting: Waiting = field(init=False)
    unbroken: Unbroken = field(init=False)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "stages"))
    _preparing: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "preparing")
    )
    _lacks: str = ""  # of a partition of which no message waits
    _ending: bool = False
    _order: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: dict[int, Task] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _committed: asyncio.Event = field(default_factory=asyncio.Event)
    _sinks: dict[str, Any] = field(default_factory=dict)
    _table: Any = None
    _loop: Any = None
    _alive: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.waiting = Waiting(lambda: self.app.consumer)
        self.unbroken = Unbroken(lambda: self.app.consumer, self.first)

    @property
    def trouble(self) -> str:
        """Say for what a partition of this notifier waits; "" where none does."""
        return self.waiting.trouble or self._lacks

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
        app.task(self._trying_again)
        app.task(self._attend)
        app.task(self._beat)
        app.on_partitions_revoked.connect(self._given_up)
        app.on_before_shutdown.connect(self._over)

    def held(self) -> list[PartitionStores]:
        """Give the stores of the partitions that this process has."""
        return [task.held for task in list(self._tasks.values())]

    async def _agent(self, stream: Any) -> None:
        async for events in stream.noack_take(GROUP, within=WITHIN):
            async with self._order:
                await self._take(events)

    async def _trying_again(self) -> None:
        """Look again and again whether what waits can be worked on by now."""
        while not self.app.should_stop:
            await asyncio.sleep(WAIT_SECONDS)
            for place in self.waiting.places(self.topics("outcomes")):
                async with self._order:
                    await self._take(self.waiting.again(place))
                    try:
                        self.waiting.tried(place)
                    except Missed as error:
                        self._end(error)

    async def _take(self, events: Sequence[Any]) -> None:
        """Work on what can be worked on; a partition of which something cannot, waits."""
        done: list[Any] = []
        try:
            read = await self._readable(events)
            async with self._turn:
                # What was another's meanwhile, or may be soon, comes again to whom it is.
                read = [one for one in read if self._ours(one[0])]
                for event, _ in read:
                    await self.unbroken(event.message.tp, event.message.offset)
                done = await self._work(read)
        except Exception as error:  # noqa: BLE001 (faust would acknowledge what raised)
            self._end(error)
        for event in done:
            event.ack()
        self.progress.note(event.message for event in done)

    async def _readable(self, events: Sequence[Any]) -> list[tuple[Any, _Read]]:
        """Give what can be worked on, with its stages made; have all else wait."""
        found: list[tuple[Any, _Read]] = []
        for event in events:
            if not self._ours(event) or self.waiting.behind(event):
                continue
            read = unpack_outcome(event.value)
            try:
                await self._prepare(event, read)
            except StoreCorrupt as error:
                if self._ours(event):
                    self.waiting.hold(event, str(error))
                continue
            found.append((event, read))
        return found

    async def _prepare(self, event: Any, read: _Read) -> None:
        """Make what a message needs, out of turn; StoreCorrupt where that is not to be had yet."""
        if isinstance(read, Unread) and read.code == "newer":
            what = f"{_place(event)}: {read.detail}"
            raise StoreCorrupt(f"{what}: it waits for this notifier's upgrade")
        await self._ready(event.message.partition, lambda: self._ours(event))
        if isinstance(read, Posted) and read.batch is not None:
            await self._made(self.chains, read.batch.revisions)

    async def _ready(self, partition: int, ours: Callable[[], bool]) -> Task | None:
        """Give a partition's task, with the stages of what is in force; None where not ours."""
        async with self._turn:
            if not ours():
                return None
            task = self._tasks.get(partition)
            if task is None:
                self._loop = asyncio.get_running_loop()
                task = self._tasks[partition] = await self._run(self._opened, partition)
        if not task.ready:
            try:
                await self._made(self._make_stages, task.stage)
            except StoreError:
                if self._tasks.get(partition) is task:
                    raise
                return None  # it was given up, and closed, meanwhile
            task.ready = True
        return task

    def _make_stages(self, stage: NotifierPartition) -> None:
        known = stage.in_force().revisions
        if known is not None:
            self.chains(known)

    def _ours(self, event: Any) -> bool:
        """Tell whether a message came under the assignment that holds, and that is not ending."""
        present = event.message.generation_id == self.app.consumer_generation_id
        return present and not self._ending and bool(self.app.flow_control.is_active())

    async def _work(self, read: Sequence[tuple[Any, _Read]]) -> list[Any]:
        """Take messages; give those that are done: each partition's as far as it can go on."""
        by_partition: dict[int, list[tuple[Any, _Read]]] = {}
        for event, message in read:
            by_partition.setdefault(event.message.partition, []).append((event, message))
        done: list[Any] = []
        for partition, messages in by_partition.items():
            events = [event for event, _ in messages]
            try:
                await self._take_up(self._tasks[partition], messages)
            except StoreCorrupt as error:
                self.waiting.hold(events[0], str(error), events[1:])
                continue
            done += events
        return done

    async def _take_up(self, task: Task, messages: Sequence[tuple[Any, _Read]]) -> None:
        known = [(_place(of), one) for of, one in messages if not isinstance(one, Unread)]
        await self._send([_unread(of, one) for of, one in messages if isinstance(one, Unread)])
        if known:
            await self._send(await self._run(taken, task.stage, known))
        await self._deliver(task)

    async def _deliver(self, task: Task) -> None:
        """Have deliveries of a partition begin, once a registry is known."""
        if not task.delivers and await self._run(self.noted, task.stage):
            task.delivers = True
            await self._run(task.deliveries.start)

    def _opened(self, partition: int) -> Task:
        disk = FaustDisk(self._table, partition)
        asyncio.run_coroutine_threadsafe(disk.claim(), self._loop).result()

        def keep(writes: Sequence[Write]) -> None:
            self._look_alive()
            began = time.perf_counter()
            asyncio.run_coroutine_threadsafe(disk.log(writes), self._loop).result()
            self.stored(time.perf_counter() - began)

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
        lacks = ""
        for place in self.app.assignor.assigned_actives():
            if place.topic == self.topics("outcomes"):
                try:
                    await self._open(place.partition)
                except StoreCorrupt as error:
                    lacks = str(error)
        if lacks and lacks != self._lacks:
            log.warning("notifier.waits", reason=lacks)
        self._lacks = lacks

    async def _open(self, partition: int) -> None:
        task = self._tasks.get(partition)
        if self._turn.locked() or (task is not None and task.delivers):
            return
        task = await self._ready(partition, lambda: self._assigned(partition))
        if task is not None:
            async with self._turn:
                if self._tasks.get(partition) is task:
                    await self._deliver(task)

    def _assigned(self, partition: int) -> bool:
        if self.app.rebalancing or self.app.should_stop or self._ending:
            return False
        return (self.topics("outcomes"), partition) in self.app.assignor.assigned_actives()

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
            self.waiting.forget()
            self.unbroken.forget()
            await asyncio.get_running_loop().run_in_executor(None, self._ended, tasks)

    async def _over(self, *_: Any, **__: Any) -> None:
        self._ending = True
        await self._given_up()

    def _ended(self, tasks: Sequence[Task]) -> None:
        until = time.monotonic() + self.session_seconds / 2
        for task in tasks:
            task.deliveries.halt()
        for task in tasks:
            task.deliveries.stop(max(0.0, until - time.monotonic()))
            task.held.database.close()

    async def _run(self, work: Callable[..., _Done], *arguments: Any) -> _Done:
        """Run a stage beside the loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, work, *arguments)

    async def _made(self, make: Callable[..., object], *arguments: Any) -> None:
        """Make what takes its time beside the loop, and beside the stages at work."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._preparing, make, *arguments)

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


def _place(event: Any) -> str:
    return f"outcomes/{event.message.partition}/{event.message.offset}"


def _unread(event: Any, unread: Unread) -> Output:
    """Make a failure of what no process can read."""
    return unread_failure(_place(event), unread, int(event.message.timestamp * 1_000_000_000))
