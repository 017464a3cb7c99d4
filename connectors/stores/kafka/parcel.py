"""What one transaction of a collector sends: batches in their order, and entries of the trail.

All that is no tick goes to one partition, so that what stands in ``raw`` after a kill is always a
beginning of it. A tick goes to every partition: there it holds behind what was journalled before.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from connectors.stores.kafka.carrier import Message
from connectors.stores.kafka.tails import Noted, Tails, noted
from connectors.stores.kafka.topics import (
    Told,
    Topics,
    pack_command,
    pack_outcome,
    pack_raw,
    raw_headers,
)
from pipeline.model import BatchKind, Command, RawBatch, from_json, identity, to_json
from pipeline.ports import Spooled

TOLD = "@told"  # under this name entries of the trail lie in the spool


@dataclass(frozen=True, slots=True)
class Numbered:
    """A batch with its listener and its position among the collector's batches."""

    position: int
    listener: str
    batch: RawBatch

    @property
    def noted(self) -> Noted:
        """Give what tails need to know of it."""
        return noted(self.batch, self.listener, self.position)

    @property
    def content(self) -> tuple[object, ...]:
        """Give what makes it the same when its sender hands it over again."""
        one = self.batch
        return self.listener, one.object_id, one.source_id, one.kind, one.resume, one.records


@dataclass(slots=True)
class Parcel:
    """What is sent together."""

    batches: list[Numbered] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def same(self, other: "Parcel") -> bool:
        """Tell whether the other holds the same records: they are handed over once more."""
        return bool(self.batches) and [one.content for one in self.batches] == [
            one.content for one in other.batches
        ]


@dataclass(frozen=True, slots=True)
class Sender:
    """Makes the messages of a collector's parcels; ``place`` gives a chain's partition of so many.

    ``raws`` and ``outcomes`` are the numbers of partitions.
    """

    topics: Topics
    collector: str
    raws: int
    outcomes: int
    place: Callable[[str, int], int]

    def messages(self, parcel: Parcel, partition: int) -> Iterator[Message]:
        """Give the messages of a parcel whose records go to that partition."""
        for one in parcel.batches:
            batch = one.batch
            if batch.kind is BatchKind.COMMAND:
                yield from self._commands(batch)
            headers = tuple(raw_headers(batch, self.collector, one.listener, one.position))
            value = pack_raw(batch)
            clock = batch.kind is BatchKind.CLOCK
            for number in range(self.raws) if clock else (partition,):
                yield Message(self.topics("raw"), value, None, number, headers)
        for told in parcel.told:
            yield Message(
                self.topics("outcomes"),
                pack_outcome(told),
                told.object_id.encode(),
                self.place(told.object_id, self.outcomes),
            )

    def _commands(self, batch: RawBatch) -> Iterator[Message]:
        for record in batch.records:
            command = from_json(Command, record)
            yield Message(self.topics("commands"), pack_command(command), command.id.encode(), 0)


def spooled(parcel: Parcel) -> Iterator[tuple[str, Sequence[RawBatch]]]:
    """Give a parcel as a spool keeps it: by listener, in order; entries of the trail last."""
    waiting: list[RawBatch] = []
    listener = ""
    for one in parcel.batches:
        if waiting and one.listener != listener:
            yield listener, waiting
            waiting = []
        listener = one.listener
        waiting.append(one.batch)
    if waiting:
        yield listener, waiting
    if parcel.told:
        yield TOLD, [_wrapped(parcel.told)]


def unspooled(waiting: Spooled, tails: Tails) -> Parcel:
    """Read a parcel back, numbered behind ``tails``, which take note of it.

    What was kept by an earlier process has its numbers already, and they stand unless another
    process gave them away since. What is known by its id stands in ``raw`` already.
    """
    parcel = Parcel()
    if waiting.listener == TOLD:
        records = [record for batch in waiting.batches for record in batch.records]
        parcel.told = [from_json(Told, record) for record in records]
        return parcel
    for batch in waiting.batches:
        if tails.knows(batch.id):
            continue
        last = tails.last(batch.object_id, batch.source_id)
        fits = batch.sequence == last + 1
        placed = batch if fits else replace(batch, sequence=last + 1, previous=last)
        one = Numbered(tails.count + 1, waiting.listener, placed)
        tails.note(one.noted)
        parcel.batches.append(one)
    return parcel


def _wrapped(told: Sequence[Told]) -> RawBatch:
    records = tuple(map(to_json, told))
    return RawBatch(
        id=identity(TOLD, *(one.cause for one in told)),
        object_id="",
        source_id=TOLD,
        sequence=0,
        previous=0,
        received_at=told[0].at,
        reference_at=told[0].at,
        format=TOLD,
        records=records,
    )
