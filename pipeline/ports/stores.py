"""What is kept: journal, spool, state, events, incidents, notices, audit, dead letters, content."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline.model import (
    NANOSECONDS,
    AuditEntry,
    Event,
    Failure,
    Finding,
    Incident,
    Json,
    Notice,
    RawBatch,
)
from pipeline.model.carried import Carried, Change
from pipeline.model.checkpoint import ChainHead, Checkpoint


@dataclass(frozen=True, slots=True)
class SourceTail:
    """Where a source of an object stands in the journal."""

    sequence: int
    resume: str


class Journal(Protocol):
    """The durable order of all input. Position counts from 1 without gaps."""

    def append(self, listener: str, batches: Sequence[RawBatch]) -> int:
        """Keep the batches durably in this order, known ids skipped; give the last position."""

    def read(self, after: int, limit: int) -> Sequence[tuple[int, RawBatch]]:
        """Give batches behind a position, in order."""

    def tail(self, listener: str, object_id: str, source_id: str) -> SourceTail | None:
        """Give where (object, source) stands; with "" for both, where the listener stands.

        The sequence of (object, source) runs through all listeners. A listener stands at its last
        batch. With "" for all three: the journal itself, whose sequence is the last position.
        """

    def committed(self) -> int:
        """Give the position up to which outcomes are committed."""

    def commit(self, position: int) -> None:
        """Record, inside the outcome's transaction, that a batch is done."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """Batches of one listener that wait; their sequences are given when they are journalled."""

    listener: str
    batches: tuple[RawBatch, ...]


class Spool(Protocol):
    """Where admitted batches wait, in order and within a bound, while the journal takes none."""

    @property
    def waiting(self) -> tuple[int, int]:
        """Give how many puts wait, and how many bytes they take."""

    def put(self, listener: str, batches: Sequence[RawBatch]) -> None:
        """Keep batches durably behind what waits; StoreFull where there is no room."""

    def read(self) -> Iterator[Spooled]:
        """Give what waits, the oldest first, without taking it away."""

    def drop(self) -> None:
        """Let go of the oldest: the journal has it."""

    def close(self) -> None:
        """Let go of files; safe to call twice."""


class StateStore(Protocol):
    """Keyed state of the stateful stages: (object, key) to bytes."""

    def load(self, object_id: str) -> Mapping[str, bytes]:
        """Give all rows of one object."""

    def save(self, object_id: str, rows: Mapping[str, bytes | None]) -> None:
        """Write changed rows; None removes."""

    def between(
        self, object_id: str, begin: str, end: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Give up to ``limit`` rows of one object with keys in [begin, end), in their order."""

    def objects(self) -> Sequence[str]:
        """Give every object that has state, sorted."""


class EventStore(Protocol):
    """Events, as blocks of one batch each."""

    def add(self, batch: RawBatch, events: Sequence[Event]) -> None:
        """Keep the events of one batch; the same batch again overwrites."""

    def get(self, event_ids: Iterable[str]) -> Mapping[str, bytes]:
        """Give the documents of events by id, as JSON; unknown ids are absent."""

    def of_batch(self, batch_id: str) -> Sequence[bytes]:
        """Give the documents of one batch as JSON, by the index of their records."""

    def search(self, object_id: str, begin: int, end: int, limit: int) -> Iterator[bytes]:
        """Give documents of one object with event time in [begin, end), oldest first."""

    def count(self) -> int:
        """Give how many events are kept."""


class IncidentStore(Protocol):
    """Findings and incidents with every revision."""

    def put_findings(self, findings: Sequence[Finding]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""

    def put_incidents(self, incidents: Sequence[Incident]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""

    def finding(self, finding_id: str) -> Finding | None:
        """Give a finding's latest revision."""

    def history(self, incident_id: str) -> Sequence[Incident]:
        """Give every revision of an incident, oldest first; empty where unknown."""

    def latest(self, object_id: str | None = None, last: int | None = None) -> Iterator[Incident]:
        """Give the latest revision of each incident, by opening and id; ``last``: only the end."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Which due notices somebody takes: of which lane, past which parties, for how long alone.

    ``urgent``: first notices only, all others only, or (None) both. ``barred`` are recipients'
    parties that get nothing now. With an ``owner`` what is given is claimed: nobody is given it
    again within ``lease`` nanoseconds, or before its change. What was tried and should wait longer
    than ``longest_wait`` nanoseconds was planned under a clock that has been put back: it is due.
    """

    urgent: bool | None = None
    barred: tuple[str, ...] = ()
    owner: str = ""
    lease: int = 60 * NANOSECONDS
    longest_wait: int = 86_400 * NANOSECONDS


WHATEVER = Turn()


class Outbox(Protocol):
    """Notices between the decision and the receipt; those of one incident and recipient in order.

    Several may write: who makes notices, who delivers them, who replays them. None undoes another.
    """

    def put(self, notices: Sequence[Notice]) -> None:
        """Keep new notices; a known one stays as it stands."""

    def due(
        self, now: int, limit: int, channel: str | None = None, turn: Turn = WHATEVER
    ) -> Sequence[Notice]:
        """Give pending and failed notices whose next attempt is not after ``now``.

        Of one incident and recipient only the earliest that is pending or failed. First notices
        first; with ``channel`` only what goes through it.
        """

    def change(self, before: Notice, after: Notice) -> bool:
        """Keep a notice's new state, where it still stands as ``before`` says; end its claim.

        False, and nothing is changed, where its state, attempts or channel are others by now.
        """

    def get(self, notice_id: str) -> Notice | None:
        """Give one notice."""

    def list(self, incident_id: str | None = None, last: int | None = None) -> Iterator[Notice]:
        """Give notices by creation and id; ``last``: only so many, from the end."""


class AuditStore(Protocol):
    """Hash chains; create-only by (chain, number)."""

    def head(self, chain: str) -> AuditEntry | None:
        """Give the newest entry of a chain."""

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Keep entries; a taken (chain, number) raises IntegrityError."""

    def read(self, chain: str | None = None) -> Iterator[AuditEntry]:
        """Give entries by chain and number."""

    def known(self, entry_id: str) -> bool:
        """Tell whether an entry of that id is in a chain."""

    def heads(self) -> Sequence[ChainHead]:
        """Give where every chain ends, by chain."""


@runtime_checkable
class Trail(Protocol):
    """Entries of the audit trail on their way to the process that chains them."""

    def tell(self, drafts: Sequence[Json]) -> None:
        """Send drafts, as documents, when the transaction ends."""


class CheckpointStore(Protocol):
    """Checkpoints of the audit trail; create-only by number."""

    def append(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; a taken number raises IntegrityError."""

    def last(self) -> Checkpoint | None:
        """Give the newest one; None where there is none yet."""

    def read(self, after: int = 0) -> Iterator[Checkpoint]:
        """Give those behind a number, in order."""

    def covered(self) -> Sequence[ChainHead]:
        """Give the heads that the newest one covers, by chain."""


class DeadLetters(Protocol):
    """What could not be processed."""

    def put(self, failures: Sequence[Failure]) -> None:
        """Keep failures by id."""

    def list(self) -> Iterator[Failure]:
        """Give failures by receive time and id."""

    def resolve(self, failure_id: str) -> None:
        """Take a failure off the list: a replay succeeded."""

    def count(self) -> int:
        """Give how many stand unresolved."""


class ContentStore(Protocol):
    """Bundles of content, registry and pack by revision: a journalled batch finds its own."""

    def put_bundle(self, kind: str, revision: str, data: bytes) -> None:
        """Keep a bundle (kind: content | registry | pack)."""

    def bundle(self, kind: str, revision: str) -> bytes | None:
        """Give a bundle's bytes."""


class Carriers(Protocol):
    """All of a store where content may stand: for its removal, and for the proof of it."""

    def rows(self, place: str = "", of: str = "") -> Iterator[Carried]:
        """Give the rows of a place, or of all places; with ``of`` only those of something."""

    def rewrite(self, place: str, change: Change, of: str = "") -> Sequence[bytes]:
        """Change rows in one transaction; give those that changed as the disk had them."""

    def settle(self, *, whole: bool = False) -> bool:
        """Leave none of it in logs, or (``whole``) freed space; False: readers are in the way."""

    def files(self) -> Sequence[str]:
        """Give the paths in which all of this stands."""


@dataclass(frozen=True, slots=True)
class Added:
    """One row that was added to a store: where to read on behind it, and of which incident it is.

    ``entry`` is the row itself where it is an entry of the audit trail, which may be of no incident
    ("").
    """

    mark: int
    incident_id: str
    entry: AuditEntry | None = None


class Trace(Protocol):
    """What was written, for a process beside the writer that only reads."""

    def still(self) -> AbstractContextManager[None]:
        """Let everything read inside be as of one instant."""

    def added(self, place: str, after: int, limit: int) -> Sequence[Added]:
        """Give rows of ``audit``, ``incidents`` or ``notices`` behind a mark, as they were added.

        A notice's later states are no new rows: the audit trail has an entry of each.
        """

    def written(self, incident_id: str) -> tuple[Sequence[Incident], Sequence[Notice]]:
        """Give an incident's revisions, oldest first, and its notices by creation and id."""

    def told(self, subject: str) -> Sequence[AuditEntry]:
        """Give the audit trail's entries about an incident or a notice, by number."""

    def close(self) -> None:
        """Let go of the file; safe to call twice."""


class CheckpointTrace(Protocol):
    """Checkpoints and what they cover, for a process beside the writer that only reads."""

    def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Give up to ``limit`` checkpoints behind a number, in order."""

    def entry(self, chain: str, number: int) -> AuditEntry | None:
        """Give the entry at a place of the audit trail; None where there is none."""


class Database(Protocol):
    """The transaction that binds the stores of one runtime."""

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside commit together or not at all; nests into the outer one."""

    def still(self) -> AbstractContextManager[None]:
        """Let everything that this thread reads inside be as of one instant."""

    def close(self) -> None:
        """Let go of the file; safe to call twice."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one runtime, bound by one transaction."""

    database: Database
    journal: Journal
    state: StateStore
    events: EventStore
    incidents: IncidentStore
    outbox: Outbox
    audit: AuditStore
    dead_letters: DeadLetters
    content: ContentStore
    carriers: Carriers
    checkpoints: CheckpointStore


class Appended(Protocol):
    """What a collector needs of a ``Journal``: of what is there, the last batch at least."""

    def append(self, listener: str, batches: Sequence[RawBatch]) -> int:
        """Keep the batches durably in this order, known ids skipped; give the last position."""

    def read(self, after: int, limit: int) -> Sequence[tuple[int, RawBatch]]:
        """Give batches behind a position, in order."""

    def tail(self, listener: str, object_id: str, source_id: str) -> SourceTail | None:
        """Give where (object, source), the listener or the journal itself stands."""


class Transacting(Protocol):
    """What a collector needs of a ``Database``."""

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside commit together or not at all; nests into the outer one."""

    def close(self) -> None:
        """Let go of it; safe to call twice."""


class Objects(Protocol):
    """What a collector needs of a ``StateStore``."""

    def objects(self) -> Sequence[str]:
        """Give every object that is known, sorted."""


class CollectorStores(Protocol):
    """What a collector needs of ``Stores``; in the cluster it has no more."""

    @property
    def database(self) -> Transacting:
        """Give the transaction."""

    @property
    def journal(self) -> Appended:
        """Give where batches go."""

    @property
    def audit(self) -> AuditStore | Trail:
        """Give where entries of the trail go."""

    @property
    def content(self) -> ContentStore:
        """Give where bundles go."""

    @property
    def state(self) -> Objects:
        """Give what tells which objects are known."""
