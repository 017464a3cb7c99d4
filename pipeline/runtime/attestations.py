"""Attestations that end: the duty officer is paged ahead of time, and when one has ended.

An object whose head's attestation has ended is no longer watched (SPEC 5: unknown is never open),
so somebody must ask for a new one in time, also where no record comes that could be refused. Each
page is journalled once for good: its batch id follows from object, end and stage.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.correlate.correlator import ATTESTATIONS
from pipeline.incidents.audit import Draft
from pipeline.model import NANOSECONDS, BatchKind, RawBatch, Revisions, identity, rfc3339
from pipeline.ports import CollectorStores
from pipeline.registry import Registry
from pipeline.runtime.chainer import audited
from pipeline.runtime.own_batches import own_batch, place

DAY = 86_400 * NANOSECONDS
# Days before the end at which a page is due: our policy, no law's number.
AHEAD = (3, 7, 14, 30)
EXPIRED = "attestation_expired"


@dataclass(frozen=True, slots=True)
class Ending:
    """An attestation that ends soon, or has ended; ``stage`` is the bounded reason of a page."""

    object_id: str
    until: int
    stage: str

    @property
    def id(self) -> str:
        """Deterministic: the same page is never made twice."""
        return identity("attestation", self.object_id, self.until, self.stage)


def endings(registry: Registry, now: int) -> Iterator[Ending]:
    """Give the attestations of which the duty officer is to know at an instant (nanoseconds)."""
    for record in registry.objects(now):
        if record.attestation is None:
            continue
        until = record.attestation.valid_until
        stage = _stage(until - now)
        if stage:
            yield Ending(record.id, until, stage)


def _stage(left: int) -> str:
    if left <= 0:
        return EXPIRED
    return next((f"attestation_ends_in_{days}_days" for days in AHEAD if left <= days * DAY), "")


@dataclass(slots=True)
class Attestations:
    """Journals a page for each stage of each attestation that ends; one thread at a time."""

    stores: CollectorStores
    _told: set[str] = field(default_factory=set)

    def tell(self, registry: Registry, revisions: Revisions, now: int) -> None:
        """Page what is new since the last time; what an earlier process paged is known."""
        new = [one for one in endings(registry, now) if one.id not in self._told]
        if not new:
            return
        with self.stores.database.transaction():
            for ending in new:
                self.stores.journal.append(ATTESTATIONS, [self._batch(ending, revisions, now)])
            audited(self.stores.audit, [_draft(ending, now) for ending in new])
        self._told |= {one.id for one in new}

    def _batch(self, ending: Ending, revisions: Revisions, now: int) -> RawBatch:
        return own_batch(
            place(self.stores.journal, ending.object_id, ATTESTATIONS),
            ending.id,
            BatchKind.REFUSED,
            [ending.stage.encode()],
            now,
            revisions,
            "refused",
        )


def _draft(ending: Ending, now: int) -> Draft:
    return Draft(
        chain="administration",
        entry_id=f"attestation:{ending.id}",
        kind="attestation_ending",
        subject=ending.object_id,
        at=now,
        actor="saqshy",
        detail={"stage": ending.stage, "until": rfc3339(ending.until)},
    )
