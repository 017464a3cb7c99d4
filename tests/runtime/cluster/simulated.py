"""A cluster in one thread: logs in memory, steps in any order, kills between any two writes."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from connectors.stores.kafka.topics import Posted, Told, Unread, unpack_outcome, unpack_posted
from connectors.stores.partition_rows import OrderedMemory, PartitionRows, Write
from pipeline.model import BatchKind, Finding, Incident, Notice, RawBatch, Revisions
from pipeline.runtime.chain import Chain
from pipeline.runtime.cluster.centre_partition import CentrePartition
from pipeline.runtime.cluster.fold_partition import FoldPartition
from pipeline.runtime.cluster.matching import Matching
from pipeline.runtime.cluster.outputs import Output

MOVES = 0.005  # how likely partitions change hands before a step


class Killed(Exception):
    """A process ended here."""


@dataclass
class Task:
    """What consumes one partition: its place, its state's log, and the stage over what it read."""

    make: Callable[[PartitionRows], FoldPartition | CentrePartition]
    log: list[Write] = field(default_factory=list)
    offset: int = 0
    disk: OrderedMemory = field(default_factory=OrderedMemory)
    known: int = 0
    stage: FoldPartition | CentrePartition = field(init=False)
    rows: PartitionRows = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin as a new process does: with what the log has behind what the disk has."""
        self.disk.write(self.log[self.known :])
        self.known = len(self.log)
        self.rows = PartitionRows(self.disk)
        self.stage = self.make(self.rows)


@dataclass
class Simulated:
    """Matchers, folds and the centre over logs in memory; ``kills`` is how likely one is.

    With several ``workers`` partitions change hands now and then, as one joins or leaves.
    """

    chains: Callable[[Revisions], Chain]
    raws: int
    folds: int
    chance: random.Random
    kills: float = 0.0
    workers: int = 1
    killed: int = 0
    moved: int = 0
    raw: list[list[RawBatch]] = field(init=False)
    read: list[int] = field(init=False)
    logs: dict[tuple[str, int], list[bytes]] = field(default_factory=dict)
    tasks: dict[tuple[str, int], Task] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.raw = [[] for _ in range(self.raws)]
        self.read = [0] * self.raws
        for number in range(self.folds):
            self.tasks["observations", number] = Task(self._fold(number))
        self.tasks["centre", 0] = Task(lambda rows: CentrePartition(self.folds, self.chains, rows))

    def _fold(self, number: int) -> Callable[[PartitionRows], FoldPartition]:
        def make(rows: PartitionRows) -> FoldPartition:
            return FoldPartition(number, self.folds, self.raws, self.chains, rows)

        return make

    def journal(self, batches: list[RawBatch]) -> None:
        """Spread batches over the partitions as a collector does."""
        for number, batch in enumerate(batches):
            if batch.kind is BatchKind.CLOCK:
                for partition in self.raw:
                    partition.append(batch)
            elif batch.kind is BatchKind.COMMAND:
                self.raw[0].append(batch)
            else:
                self.raw[number % self.raws].append(batch)

    def run(self) -> None:
        """Take steps in an order of chance until nothing is left to do."""
        matching = Matching(self.chains, self.folds)
        owners = self._owners()
        while ready := list(self._ready()):
            if self.workers > 1 and self.chance.random() < MOVES:
                owners = self._rebalanced(owners)
            name, number = self.chance.choice(ready)
            try:
                if name == "raw":
                    self._match(matching, number)
                else:
                    self._step(name, number)
            except Killed:
                self.killed += 1
                if name != "raw":
                    self.tasks[name, number].start()

    def _owners(self) -> dict[tuple[str, int], int]:
        if self.workers == 1:
            return dict.fromkeys(self.tasks, 0)
        return {place: self.chance.randrange(self.workers) for place in sorted(self.tasks)}

    def _rebalanced(self, before: dict[tuple[str, int], int]) -> dict[tuple[str, int], int]:
        """Give partitions to workers anew: who gets one begins with what its log has."""
        after = self._owners()
        for place, task in self.tasks.items():
            if after[place] != before[place]:
                task.disk, task.known = OrderedMemory(), 0
                task.start()
                self.moved += 1
        return after

    def _ready(self) -> Iterator[tuple[str, int]]:
        for number, batches in enumerate(self.raw):
            if self.read[number] < len(batches):
                yield "raw", number
        for (name, number), task in self.tasks.items():
            if task.offset < len(self.logs.get((name, number), [])):
                yield name, number

    def _match(self, matching: Matching, number: int) -> None:
        offset = self.read[number]
        self._send(matching(self.raw[number][offset], "c1", (number, offset)))
        self._maybe()
        self.read[number] += 1

    def _step(self, name: str, number: int) -> None:
        task = self.tasks[name, number]
        posted = unpack_posted(self.logs[name, number][task.offset])
        assert isinstance(posted, Posted), posted
        if isinstance(task.stage, CentrePartition):
            outputs = task.stage(posted, task.offset)
        else:
            outputs = task.stage(posted)
        self._maybe()
        self._send(outputs)
        writes = task.rows.step()
        for write in writes:
            self._maybe()
            task.log.append(write)
        task.rows.written(writes)
        task.known = len(task.log)
        task.stage.settled()
        self._maybe()
        task.offset += 1

    def _send(self, outputs: list[Output]) -> None:
        for output in outputs:
            self._maybe()
            place = output.topic, output.partition or 0
            self.logs.setdefault(place, []).append(output.value)

    def _maybe(self) -> None:
        if self.chance.random() < self.kills:
            raise Killed

    def told(self) -> Iterator[Told]:
        """Give every outcome that was sent, repeats included."""
        for (name, _), log in sorted(self.logs.items()):
            for value in log if name == "outcomes" else ():
                told = unpack_outcome(value)
                assert not isinstance(told, Unread), told
                if isinstance(told, Told):
                    yield told

    def outcome(self) -> "Came":
        """Give what came of everything: what was sent twice must be the same both times."""
        came = Came()
        for told in self.told():
            came.take(told.findings, told.incidents, told.notices)
            came.drafts |= {str(draft["entry_id"]) for draft in told.drafts}
        return came


@dataclass
class Came:
    """Findings and incidents by id and revision, notices by id, entries of the audit trail."""

    findings: dict[tuple[str, int], Finding] = field(default_factory=dict)
    incidents: dict[tuple[str, int], Incident] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    drafts: set[str] = field(default_factory=set)

    def take(
        self,
        findings: tuple[Finding, ...],
        incidents: tuple[Incident, ...],
        notices: tuple[Notice, ...],
    ) -> None:
        """Add what a step came to."""
        for finding in findings:
            assert self.findings.setdefault((finding.id, finding.revision), finding) == finding
        for incident in incidents:
            key = incident.id, incident.revision
            assert self.incidents.setdefault(key, incident) == incident
        for notice in notices:
            assert self.notices.setdefault(notice.id, notice) == notice
