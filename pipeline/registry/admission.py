"""frame -> identify -> guard: what a collector may hand on, before anything is kept.

A record of an unknown source or of an object that is not attested open is refused: nothing of it
stays but reason, sender and count. A record with a mark in a declared field leaves only its
place: empty bytes and a note. Everything else goes on unchanged, split by object and source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pipeline.model import RecordNote
from pipeline.ports import Delivery
from pipeline.registry.guard import Standing, standing
from pipeline.registry.identification import Claim, Epoch, Identification, identification
from pipeline.registry.marks import MarkReader, Meaning, mark_reader
from pipeline.registry.passes import Passes
from pipeline.registry.registry import Registry


class Peek(Protocol):
    """Looks into a record of a format, and never raises."""

    def __call__(
        self,
        record: bytes,
        format: str,  # noqa: A002
        fields: tuple[str, ...],
        preamble: bytes,
        /,
    ) -> dict[str, str]:
        """Give "host" and the named fields, cheaply; what does not read is absent."""

    def marks(
        self,
        record: bytes,
        format: str,  # noqa: A002
        fields: tuple[str, ...],
        preamble: bytes,
        /,
    ) -> tuple[tuple[str, ...], bool]:
        """Give all values under the names, and whether the record was read whole."""


MOST_REFUSALS = 64
UNKNOWN_SOURCE = "unknown_source"
_INCOMPLETE = frozenset({"oversized", "truncated", "corrupt"})
RELEASED = "released"  # the note of a suspected record that a cleared person let pass


class Group(NamedTuple):
    """Records of one source of one object, in their order; notes count within the group.

    ``rate`` and ``burst`` are the registry's quota of the source in records, 0 where it has none.
    """

    object_id: str
    source_id: str
    records: tuple[bytes, ...]
    notes: tuple[RecordNote, ...]
    rate: int = 0
    burst: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Records that were not kept.

    ``sender`` is "peer host" of an unknown source, else "object/source".
    """

    reason: str
    sender: str
    count: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a delivery comes to; ``refused`` names at most 64 senders, the rest together."""

    groups: tuple[Group, ...]
    refused: tuple[Refusal, ...]


@dataclass(slots=True)
class _Gathered:
    rate: int
    burst: int
    records: list[bytes] = field(default_factory=list)
    notes: list[RecordNote] = field(default_factory=list)


@dataclass(frozen=True)
class Admission:
    """Identifies and guards the records of a delivery by a registry.

    ``fixed`` maps a listener to the ``object/source`` whose records alone come over it. ``passes``
    is what a cleared person has said of suspected records: such a record is kept, with a note.
    """

    registry: Registry
    peek: Peek
    fixed: Mapping[str, str] = field(default_factory=dict)
    passes: Passes = field(default_factory=Passes)
    _claims: Identification = field(init=False, repr=False, compare=False)
    _readers: dict[tuple[str, ...], MarkReader] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_claims", identification(self.registry))

    def __call__(self, delivery: Delivery, at: int) -> Admitted:
        """Split, refuse and withhold. ``at`` is the receive time in nanoseconds."""
        epoch = self._claims.at(at)
        notes: dict[int, list[RecordNote]] = {}
        for note in delivery.notes:
            notes.setdefault(note.index, []).append(note)
        gathered: dict[tuple[str, str], _Gathered] = {}
        refused: dict[tuple[str, str], int] = {}
        groups: dict[int, _Gathered | Standing] = {}  # by claim, which the epoch keeps alive
        for index, record in enumerate(delivery.records):
            claim, host = self._identify(epoch, delivery, record)
            if claim is None:
                _count(refused, UNKNOWN_SOURCE, f"{delivery.peer} {host}".strip())
                continue
            group = groups.get(id(claim))
            if group is None:
                group = groups[id(claim)] = _group(gathered, claim, at)
            if isinstance(group, Standing):
                _count(refused, group.value, f"{claim.record.id}/{claim.source.id}")
            elif claim.source.mark_fields or index in notes:
                about = notes.get(index, [])
                _keep(group, self._meaning(claim, record, about, delivery, at), record, about)
            else:
                group.records.append(record)
        return Admitted(
            tuple(
                Group(*key, tuple(group.records), tuple(group.notes), group.rate, group.burst)
                for key, group in gathered.items()
            ),
            tuple(Refusal(*key, count) for key, count in refused.items()),
        )

    def refusals(self, delivery: Delivery, at: int) -> dict[int, Refusal]:
        """Tell of each record that is not kept why, for protocols that answer record by record."""
        epoch = self._claims.at(at)
        found: dict[int, Refusal] = {}
        for index, record in enumerate(delivery.records):
            claim, host = self._identify(epoch, delivery, record)
            if claim is None:
                sender = delivery.proven or f"{delivery.peer} {host}".strip()
                found[index] = Refusal(UNKNOWN_SOURCE, sender[:200], 1)
            elif (held := standing(claim.record, at)) is not Standing.OPEN:
                found[index] = Refusal(held.value, f"{claim.record.id}/{claim.source.id}", 1)
        return found

    def _identify(
        self, epoch: Epoch, delivery: Delivery, record: bytes
    ) -> tuple[Claim | None, str]:
        fixed = delivery.proven or self.fixed.get(delivery.source)
        if fixed is not None:
            return epoch.by_id.get(fixed), ""
        seen = self.peek(record, delivery.format, epoch.fields, delivery.preamble)
        host = seen.get("host", "")
        claim = epoch.identify(delivery.source, delivery.peer, host, seen, delivery.certificates)
        return claim, host

    def _meaning(
        self, claim: Claim, record: bytes, notes: list[RecordNote], delivery: Delivery, at: int
    ) -> Meaning | None:
        """Give what a record's declared fields say; None for a suspected one that may pass."""
        # A delivery that was guarded before (a spool, a replay) keeps what that guard noted.
        kinds = {note.kind for note in notes}
        for earlier in (Meaning.VALID, Meaning.SUSPECTED):
            if earlier.value in kinds:
                return earlier
        if not claim.source.mark_fields:
            return Meaning.OPEN
        meaning = self._mark(claim, record, notes, delivery)
        if meaning is Meaning.SUSPECTED and self.passes(claim.record.id, claim.source.id, at):
            return None
        return meaning

    def _mark(
        self, claim: Claim, record: bytes, notes: list[RecordNote], delivery: Delivery
    ) -> Meaning:
        source = claim.source
        form = source.format if source.format != "auto" else delivery.format
        preamble = delivery.preamble or source.columns.encode()
        values, whole = self.peek.marks(record, form, source.mark_fields, preamble)
        reader = self._readers.get(source.mark_values)
        if reader is None:
            reader = mark_reader(self.registry.marks, source.mark_values)
            self._readers[source.mark_values] = reader
        meaning = reader(values)
        if meaning is Meaning.OPEN and (
            not whole or any(note.kind in _INCOMPLETE for note in notes)
        ):
            return Meaning.SUSPECTED  # what was not read may have been a mark: never open
        return meaning


def _keep(
    group: _Gathered, meaning: Meaning | None, record: bytes, notes: list[RecordNote]
) -> None:
    """Keep a record, or its place alone; without a meaning it was released."""
    place = len(group.records)
    if meaning in (Meaning.VALID, Meaning.SUSPECTED):
        group.records.append(b"")
        group.notes.append(RecordNote(place, meaning.value))
        return
    group.records.append(record)
    group.notes += [RecordNote(place, note.kind, note.detail) for note in notes]
    if meaning is None:
        group.notes.append(RecordNote(place, RELEASED))


def _group(
    gathered: dict[tuple[str, str], _Gathered], claim: Claim, at: int
) -> _Gathered | Standing:
    """Give where a claim's records go, or why they go nowhere."""
    held = standing(claim.record, at)
    if held is not Standing.OPEN:
        return held
    source = claim.source
    made = _Gathered(source.quota_records_per_second, source.quota_burst)
    return gathered.setdefault((claim.record.id, source.id), made)


def _count(refused: dict[tuple[str, str], int], reason: str, sender: str) -> None:
    key = (reason, sender[:200])
    if key not in refused and len(refused) >= MOST_REFUSALS:
        key = (reason, "others")
    refused[key] = refused.get(key, 0) + 1
