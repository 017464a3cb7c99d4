"""Deliveries to journalled batches: identify, guard, number, stamp, keep.

The one place where a batch gets its identity, its sequence and the revisions in force. What is not
admitted is refused before anything is stored; source, reason and count are kept and shown. What
the journal cannot take waits in the spool, and everything behind it too, in order.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog

from pipeline.errors import StoreCorrupt, StoreError, StoreFull
from pipeline.model import (
    ENDING,
    BatchKind,
    Command,
    RawBatch,
    RecordNote,
    Revisions,
    identity,
    rfc3339,
    to_json,
)
from pipeline.ports import Clock, CollectorStores, Delivery, Spool, Telemetry
from pipeline.registry import Admission, Admitted, Group, Refusal
from pipeline.runtime.attestations import Attestations
from pipeline.runtime.own_batches import own_batch, place
from pipeline.runtime.quota import OVER_QUOTA, Quotas
from pipeline.runtime.refused import REFUSALS, Refused

__all__ = ["CLOCK", "COMMANDS", "REFUSALS", "Collector", "Taken"]

log = structlog.get_logger("saqshy.collect")
CLOCK = "clock"  # the source of the time
COMMANDS = "commands"  # the source of what people ask
MOST_BYTES = 8 * 1024 * 1024  # of one batch's records, unless one alone has more
REFUSALS_EVERY = 60 * 1_000_000_000  # nanoseconds
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of deliveries: records kept, and for how many seconds each peer is to be quiet."""

    kept: int
    waits: dict[str, float]


@dataclass(slots=True)
class _Draft:
    """A batch before it has its place: of one delivery, or of several of one source."""

    delivery: Delivery
    object_id: str
    source_id: str
    records: list[bytes]
    notes: list[RecordNote]
    size: int = 0  # bytes of what was joined

    def fitting(self, records: Sequence[bytes], begin: int, most: int) -> int:
        """Give up to where records from ``begin`` on fit into this batch of ``most`` records."""
        end = min(len(records), begin + most - len(self.records))
        for at in range(begin, end):
            self.size += len(records[at])
            if self.size > MOST_BYTES and (self.records or at > begin):
                return at
        return end


@dataclass(slots=True)
class _Round:
    """What one call takes: drafts, refusals, and what is charged once they are kept."""

    drafts: list[_Draft] = field(default_factory=list)
    open: dict[tuple[str, str, str], _Draft] = field(default_factory=dict)
    refused: list[tuple[Refusal, tuple[str, ...]]] = field(default_factory=list)
    charges: dict[_Key, tuple[Group, int, set[str]]] = field(default_factory=dict)


@dataclass(slots=True)
class Collector:
    """Journals what listeners deliver; safe to call from one thread a listener.

    ``records`` is how many records a batch holds that is made of several deliveries.
    """

    name: str
    stores: CollectorStores
    admission: Admission
    revisions: Revisions
    clock: Clock
    telemetry: Telemetry
    arrived: Callable[[], None] = lambda: None
    seen: int = 0  # records taken or refused since the start
    pages: bool = True  # whether refusals page the duty officer; a replay pages nobody
    records: int = 500
    quotas: Quotas = field(default_factory=Quotas)
    spool: Spool | None = None
    trouble: str = ""  # why the journal takes nothing; "" while it does
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _refused: Refused = field(init=False)
    _attestations: Attestations = field(init=False)
    _told_at: int = 0
    _spooled: int = 0

    def __post_init__(self) -> None:
        self._refused = Refused(self.name, self.stores)
        self._attestations = Attestations(self.stores)

    def take(self, delivery: Delivery, received_at: int | None = None) -> int:
        """Journal one delivery; give how many records were kept. Durable when it returns."""
        return self.take_all([delivery], received_at).kept

    def take_all(
        self,
        deliveries: Sequence[Delivery],
        received_at: int | None = None,
        *,
        drops: bool = False,
    ) -> Taken:
        """Journal what one listener delivered, in one transaction; durable when it returns.

        With ``drops`` what is over a source's quota is refused, else the answer says who is to
        wait. Raises StoreError where neither journal nor spool takes it: nothing is kept then, and
        the same deliveries may come again.
        """
        now = self.clock.now() if received_at is None else received_at
        admission = self.admission
        admitted = [admission(one, now) for one in deliveries]
        with self._lock:
            if self.admission is not admission:
                # Meanwhile another registry came into force: what is stamped with it is its own.
                admitted = [self.admission(one, now) for one in deliveries]
            one_round = self._round(deliveries, admitted, now, drops=drops)
            listener = deliveries[0].source if deliveries else ""
            self._page(listener, one_round, now)
            sizes = self._keep(listener, one_round.drafts, now) if one_round.drafts else []
            waits = self._charged(listener, one_round, now)
            for refusal, certificates in one_round.refused:
                self._refused.count(listener, refusal, now, certificates)
            self.seen += sum(len(one.records) for one in deliveries)
            if self._refused.waiting and now - self._told_at >= REFUSALS_EVERY:
                self._tell(now)
        for refusal, _ in one_round.refused:
            self.telemetry.records_refused(listener, refusal.reason, refusal.count)
            if refusal.reason == OVER_QUOTA:
                object_id, _, source_id = refusal.sender.partition("/")
                self.telemetry.source_dropped(object_id, source_id, refusal.count)
        for records, size in sizes:
            self.telemetry.batch_journalled(listener, records, size)
        self.arrived()
        return Taken(sum(len(draft.records) for draft in one_round.drafts), waits)

    def drain(self) -> bool:
        """Journal what waits longest in the spool; False where nothing waits.

        Raises StoreError while the journal takes nothing. A batch that was journalled before a
        kill is known by its id and skipped.
        """
        if self.spool is None:
            return False
        with self._lock:
            waiting = next(self.spool.read(), None)
        if waiting is None:
            return False
        # Without the lock, so that listeners go on while the store keeps us waiting: as long as
        # this is in the spool, whatever they bring goes behind it.
        with self.stores.database.transaction():
            for batch in waiting.batches:
                last = self._last(batch.object_id, batch.source_id)
                placed = replace(batch, sequence=last + 1, previous=last)
                self.stores.journal.append(waiting.listener, [placed])
        with self._lock:
            self.spool.drop()
            left = self.spool.waiting
            self.trouble = self.trouble if left[0] else ""
        self.telemetry.spool(*left)
        for batch in waiting.batches:
            size = sum(map(len, batch.records))
            self.telemetry.batch_journalled(waiting.listener, len(batch.records), size)
        self.arrived()
        return True

    def resume(self, listener: str) -> str:
        """Give where a listener goes on: behind what is journalled, and what waits in the spool."""
        tail = self.stores.journal.tail(listener, "", "")
        found = tail.resume if tail else ""
        for waiting in self.spool.read() if self.spool is not None else ():
            if waiting.listener == listener and waiting.batches:
                found = waiting.batches[-1].resume
        return found

    def troubles(self) -> Iterator[str]:
        """Say what a person should mend: an unwilling journal, senders that nobody registered."""
        if self.spool is not None and self.spool.waiting[0]:
            count, size = self.spool.waiting
            yield f"{count} deliveries ({size} bytes) wait in the spool: {self.trouble}"
        with self._lock:
            yield from list(self._refused.troubles(self.clock.now()))

    def enforce(
        self, admission: Admission, revisions: Revisions, due: Iterable[Command] = ()
    ) -> None:
        """Admit and stamp by other knowledge from the next batch on; ``due`` follows from it."""
        with self._lock:
            # What a person let pass holds on, whatever else came into force.
            self.admission = replace(admission, passes=self.admission.passes)
            self.revisions = revisions
            for command in due:
                self._command(command)
        self.arrived()

    def tick(self) -> None:
        """Journal the time as a batch of the source named clock; not while the spool waits."""
        now = self.clock.now()
        with self._lock:
            if self.spool is not None and self.spool.waiting[0]:
                return  # what came before it is not journalled yet: until then no time passes
            self._tick(CLOCK, now)
            self._tell(now)
            if self.pages:
                self._attestations.tell(self.admission.registry, self.revisions, now)
        self.arrived()

    def end(self, at: int) -> None:
        """Journal that a replay has ended: a tick, by the replayed time, of a source of its own."""
        with self._lock:
            self._tick(ENDING, at)
        self.arrived()

    def _tick(self, source: str, at: int) -> None:
        behind = place(self.stores.journal, "", source)
        known = identity(source, self.name, behind.last + 1)
        records = [rfc3339(at).encode()]
        batch = own_batch(behind, known, BatchKind.CLOCK, records, at, self.revisions)
        self.stores.journal.append(source, [batch])

    def command(self, command: Command, source: str = COMMANDS, resume: str = "") -> None:
        """Journal what is asked; the same command again is known and skipped.

        ``resume`` is where a source that can go back continues behind it.
        """
        with self._lock:
            self._command(command, source, resume)
        self.arrived()

    def _command(self, command: Command, source: str = COMMANDS, resume: str = "") -> None:
        batch = own_batch(
            place(self.stores.journal, "", source),
            command.id,
            BatchKind.COMMAND,
            [to_json(command)],
            self.clock.now(),
            self.revisions,
            COMMANDS,
        )
        self.stores.journal.append(source, [replace(batch, resume=resume)])

    def tell_refusals(self, now: int) -> None:
        """Write what was refused since the last time into the administration's audit chain."""
        with self._lock:
            self._tell(now)

    def _tell(self, now: int) -> None:
        self._told_at = now
        with self._counting_on():
            self._refused.tell(now, self.revisions, pages=self.pages)

    def _page(self, listener: str, made: _Round, now: int) -> None:
        """Page refusals before anything behind them is kept: a kill in between loses no page."""
        if self.pages and made.refused:
            keys = {(listener, refusal.reason, refusal.sender) for refusal, _ in made.refused}
            with self._counting_on():
                self._refused.page(keys, now, self.revisions)

    @contextmanager
    def _counting_on(self) -> Iterator[None]:
        try:
            yield
        except StoreCorrupt:
            raise
        except StoreError as error:
            if self.spool is None:
                raise
            # What is counted stays counted, and is told when the store takes it again.
            log.warning("refusals.untold", error=str(error))

    def _round(
        self, deliveries: Sequence[Delivery], admitted: Sequence[Admitted], now: int, *, drops: bool
    ) -> _Round:
        """Gather the drafts of deliveries, within the quotas."""
        made = _Round()
        for delivery, one in zip(deliveries, admitted, strict=True):
            made.refused += [(refusal, delivery.certificates) for refusal in one.refused]
            for group in one.groups:
                fitting = self._within(delivery, group, made, now, drops=drops)
                if fitting.records:
                    self._draft(delivery, fitting, made)
        return made

    def _within(
        self, delivery: Delivery, group: Group, made: _Round, now: int, *, drops: bool
    ) -> Group:
        limit = self.quotas.limit(delivery.source, group)
        if not limit.rate:
            return group
        key = (group.object_id, group.source_id)
        _, before, peers = made.charges.get(key, (group, 0, set()))
        count = len(group.records)
        if drops:
            room = int(self.quotas.room(key, limit, now)) - before
            count = max(0, min(count, room))
            if over := len(group.records) - count:
                sender = f"{group.object_id}/{group.source_id}"
                made.refused.append((Refusal(OVER_QUOTA, sender, over), ()))
        made.charges[key] = (group, before + count, peers | {delivery.peer})
        if count == len(group.records):
            return group
        notes = tuple(note for note in group.notes if note.index < count)
        return group._replace(records=group.records[:count], notes=notes)

    def _draft(self, delivery: Delivery, group: Group, made: _Round) -> None:
        """Make drafts of a group: what a file can give again as it is, else joined and bounded."""
        if delivery.resume or delivery.fingerprint or delivery.reference_at or delivery.preamble:
            made.drafts.append(_Draft(delivery, *group[:2], list(group.records), list(group.notes)))
            return
        key = (group.object_id, group.source_id, delivery.format)
        begin = 0
        while begin < len(group.records):
            draft = made.open.get(key)
            if draft is None or len(draft.records) >= self.records or draft.size > MOST_BYTES:
                draft = made.open[key] = _Draft(delivery, *group[:2], [], [])
                made.drafts.append(draft)
            place = len(draft.records) - begin
            end = draft.fitting(group.records, begin, self.records)
            draft.records += group.records[begin:end]
            draft.notes += [
                replace(note, index=note.index + place)
                for note in group.notes
                if begin <= note.index < end
            ]
            begin = end

    def _charged(self, listener: str, made: _Round, now: int) -> dict[str, float]:
        """Charge the quotas with what is kept; give who is to wait, and for how many seconds."""
        waits: dict[str, float] = {}
        for key, (group, count, peers) in made.charges.items():
            limit = self.quotas.limit(listener, group)
            seconds = self.quotas.charge(key, limit, count, now)
            if seconds > 0:
                waits.update((peer, max(seconds, waits.get(peer, 0.0))) for peer in peers)
        return waits

    def _keep(self, listener: str, drafts: list[_Draft], now: int) -> list[tuple[int, int]]:
        """Journal drafts in one transaction, or spool them; gives records and bytes journalled."""
        if self.spool is not None and self.spool.waiting[0]:
            self._put_by(self.spool, listener, drafts, now)
            return []
        try:
            with self.stores.database.transaction():
                for draft in drafts:
                    self.stores.journal.append(listener, [self._batch(draft, now)])
        except StoreCorrupt:
            raise
        except StoreError as error:
            if self.spool is None:
                raise
            self.trouble = str(error)
            log.warning("journal.refused", listener=listener, error=str(error))
            self._put_by(self.spool, listener, drafts, now)
            return []
        return [(len(draft.records), sum(map(len, draft.records))) for draft in drafts]

    def _put_by(self, spool: Spool, listener: str, drafts: list[_Draft], now: int) -> None:
        """Spool drafts under ids of their own: their places in the journal are not known."""
        batches = []
        for draft in drafts:
            self._spooled += 1
            origin = draft.delivery.fingerprint or f"{self.name}:{listener}:{now}:{self._spooled}"
            batches.append(self._made(draft, now, origin, 0))
        try:
            spool.put(listener, batches)
        except StoreFull as error:
            raise StoreFull(f"{self.trouble}; and {error}") from error
        self.telemetry.spool(*spool.waiting)

    def _batch(self, draft: _Draft, now: int) -> RawBatch:
        last, delivery = self._last(draft.object_id, draft.source_id), draft.delivery
        origin = delivery.fingerprint or f"{self.name}:{delivery.source}:{last + 1}"
        return self._made(draft, now, origin, last)

    def _made(self, draft: _Draft, now: int, origin: str, last: int) -> RawBatch:
        delivery, object_id, source_id = draft.delivery, draft.object_id, draft.source_id
        return RawBatch(
            id=identity("batch", object_id, source_id, origin, delivery.resume),
            object_id=object_id,
            source_id=source_id,
            sequence=last + 1,
            previous=last,
            received_at=now,
            reference_at=delivery.reference_at or now,
            format=delivery.format,
            records=tuple(draft.records),
            notes=tuple(draft.notes),
            resume=delivery.resume,
            revisions=self.revisions,
            preamble=delivery.preamble,
        )

    def _last(self, object_id: str, source_id: str) -> int:
        return place(self.stores.journal, object_id, source_id).last
