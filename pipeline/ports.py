"""The ports: what the core asks of the outside, at most five methods each.

Every adapter has a sibling in memory, and both pass the same contract test. Adapters live in
``connectors/`` and are chosen by ``runtime/bootstrap`` alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline.model import (
    AuditEntry,
    Event,
    Failure,
    Finding,
    Incident,
    Notice,
    RawBatch,
    Receipt,
    RecordNote,
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Records that a source hands over together: one peer, one order, framed and untouched.

    ``peer`` is who sent them as the transport knows it (an address, a certificate's name, a path).
    ``resume`` is where the source continues after them (opaque; "" where it cannot go back).
    ``fingerprint`` identifies the stretch of a file ("" for a network source). ``reference_at``
    is a file's own date in nanoseconds, 0 where the receive time serves. ``preamble`` is what a
    file says once for all of the records (column names). ``certificates`` is what the sender's
    verified certificate says of it: its names, and ``sha256:`` with its fingerprint. ``proven`` is
    the ``object/source`` for which the sender's token stands, "" where each record is identified.
    ``whole``: it is answered, or has a place to go back to, so that nothing of it may wait for what
    comes next.
    """

    source: str
    peer: str
    records: tuple[bytes, ...]
    notes: tuple[RecordNote, ...] = ()
    resume: str = ""
    fingerprint: str = ""
    reference_at: int = 0
    format: str = ""
    preamble: bytes = b""
    certificates: tuple[str, ...] = ()
    proven: str = ""
    whole: bool = False


class Source(Protocol):
    """Where records come from. Not polled, it reads nothing: that is how it is paused.

    ``dropped`` counts records that came and could not be held, where the protocol cannot pause.
    """

    name: str

    @property
    def dropped(self) -> int:
        """Give how many records were dropped since ``open``."""

    def open(self, resume: str) -> None:
        """Start, after the position of the last journalled delivery; SourceError where not."""

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` records, waiting up to ``timeout`` seconds; None: nothing came."""

    def acknowledge(self, delivery: Delivery) -> None:
        """Take note that the delivery is durable: answer the sender where the protocol can."""

    def exhausted(self) -> bool:
        """Tell whether nothing can ever come again (a file read once to its end)."""

    def close(self) -> None:
        """Stop and let go of sockets and files; safe to call twice."""


@runtime_checkable
class Listening(Protocol):
    """What a source that listens on a network can beside: be gentle with senders, and tell.

    ``refusals`` counts by reason whom it did not let in since ``open``; ``troubles`` says what
    hinders it now, each with what would mend it.
    """

    @property
    def refusals(self) -> Mapping[str, int]:
        """Give how many senders were refused since ``open``, by reason."""

    @property
    def troubles(self) -> Sequence[str]:
        """Say what a person should mend, one sentence each; empty where all is well."""

    def pause(self, peer: str, seconds: float) -> bool:
        """Read nothing of a peer for so long; False where the protocol makes nobody wait."""

    def finish(self) -> None:
        """Let in nobody more; ``poll`` gives what is on its way, then ``exhausted`` holds."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Part of a feed as it was handed over; ``cursor`` is where to go on behind it (opaque)."""

    data: bytes
    cursor: str


class IndicatorFeed(Protocol):
    """Where threat indicators are pulled from."""

    name: str

    def pull(self, cursor: str) -> Iterator[FeedPage]:
        """Give what was added behind a cursor ("" for all), oldest first; SourceError where not."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""


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

    def objects(self) -> Sequence[str]:
        """Give every object that has state, sorted."""


class EventStore(Protocol):
    """Events, as blocks of one batch each."""

    def add(self, batch: RawBatch, events: Sequence[Event]) -> None:
        """Keep the events of one batch; the same batch again overwrites."""

    def get(self, event_ids: Iterable[str]) -> Mapping[str, bytes]:
        """Give the documents of events by id, as JSON; unknown ids are absent."""

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


class Outbox(Protocol):
    """Notices between the decision and the receipt."""

    def put(self, notices: Sequence[Notice]) -> None:
        """Keep new notices and new states of known ones, by id."""

    def due(self, now: int, limit: int, channel: str | None = None) -> Sequence[Notice]:
        """Give pending and failed notices whose next attempt is not after ``now``.

        First legs first; with ``channel`` only what goes through it.
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


class Database(Protocol):
    """The transaction that binds the stores of one runtime."""

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside commit together or not at all; nests into the outer one."""

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


class Sink(Protocol):
    """One channel to recipients; idempotent by notice id."""

    channel: str

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Deliver and give the receipt; DeliveryDelayed or DeliveryRefused where not."""

    def close(self) -> None:
        """Let go of connections."""


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> int:
        """Give nanoseconds since the epoch, UTC."""

    def wait(self, seconds: float) -> None:
        """Let that much of this clock's time pass."""


class Telemetry(Protocol):
    """One method per internal event; counts and logs together. Labels are bounded."""

    def batch_journalled(self, listener: str, records: int, size: int) -> None:
        """Note a batch that is durable; ``size`` in bytes."""

    def records_refused(self, listener: str, reason: str, count: int) -> None:
        """Note records of an unknown source or an unattested object, not stored."""

    def datagrams_dropped(self, listener: str, count: int) -> None:
        """Note records that the kernel or the listener could not hold."""

    def senders_refused(self, listener: str, reason: str, count: int) -> None:
        """Note connections that were not let in: too many, or a handshake that failed."""

    def sender_paused(self, listener: str, seconds: float) -> None:
        """Note that a sender over its quota waits for so long."""

    def spool(self, batches: int, size: int) -> None:
        """Note what waits in the spool: puts, and their bytes on the disk."""

    def stage_done(self, stage: str, items: int, seconds: float) -> None:
        """Note that a stage worked on one batch."""

    def failures(self, stage: str, code: str, count: int) -> None:
        """Note records that went to the dead letters."""

    def too_late(self, count: int) -> None:
        """Note matches that came after their window was settled; single rules still fired."""

    def windows_evicted(self, count: int) -> None:
        """Note entries of correlation windows that were let go for want of room."""

    def repeats_forgotten(self, count: int) -> None:
        """Note hosts whose repeats of a rule were let go for want of room."""

    def findings(self, kind: str, level: str, count: int) -> None:
        """Note findings that were opened."""

    def suppressed(self, count: int) -> None:
        """Note findings that were opened under a silence."""

    def incidents(self, state: str, count: int) -> None:
        """Note incidents that got a revision in this state."""

    def notice_made(self, leg: str, role: str) -> None:
        """Note a notice that entered the outbox."""

    def delivery(self, channel: str, outcome: str, seconds: float) -> None:
        """Note one attempt: acknowledged, sent (spooled), delayed or refused."""

    def rule_errors(self, rule: str, count: int) -> None:
        """Note events that a rule could not be asked about; ``rule`` is its id."""

    def rule_quarantined(self, count: int) -> None:
        """Note how many rules of the content in force are left out as broken."""

    def reloaded(self, outcome: str, seconds: float) -> None:
        """Note a reload of rules, registry and pack: in_force, unchanged or refused."""

    def lag(self, batches: int, seconds: float) -> None:
        """Note how far processing is behind the journal."""
