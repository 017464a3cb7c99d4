"""Where a collector stands: the last sequence of each source, the last place of each listener.

It is kept in memory, written to the topic ``tails`` now and then, and made true at a start from
what stands in ``raw`` behind it. A layer holds what is not in ``raw`` yet over what is.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from connectors.stores.kafka.frames import Unread, framed, unframed
from pipeline.model import BatchKind, RawBatch, from_json, to_json
from pipeline.ports import SourceTail

MOST_LASTING = 65_536  # ids of batches that are no records: commands, pages; known for good
MOST_RECENT = 1_024  # ids of batches of records


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Tails as the topic holds them, true up to ``ends``: the next offset of each raw partition.

    ``home`` names the folder of the process that wrote it, ``session`` the process. ``last`` is
    where the collector's last batch stands in ``raw``: partition and offset.
    """

    collector: str
    home: str
    session: str
    ends: tuple[int, ...]
    count: int = 0
    listeners: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    sources: tuple[tuple[str, str, int], ...] = ()
    lasting: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    last: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """What tails need to know of a batch; ``position`` counts the collector's batches from 1."""

    position: int
    listener: str
    object_id: str
    source_id: str
    sequence: int
    batch_id: str
    resume: str
    lasting: bool

    @property
    def source(self) -> tuple[str, str]:
        """Give object and source."""
        return self.object_id, self.source_id


@dataclass(slots=True)
class Tails:
    """Where everything stands; a layer asks ``below`` for what it does not know itself."""

    below: "Tails | None" = None
    count: int = 0
    listeners: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    sources: dict[tuple[str, str], int] = field(default_factory=dict)
    lasting: OrderedDict[str, None] = field(default_factory=OrderedDict)
    recent: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def layer(self) -> "Tails":
        """Give an empty layer over these."""
        return Tails(self, self.count)

    def note(self, one: Noted) -> None:
        """Take note of a batch; in whatever order they come, the last of each counts."""
        self.count = max(self.count, one.position)
        known = self.listeners.get(one.listener)
        if known is None or one.position >= known[0]:
            self.listeners[one.listener] = (one.position, one.sequence, one.resume)
        self.sources[one.source] = max(one.sequence, self.sources.get(one.source, 0))
        ids, most = (self.lasting, MOST_LASTING) if one.lasting else (self.recent, MOST_RECENT)
        ids[one.batch_id] = None
        while len(ids) > most:
            ids.popitem(last=False)

    def absorb(self, layer: "Tails") -> None:
        """Take over what a layer holds."""
        self.count = layer.count
        self.listeners |= layer.listeners
        self.sources |= layer.sources
        for mine, its, most in (
            (self.lasting, layer.lasting, MOST_LASTING),
            (self.recent, layer.recent, MOST_RECENT),
        ):
            mine.update(its)
            while len(mine) > most:
                mine.popitem(last=False)

    def last(self, object_id: str, source_id: str) -> int:
        """Give the last sequence of a source, 0 where it has none."""
        for tails in self._down():
            found = tails.sources.get((object_id, source_id))
            if found is not None:
                return found
        return 0

    def knows(self, batch_id: str) -> bool:
        """Tell whether a batch of this id was journalled, as far as that is remembered."""
        return any(batch_id in one.lasting or batch_id in one.recent for one in self._down())

    def tail(self, listener: str, object_id: str, source_id: str) -> SourceTail | None:
        """Give where (object, source), the listener, or all of them stand, as ``ports.Journal``."""
        if object_id or source_id:
            sequence = self.last(object_id, source_id)
            return SourceTail(sequence, "") if sequence else None
        if not listener:
            return SourceTail(self.count, "") if self.count else None
        for tails in self._down():
            if (found := tails.listeners.get(listener)) is not None:
                return SourceTail(found[1], found[2])
        return None

    def objects(self) -> set[str]:
        """Give every object of which a batch was journalled."""
        return {object_id for tails in self._down() for object_id, _ in tails.sources}

    def _down(self) -> Iterator["Tails"]:
        tails: Tails | None = self
        while tails is not None:
            yield tails
            tails = tails.below


def snapshot_of(tails: Tails, of: Snapshot) -> Snapshot:
    """Give tails as they are written, with all else as ``of`` says; they have nothing below."""
    return replace(
        of,
        count=tails.count,
        listeners=dict(tails.listeners),
        sources=tuple((*source, sequence) for source, sequence in tails.sources.items()),
        lasting=tuple(tails.lasting),
        recent=tuple(tails.recent),
    )


def tails_of(snapshot: Snapshot) -> Tails:
    """Give the tails that a snapshot holds."""
    return Tails(
        None,
        snapshot.count,
        dict(snapshot.listeners),
        {(object_id, source_id): last for object_id, source_id, last in snapshot.sources},
        OrderedDict.fromkeys(snapshot.lasting),
        OrderedDict.fromkeys(snapshot.recent),
    )


def noted(batch: RawBatch, listener: str, position: int) -> Noted:
    """Give what tails need to know of a batch at hand."""
    return Noted(
        position,
        listener,
        batch.object_id,
        batch.source_id,
        batch.sequence,
        batch.id,
        batch.resume,
        batch.kind not in (BatchKind.RAW, BatchKind.CLOCK),
    )


def noted_headers(headers: Mapping[str, bytes], collector: str) -> Noted | None:
    """Read it from the headers of a raw message; None where it is another collector's, or none."""
    try:
        if headers["collector"].decode() != collector:
            return None
        return Noted(
            int(headers["position"]),
            headers["listener"].decode(),
            headers["object"].decode(),
            headers["source"].decode(),
            int(headers["sequence"]),
            headers["batch"].decode(),
            headers["resume"].decode(),
            headers["kind"] not in (b"raw", b"clock"),
        )
    except (KeyError, ValueError):
        return None


def pack_snapshot(snapshot: Snapshot) -> bytes:
    """Write a message of ``tails``."""
    return framed(to_json(snapshot))


def unpack_snapshot(value: bytes | None) -> Snapshot | Unread:
    """Read a message of ``tails``."""
    return unframed(value, lambda data: from_json(Snapshot, data))
