"""What of a stretch of the journal leaves in a stream of events, decided at each attempt.

Every event is asked about anew: whether the law has it streamed, by the record and the rows at its
own time as they are known now; whether its object is attested open now; whether it bears a secrecy
mark by today's words (SPEC 4, 5). What is left out is counted by reason, and the reason stays here.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from connectors.sinks.peer_link import Consignment
from pipeline.assess.event_routes import STREAM, EventRoutes
from pipeline.model import BatchKind, Json, Notice, RawBatch, Recipient, Tri
from pipeline.model.event import event_from
from pipeline.normalize.nested import nests
from pipeline.notify.streaming import (
    Place,
    room_of,
    stream_content,
    stretch_of,
    told_event,
)
from pipeline.ports import Stores
from pipeline.registry import Registry, decide
from pipeline.registry.second_guard import SecondGuard
from pipeline.runtime.knowledge import Knowledge
from pipeline.runtime.spill_records import released

READ_AHEAD = 16  # batches of the journal at once
HELD, SUSPECTED, NOT_CONCERNED = "held", "suspected", "not_concerned"
REASONS = (HELD, SUSPECTED, NOT_CONCERNED)
LeftOut = Callable[[Recipient, Mapping[str, int]], None]


@dataclass(frozen=True, slots=True)
class Rules:
    """What one knowledge says of streams."""

    registry: Registry
    routes: EventRoutes
    guard: SecondGuard


@dataclass(slots=True)
class Ruling:
    """Gives the rules of the knowledge in force; made once for each."""

    knowledge: Callable[[], Knowledge]
    _held: tuple[Knowledge, Rules] | None = field(default=None)

    def __call__(self) -> Rules:
        """Give today's rules."""
        known, held = self.knowledge(), self._held
        if held is None or held[0] is not known:
            routes = EventRoutes(known.pack, known.registry)
            guard = SecondGuard(known.registry.marks, nests)
            held = self._held = (known, Rules(known.registry, routes, guard))
        return held[1]


def _unwatched(recipient: Recipient, left_out: Mapping[str, int]) -> None:
    """Watch nothing."""


@dataclass(frozen=True, slots=True)
class StreamContent:
    """Writes a stream's notice as it may leave at an instant; ``told`` hears what is left out."""

    stores: Stores
    rules: Callable[[], Rules]
    centre: str
    told: LeftOut = _unwatched

    def __call__(self, notice: Notice, now: int) -> Consignment:
        """Give content and what is audited beside it; StoreError where the store does not read."""
        left_out: Counter[str] = Counter()
        rules = self.rules()
        room = room_of(int(notice.payload["records"]))
        lines = [
            told_event(event, code, fields, room)
            for event, code, fields in self._events(notice, rules, now, left_out)
        ]
        self.told(notice.recipient, left_out)
        beside: Json = {"events": len(lines), "left_out": dict(sorted(left_out.items()))}
        return Consignment(notice.id, stream_content(notice, self.centre, lines), beside)

    def _events(
        self, notice: Notice, rules: Rules, now: int, left_out: Counter[str]
    ) -> Iterator[tuple[Json, str, frozenset[str]]]:
        """Give each event that may leave, with its object's code and the fields allowed."""
        to = notice.recipient
        for batch, documents in self._stretch(notice, rules):
            record = rules.registry.object(batch.object_id, now)
            decision = decide(record, now, marked=Tri.NO, suspected=Tri.NO)
            if record is None or decision.decision != "open":
                left_out[HELD] += len(documents)
                continue
            events = [event_from(one) for one in documents]
            stopped = {*rules.guard(events, batch.records)} - released(batch)
            for document, event in zip(documents, events, strict=True):
                scope = rules.routes.scope(STREAM, to, batch.object_id, event.time)
                if scope is None:
                    left_out[NOT_CONCERNED] += 1
                elif event.index in stopped:
                    left_out[SUSPECTED] += 1
                else:
                    yield document, record.code or record.id, scope.fields

    def _stretch(self, notice: Notice, rules: Rules) -> Iterator[tuple[RawBatch, list[Json]]]:
        """Give the batches of a stretch that may concern the recipient, with their events."""
        begin, end = stretch_of(notice)
        for position, batch in journalled(self.stores, begin.position, end):
            if not concerns(rules, notice.recipient, batch):
                continue
            first = begin.index if position == begin.position else 0
            last = end.index if position == end.position else len(batch.records)
            lines = self.stores.events.of_batch(batch.id)
            found = (orjson.loads(line) for line in lines)
            documents = [one for one in found if first <= one["saqshy"]["index"] < last]
            if documents:
                yield batch, documents


def concerns(rules: Rules, recipient: Recipient, batch: RawBatch) -> bool:
    """Tell whether any record of a batch could be streamed to somebody: a bound."""
    raw = batch.kind is BatchKind.RAW
    return raw and rules.routes.ever(STREAM, recipient, batch.object_id)


def journalled(stores: Stores, position: int, end: Place) -> Iterator[tuple[int, RawBatch]]:
    """Give the journal's batches from a position on that lie before a place, in order."""
    while Place(position) < end:
        rows = stores.journal.read(position - 1, READ_AHEAD)
        for at, batch in rows:
            if Place(at) >= end:
                return
            yield at, batch
        if not rows:
            return
        position = rows[-1][0] + 1
