"""Notifier partitions in one thread: logs in memory, kills between any two writes."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from connectors.stores.kafka.topics import (
    Unread,
    unpack_audit,
    unpack_checkpoint,
    unpack_notice,
    unpack_outcome,
)
from connectors.stores.partition_rows import OrderedMemory, Write
from connectors.stores.partition_stores import PartitionStores, open_partition
from pipeline.errors import StoreError
from pipeline.model import AuditEntry, Notice, Receipt, Revisions
from pipeline.model.checkpoint import Checkpoint
from pipeline.notify import Backoff, Courier
from pipeline.notify.clock import TermClock
from pipeline.runtime.chain import Chain
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.cluster.notifying import NotifierPartition
from pipeline.runtime.cluster.notifying_checkpoints import Checkpoints
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.peering import Peering
from pipeline.runtime.telemetry import Prometheus
from tests.runtime.cluster.simulated import Killed


class NoFigures:
    """Counts nothing."""

    def met(self, clock: TermClock, *, late: bool) -> None:
        """Note nothing."""

    def missed(self, clock: TermClock) -> None:
        """Note nothing."""

    def reminded(self, role: str, *, late: bool) -> None:
        """Note nothing."""


@dataclass
class Receiver:
    """A channel whose other end knows each notice once, by its id, as every receiver of ours."""

    channel: str
    sent: Counter[str]
    had: dict[str, str]

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Take a notice; one id has one content."""
        self.sent[notice.id] += 1
        content = str(sorted(notice.payload.items(), key=str))
        known = self.had.setdefault(notice.id, content)
        assert known == content, notice.id
        return Receipt(notice.id, notice.recipient.role, now, {"kind": "receipt"})

    def close(self) -> None:
        """Let go of nothing."""


@dataclass(repr=False)
class Task:
    """One partition with its log, which outlives the process that writes it."""

    number: int
    log: list[Write] = field(default_factory=list)
    offset: int = 0
    stage: NotifierPartition = field(init=False)


@dataclass(repr=False)
class Notified:
    """Notifiers of ``folds`` partitions over given logs of ``outcomes``."""

    outcomes: dict[int, list[bytes]]
    chains: Callable[[Revisions], Chain]
    clock: StoryClock
    chance: random.Random
    kills: float = 0.0
    killed: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    had: dict[str, str] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    audit: dict[tuple[str, int], AuditEntry] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    peering: Callable[[PartitionStores], Peering | None] = lambda _held: None
    signs: Callable[[int, PartitionStores], Checkpoints | None] = lambda _number, _held: None
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    logs: Mapping[int, list[Write]] = field(default_factory=dict)  # that partitions begin with

    def __post_init__(self) -> None:
        self.tasks = [Task(one, list(self.logs.get(one, ()))) for one in sorted(self.outcomes)]
        for task in self.tasks:
            self._start(task)

    @property
    def folds(self) -> int:
        """Give how many partitions there are."""
        return len(self.outcomes)

    def take(self, *, deliver: bool = False) -> None:
        """Take everything that there is, in an order of chance; then what is due goes out."""
        while ready := [task for task in self.tasks if self._waits(task, deliver=deliver)]:
            task = self.chance.choice(ready)
            try:
                if task.offset < len(self.outcomes[task.number]):
                    self._step(task)
                elif not self._publish(task):
                    self._deliver(task)
                self._maybe()
            except Killed:
                self.killed += 1
                self._start(task)

    def _waits(self, task: Task, *, deliver: bool) -> bool:
        if task.offset < len(self.outcomes[task.number]) or task.stage.waits():
            return True
        return deliver and bool(task.stage.held.outbox.due(self.clock.now(), 1))

    def _step(self, task: Task) -> None:
        message = unpack_outcome(self.outcomes[task.number][task.offset])
        assert not isinstance(message, Unread), message
        task.stage(message)
        self._maybe()
        task.offset += 1

    def _publish(self, task: Task) -> bool:
        told, outputs = task.stage.outputs()
        for output in outputs:
            self._maybe()
            if output.topic == "notices":
                notice = unpack_notice(output.value)
                assert isinstance(notice, Notice)
                self.notices[notice.id] = notice
            elif output.topic == "audit":
                entries = unpack_audit(output.value)
                assert not isinstance(entries, Unread)
                for entry in entries:
                    assert self.audit.setdefault((entry.chain, entry.number), entry) == entry
            elif output.topic == "checkpoints":
                one = unpack_checkpoint(output.value)
                assert not isinstance(one, Unread)
                assert self.checkpoints.setdefault(one.number, one) == one
            else:
                assert output.partition is not None
                self.outcomes[output.partition].append(output.value)
        self._maybe()
        task.stage.sent(told)
        return bool(told)

    def _deliver(self, task: Task) -> None:
        """Deliver what is due; a lane whose outcome was not kept finds its stores closed."""
        try:
            self._dispatcher(task).run_due()
        except StoreError as error:
            raise Killed from error

    def _dispatcher(self, task: Task) -> Dispatcher:
        held = task.stage.held
        names = {*held.outbox.channels(), "folder"}
        sinks = {name: Receiver(name, self.sent, self.had) for name in names}
        courier = Courier(sinks, Backoff(0.05, 1.0, 9, 9))
        telemetry = Prometheus(CollectorRegistry())
        return Dispatcher(held.stores, courier, self.clock, telemetry, owner=f"{self.killed}")

    def _start(self, task: Task) -> None:
        """Begin as a new process does: with what the log has."""
        while True:
            disk = OrderedMemory()
            disk.write(task.log)
            task.log = _compacted(task.log)

            def keep(writes: Sequence[Write]) -> None:
                for write in writes:
                    self._maybe()
                    task.log.append(write)

            def mine(chain: str) -> bool:
                return partition_of(chain, self.folds) == task.number

            try:
                held = open_partition(disk, keep, mine)
            except Killed:
                self.killed += 1
                continue
            task.stage = NotifierPartition(
                task.number,
                self.folds,
                held,
                self.chains,
                NoFigures(),
                60 * 10**9,
                peering=self.peering(held),
                checkpoints=self.signs(task.number, held),
            )
            return

    def _maybe(self) -> None:
        if self.chance.random() < self.kills:
            raise Killed


def _compacted(log: list[Write]) -> list[Write]:
    """Leave each key's last write, where it stood, as a broker may at any time."""
    last = {key: number for number, (key, _) in enumerate(log)}
    return [write for number, write in enumerate(log) if last[write[0]] == number]
