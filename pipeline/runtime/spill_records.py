"""What is left of a record whose content was not kept, or was taken away: its place and a note.

A spill record says which records, of which source, when, and whether a mark was valid or suspected:
nothing of the content, no hash of it and no reason that would hint at it (State Secrets Law 14(19),
37; SPEC 5). It stands in the administration's audit chain, one entry a batch.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace

from pipeline.incidents.audit import Draft
from pipeline.model import BatchKind, RawBatch, RecordNote

SUSPECTED, WITHHELD, RELEASED = "suspected", "withheld", "released"
RECORDED = "spill_recorded"
MOST_NAMED = 500


def emptied(batch: RawBatch, indexes: Collection[int], kind: str = SUSPECTED) -> RawBatch:
    """Give a batch with some records' content taken away: each place stays, empty, with a note.

    So every other record keeps its index, and every event its id.
    """
    gone = frozenset(indexes)
    records = tuple(b"" if index in gone else one for index, one in enumerate(batch.records))
    left = [note for note in batch.notes if note.index not in gone]
    notes = sorted([*left, *(RecordNote(index, kind) for index in gone)], key=_place)
    return replace(batch, records=records, notes=tuple(notes))


def _place(note: RecordNote) -> tuple[int, str]:
    return note.index, note.kind


def released(batch: RawBatch) -> frozenset[int]:
    """Give the records that a cleared person has let pass."""
    return frozenset(note.index for note in batch.notes if note.kind == RELEASED)


def spill_drafts(batch: RawBatch) -> Iterator[Draft]:
    """Give the spill record of a batch: none where every record's content was kept."""
    places: dict[str, list[int]] = {}
    for note in batch.notes:
        if note.kind in (SUSPECTED, WITHHELD):
            places.setdefault(note.kind, []).append(note.index)
    if batch.kind is not BatchKind.RAW or not places:
        return
    yield Draft(
        chain="administration",
        entry_id=f"spill:{batch.id}",
        kind=RECORDED,
        subject=batch.id,
        at=batch.received_at,
        actor="saqshy",
        detail={
            "object": batch.object_id,
            "source": batch.source_id,
            "count": sum(map(len, places.values())),
            "records": {kind: sorted(some)[:MOST_NAMED] for kind, some in sorted(places.items())},
        },
    )
