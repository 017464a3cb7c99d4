"""A new generation of the cluster's state: replayed from ``raw``, from its beginning or a snapshot.

The command prepares and the usual processes do the work, so that a rebuild is as fast as the
cluster and cannot come to anything else. Groups, changelogs and local folders of the generation are
new; what was sent, and the audit trail, are taken over from the topics that hold them for ever, so
that a notice that is known stays as it stands and an entry is not chained again.

It ends with the place of the notifier's group: while that is not set the generation is not ready,
and no process of it begins. What a rebuild that was broken off left is made anew.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.snapshots import Manifest, read_file, read_manifest
from connectors.stores.kafka.state_topics import CENTRE, FOLD, NOTIFIER, StateWriter, changelog
from connectors.stores.kafka.state_topics import wanted as state_wanted
from connectors.stores.kafka.topics import (
    Told,
    Topics,
    Unread,
    unpack_audit,
    unpack_checkpoint,
    unpack_notice,
    unpack_outcome,
)
from connectors.stores.partition_seed import Seeds
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.model import to_json
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.settings import ClusterSettings

READERS = ("worker", "notifier", "indexer")  # the kinds that may not run meanwhile
_BEGUN = ("raw", "commands", "observations", "centre", "outcomes")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rebuild would do, and what stands against it, each with its way out.

    ``raw`` holds the first and the next offset of each partition to replay. ``commands`` is how
    often people ever asked for something: each stands in ``raw`` too, or its effect in a snapshot.
    """

    generation: int
    raw: tuple[tuple[int, int], ...]
    folds: int
    commands: int
    snapshot: Manifest | None
    refusals: tuple[str, ...]

    @property
    def messages(self) -> int:
        """Give how many messages of ``raw`` are replayed."""
        return sum(end - begin for begin, end in self.raw)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a rebuild took over: notices, entries of the trail, state of a snapshot, words."""

    notices: int
    entries: int
    state: int
    words: int


def _silent(_step: str, _count: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Rebuilding:
    """Plans and prepares the generation after that of the settings; ``told`` is told of steps."""

    settings: ClusterSettings
    replication: int
    snapshot: Path | None = None
    told: Callable[[str, int], None] = _silent
    topics: Topics = field(init=False)
    _entries: int = 0
    next: ClusterSettings = field(init=False)

    def __post_init__(self) -> None:
        self.topics = Topics(self.settings.prefix)
        generation = self.settings.generation + 1
        self.next = self.settings.model_copy(update={"generation": generation})

    def plan(self) -> Plan:
        """Look at what is there; StoreError where no broker answers, StoreCorrupt as a snapshot."""
        manifest = read_manifest(self.snapshot) if self.snapshot is not None else None
        with (
            Reading(self.settings) as reading,
            closing(Administration(self.settings)) as administration,
        ):
            bounds = {name: reading.bounds(self.topics(name)) for name in _BEGUN}
            folds = len(bounds["observations"])
            refusals = [*self._busy(administration), *_short(bounds, folds, manifest)]
            if manifest is not None and manifest.prefix != self.settings.prefix:
                refusals.append(f"the snapshot is of {manifest.prefix}: name one of this cluster")
            begins = (
                manifest.raw if manifest is not None else tuple(one for one, _ in bounds["raw"])
            )
            ends = tuple(end for _, end in bounds["raw"])
            replayed = tuple(zip(begins, ends, strict=False))
        return Plan(
            generation=self.next.generation,
            raw=replayed,
            folds=folds,
            commands=sum(end - begin for begin, end in bounds["commands"]),
            snapshot=manifest,
            refusals=tuple(refusals),
        )

    def prepare(self, plan: Plan) -> Prepared:
        """Make the generation ready; its processes begin with it. StoreError where refused."""
        if plan.refusals:
            raise StoreError(plan.refusals[0])
        carrier = Carrier(self.settings, self.settings.timeout_seconds)
        with (
            closing(carrier),
            Reading(self.settings) as reading,
            closing(Administration(self.settings)) as administration,
        ):
            self._make_topics(administration, plan.folds)
            state = self._restored(carrier, plan)
            seeds = self._seeds(reading, plan.folds)
            count = sum(map(len, seeds.notices))
            self._seeded(carrier, seeds, plan.folds)
            ends = self._ends(reading)
            words = self._words(reading, administration, carrier, plan)
            self._placed(administration, plan, ends)
        return Prepared(count, self._entries, state, words)

    def _busy(self, administration: Administration) -> Iterator[str]:
        for group in administration.groups([self.settings.group(one) for one in READERS], ()):
            if group.members:
                yield (
                    f"{group.name} has {len(group.members)} process(es) ({group.members[0]}): end"
                    " them first; collectors may go on"
                )
        if administration.committed(self.next.group("notifier")):
            yield (
                f"generation {self.next.generation} is there already: set cluster.generation to"
                " it, and rebuild from there"
            )

    def _make_topics(self, administration: Administration, folds: int) -> None:
        wanted = state_wanted(self.next, folds, self.replication)
        left = administration.topics(one.name for one in wanted)
        if left:
            self.told("removed of a rebuild that was broken off", len(left))
            administration.drop(sorted(left))
        administration.apply(wanted, administration.differences(wanted))
        self.told("topics of the state", len(wanted))

    def _restored(self, carrier: Carrier, plan: Plan) -> int:
        """Write a snapshot's state; give how many messages that are."""
        if self.snapshot is None:
            return 0
        written = 0
        for table in (FOLD, CENTRE):
            write = StateWriter(carrier, changelog(self.next, table))
            for partition in range(1 if table == CENTRE else plan.folds):
                rows = read_file(self.snapshot, table[1])
                write(partition, ((key, value) for of, key, value in rows if of == partition))
            written += write.written
        self.told("messages of the snapshot's state", written)
        return written

    def _seeds(self, reading: Reading, folds: int) -> Seeds:
        seeds = Seeds(folds, partition_of)
        for value in self._all(reading, "notices"):
            notice = unpack_notice(value)
            if isinstance(notice, Unread):
                raise StoreCorrupt(f"a notice {notice.detail}: what was sent is not known for sure")
            seeds.note_notice(notice, to_json(notice))
        self.told("notices that are known", sum(map(len, seeds.notices)))
        self._entries = 0
        for value in self._all(reading, "audit"):
            entries = unpack_audit(value)
            if isinstance(entries, Unread):
                raise StoreCorrupt(f"a message of the audit trail {entries.detail}")
            for entry in entries:
                seeds.note_entry(entry)
            self._entries += len(entries)
        self.told("entries of the audit trail", self._entries)
        for value in self._all(reading, "checkpoints"):
            checkpoint = unpack_checkpoint(value)
            if isinstance(checkpoint, Unread):
                raise StoreCorrupt(f"a checkpoint {checkpoint.detail}")
            seeds.note_checkpoint(checkpoint)
        return seeds

    def _seeded(self, carrier: Carrier, seeds: Seeds, folds: int) -> None:
        write = StateWriter(carrier, changelog(self.next, NOTIFIER))
        for partition in range(folds):
            write(partition, seeds.writes(partition))
        self.told("messages of the notifier's state", write.written)

    def _ends(self, reading: Reading) -> dict[tuple[str, int], int]:
        return {
            (self.topics(name), number): end
            for name in ("observations", "centre", "outcomes")
            for number, (_, end) in enumerate(reading.bounds(self.topics(name)))
        }

    def _words(
        self, reading: Reading, administration: Administration, carrier: Carrier, plan: Plan
    ) -> int:
        """Say again what collectors said for the trail and no notifier has chained: not in raw."""
        if plan.snapshot is not None:
            return 0  # all of it is read from its beginning
        topic = self.topics("outcomes")
        committed = administration.committed(self.settings.group("notifier"))
        bounds = reading.bounds(topic)
        begins = [
            max(begin, committed.get((topic, number), 0))
            for number, (begin, _) in enumerate(bounds)
        ]
        messages: list[Message] = []
        for one in reading.messages(topic, begins, [end for _, end in bounds]):
            told = unpack_outcome(one.value)
            if isinstance(told, Told) and told.drafts and not (told.incidents or told.notices):
                partition = partition_of(told.object_id, plan.folds)
                messages.append(Message(topic, one.value, one.key, partition))
        carrier.send(messages)
        self.told("words for the trail that nobody had chained", len(messages))
        return len(messages)

    def _placed(
        self, administration: Administration, plan: Plan, ends: Mapping[tuple[str, int], int]
    ) -> None:
        raw, outcomes = self.topics("raw"), self.topics("outcomes")
        places = {at: to for at, to in ends.items() if at[0] != outcomes}
        places |= {(raw, number): begin for number, (begin, _) in enumerate(plan.raw)}
        administration.place(self.next.group("worker"), places)
        behind = {at: to for at, to in ends.items() if at[0] == outcomes}
        if plan.snapshot is not None:
            behind = dict.fromkeys(behind, 0)
        administration.place(self.next.group("notifier"), behind)
        self.told("messages of raw to replay", plan.messages)

    def _all(self, reading: Reading, name: str) -> Iterator[bytes | None]:
        topic = self.topics(name)
        bounds = reading.bounds(topic)
        begins, ends = [begin for begin, _ in bounds], [end for _, end in bounds]
        return (one.value for one in reading.messages(topic, begins, ends))


def _short(
    bounds: Mapping[str, tuple[tuple[int, int], ...]], folds: int, manifest: Manifest | None
) -> Iterator[str]:
    """Tell where what there is does not reach back far enough, and the way out."""
    raw = bounds["raw"]
    if manifest is None:
        cut = [number for number, (begin, _) in enumerate(raw) if begin]
        if cut:
            yield (
                f"raw no longer reaches back (partition {cut[0]} begins at {raw[cut[0]][0]}): name"
                " a snapshot with --snapshot, taken by `saqshy cluster snapshot`"
            )
        return
    if (manifest.folds, len(manifest.raw)) != (folds, len(raw)):
        yield (
            f"the snapshot is of {manifest.folds} partitions of objects and {len(manifest.raw)} of"
            f" raw, the topics have {folds} and {len(raw)}, over which its state cannot be spread:"
            " rebuild from raw alone, or name a snapshot with these numbers"
        )
    for number, (begin, end) in enumerate(raw):
        at = manifest.raw[number] if number < len(manifest.raw) else 0
        if not begin <= at <= end:
            yield (
                f"raw of partition {number} holds {begin} to {end}, the snapshot goes on at {at}:"
                " name a snapshot that is not older than raw is kept"
            )
    if any(begin for begin, _ in bounds["outcomes"]):
        yield "outcomes no longer reach back: restore the topic; its retention is for ever"
