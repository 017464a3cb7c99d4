"""Streams of events kept flowing: the next stretch enters the outbox when the last has a receipt.

The newest acknowledged notice is the cursor, and no more than one notice of a stream is on its way.
While the recipient is down nothing piles up: the journal and the event store hold what is owed, and
it is read from there when the line is back.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from pipeline.assess.event_routes import STREAM
from pipeline.model import Notice, NoticeState, RawBatch, Recipient
from pipeline.notify.streaming import (
    Bounds,
    Ground,
    Place,
    Stretched,
    newest,
    stream_id,
    stream_notice,
    stretch_of,
)
from pipeline.ports import Clock, Stores, Telemetry
from pipeline.runtime.chainer import audited
from pipeline.runtime.notice_drafts import notice_draft
from pipeline.runtime.streaming_content import READ_AHEAD, Rules, concerns

log = structlog.get_logger("saqshy.streaming")
IDLE_SECONDS = 0.25
HURRIED_SECONDS = 0.02
LOOKED_AT = 50  # of a stream's latest notices, among which may be pages
EMPTY_STRETCH = 10_000  # batches passed without a record after which the cursor moves all the same
_DONE = frozenset({NoticeState.ACKNOWLEDGED, NoticeState.SENT})


@dataclass(slots=True)
class Front:
    """Where a stream stands, in memory: all of it follows from the outbox and the journal.

    ``begin`` is where the growing stretch began. ``counted`` is up to where records were counted,
    ``owed`` those of them that have no receipt yet; ``on_way`` are a notice's, ``since`` when the
    oldest of them was received.
    """

    begin: Place
    stretch: Stretched
    counted: Place
    owed: int = 0
    on_way: int = 0
    since: int = 0
    sent: str = ""


@dataclass(frozen=True, slots=True)
class Lag:
    """What a stream owes: records counted so far, and since when the oldest waits (ns, 0: none)."""

    role: str
    records: int
    since: int


@dataclass(slots=True)
class Streamer:
    """Makes streams' notices; ``channels`` gives by role where a stream goes.

    ``linger`` is how long (ns) a batch waits for more.
    """

    stores: Stores
    rules: Callable[[], Rules]
    clock: Clock
    telemetry: Telemetry
    channels: Mapping[str, str]
    bounds: Bounds
    linger: int
    _fronts: dict[Recipient, Front] = field(default_factory=dict)

    def run(self, stop: threading.Event, posted: Callable[[], None]) -> None:
        """Make what is due until told to stop; ``posted`` is told of each new notice."""
        while not stop.is_set():
            made, hurried = self.step()
            if made:
                posted()
            stop.wait(HURRIED_SECONDS if made or hurried else IDLE_SECONDS)

    def step(self) -> tuple[int, bool]:
        """Make what is due; give how many notices, and whether more may be due at once."""
        if not self.channels:
            return 0, False
        rules, made, hurried = self.rules(), 0, False
        for recipient in rules.routes.recipients(STREAM):
            if recipient.role not in self.channels:
                continue
            notice, more = self._advance(recipient, rules)
            made += notice
            hurried |= more
        return made, hurried

    def lags(self) -> list[Lag]:
        """Give what each stream owes, by recipient."""
        found = []
        for recipient, front in list(self._fronts.items()):
            waiting = front.since or front.stretch.since
            found.append(Lag(recipient.role, front.owed, waiting if front.owed else 0))
        return found

    def _advance(self, recipient: Recipient, rules: Rules) -> tuple[int, bool]:
        last = self._last(recipient)
        front = self._front(recipient, last)
        more = self._grow(front, recipient, rules)
        more |= self._count(front, recipient, rules)
        if last is not None and last.state not in _DONE:
            return 0, front.stretch.full
        if front.sent:  # what was on its way has its receipt
            front.owed, front.on_way, front.since, front.sent = (
                max(0, front.owed - front.on_way), 0, 0, "",
            )  # fmt: skip
        if not self._due(front):
            return 0, more
        self._make(recipient, last, front, rules)
        return 1, True

    def _last(self, recipient: Recipient) -> Notice | None:
        stream = stream_id(recipient)
        last = newest(self.stores.outbox.list(stream, last=LOOKED_AT))
        return last or newest(self.stores.outbox.list(stream))

    def _front(self, recipient: Recipient, last: Notice | None) -> Front:
        front = self._fronts.get(recipient)
        if front is None:
            end = stretch_of(last)[1] if last is not None else Place()
            front = self._fronts[recipient] = Front(end, Stretched(end), end)
            if last is not None and last.state not in _DONE:
                front.on_way = front.owed = int(last.payload["records"])
                front.sent, front.since = last.id, last.created_at
        return front

    def _grow(self, front: Front, recipient: Recipient, rules: Rules) -> bool:
        """Read on until the stretch is full; give whether there is more to read."""
        if front.stretch.full:
            return False
        rows = self._read(front.stretch.end)
        for position, batch in rows:
            if not concerns(rules, recipient, batch):
                front.stretch = front.stretch.over(position)
                continue
            lengths = [len(record) for record in batch.records]
            front.stretch = front.stretch.grown(position, lengths, batch.received_at, self.bounds)
            if front.stretch.full:
                break
        return len(rows) == READ_AHEAD

    def _count(self, front: Front, recipient: Recipient, rules: Rules) -> bool:
        """Count what is owed behind what was counted; give whether there is more to count."""
        rows = self._read(front.counted)
        for position, batch in rows:
            if concerns(rules, recipient, batch):
                passed = front.counted.index if position == front.counted.position else 0
                front.owed += len(batch.records) - passed
            front.counted = Place(position + 1)
        return len(rows) == READ_AHEAD

    def _read(self, place: Place) -> list[tuple[int, RawBatch]]:
        """Give the next batches whose events are kept."""
        kept = self.stores.journal.committed()
        rows = self.stores.journal.read(place.position - 1, READ_AHEAD)
        return [row for row in rows if row[0] <= kept]

    def _due(self, front: Front) -> bool:
        stretch = front.stretch
        if stretch.full:
            return True
        if stretch.records:
            return self.clock.now() - stretch.since >= self.linger
        return stretch.end.position - front.begin.position >= EMPTY_STRETCH

    def _make(self, recipient: Recipient, last: Notice | None, front: Front, rules: Rules) -> None:
        now = self.clock.now()
        basis, set_by = rules.routes.ground(STREAM, recipient.role, now)
        ground = Ground(self.channels[recipient.role], basis, set_by)
        notice = stream_notice(recipient, last, front.stretch, ground, now)
        with self.stores.database.transaction():
            self.stores.outbox.put([notice])
            audited(self.stores.audit, [notice_draft(notice, now)])
        self.telemetry.notice_made(notice.leg, recipient.role)
        log.debug("stream.made", stream=notice.incident_id, number=notice.revision)
        front.sent, front.on_way, front.since = (
            notice.id,
            front.stretch.records,
            front.stretch.since,
        )
        front.begin, front.stretch = front.stretch.end, Stretched(front.stretch.end)
