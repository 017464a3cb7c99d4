"""Questions to the stores in memory: every row is opened, which is what the others are held to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

import orjson

from connectors.stores.asking import (
    Place,
    as_facets,
    as_histogram,
    checked_step,
    cursor,
    in_span,
    name_of,
    order_of,
    own_time,
    place_after,
    tally,
    with_id,
)
from connectors.stores.compression import expand
from connectors.stores.memory import (
    MemoryAuditStore,
    MemoryDeadLetters,
    MemoryEventStore,
    MemoryIncidentStore,
)
from connectors.stores.memory_outbox import MemoryOutbox
from connectors.stores.tables import MemoryDatabase
from pipeline.errors import StoreError
from pipeline.model import Json, to_json
from pipeline.model.conditions import EVERYTHING, Condition
from pipeline.model.holding import holds
from pipeline.ports import Stores
from pipeline.ports.searching import Ask, Count, Facets, Histogram, Kind, Page

_Store = TypeVar("_Store")


class MemorySearch:
    """``ports.searching.Search`` over ``open_memory``; each answer is exact and complete."""

    def __init__(self, stores: Stores) -> None:
        self._database = _of(stores.database, MemoryDatabase)
        self._events = _of(stores.events, MemoryEventStore)
        self._incidents = _of(stores.incidents, MemoryIncidentStore)
        self._outbox = _of(stores.outbox, MemoryOutbox)
        self._audit = _of(stores.audit, MemoryAuditStore)
        self._failures = _of(stores.dead_letters, MemoryDeadLetters)

    def page(self, ask: Ask) -> Page:
        """Give one page."""
        found = self._sorted(ask)
        rows = found[: ask.limit]
        more = len(found) > ask.limit
        return Page([data for _, data in rows], cursor(ask, rows[-1][0]) if more else "")

    def every(self, ask: Ask) -> Iterator[bytes]:
        """Give all rows that fit, in order."""
        return (data for _, data in self._sorted(ask))

    def one(self, kind: Kind, row_id: str, where: Condition = EVERYTHING) -> bytes | None:
        """Give one document; None where there is none that fits."""
        for data, document in self._rows(kind):
            if name_of(kind, document) == row_id:
                return data if holds(where, document) else None
        return None

    def revisions(self, kind: Kind, row_id: str) -> Sequence[bytes]:
        """Give every revision of a finding or incident, oldest first."""
        if kind not in {Kind.FINDINGS, Kind.INCIDENTS}:
            raise ValueError(f"{kind} have no revisions")
        held = self._incidents
        table = held.findings if kind is Kind.FINDINGS else held.incidents
        revisions = table.get(row_id, {})
        return [revisions[number] for number in sorted(revisions)]

    def count(self, ask: Ask) -> Count:
        """Count what fits."""
        return Count(sum(1 for _ in self._fitting(ask)))

    def facets(self, ask: Ask, fields: Sequence[str], most: int = 20) -> Facets:
        """Count the values of fields."""
        return as_facets(tally((document for _, document in self._fitting(ask)), fields), most)

    def histogram(self, ask: Ask, step: int) -> Histogram:
        """Count by time."""
        step = checked_step(step)
        times = (own_time(ask.kind, document) for _, document in self._fitting(ask))
        return as_histogram(ask, step, Counter(time // step for time in times), exact=True)

    def mark(self) -> str:
        """Give a value that changes when anything was added or changed."""
        with self._database.turn:
            self._database.check()
            return str(self._database.changes)

    def close(self) -> None:
        """Let go of nothing: the stores are their owner's."""

    def _sorted(self, ask: Ask) -> list[tuple[Place, bytes]]:
        order, after = order_of(ask), place_after(ask)
        found = [(order.place(document), data) for data, document in self._fitting(ask)]
        if after is not None:
            found = [one for one in found if order.behind(one[0], after)]
        return sorted(found, key=lambda one: one[0], reverse=ask.descending)

    def _fitting(self, ask: Ask) -> Iterator[tuple[bytes, Json]]:
        for data, document in self._rows(ask.kind):
            if in_span(ask, own_time(ask.kind, document)) and holds(ask.where, document):
                yield data, document

    def _rows(self, kind: Kind) -> Iterator[tuple[bytes, Json]]:
        return ((data, orjson.loads(data)) for data in self._bodies(kind))

    def _bodies(self, kind: Kind) -> Iterator[bytes]:
        match kind:
            case Kind.EVENTS:
                for _, block in self._events.blocks.snapshot():
                    yield from expand(block.data).split(b"\n")
            case Kind.FINDINGS | Kind.INCIDENTS:
                held = self._incidents
                table = held.findings if kind is Kind.FINDINGS else held.incidents
                for _, revisions in table.snapshot():
                    yield revisions[max(revisions)]
            case Kind.NOTICES:
                yield from (data for _, data in self._outbox.notices.snapshot())
            case Kind.AUDIT:
                yield from (data for _, data in self._audit.entries.snapshot())
            case Kind.FAILURES:
                for failure_id, failure in self._failures.failures.snapshot():
                    yield with_id(failure_id, to_json(failure))


def _of(store: object, kind: type[_Store]) -> _Store:
    if not isinstance(store, kind):
        raise StoreError(f"{type(store).__name__} is no store in memory: open its own search")
    return store
