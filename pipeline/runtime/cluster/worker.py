"""`saqshy worker`: a faust application of three agents, match, fold and centre.

Each takes a group of messages, works on them one after the other, has everything that they send on
kept by the brokers, then the state's log, and only then acknowledges them, in their order. faust
acknowledges what raised and commits past what was not acknowledged, so nothing may raise through an
agent: what cannot be done is waited for, or ends the process, and another takes over.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, TypeVar

import structlog

from connectors.stores.faust_table import SMALL, FaustDisk
from connectors.stores.kafka.topics import Posted, Topics, Unread, unpack_posted, unpack_raw
from connectors.stores.partition_rows import PartitionRows, Write
from pipeline.errors import StoreCorrupt
from pipeline.model import Revisions
from pipeline.runtime.chain import Chain
from pipeline.runtime.cluster.arrival import TooEarly
from pipeline.runtime.cluster.centre_partition import CentrePartition
from pipeline.runtime.cluster.fold_partition import FoldPartition
from pipeline.runtime.cluster.gaps import Gaps
from pipeline.runtime.cluster.isolating import Isolating
from pipeline.runtime.cluster.matching import Matching
from pipeline.runtime.cluster.outputs import Output
from pipeline.runtime.cluster.poison import folded, nothing_of
from pipeline.runtime.cluster.preparing import Preparing, Read
from pipeline.runtime.cluster.progress import Progress, untold
from pipeline.runtime.cluster.standing_still import StandingStill
from pipeline.runtime.cluster.unbroken import Unbroken
from pipeline.runtime.cluster.unread import unread_failure
from pipeline.runtime.cluster.waiting import Missed, Waiting
from pipeline.runtime.object_figures import ObjectFigures
from pipeline.runtime.skews import Skews

GROUP, WITHIN = 16, 0.02  # messages that are finished together, and seconds to wait for more
FOLD_GROUP = 64
BEAT_SECONDS = 0.5
WAIT_SECONDS = 1.0  # between looks for what a worker does not have yet
ENDED = 70  # EX_SOFTWARE: a supervisor starts the process again
log = structlog.get_logger("saqshy.worker")
_Done = TypeVar("_Done")
_Work: TypeAlias = Callable[[Sequence[tuple[Any, Any]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Shape:
    """How many partitions the cluster's topics have, and under which names."""

    topics: Topics
    raws: int
    folds: int


@dataclass(slots=True)
class Task:
    """One partition's stage with its state, as this worker holds it."""

    stage: FoldPartition | CentrePartition
    rows: PartitionRows
    disk: FaustDisk


async def _stateless(_partition: int) -> None:
    """Open nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """A topic that is worked on: in which form its messages are, and how many at a time.

    ``opened`` opens a partition's state; StoreCorrupt where that is a newer process's.
    """

    name: str
    unpack: Callable[[bytes], Read]
    work: _Work
    most: int
    opened: Callable[[int], Awaitable[object]] = _stateless
    order: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Worker:
    """The agents' work over a faust application; ``chains`` gives the stages of revisions.

    ``first`` is what the log itself has (``Unbroken``); ``stored`` is told how many seconds it took
    until a step of state was kept.
    """

    app: Any
    shape: Shape
    chains: Callable[[Revisions], Chain]
    isolating: Isolating
    first: Callable[[str, int, int], Awaitable[int]]
    session_seconds: float
    progress: Progress = field(default_factory=Progress)
    skews: Skews = field(default_factory=Skews)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "stages"))
    preparing: Preparing = field(init=False)
    waiting: Waiting = field(init=False)
    unbroken: Unbroken = field(init=False)
    gaps: Gaps = field(default_factory=Gaps)
    still: StandingStill = field(default_factory=StandingStill)
    stored: Callable[[float], None] = untold
    _alive: float = field(default_factory=time.monotonic)
    _tasks: dict[tuple[str, int], Task] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _sinks: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.preparing = Preparing(self.chains, self.isolating)
        self.waiting = Waiting(lambda: self.app.consumer)
        self.unbroken = Unbroken(lambda: self.app.consumer, self.first)

    @property
    def trouble(self) -> str:
        """Say for what a partition of this worker waits; "" where none does."""
        return self.waiting.trouble or self.gaps.trouble or self.still.trouble

    def install(self) -> None:
        """Declare topics, tables and agents."""
        app, shape = self.app, self.shape
        bare = {"key_type": bytes, "value_type": bytes, "value_serializer": "raw"}
        for name in ("raw", "observations", "centre", "events", "failures", "outcomes"):
            self._sinks[name] = app.topic(shape.topics(name), key_serializer="raw", **bare)
        tables = {
            "observations": self._table("fold", shape.folds),
            "centre": self._table("centre", 1),
        }
        lines = {"raw": Line("raw", unpack_raw, self._match, GROUP)}
        for name, table in tables.items():
            opened = partial(self._task, name, table)
            lines[name] = Line(name, unpack_posted, self._folding(name), FOLD_GROUP, opened)
        for name, line in lines.items():
            app.agent(self._sinks[name], name="match" if name == "raw" else name)(self._agent(line))
            app.task(self._trying_again(line))
        app.task(self._beat)
        app.on_partitions_revoked.connect(self._revoked)

    def _table(self, name: str, partitions: int) -> Any:
        return self.app.Table(
            name, partitions=partitions, key_type=bytes, value_type=bytes, options=dict(SMALL)
        )

    def _agent(self, line: Line) -> Any:
        async def agent(stream: Any) -> None:
            async for events in stream.noack_take(line.most, within=WITHIN):
                async with line.order:
                    await self._take(line, events)

        return agent

    def _trying_again(self, line: Line) -> Callable[[], Coroutine[Any, Any, None]]:
        """Look again and again whether what waits can be worked on by now."""

        async def again() -> None:
            while not self.app.should_stop:
                await asyncio.sleep(WAIT_SECONDS)
                for place in self.waiting.places(self.shape.topics(line.name)):
                    async with line.order:
                        await self._take(line, self.waiting.again(place))
                        try:
                            self.waiting.tried(place)
                        except Missed as error:
                            self._end(error)

        return again

    async def _take(self, line: Line, events: Sequence[Any]) -> None:
        """Work on what can be worked on; a partition of which something cannot, waits."""
        try:
            read = []
            for event in events:
                if not self._ours(event) or self.waiting.behind(event):
                    continue
                message = line.unpack(event.value)
                if lacks := await self.preparing(_place(line.name, event), message):
                    if self._ours(event):
                        self.waiting.hold(event, lacks)
                    continue
                read.append((event, message))
            async with self._turn:
                # What was another's meanwhile, or may be soon, comes again to whom it is.
                read = await self._opened(line, [one for one in read if self._ours(one[0])])
                read = [one for one in read if self._ours(one[0])]
                for event, _ in read:
                    await self.unbroken(event.message.tp, event.message.offset)
                await line.work(read)
        except Exception as error:  # noqa: BLE001 (faust would acknowledge what raised)
            self._end(error)
        done = [one for one, _ in read if self.gaps.passes(one.message.tp, one.message.offset)]
        for event in done:
            event.ack()
        self.progress.note(event.message for event in done)

    async def _opened(self, line: Line, read: Sequence[tuple[Any, Read]]) -> list[tuple[Any, Read]]:
        """Give what can be folded; where a newer process wrote the state, all of it waits.

        To end would be to join a group, and to leave it, again and again.
        """
        found, refused = [], dict[Any, tuple[str, list[Any]]]()
        for event, message in read:
            try:
                await line.opened(event.message.partition)
            except StoreCorrupt as error:
                why = f"{line.name}/{event.message.partition}: {error}"
                refused.setdefault(event.message.tp, (why, []))[1].append(event)
            else:
                found.append((event, message))
        for why, (first, *behind) in refused.values():
            self.waiting.hold(first, why, behind)
        return found

    def _ours(self, event: Any) -> bool:
        """Tell whether a message came under the assignment that holds, and that is not ending."""
        present = event.message.generation_id == self.app.consumer_generation_id
        return present and bool(self.app.flow_control.is_active())

    def figures(self) -> list[ObjectFigures]:
        """Give what the folds of this worker noted of their objects."""
        stages = [task.stage for task in list(self._tasks.values())]
        return [one.folding.figures for one in stages if isinstance(one, FoldPartition)]

    async def _beat(self) -> None:
        """End where the process stood still for longer than a session: others have its partitions.

        However long a group takes, the loop goes on beside it, and so do the heartbeats.
        """
        while not self.app.should_stop:
            self._look_alive()
            await asyncio.sleep(BEAT_SECONDS)

    def _look_alive(self) -> None:
        now, before = time.monotonic(), self._alive
        self._alive = now
        if now - before > self.session_seconds and self._tasks:
            self._end(TimeoutError("this worker stood still for longer than its session"))

    async def _revoked(self, *_: Any, **__: Any) -> None:
        """Let what is at hand be finished before another worker has these partitions."""
        async with self._turn:
            self._tasks.clear()
            self.waiting.forget()
            self.gaps.forget()
            self.still.forget()
            self.unbroken.forget()

    async def _match(self, read: Sequence[tuple[Any, Any]]) -> None:
        observing = self.isolating.observed
        matching = Matching(self.chains, self.shape.folds, self.skews, observing)
        sent: list[Any] = []
        for event, batch in read:
            if isinstance(batch, Unread):
                sent += await self._send([_unread("raw", event, batch)])
                continue
            collector = _header(event, "collector")
            place = event.message.partition, event.message.offset
            sent += await self._send(await self._run(matching, batch, collector, place))
        await _kept(sent)

    def _folding(self, name: str) -> _Work:
        async def work(read: Sequence[tuple[Any, Any]]) -> None:
            sent: list[Any] = []
            steps: dict[int, list[tuple[Task, list[Write]]]] = {}
            for event, posted in read:
                task = self._tasks[name, event.message.partition]
                if isinstance(posted, Unread):
                    sent += await self._send([_unread(name, event, posted)])
                    continue
                if not self.gaps.lets(event.message.tp, posted, task.stage):
                    continue
                try:
                    outputs = await self._run(_stepped, task, posted, event)
                except TooEarly as error:
                    self._miss(task, posted, event, error)
                    continue
                sent += await self._send(outputs)
                steps.setdefault(event.message.partition, []).append((task, task.rows.step()))
                task.stage.settled()
            await _kept(sent)
            await asyncio.gather(*map(self._logged, steps.values()))
            for event, _ in read:
                self._look_for_gaps(self._tasks[name, event.message.partition], event)

        return work

    async def _logged(self, steps: Sequence[tuple[Task, list[Write]]]) -> None:
        """Have the log keep the steps of one partition, and then its disk, one after the other."""
        for task, writes in steps:
            self._look_alive()
            began = time.perf_counter()
            await task.disk.log(writes)
            task.rows.written(writes)
            self.stored(time.perf_counter() - began)

    async def _task(self, name: str, table: Any, partition: int) -> Task:
        task = self._tasks.get((name, partition))
        if task is None:
            disk = FaustDisk(table, partition)
            await disk.claim()  # nothing is sent on before it is ours
            rows, shape = PartitionRows(disk), self.shape
            stage: FoldPartition | CentrePartition
            if name == "centre":
                stage = CentrePartition(shape.folds, self.chains, rows)
            else:
                stage = FoldPartition(partition, shape.folds, shape.raws, self.chains, rows)
            task = self._tasks[name, partition] = Task(stage, rows, disk)
        return task

    def _miss(self, task: Task, posted: Posted, event: Any, why: TooEarly) -> None:
        """Note that a message is not kept: it stays in the log, and is not acknowledged."""
        message = event.message
        if not self.gaps.trouble:
            partition, offset = message.partition, message.offset
            log.error("worker.gap", partition=partition, offset=offset, why=str(why))
        self.gaps.missed(message.tp, message.offset, posted, why, task.stage)

    def _look_for_gaps(self, task: Task, event: Any) -> None:
        """Note what waits; end where a gap closed: its partition is read again from there."""
        self.still.note(event.message.tp, task.stage.waits())
        again = self.gaps.moved(event.message.tp, task.stage)
        if again is not None:
            self._end(TooEarly(f"a gap closed: read again from {event.message.tp} {again}"))

    async def _run(self, work: Callable[..., _Done], *arguments: Any) -> _Done:
        """Run a stage beside the loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, work, *arguments)

    async def _send(self, outputs: Sequence[Output]) -> list[Any]:
        return [
            await self._sinks[one.topic].send(
                key=one.key,
                value=one.value,
                partition=one.partition,
                key_serializer="raw",
                value_serializer="raw",
            )
            for one in outputs
        ]

    @staticmethod
    def _end(error: BaseException) -> None:
        """End the process at once: nothing that it holds is acknowledged, another takes over."""
        log.error("worker.ends", error=f"{type(error).__name__}: {error}"[:500])
        os._exit(ENDED)


def _stepped(task: Task, posted: Posted, event: Any) -> list[Output]:
    stage, message = task.stage, event.message

    def fold(posted: Posted) -> list[Output]:
        if isinstance(stage, CentrePartition):
            return stage(posted, message.offset)
        return stage(posted)

    def undo() -> None:
        task.stage.forget()
        task.rows.undo()

    pass_over = stage.pass_over if isinstance(stage, FoldPartition) else nothing_of
    place = f"{message.topic}/{message.partition}/{message.offset}"
    return folded(fold, undo, posted, place, pass_over)


def _unread(name: str, event: Any, unread: Unread) -> Output:
    """Make a failure of what no process can read."""
    at = int(event.message.timestamp * 1_000_000_000)
    return unread_failure(_place(name, event), unread, at)


def _place(name: str, event: Any) -> str:
    return f"{name}/{event.message.partition}/{event.message.offset}"


async def _kept(sent: Sequence[Any]) -> None:
    """Wait until the brokers have everything; raises where they do not."""
    await asyncio.gather(*sent)


def _header(event: Any, name: str) -> str:
    headers = event.message.headers or ()
    pairs = headers.items() if isinstance(headers, dict) else headers
    return next((value.decode() for key, value in pairs if key == name), "")
