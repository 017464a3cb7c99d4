"""What one batch said about its object, within bounds."""

from collections import Counter
from collections.abc import Sequence

from pipeline.model import Event, Match, Observation, RawBatch

MOST_MATCHES = 20_000
MOST_KINDS = 256
MOST_KIND_TEXT = 128
OTHER_KIND = "other/other"
_STUBS = ("withheld", "suspected")


class Watch:
    """Gathers a batch's events and what matched on them into its observation.

    Events are counted by kind, ``dataset/code``; kinds beyond the bound are ``other/other``.
    """

    def __init__(self, batch: RawBatch, events: Sequence[Event]) -> None:
        self._batch = batch
        self._times = [event.time for event in events]
        self._kinds = Counter(map(kind_of, events))
        self._matches: list[Match] = []
        self._dropped = 0

    def add(self, matches: list[Match]) -> None:
        """Take in what matched on an event."""
        room = MOST_MATCHES - len(self._matches)
        self._matches += matches[:room]
        self._dropped += max(0, len(matches) - room)

    def _counts(self) -> dict[str, int]:
        """Give the counts by the kinds' texts; kinds beyond the bound are counted together."""
        counts: dict[str, int] = {}
        for (dataset, code), count in self._kinds.items():
            kind = f"{dataset}/{code}"[:MOST_KIND_TEXT]
            if kind not in counts and len(counts) >= MOST_KINDS - 1:
                kind = OTHER_KIND
            counts[kind] = counts.get(kind, 0) + count
        return counts

    def observation(self, failure_count: int) -> Observation:
        """Give the observation; ``failure_count`` counts the batch's failures of any stage."""
        batch = self._batch
        return Observation(
            batch_id=batch.id,
            kind=batch.kind,
            object_id=batch.object_id,
            source_id=batch.source_id,
            sequence=batch.sequence,
            previous=batch.previous,
            received_at=batch.received_at,
            revisions=batch.revisions,
            event_count=len(self._times),
            failure_count=failure_count,
            first_event_at=min(self._times, default=0),
            last_event_at=max(self._times, default=0),
            counts=self._counts(),
            matches=tuple(self._matches),
            withheld=tuple(
                (f"{batch.id}-{note.index}", batch.received_at, note.kind)
                for note in batch.notes
                if note.kind in _STUBS
            ),
            dropped=self._dropped,
            records=len(batch.records),
        )


def kind_of(event: Event) -> tuple[str, str]:
    """Give an event's kind, dataset and code: what counts, novelty and volume go by."""
    try:
        found = event.ecs["event"]
        dataset, code = found["dataset"], found["code"]
        if dataset.__class__ is str and code.__class__ is str:
            return dataset or event.format, code or str(found.get("action") or "-")
    except (KeyError, TypeError):  # not both are there
        pass
    inner = event.ecs.get("event")
    if not isinstance(inner, dict):
        return event.format, "-"
    code = inner.get("code") or inner.get("action") or "-"
    return str(inner.get("dataset") or event.format), str(code)
