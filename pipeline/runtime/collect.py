"""Deliveries to journalled batches: identify, guard, number, stamp, keep.

The one place where a batch gets its identity, its sequence and the revisions in force. What is not
admitted is refused before anything is stored; source, reason and count are kept and shown.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.incidents.audit import Draft
from pipeline.model import (
    ENDING,
    NANOSECONDS,
    BatchKind,
    Command,
    RawBatch,
    Revisions,
    identity,
    rfc3339,
    to_json,
)
from pipeline.ports import Clock, Delivery, Stores, Telemetry
from pipeline.registry import UNKNOWN_SOURCE, Admission, Group, Refusal
from pipeline.runtime.chainer import audited

CLOCK = "clock"  # the source of the time
REFUSALS = "saqshy-refusals"  # the source of what was refused
COMMANDS = "commands"  # the source of what people ask
REFUSALS_EVERY = 60 * NANOSECONDS
PAGES_EVERY = 3600 * NANOSECONDS
MOST_SENDERS = 64  # named in one telling; the rest is counted together


@dataclass(slots=True)
class Collector:
    """Journals what listeners deliver; safe to call from one thread a listener."""

    name: str
    stores: Stores
    admission: Admission
    revisions: Revisions
    clock: Clock
    telemetry: Telemetry
    arrived: Callable[[], None] = lambda: None
    seen: int = 0  # records taken or refused since the start
    pages: bool = True  # whether refusals page the duty officer; a replay pages nobody
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _refused: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _told_at: int = 0
    _paged: dict[str, int] = field(default_factory=dict)

    def take(self, delivery: Delivery, received_at: int | None = None) -> int:
        """Journal one delivery; give how many records were kept. Durable when it returns."""
        now = self.clock.now() if received_at is None else received_at
        admission = self.admission
        admitted = admission(delivery, now)
        with self._lock, self.stores.database.transaction():
            if self.admission is not admission:
                # Meanwhile another registry came into force: what is stamped with it is its own.
                admitted = self.admission(delivery, now)
            batches = [self._batch(delivery, group, now) for group in admitted.groups]
            if batches:
                self.stores.journal.append(delivery.source, batches)
            for refusal in admitted.refused:
                self._count(delivery.source, refusal)
            if self._refused and now - self._told_at >= REFUSALS_EVERY:
                self.tell_refusals(now)
        for refusal in admitted.refused:
            self.telemetry.records_refused(delivery.source, refusal.reason, refusal.count)
        for batch in batches:
            size = sum(map(len, batch.records))
            self.telemetry.batch_journalled(delivery.source, len(batch.records), size)
        with self._lock:
            self.seen += len(delivery.records)
        self.arrived()
        return sum(len(batch.records) for batch in batches)

    def enforce(self, admission: Admission, revisions: Revisions) -> None:
        """Admit and stamp by other knowledge from the next batch on."""
        with self._lock:
            self.admission, self.revisions = admission, revisions

    def tick(self) -> None:
        """Journal the time as a batch of the source named clock."""
        now = self.clock.now()
        with self._lock:
            self._tick(CLOCK, now)
            if self._refused:
                self.tell_refusals(now)
        self.arrived()

    def end(self, at: int) -> None:
        """Journal that a replay has ended: a tick, by the replayed time, of a source of its own."""
        with self._lock:
            self._tick(ENDING, at)
        self.arrived()

    def _tick(self, source: str, at: int) -> None:
        tail = self.stores.journal.tail(source, "", source)
        last = tail.sequence if tail else 0
        batch = RawBatch(
            id=identity(source, self.name, last + 1),
            object_id="",
            source_id=source,
            sequence=last + 1,
            previous=last,
            received_at=at,
            reference_at=at,
            format=source,
            records=(rfc3339(at).encode(),),
            kind=BatchKind.CLOCK,
            revisions=self.revisions,
        )
        self.stores.journal.append(source, [batch])

    def command(self, command: Command) -> None:
        """Journal what a person asks; the same command again is known and skipped."""
        now = self.clock.now()
        with self._lock:
            tail = self.stores.journal.tail(COMMANDS, "", COMMANDS)
            last = tail.sequence if tail else 0
            batch = RawBatch(
                id=command.id,
                object_id="",
                source_id=COMMANDS,
                sequence=last + 1,
                previous=last,
                received_at=now,
                reference_at=now,
                format=COMMANDS,
                records=(to_json(command),),
                kind=BatchKind.COMMAND,
                revisions=self.revisions,
            )
            self.stores.journal.append(COMMANDS, [batch])
        self.arrived()

    def tell_refusals(self, now: int) -> None:
        """Write what was refused since the last time into the administration's audit chain."""
        if not self._refused:
            return
        drafts = [
            Draft(
                chain="administration",
                entry_id=identity("refused", self.name, listener, reason, sender, now),
                kind="records_refused",
                subject=listener,
                at=now,
                actor="saqshy",
                detail={"sender": sender, "reason": reason, "count": count},
            )
            for (listener, reason, sender), count in sorted(self._refused.items())
        ]
        with self.stores.database.transaction():
            audited(self.stores.audit, drafts)
            if self.pages:
                self._page(now)
        self._refused.clear()
        self._told_at = now

    def _page(self, now: int) -> None:
        """Journal, without any content, that a registered object's records are refused.

        So the duty officer is paged (SPEC 5: without attestation hold and page); an object that
        nobody registered has no chain of its own, and stays with the administration's.
        """
        reasons: dict[str, set[str]] = {}
        for _, reason, sender in self._refused:
            object_id, slash, _ = sender.partition("/")
            due = now - self._paged.get(object_id, now - PAGES_EVERY) >= PAGES_EVERY
            if reason != UNKNOWN_SOURCE and slash and due:
                reasons.setdefault(object_id, set()).add(reason)
        batches = []
        for object_id in sorted(reasons):
            self._paged[object_id] = now
            tail = self.stores.journal.tail("", object_id, REFUSALS)
            last = tail.sequence if tail else 0
            batches.append(
                RawBatch(
                    id=identity("batch", object_id, REFUSALS, self.name, last + 1),
                    object_id=object_id,
                    source_id=REFUSALS,
                    sequence=last + 1,
                    previous=last,
                    received_at=now,
                    reference_at=now,
                    format="refused",
                    records=tuple(reason.encode() for reason in sorted(reasons[object_id])),
                    kind=BatchKind.REFUSED,
                    revisions=self.revisions,
                )
            )
        if batches:
            self.stores.journal.append(REFUSALS, batches)

    def _count(self, listener: str, refusal: Refusal) -> None:
        key = (listener, refusal.reason, refusal.sender)
        if key not in self._refused and len(self._refused) >= MOST_SENDERS:
            key = (listener, refusal.reason, "others")
        self._refused[key] = self._refused.get(key, 0) + refusal.count

    def _batch(self, delivery: Delivery, group: Group, now: int) -> RawBatch:
        object_id, source_id = group.object_id, group.source_id
        tail = self.stores.journal.tail(delivery.source, object_id, source_id)
        last = tail.sequence if tail else 0
        origin = delivery.fingerprint or f"{self.name}:{delivery.source}:{last + 1}"
        return RawBatch(
            id=identity("batch", object_id, source_id, origin, delivery.resume),
            object_id=object_id,
            source_id=source_id,
            sequence=last + 1,
            previous=last,
            received_at=now,
            reference_at=delivery.reference_at or now,
            format=delivery.format,
            records=group.records,
            notes=group.notes,
            resume=delivery.resume,
            revisions=self.revisions,
            preamble=delivery.preamble,
        )
