"""Batches that the centre journals of itself: ticks, commands, and that records were refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import BatchKind, RawBatch, Revisions
from pipeline.ports import Appended


@dataclass(frozen=True, slots=True)
class Place:
    """Whose batch it is, and where its source stands: the sequence of its last one."""

    object_id: str
    source_id: str
    last: int


def place(journal: Appended, object_id: str, source_id: str) -> Place:
    """Give the place of the next batch of (object, source)."""
    tail = journal.tail("", object_id, source_id)
    return Place(object_id, source_id, tail.sequence if tail else 0)


def own_batch(
    at_place: Place,
    batch_id: str,
    kind: BatchKind,
    records: Sequence[bytes],
    at: int,
    revisions: Revisions,
    format_name: str = "",
) -> RawBatch:
    """Make a batch received at an instant (nanoseconds); its format is its source's name."""
    return RawBatch(
        id=batch_id,
        object_id=at_place.object_id,
        source_id=at_place.source_id,
        sequence=at_place.last + 1,
        previous=at_place.last,
        received_at=at,
        reference_at=at,
        format=format_name or at_place.source_id,
        records=tuple(records),
        kind=kind,
        revisions=revisions,
    )
