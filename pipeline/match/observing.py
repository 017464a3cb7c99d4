"""What one batch said about its object, within bounds."""

from pipeline.model import Event, Match, Observation, RawBatch

MOST_MATCHES = 20_000
MOST_KINDS = 256
MOST_KIND_TEXT = 128
OTHER_KIND = "other/other"
_STUBS = ("withheld", "suspected")


class Watch:
    """Gathers a batch's events and matches into its observation.

    Events are counted by kind, ``dataset/code``; kinds beyond the bound are ``other/other``.
    """

    def __init__(self, batch: RawBatch) -> None:
        self._batch = batch
        self._counts: dict[str, int] = {}
        self._matches: list[Match] = []
        self._dropped = 0
        self._times: list[int] = []

    def add(self, event: Event, matches: list[Match]) -> None:
        """Take in one event and what matched on it."""
        self._times.append(event.time)
        kind = kind_of(event)
        if kind not in self._counts and len(self._counts) >= MOST_KINDS - 1:
            kind = OTHER_KIND
        self._counts[kind] = self._counts.get(kind, 0) + 1
        room = MOST_MATCHES - len(self._matches)
        self._matches += matches[:room]
        self._dropped += max(0, len(matches) - room)

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
            counts=self._counts,
            matches=tuple(self._matches),
            withheld=tuple(
                (f"{batch.id}-{note.index}", batch.received_at, note.kind)
                for note in batch.notes
                if note.kind in _STUBS
            ),
            dropped=self._dropped,
        )


def kind_of(event: Event) -> str:
    """Give an event's kind, ``dataset/code``: what counts, novelty and volume go by."""
    found = event.ecs.get("event")
    inner = found if isinstance(found, dict) else {}
    dataset = inner.get("dataset") or event.format
    code = inner.get("code") or inner.get("action") or "-"
    return f"{dataset}/{code}"[:MOST_KIND_TEXT]
