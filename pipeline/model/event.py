"""Events and what a batch of them said: matches, counts, the batch's position."""

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.model.batch import BatchKind, Revisions
from pipeline.model.times import Instant, instant, rfc3339
from pipeline.model.wire import Json


class TimeConfidence(StrEnum):
    """How an event's time was resolved."""

    EXACT = "exact"  # date, time and zone stood in the record
    ZONE_ASSUMED = "zone_assumed"  # the source's zone was taken
    YEAR_ASSUMED = "year_assumed"  # the year (and the zone, where absent) was resolved
    RECEIVED = "received"  # no usable time in the record: the receive time stands in
    CLAMPED = "clamped"  # too far after the receive time: moved to it


INDICATOR = "indicator"  # the note of an event in which a threat indicator stands
CROSSING = "crossing"  # the note of an event that crosses a border which the law draws


@dataclass(slots=True)
class Event:
    """One record in ECS field names, with the vendor's own fields beside.

    ``ecs`` is nested and holds ECS fields only; ``native`` holds the vendor's fields under the
    vendor's names (for Windows: System and EventData merged, flat, the names Sigma uses).
    ``taxonomy`` names the vocabulary of ``native`` ("windows", "linux", "ecs", ...): the matcher
    chooses its field mapping and log source routes by it. ``versions`` names what made the event:
    the revisions of normaliser and enrichment. The running chain owns the event.
    """

    batch: str
    index: int
    object_id: str
    source_id: str
    time: int
    received_at: int
    time_confidence: TimeConfidence
    original_hash: str
    format: str
    taxonomy: str
    ecs: Json
    native: Json = field(default_factory=dict)
    trial: bool = False
    notes: tuple[str, ...] = ()
    versions: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The batch's id and the record's index."""
        return f"{self.batch}-{self.index}"

    def document(self) -> Json:
        """Give the Event as others read it: ECS, with ``saqshy`` beside."""
        own: Json = {
            "object_id": self.object_id,
            "source_id": self.source_id,
            "received_at": rfc3339(self.received_at),
            "time_confidence": self.time_confidence.value,
            "original_hash": self.original_hash,
            "batch": self.batch,
            "index": self.index,
            "trial": self.trial,
            "format": self.format,
            "taxonomy": self.taxonomy,
        }
        if self.native:
            own["native"] = self.native
        if self.notes:
            own["notes"] = list(self.notes)
        if self.versions:
            own["versions"] = self.versions
        return {"@timestamp": rfc3339(self.time), **self.ecs, "saqshy": own}


def event_from(document: Json) -> Event:
    """Read what ``Event.document`` gave; ValueError where a document is none."""
    try:
        own = document["saqshy"]
        ecs = {key: value for key, value in document.items() if key not in ("@timestamp", "saqshy")}
        return Event(
            batch=own["batch"],
            index=own["index"],
            object_id=own["object_id"],
            source_id=own["source_id"],
            time=instant(document["@timestamp"]),
            received_at=instant(own["received_at"]),
            time_confidence=TimeConfidence(own["time_confidence"]),
            original_hash=own["original_hash"],
            format=own["format"],
            taxonomy=own.get("taxonomy", "generic"),
            ecs=ecs,
            native=own.get("native", {}),
            trial=own["trial"],
            notes=tuple(own.get("notes", ())),
            versions=own.get("versions", {}),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"is no event as Saqshy writes it: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Match:
    """One rule fired on one event. ``fields`` holds what it matched on and what windows need.

    ``outcome`` is how the event says that it ended: success, failure, or "" where it does not say.
    """

    rule_id: str
    event_id: str
    time: Instant
    host: str
    fields: Json
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one batch said about its object; small and bounded, also when nothing matched.

    ``counts`` is by kind of event ("dataset/code"); ``withheld`` lists (event id, time, kind) of
    records whose content was not kept, or why records were refused. ``dropped`` counts matches
    beyond the bound, ``records`` those that the batch holds.
    """

    batch_id: str
    kind: BatchKind
    object_id: str
    source_id: str
    sequence: int
    previous: int
    received_at: Instant
    revisions: Revisions
    event_count: int = 0
    failure_count: int = 0
    first_event_at: Instant = 0
    last_event_at: Instant = 0
    counts: dict[str, int] = field(default_factory=dict)
    matches: tuple[Match, ...] = ()
    withheld: tuple[tuple[str, Instant, str], ...] = ()
    dropped: int = 0
    records: int = 0
