"""The first state of a partition's notifier, made of what a former generation has told.

What was sent stays as the topic of notices says, and chains go on behind the trail's last entries:
a replay makes the same ids, finds them known, and sends nothing a second time. All else of the
state follows from the replay.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from connectors.stores.elasticsearch.documents import standing_version
from connectors.stores.partition_checkpoints import PartitionCheckpoints
from connectors.stores.partition_database import PartitionDatabase, PartitionState
from connectors.stores.partition_outbox import PartitionOutbox
from connectors.stores.partition_records import PartitionAudit
from connectors.stores.partition_rows import OrderedMemory, Write
from connectors.stores.partition_unsent import PartitionUnsent
from pipeline.model import AuditEntry, Notice, from_json
from pipeline.model.checkpoint import Checkpoint

ADMINISTRATION = "administration"  # whose partition makes checkpoints
HEADS, RESUMED = "@heads", "@resumed"
"""Under which name and key stands up to which time the trail was there: it is signed behind it."""
COMMANDED = "command:"  # how ids of entries about commands begin: every partition obeys these
_GROUP = 1_000  # notices that are written together
_END = b"\xff"


@dataclass(slots=True)
class Seeds:
    """What was told, by the partition that has it; ``partition_of`` tells which that is."""

    partitions: int
    partition_of: Callable[[str, int], int]
    notices: list[dict[str, bytes]] = field(init=False)
    known: list[set[str]] = field(init=False)
    heads: list[dict[str, AuditEntry]] = field(init=False)
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    last_at: int = 0
    _come: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.notices = [{} for _ in range(self.partitions)]
        self.known = [set() for _ in range(self.partitions)]
        self.heads = [{} for _ in range(self.partitions)]

    def note_notice(self, notice: Notice, data: bytes) -> None:
        """Take note of a notice, as JSON; of one that comes again that which has come further.

        What a notifier told that has lost its partition may stand behind what its successor told.
        """
        come = standing_version(notice)
        if come >= self._come.get(notice.id, come):
            self._come[notice.id] = come
            self.notices[self.partition_of(notice.object_id, self.partitions)][notice.id] = data

    def note_entry(self, entry: AuditEntry) -> None:
        """Take note of an entry of the trail, in whatever order they come."""
        number = self.partition_of(entry.chain, self.partitions)
        self.known[number].add(entry.entry_id)
        if entry.entry_id.startswith(COMMANDED):
            for known in self.known:
                known.add(entry.entry_id)
        self.last_at = max(self.last_at, entry.at)
        head = self.heads[number].get(entry.chain)
        if head is None or entry.number > head.number:
            self.heads[number][entry.chain] = entry

    def note_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Take note of a checkpoint, in whatever order they come."""
        self.checkpoints[checkpoint.number] = checkpoint

    def writes(self, number: int) -> Iterator[Write]:
        """Give what the log of a partition begins with; these notices are let go of."""
        disk = OrderedMemory()
        database = PartitionDatabase(disk, _kept)
        unsent = PartitionUnsent(database)
        audit = PartitionAudit(database, unsent)
        audit.seed(self.heads[number].values(), sorted(self.known[number]))
        if number == self.partition_of(ADMINISTRATION, self.partitions):
            ordered = sorted(self.checkpoints.values(), key=lambda one: one.number)
            PartitionCheckpoints(database, unsent).seed(ordered)
        if self.last_at:
            PartitionState(database).save(HEADS, {RESUMED: b"%d" % self.last_at})
        outbox = PartitionOutbox(database, unsent)
        for group in _groups(self.notices[number]):
            outbox.seed(group)
        self.notices[number] = {}
        yield from disk.items(b"", _END)


def _groups(notices: dict[str, bytes]) -> Iterator[list[Notice]]:
    group: list[Notice] = []
    for _, data in sorted(notices.items()):
        group.append(from_json(Notice, data))
        if len(group) == _GROUP:
            yield group
            group = []
    yield group


def _kept(_writes: Iterable[Write]) -> None:
    """Keep nothing: what stands on the disk in memory at the end is the log's beginning."""
