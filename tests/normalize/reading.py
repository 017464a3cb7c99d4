"""How tests read one record and look into what became of it."""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.model import Event, Failure, RawBatch, RecordNote, instant
from pipeline.normalize import Normalizer, Profile

ALMATY = ZoneInfo("Asia/Almaty")
RECEIVED = instant("2026-03-02T10:00:00Z")


def batch_of(
    *records: bytes | str,
    format_name: str = "auto",
    received_at: int = RECEIVED,
    reference_at: int | None = None,
    notes: tuple[RecordNote, ...] = (),
    preamble: bytes = b"",
) -> RawBatch:
    """Make a batch of records, text in UTF-8."""
    return RawBatch(
        id="batch",
        object_id="object",
        source_id="source",
        sequence=1,
        previous=0,
        received_at=received_at,
        reference_at=received_at if reference_at is None else reference_at,
        format=format_name,
        records=tuple(one.encode() if isinstance(one, str) else one for one in records),
        notes=notes,
        preamble=preamble,
    )


def normalized(
    batch: RawBatch, zone: tzinfo = UTC, *, trial: bool = False
) -> list[Event | Failure]:
    """Give what became of each record of a batch, in order: its failure rather than its event."""
    profile = Profile("auto", zone, trial)
    done = Normalizer(lambda _object, _source: profile)(batch)
    items: dict[int, Event | Failure] = {event.index: event for event in done.events}
    items |= {failure.index: failure for failure in done.failures}
    return [items[index] for index in sorted(items)]


def event_of(
    record: bytes | str,
    format_name: str = "auto",
    zone: tzinfo = UTC,
    reference_at: int | None = None,
) -> Event:
    """Give the event of a record that must be one."""
    batch = batch_of(record, format_name=format_name, reference_at=reference_at)
    (item,) = normalized(batch, zone)
    assert isinstance(item, Event), item
    return item


def failure_of(record: bytes | str, format_name: str = "auto") -> Failure:
    """Give the failure of a record that must be one."""
    (item,) = normalized(batch_of(record, format_name=format_name))
    assert isinstance(item, Failure), item
    return item


def at(tree: Any, path: str) -> Any:
    """Give what stands under a dotted name; None where nothing does."""
    for part in path.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def picked(event: Event, expected: dict[str, Any]) -> dict[str, Any]:
    """Give those ECS fields of an event that an expectation names."""
    return {name: at(event.ecs, name) for name in expected}
