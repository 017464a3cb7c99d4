"""What the registry says of an event's object at the event's time, as ECS fields.

``organization`` is the party that answers for the object: who holds its system, else who owns it.
``labels`` are the object's code, branch and standing, in ECS' one place for facts of one's own.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.model import Event, Json
from pipeline.normalize.enrichment import merge
from pipeline.registry import ObjectRecord, Registry
from pipeline.registry.moments import EARLIEST, LATEST

_ANSWERABLE = (
    "system.holder", "system.owner", "infrastructure.holder", "infrastructure.owner",
    "resource.holder", "resource.owner", "system.operator", "infrastructure.operator",
    "resource.operator",
)  # fmt: skip
_NOTHING: Json = {}
_Span: TypeAlias = tuple[int, int, Json]  # from, until, and what holds between


@dataclass(frozen=True, slots=True)
class Facts:
    """Adds an object's facts; what was found holds from one change of the registry to the next."""

    registry: Registry
    record_at: Callable[[str, int], ObjectRecord | None]
    _changes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _known: dict[tuple[str, int], Json] = field(default_factory=dict)

    def __call__(self, events: Sequence[Event]) -> None:
        """Add the facts about each event's object at the event's time; what it has stays.

        Events share them: nothing behind enrichment changes an event.
        """
        object_id, begin, end = "", LATEST, LATEST
        facts: Json = {}
        for event in events:
            if not begin <= event.time < end or event.object_id != object_id:
                object_id = event.object_id
                begin, end, facts = self._span(object_id, event.time)
            ecs = event.ecs
            if "labels" in ecs or "organization" in ecs:
                merge(ecs, facts)
            else:
                ecs.update(facts)

    def _span(self, object_id: str, at: int) -> _Span:
        changes = self._changes.get(object_id)
        if changes is None:
            changes = self._changes[object_id] = self._changes_of(object_id)
        place = bisect_right(changes, at)
        begin = changes[place - 1] if place else EARLIEST
        end = changes[place] if place < len(changes) else LATEST
        facts = self._known.get((object_id, place))
        if facts is None:
            facts = self._known[object_id, place] = self._facts(object_id, at)
        return begin, end, facts

    def _changes_of(self, object_id: str) -> tuple[int, ...]:
        history = self.registry.histories.get(object_id)
        if history is None:
            return ()
        found: set[int] = set()
        for begin, end, record in history.spans():
            found |= {begin, end}
            if record.critical is not None:
                listed = (record.critical.listed_at, record.critical.delisted_at)
                found.update(one for one in listed if one is not None)
        return tuple(sorted(found))

    def _facts(self, object_id: str, at: int) -> Json:
        record = self.record_at(object_id, at)
        if record is None:
            return _NOTHING
        facts: Json = {}
        organization = self._organization(record)
        if organization:
            facts["organization"] = organization
        sector = record.sector or (record.critical.sector if record.critical else None)
        labels = {
            "object": record.names.within("en") if record.names else "",
            "object_code": record.code,
            "sector": sector or "",
            "critical": "true" if "critical" in record.flags(at) else "",
            "stage": record.stage or "",
        }
        facts["labels"] = {name: text for name, text in labels.items() if text}
        return facts if facts["labels"] or organization else _NOTHING

    def _organization(self, record: ObjectRecord) -> Json:
        party_id = next(filter(None, map(record.party_at, _ANSWERABLE)), None)
        party = self.registry.party(party_id) if party_id else None
        if party_id is None:
            return {}
        return {"id": party_id, **({"name": party.names.within("en")} if party else {})}
