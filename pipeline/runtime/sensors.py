"""Sensors switched on and off, in the audit trail: an object's sources, and our own ways in.

Observation is to be constant (418-V 1(29-1)): that somebody ended a part of it must be known. A
source comes and goes by the registry, and its object's chain says from when; a way in comes and
goes by the settings, and each start and clean end of listening says which there were.
"""

from collections.abc import Iterator, Sequence

from pipeline.incidents.audit import Draft
from pipeline.model import Instant, Json, Revisions, identity, rfc3339
from pipeline.ports import CollectorStores
from pipeline.registry import Registry, registry_from_bundle
from pipeline.runtime.chainer import audited
from pipeline.runtime.knowledge import AT_START, Cause

SOURCES = "sources_changed"
BEGAN, ENDED = "listening_began", "listening_ended"


def sources_changed(old: Registry, new: Registry, cause: Cause, at: Instant) -> Iterator[Draft]:
    """Give an entry for each object of which sources come or go, at an instant or after it."""
    for name in sorted({*old.histories, *new.histories}):
        changes = list(_changes(old, new, name, at))
        if changes:
            yield Draft(
                chain=name,
                entry_id=identity(SOURCES, name, old.revision, new.revision, at),
                kind=SOURCES,
                subject=name,
                at=at,
                actor=cause.actor,
                detail={"way": cause.way, "reason": cause.reason, "changes": changes},
            )


def audit_sources(
    stores: CollectorStores, old: Registry, new: Registry, cause: Cause, at: Instant
) -> None:
    """Record what sources come or go by a new registry."""
    with stores.database.transaction():
        audited(stores.audit, sources_changed(old, new, cause, at))


def audit_sources_missed(
    stores: CollectorStores, before: Revisions | None, new: Registry, at: Instant
) -> None:
    """Record what came or went while the system was down; ``before`` was in force last."""
    if before is None or before.registry == new.revision:
        return
    bundle = stores.content.bundle("registry", before.registry)
    if bundle is not None:
        audit_sources(stores, registry_from_bundle(bundle), new, AT_START, at)


def audit_listening(
    stores: CollectorStores, kind: str, listeners: Sequence[str], at: Instant
) -> None:
    """Record that listening began or ended cleanly, and by which ways in."""
    draft = Draft(
        chain="administration",
        entry_id=identity(kind, at),
        kind=kind,
        subject="",
        at=at,
        actor="saqshy",
        detail={"listeners": sorted(listeners)},
    )
    with stores.database.transaction():
        audited(stores.audit, [draft])


def _changes(old: Registry, new: Registry, name: str, at: Instant) -> Iterator[Json]:
    begins = (
        one
        for registry in (old, new)
        if (history := registry.histories.get(name)) is not None
        for one in history.begins
        if one > at
    )
    before: tuple[list[str], list[str]] = ([], [])
    for begin in sorted({at, *begins}):
        was, now = _sources(old, name, begin), _sources(new, name, begin)
        found = (sorted(was - now), sorted(now - was))
        if found != before:
            yield {"from": rfc3339(begin), "off": found[0], "on": found[1]}
        before = found


def _sources(registry: Registry, name: str, at: Instant) -> set[str]:
    record = registry.object(name, at)
    return {source.id for source in record.sources} if record is not None else set()
