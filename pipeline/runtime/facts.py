"""What the registry says of an event's object at the event's time, as ECS fields.

``organization`` is the party that answers for the object: who holds its system, else who owns it.
``labels`` are the object's code, branch, standing and flags, the words of the norms that bind it
(``bound_by``), and the borders that the event crosses (``crossing``), in ECS' one place for facts
of one's own. These names are the registry's alone: what a sender wrote under them does not stand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.model import CROSSING, Event, Json
from pipeline.normalize.enrichment import merge
from pipeline.normalize.enrichment.crossings import Borders, crossings
from pipeline.registry import ObjectRecord, Registry
from pipeline.registry.moments import LATEST
from pipeline.runtime.borders import borders_of, bound_by
from pipeline.runtime.spans import Spans

_ANSWERABLE = (
    "system.holder", "system.owner", "infrastructure.holder", "infrastructure.owner",
    "resource.holder", "resource.owner", "system.operator", "infrastructure.operator",
    "resource.operator",
)  # fmt: skip
LABELS = frozenset(
    {
        "object", "object_code", "sector", "critical", "stage", "ownership", "state_body",
        "e_government", "personal_data", "bound_by", "crossing",
    }
)  # fmt: skip
"""The labels that only the registry gives."""
_NOTHING: Json = {}


@dataclass(frozen=True, slots=True)
class _Known:
    """What holds of one object between two changes: fields of its events, and its borders."""

    fields: Json
    borders: Borders | None


_UNKNOWN = _Known(_NOTHING, None)
_Span: TypeAlias = tuple[int, int, _Known]  # from, until, and what holds between


@dataclass(frozen=True, slots=True)
class Facts:
    """Adds an object's facts; what was found holds from one change of the registry to the next."""

    registry: Registry
    record_at: Callable[[str, int], ObjectRecord | None]
    spans: Spans = field(init=False)
    _known: dict[tuple[str, int], _Known] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spans", Spans(self.registry))

    def __call__(self, events: Sequence[Event]) -> None:
        """Add the facts about each event's object at the event's time.

        Events share them: nothing behind enrichment changes an event.
        """
        object_id, begin, end = "", LATEST, LATEST
        facts: Json = {}
        for event in events:
            if not begin <= event.time < end or event.object_id != object_id:
                object_id = event.object_id
                begin, end, known = self._span(object_id, event.time)
                facts = known.fields
            ecs = event.ecs
            if "labels" in ecs or "organization" in ecs:
                _lay_over(ecs, facts)
            else:
                ecs.update(facts)

    def cross(self, events: Sequence[Event]) -> None:
        """Say of each event which borders of its object it crosses; most cross none.

        Called behind what enrichment knows of places, since some borders are the country's.
        """
        object_id, begin, end = "", LATEST, LATEST
        borders: Borders | None = None
        for event in events:
            if not begin <= event.time < end or event.object_id != object_id:
                object_id = event.object_id
                begin, end, known = self._span(object_id, event.time)
                borders = known.borders
            if borders is None or borders.needs.isdisjoint(event.ecs):
                continue
            crossed = crossings(event, borders)
            if crossed:
                event.ecs["labels"] = event.ecs.get("labels", {}) | {"crossing": crossed}
                event.notes = (*event.notes, CROSSING)

    def _span(self, object_id: str, at: int) -> _Span:
        begin, end, place = self.spans(object_id, at)
        known = self._known.get((object_id, place))
        if known is None:
            known = self._known[object_id, place] = self._known_of(object_id, at)
        return begin, end, known

    def _known_of(self, object_id: str, at: int) -> _Known:
        record = self.record_at(object_id, at)
        if record is None:
            return _UNKNOWN
        bound = bound_by(record, self.registry, at)
        labels = _labels(record, bound, at)
        given = {"labels": labels, "organization": self._organization(record)}
        fields = {name: value for name, value in given.items() if value}
        return _Known(fields, borders_of(record, bound))

    def _organization(self, record: ObjectRecord) -> Json:
        party_id = next(filter(None, map(record.party_at, _ANSWERABLE)), None)
        party = self.registry.party(party_id) if party_id else None
        if party_id is None:
            return {}
        return {"id": party_id, **({"name": party.names.within("en")} if party else {})}


def _labels(record: ObjectRecord, bound: frozenset[str], at: int) -> Json:
    sector = record.sector or (record.critical.sector if record.critical else None)
    flags = record.flags(at)
    labels = {
        "object": record.names.within("en") if record.names else "",
        "object_code": record.code,
        "sector": sector or "",
        "stage": record.stage or "",
        "ownership": record.ownership or "",
        "bound_by": sorted(bound),
    }
    standing = ("critical", "state_body", "e_government", "personal_data")
    labels.update({name: "true" for name in standing if name in flags})
    return {name: value for name, value in labels.items() if value}


def _lay_over(ecs: Json, facts: Json) -> None:
    """Add facts to an event that has labels or an organization of its own, which stays."""
    theirs = ecs.pop("labels", None)
    given = theirs if isinstance(theirs, dict) else {}
    kept = {name: value for name, value in given.items() if name not in LABELS}
    merge(ecs, {**facts, "labels": kept | facts.get("labels", {})})
