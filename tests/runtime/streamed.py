"""A stream of events over stores in memory: what tests of streaming journal, deliver and lose."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.sinks.event_stream import EventStreamSink
from connectors.sinks.peer_memory import MemoryLine
from connectors.stores.memory import open_memory
from pipeline.assess import Pack
from pipeline.assess.event_routes import EventRoutes
from pipeline.model import (
    NANOSECONDS,
    BatchKind,
    Event,
    Notice,
    NoticeState,
    RawBatch,
    Recipient,
    TimeConfidence,
    identity,
)
from pipeline.normalize.nested import nests
from pipeline.notify import Backoff, Courier
from pipeline.notify.streaming import Bounds, stream_id
from pipeline.ports import Sink, Stores
from pipeline.registry import Names, ObjectRecord, Party, Registry, make_registry
from pipeline.registry.second_guard import SecondGuard
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.spill_removal import remove
from pipeline.runtime.streaming import Streamer
from pipeline.runtime.streaming_content import Rules, StreamContent
from pipeline.runtime.telemetry import Silent
from tests.assess.making import kz
from tests.registry.making import AT, record

NCC = Recipient("ncc", "kz-ncc")
STATE, PRIVATE = "akimat", "plant"
HOUR = 3600 * NANOSECONDS
INDUSTRIAL = {"lifecycle": {"stage": "industrial"}}


def registry(**state: Any) -> Registry:
    """Give a state body's object, one that is none, and the coordination centre."""
    return registry_of(
        record(STATE, code="AKIM-01", state_body=True, **{**INDUSTRIAL, **state}),
        record(PRIVATE, code="PLANT-1", **INDUSTRIAL),
    )


def registry_of(*records: ObjectRecord) -> Registry:
    """Give objects, and the centres that events are streamed to."""
    return make_registry(
        records,
        [
            Party(id="kz-ncc", names=Names(kk="ҰҮО", ru="НКЦИБ"), roles=("ncc",)),
            Party(id="fin", names=Names(kk="Салалық", ru="Отрасль"), roles=("sectoral_centre",)),
        ],
    )


@dataclass
class Stream:
    """Stores, a streamer over them and a receiver in memory; ``now`` moves by hand."""

    pack: Pack = field(default_factory=kz)
    world: Registry = field(default_factory=registry)
    bounds: Bounds = field(default_factory=lambda: Bounds(5, 1_000))
    stores: Stores = field(default_factory=open_memory)
    line: MemoryLine = field(default_factory=MemoryLine)
    clock: StoryClock = field(default_factory=lambda: StoryClock(AT))
    role: str = "ncc"
    left_out: dict[str, int] = field(default_factory=dict)
    _batches: int = 0
    _rules: Rules | None = None

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start anew over the same stores, as after a kill."""
        self.streamer = Streamer(
            stores=self.stores,
            rules=self.rules,
            clock=self.clock,
            telemetry=Silent(),
            channels={self.role: "stream"},
            bounds=self.bounds,
            linger=0,
        )
        content = StreamContent(self.stores, self.rules, "OCIB", self._told)
        sink: Sink = EventStreamSink("stream", self.line, content)
        self.courier = Courier({"stream": sink}, Backoff(1.0, 10.0, 1000, 12))

    def _told(self, _recipient: Recipient, reasons: Any) -> None:
        for reason, count in reasons.items():
            self.left_out[reason] = self.left_out.get(reason, 0) + count

    def rules(self) -> Rules:
        """Give what holds today."""
        if self._rules is None or self._rules.registry is not self.world:
            routes = EventRoutes(self.pack, self.world)
            self._rules = Rules(self.world, routes, SecondGuard(self.world.marks, nests))
        return self._rules

    def journal(
        self,
        count: int,
        object_id: str = STATE,
        times: Sequence[int] = (),
        native: dict[str, Any] | None = None,
        **ecs: Any,
    ) -> RawBatch:
        """Have a batch journalled, its events kept, and its outcome committed."""
        self._batches += 1
        at = self.clock.now()
        batch = RawBatch(
            id=identity("batch", object_id, self._batches),
            object_id=object_id,
            source_id="dc",
            sequence=self._batches,
            previous=self._batches - 1,
            received_at=at,
            reference_at=at,
            format="json",
            records=tuple(b'{"n": %d}' % n for n in range(count)),
            kind=BatchKind.RAW,
        )
        with self.stores.database.transaction():
            position = self.stores.journal.append("wire", [batch])
            events = [
                event(batch, index, times[index] if times else at, ecs, native or {})
                for index in range(count)
            ]
            self.stores.events.add(batch, events)
            self.stores.journal.commit(position)
        return batch

    def purge(self, batch: RawBatch, index: int) -> None:
        """Take a record out of the stores, as after a spill."""
        with self.stores.database.transaction():
            remove(self.stores.carriers, batch.id, (index,))

    def last(self) -> Notice | None:
        """Give the stream's newest notice."""
        return next(iter(self.stores.outbox.list(stream_id(self.recipient), last=1)), None)

    def closed(self) -> tuple[Notice, dict[str, Any]]:
        """Give the stream's newest notice, which has its receipt, and what that says."""
        notice = self.last()
        assert notice is not None
        assert notice.receipt is not None
        return notice, notice.receipt.body

    @property
    def recipient(self) -> Recipient:
        """Give whose stream it is."""
        return NCC if self.role == "ncc" else Recipient("sectoral_centre", "fin")

    def deliver(self, *, killed: bool = False) -> Notice | None:
        """Attempt what is on its way; ``killed``: the outcome is lost behind the delivery."""
        before = self.last()
        if before is None or before.state not in {NoticeState.PENDING, NoticeState.FAILED}:
            return before
        after = self.courier.attempt(before, self.clock.now())
        if not killed:
            assert self.stores.outbox.change(before, after)
        return after

    def drain(self) -> None:
        """Stream until nothing is left."""
        self.line.down = False
        for _ in range(200):
            rests = self._rests()
            made, more = self.streamer.step()
            self.deliver()
            if rests and not made and not more:
                return
        raise AssertionError("the stream does not end")

    def _rests(self) -> bool:
        last = self.last()
        return last is None or last.receipt is not None

    def heads(self) -> list[dict[str, Any]]:
        """Give the heads of what the receiver holds, in the order of arrival."""
        return [orjson.loads(one.partition(b"\n")[0]) for one in self.line.held.values()]

    def received(self) -> list[dict[str, Any]]:
        """Give every event that the receiver holds, in the order of arrival."""
        return [
            orjson.loads(line) for one in self.line.held.values() for line in one.split(b"\n")[1:-1]
        ]


def event(
    batch: RawBatch, index: int, at: int, ecs: dict[str, Any], native: dict[str, Any]
) -> Event:
    """Make the event of a record, with what must not leave beside what may."""
    return Event(
        batch=batch.id,
        index=index,
        object_id=batch.object_id,
        source_id=batch.source_id,
        time=at,
        received_at=batch.received_at,
        time_confidence=TimeConfidence.EXACT,
        original_hash="00" * 32,
        format="json",
        taxonomy="generic",
        ecs={
            "event": {"code": "4625", "reason": "S. Tulegen was here"},
            "user": {"name": "s.tulegen", "email": "s@example.kz"},
            "source": {"ip": "203.0.113.9"},
            "process": {"command_line": "su tulegen", "name": "su"},
            **ecs,
        },
        native={"SubjectUserName": "tulegen", **native},
    )
