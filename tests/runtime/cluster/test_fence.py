"""A member that was cut off for longer than its session changes nothing behind its successor."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from connectors.stores.kafka.topics import Posted, Told, pack_audit, unpack_outcome, unpack_posted
from connectors.stores.partition_rows import PartitionRows, Write
from connectors.stores.partition_stores import PartitionStores, open_partition
from pipeline.errors import StoreError
from pipeline.incidents.audit import Draft
from pipeline.model import AuditEntry, Finding, Incident, from_json
from pipeline.runtime.chainer import audited
from pipeline.runtime.cluster.fold_partition import FoldPartition
from pipeline.runtime.cluster.matching import Matching
from pipeline.runtime.cluster.outputs import Output
from tests.connectors.stores.claimed_log import Log, Member
from tests.runtime.cluster.night import Night, night
from tests.runtime.cluster.simulated import Came


@pytest.fixture(scope="module")
def tonight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Give a story as one machine makes it."""
    with night(tmp_path_factory.mktemp("alone")) as made:
        yield made


class Folder(Member):
    """A worker's fold of one partition, in the worker's order: outputs first, then state."""

    rows: PartitionRows
    stage: FoldPartition

    def assigned(self, night: Night) -> None:
        """Take the partition over."""
        self.rows = asyncio.run(self.open())
        self.stage = FoldPartition(0, 1, 1, night.system.engine.chain, self.rows)

    def fold(self, messages: Sequence[bytes], sent: list[Output]) -> list[list[Write]]:
        """Fold messages, of which the brokers keep the outputs; give what the log is to have."""
        steps = []
        for value in messages:
            posted = unpack_posted(value)
            assert isinstance(posted, Posted)
            sent += self.stage(posted)
            steps.append(self.rows.step())
            self.stage.settled()
        return steps

    def logged(self, steps: Sequence[list[Write]]) -> None:
        """Have the log keep steps, and then the disk."""
        for writes in steps:
            asyncio.run(self.disk.log(writes))
            self.rows.written(writes)


def outcome(sent: Sequence[Output]) -> Came:
    """Take what was sent; nothing may stand with two contents."""
    came, nouns = Came(), dict[tuple[str, int], Finding | Incident]()
    for one in sent:
        told = unpack_outcome(one.value) if one.topic == "outcomes" else None
        if isinstance(told, Told):
            found: list[Finding | Incident] = [*told.findings, *told.incidents]
            for noun in found:
                assert nouns.setdefault((noun.id, noun.revision), noun) == noun
            came.take(told.findings, told.incidents, told.notices)
    return came


@pytest.mark.parametrize("under_way", [0, 1, 5, 40], ids="{} under way".format)
def test_a_fold_that_was_cut_off_loses_nothing_and_tells_nothing_else(
    tonight: Night, tmp_path: Path, under_way: int
) -> None:
    """Its group arrives behind what its successor wrote; it has the partition again afterwards."""
    matching = Matching(tonight.system.engine.chain, 1)
    messages = [
        one.value
        for number, batch in enumerate(tonight.batches)
        for one in matching(batch, "c1", (0, number))
        if one.topic == "observations"
    ]
    third, sent, log = len(messages) // 3, list[Output](), Log()
    a, b = Folder(tmp_path / "a", log), Folder(tmp_path / "b", log)
    a.assigned(tonight)
    a.logged(a.fold(messages[:third], sent))
    late = a.fold(messages[third : third + under_way], sent)
    b.assigned(tonight)
    b.logged(b.fold(messages[third : 2 * third], sent))
    if late:
        with pytest.raises(StoreError, match="taken it over"):
            a.logged(late)
    a.assigned(tonight)
    a.logged(a.fold(messages[2 * third :], sent))
    came = outcome(sent)
    assert (came.findings, came.incidents) == (tonight.came.findings, tonight.came.incidents)


class Notifier(Member):
    """A notifier's partition; ``held_back`` takes what the network does not."""

    held: PartitionStores
    held_back: list[list[Write]] | None = None

    def assigned(self) -> None:
        """Take the partition over."""
        self.held_back = None
        self.recover()
        asyncio.run(self.disk.claim())
        self.held = open_partition(self.disk, self.keep)

    def keep(self, writes: Sequence[Write]) -> None:
        """Have the log keep a transaction."""
        if self.held_back is not None:
            self.held_back.append(list(writes))
        else:
            asyncio.run(self.disk.log(writes))

    def tell(self, number: int, topic: list[AuditEntry]) -> None:
        """Chain one entry, and tell what was committed."""
        draft = Draft(
            chain="bank", entry_id=f"e{number}", kind="k", subject="s", at=number, actor="a",
            detail={},
        )  # fmt: skip
        audited(self.held.stores.audit, [draft])
        topic += [from_json(AuditEntry, one.data) for one in self.held.unsent.read("audit")]


def test_a_notifier_that_was_cut_off_does_not_fork_its_chains(tmp_path: Path) -> None:
    """A transaction that arrives late is none: each number of a chain stands with one content."""
    log, topic = Log(), list[AuditEntry]()
    a, b = Notifier(tmp_path / "a", log), Notifier(tmp_path / "b", log)
    a.assigned()
    for number in range(5):
        a.tell(number, topic)
    a.held_back = []
    a.tell(5, [])
    (late,) = a.held_back
    b.assigned()
    for number in range(5, 10):
        b.tell(number, topic)
    with pytest.raises(StoreError, match="taken it over"):
        asyncio.run(a.disk.log(late))
    b.tell(10, topic)
    a.assigned()
    a.tell(11, topic)
    numbers = {entry.number: entry for entry in topic}
    assert len({pack_audit([entry]) for entry in topic}) == len(numbers) == 12
    ordered = [numbers[one] for one in sorted(numbers)]
    assert [one.entry_id for one in ordered] == [f"e{number}" for number in range(12)]
