"""What a store knew at an instant: the registry and pack then in force, incidents and notices.

Reads beside a running system and changes nothing. Incidents are streamed: of a million no more
than one history is held at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pipeline.assess import Moments, Pack, pack_from_bundle, terms_due
from pipeline.errors import StoreError
from pipeline.incidents.statistics import (
    UNREGISTERED,
    Clock,
    History,
    Period,
    Records,
    Span,
    Subject,
)
from pipeline.model import AuditEntry, Incident, NoticeState
from pipeline.ports import Stores
from pipeline.registry import ObjectRecord, Registry, Standing, registry_from_bundle, standing
from pipeline.registry.moments import LATEST
from pipeline.runtime.outages import ADMINISTRATION, outages

CLASSES = (
    "critical", "critical_branch_unlisted", "e_government", "state_body", "financial", "strategic",
)  # fmt: skip


@dataclass
class Archive:
    """A store as it was known at ``known_at``; ``past`` where that is not now."""

    stores: Stores
    known_at: int
    past: bool = False

    @cached_property
    def registry(self) -> Registry:
        """Give the registry in force then; StoreError where the store never had one."""
        return registry_from_bundle(self._bundle("registry"))

    @cached_property
    def pack(self) -> Pack:
        """Give the law pack in force then; StoreError where the store never had one."""
        return pack_from_bundle(self._bundle("pack"))

    @cached_property
    def _administration(self) -> tuple[AuditEntry, ...]:
        return tuple(self.stores.audit.read(ADMINISTRATION))

    def _bundle(self, kind: str) -> bytes:
        named = [one for one in self._administration if one.kind == f"{kind}_in_force"]
        before = [one for one in named if one.at <= self.known_at]
        in_force = (before or named[:1])[-1:]  # before the first there was no other
        data = self.stores.content.bundle(kind, in_force[0].subject) if in_force else None
        if data is None:
            raise StoreError(f"the store names no {kind} that was in force: run saqshy run first")
        return data

    def histories(self, period: Period) -> Iterator[History]:
        """Give each incident that may have been opened in a period, with its notices."""
        for latest in self.stores.incidents.latest():
            # An opening moves forward only: when a candidate becomes an incident.
            if latest.opened_at < period.begin:
                continue
            if latest.opened_at >= period.end and latest.changed_at <= self.known_at:
                continue
            revisions = (
                (latest,) if latest.revision == 1 else self.stores.incidents.history(latest.id)
            )
            yield History(revisions, tuple(self.stores.outbox.list(latest.id)))

    def subject(self, object_id: str, first_at: int, opened_at: int) -> Subject:
        """Tell of an incident's object: the record that it was judged by, the flags then."""
        record = self._record_at(object_id, first_at)
        if record is None:
            return UNREGISTERED
        flags = record.flags(opened_at)
        classes = tuple(name for name in CLASSES if name in flags)
        plain = Subject()
        return Subject(
            sector=sector_of(record) or plain.sector,
            reach=record.reach or plain.reach,
            classes=classes or plain.classes,
        )

    def clocks(self, incident: Incident) -> tuple[Clock, ...]:
        """Give the clocks of others that run for an incident (54(2)(6), 17(2-1)(3))."""
        record = self._record_at(incident.object_id, incident.first_event_at)
        flags = record.flags(incident.opened_at) if record is not None else frozenset()
        due = terms_due(self.pack, incident.assessment, Moments(incident.opened_at), flags)
        others = {
            one.term: Clock(one.term, one.duty_of, one.basis, one.set_by, one.due_at, one.missing)
            for one in due
            if one.duty_of != "centre"
        }
        return tuple(others[term] for term in sorted(others))

    def _record_at(self, object_id: str, at: int) -> ObjectRecord | None:
        return record_at(self.registry, object_id, at)

    def held(self) -> frozenset[str] | None:
        """Give the notices that were held then; None: the outbox says it, since it is now."""
        if not self.past:
            return None
        states: set[str] = set()
        for entry in self.stores.audit.read():
            if entry.kind != "notice" or entry.at > self.known_at:
                continue
            if entry.detail.get("state") == NoticeState.HELD.value:
                states.add(entry.subject)
            else:
                states.discard(entry.subject)
        return frozenset(states)

    def records(self) -> Records:
        """Tell since when the store has records, what waits, and when the centre did not listen."""
        journal = self.stores.journal
        found = outages(self._administration, self.known_at)
        first, waiting = journal.read(0, 1), journal.read(journal.committed(), 1)
        if not first:
            # In the cluster the brokers have the journal, and the trail tells when it began.
            since = min((one.at for one in self._administration), default=0)
            return Records(since=since, outages=found)
        position, batch = first[0]
        return Records(
            since=batch.received_at,
            cut=position > 1,
            outages=found,
            waiting=waiting[0][1].received_at if waiting else 0,
        )

    def watched(self) -> Iterator[Span]:
        """Give when each object was registered and attested open."""
        for object_id, history in self.registry.histories.items():
            for begin, end, record in history.spans():
                attestation = record.attestation
                if attestation is None:
                    continue
                since, until = max(begin, attestation.at), min(end, attestation.valid_until)
                if since < until and standing(record, since) is Standing.OPEN:
                    yield Span(object_id, since, min(until, LATEST))


def record_at(registry: Registry, object_id: str, at: int) -> ObjectRecord | None:
    """Give an object's record at an instant; before the first one that one."""
    history = registry.histories.get(object_id)
    if history is None or not history.begins:
        return None
    return history.at(at) or (history.records[0] if at < history.begins[0] else None)


def sector_of(record: ObjectRecord) -> str | None:
    """Give an object's branch: its own, else that of its entry in the list; None unstated."""
    return record.sector or (record.critical.sector if record.critical else None)
