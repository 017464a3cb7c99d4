"""`saqshy worker`: a faust application of three agents, match, fold and centre.

Each takes a group of messages, works on them one after the other, has everything that they send on
kept by the brokers, then the state's log, and only then acknowledges them, in their order. faust
acknowledges what raised and commits past what was not acknowledged, so nothing may raise through an
agent: what cannot be done is waited for, or ends the process, and another takes over.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from connectors.stores.faust_table import SMALL, FaustDisk
from connectors.stores.kafka.topics import Posted, Topics, Unread, unpack_posted, unpack_raw
from connectors.stores.partition_rows import PartitionRows
from pipeline.errors import StoreCorrupt
from pipeline.model import Revisions
from pipeline.runtime.chain import Chain
from pipeline.runtime.cluster.centre_partition import CentrePartition
from pipeline.runtime.cluster.fold_partition import FoldPartition
from pipeline.runtime.cluster.matching import Matching
from pipeline.runtime.cluster.outputs import Output
from pipeline.runtime.cluster.poison import folded
from pipeline.runtime.cluster.unread import unread_failure

GROUP, WITHIN = 16, 0.02  # messages that are finished together, and seconds to wait for more
FOLD_GROUP = 64
BEAT_SECONDS = 0.5
WAIT_SECONDS = 1.0  # between looks for what a worker does not have yet
ENDED = 70  # EX_SOFTWARE: a supervisor starts the process again
log = structlog.get_logger("saqshy.worker")
_Done = TypeVar("_Done")


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


@dataclass(slots=True)
class Worker:
    """The agents' work over a faust application; ``chains`` gives the stages of revisions."""

    app: Any
    shape: Shape
    chains: Callable[[Revisions], Chain]
    session_seconds: float
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "stages"))
    trouble: str = ""
    _alive: float = field(default_factory=time.monotonic)
    _tasks: dict[tuple[str, int], Task] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _sinks: dict[str, Any] = field(default_factory=dict)

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
        app.agent(self._sinks["raw"], name="match")(self._agent(self._match, GROUP))
        for name, table in tables.items():
            work = self._folding(name, table)
            app.agent(self._sinks[name], name=name)(self._agent(work, FOLD_GROUP))
        app.task(self._beat)
        app.on_partitions_revoked.connect(self._revoked)

    def _table(self, name: str, partitions: int) -> Any:
        return self.app.Table(
            name, partitions=partitions, key_type=bytes, value_type=bytes, options=dict(SMALL)
        )

    def _agent(self, work: Callable[[Sequence[Any]], Awaitable[None]], most: int) -> Any:
        async def agent(stream: Any) -> None:
            async for events in stream.noack_take(most, within=WITHIN):
                try:
                    async with self._turn:
                        await work(events)
                except Exception as error:  # noqa: BLE001 (faust would acknowledge what raised)
                    self._end(error)
                for event in events:
                    event.ack()

        return agent

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

    async def _match(self, events: Sequence[Any]) -> None:
        matching = Matching(self.chains, self.shape.folds)
        sent: list[Any] = []
        for event in events:
            batch = unpack_raw(event.value)
            if isinstance(batch, Unread):
                sent += await self._send([await self._unread("raw", event, batch)])
                continue
            collector = _header(event, "collector")
            place = event.message.partition, event.message.offset
            sent += await self._send(await self._run(matching, batch, collector, place))
        await _kept(sent)

    def _folding(self, name: str, table: Any) -> Callable[[Sequence[Any]], Awaitable[None]]:
        async def work(events: Sequence[Any]) -> None:
            sent: list[Any] = []
            steps = []
            for event in events:
                task = self._task(name, event.message.partition, table)
                posted = unpack_posted(event.value)
                if isinstance(posted, Unread):
                    sent += await self._send([await self._unread(name, event, posted)])
                    continue
                sent += await self._send(await self._run(_stepped, task, posted, event))
                steps.append((task, task.rows.step()))
                task.stage.settled()
            await _kept(sent)
            for task, writes in steps:
                self._look_alive()
                await task.disk.log(writes)
                task.rows.written(writes)

        return work

    def _task(self, name: str, partition: int, table: Any) -> Task:
        task = self._tasks.get((name, partition))
        if task is None:
            disk = FaustDisk(table, partition)
            rows, shape = PartitionRows(disk), self.shape
            stage: FoldPartition | CentrePartition
            if name == "centre":
                stage = CentrePartition(shape.folds, self.chains, rows)
            else:
                stage = FoldPartition(partition, shape.folds, shape.raws, self.chains, rows)
            task = self._tasks[name, partition] = Task(stage, rows, disk)
        return task

    async def _run(self, work: Callable[..., _Done], *arguments: Any) -> _Done:
        """Run a stage beside the loop; wait for a bundle that this worker does not have yet."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                done = await loop.run_in_executor(self.pool, work, *arguments)
            except StoreCorrupt as error:
                if not self.trouble:
                    log.warning("worker.waits", reason=str(error))
                self.trouble = str(error)
                await asyncio.sleep(WAIT_SECONDS)
            else:
                self.trouble = ""
                return done

    async def _unread(self, name: str, event: Any, unread: Unread) -> Output:
        """Make a failure of what no process can read; wait where a newer one can."""
        message = event.message
        place = f"{name}/{message.partition}/{message.offset}"
        while unread.code == "newer":
            self.trouble = f"{place}: {unread.detail}: it waits for this worker's upgrade"
            log.warning("worker.newer", place=place)
            await asyncio.sleep(WAIT_SECONDS)
        return unread_failure(place, unread, int(message.timestamp * 1_000_000_000))

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

    return folded(fold, undo, posted, f"{message.topic}/{message.partition}/{message.offset}")


async def _kept(sent: Sequence[Any]) -> None:
    """Wait until the brokers have everything; raises where they do not."""
    await asyncio.gather(*sent)


def _header(event: Any, name: str) -> str:
    headers = event.message.headers or ()
    pairs = headers.items() if isinstance(headers, dict) else headers
    return next((value.decode() for key, value in pairs if key == name), "")
