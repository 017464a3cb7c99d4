"""Events read under a role: whose, and which of their fields.

The centre's own analysts read what the centre stores; a role that the law lets read (the pack's
rows of the effect ``read``) the events of those objects at those times alone; every other role
finds nothing, as if there were nothing (SPEC 6). People stay masked: the closed list of fields
names none. Whoever asks leaves the record of it first (``reads``).
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import orjson

from pipeline.assess.event_routes import READ, STORE, EventRoutes, fields_of
from pipeline.assess.pack import Pack
from pipeline.model import Json, Recipient, Tri, instant
from pipeline.model.conditions import EVERYTHING, Condition
from pipeline.model.holding import holds
from pipeline.notify.streaming import MOST_CONTENT, told_event
from pipeline.ports import EventStore
from pipeline.registry import Registry, decide

ANALYSTS = ("analyst", "duty_lead")  # of the centre itself
CENTRE = "operations_centre"
MOST_SHOWN = 1_000
MOST_LOOKED_AT = 1_000_000  # documents of one object, for one read


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: of one object (None: of all), in [begin, end) of event time (ns).

    ``where`` is asked of what the role is shown: a field that it is not shown is like nothing.
    """

    begin: int
    end: int
    object_id: str | None = None
    limit: int = 100
    where: Condition = EVERYTHING


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads a store's events for one role, under the pack and the registry of today.

    ``now`` (nanoseconds) is when it reads: nothing of an object that is not attested then is shown.
    """

    pack: Pack
    registry: Registry
    role: str
    now: int

    def list(self, events: EventStore, query: Query) -> list[Json]:
        """Give events by their time, oldest first."""
        readers, routes = self._readers(), EventRoutes(self.pack, self.registry)
        of = (query.object_id,) if query.object_id is not None else tuple(self.registry.histories)
        chosen = [one for one in of if self._may_be(one, readers, routes)]
        found = (self._of(events, one, query, readers, routes) for one in chosen)
        merged = heapq.merge(*found, key=lambda one: (one["@timestamp"], one["id"]))
        return list(islice(merged, min(query.limit, MOST_SHOWN)))

    def show(self, events: EventStore, event_id: str) -> Json | None:
        """Give one event by its id; None where there is none, or none for this role."""
        data = events.get([event_id]).get(event_id)
        if data is None:
            return None
        document = orjson.loads(data)
        object_id, routes = document["saqshy"]["object_id"], EventRoutes(self.pack, self.registry)
        if not self._may_be(object_id, self._readers(), routes):
            return None
        return self._told(document, object_id, self._readers(), routes)

    def _readers(self) -> tuple[str, Sequence[Recipient]]:
        """Give by which effect, and as whom, this role reads."""
        effect, role = (STORE, CENTRE) if self.role in ANALYSTS else (READ, self.role)
        return effect, [Recipient(role, party) for party in self.registry.in_role(role)]

    def _may_be(
        self, object_id: str, readers: tuple[str, Sequence[Recipient]], routes: EventRoutes
    ) -> bool:
        record = self.registry.object(object_id, self.now)
        if decide(record, self.now, marked=Tri.NO, suspected=Tri.NO).decision != "open":
            return False
        return any(routes.ever(readers[0], one, object_id) for one in readers[1])

    def _of(
        self,
        events: EventStore,
        object_id: str,
        query: Query,
        readers: tuple[str, Sequence[Recipient]],
        routes: EventRoutes,
    ) -> Iterator[Json]:
        for data in events.search(object_id, query.begin, query.end, MOST_LOOKED_AT):
            told = self._told(orjson.loads(data), object_id, readers, routes)
            if told is not None and holds(query.where, _as_asked(told, object_id)):
                yield told

    def _told(
        self,
        document: Json,
        object_id: str,
        readers: tuple[str, Sequence[Recipient]],
        routes: EventRoutes,
    ) -> Json | None:
        effect, recipients = readers
        at = instant(document["@timestamp"])
        record = self.registry.object(object_id, self.now)
        for one in recipients:
            if record is not None and routes.scope(effect, one, object_id, at) is not None:
                fields = fields_of(self.pack.at(self.now), READ, one.role)
                code = record.code or record.id
                told: Json = orjson.loads(told_event(document, code, fields, MOST_CONTENT))
                return told
        return None


def _as_asked(told: Json, object_id: str) -> Json:
    """Give what is shown of an event in the form in which questions name fields."""
    document: Json = {"id": told["id"], "@timestamp": told["@timestamp"]}
    for name, value in told["fields"].items():
        held, *below = reversed(name.split("."))
        branch = document
        for part in reversed(below):
            branch = branch.setdefault(part, {})
        branch[held] = value
    own = {"object_id": object_id, "source_id": told["source"]}
    return {**document, "saqshy": {**document.get("saqshy", {}), **own}}
