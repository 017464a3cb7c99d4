"""Due notices to sinks: a few at once, each outcome committed with its audit entry.

A lane (first notices of a channel, or all its others) claims what is due, so that no second
notifier sends it beside, hands it to threads, and records outcomes as they come: a slow recipient
holds up neither the lane nor what others have answered. A kill between sending and recording sends
once more, under the same id, and the notice counts it. An outcome that the store does not take is
kept and offered to it again, and not sent again.
"""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import structlog

from pipeline.incidents.audit import Draft
from pipeline.model import NANOSECONDS, Notice, NoticeState
from pipeline.notify import Courier
from pipeline.ports import Clock, Stores, Telemetry, Turn
from pipeline.runtime.chain import notice_draft
from pipeline.runtime.chainer import audited
from pipeline.runtime.gates import Gates

STEP_SECONDS = 0.05  # for which outcomes gather before they are recorded together
LEASE = 300 * NANOSECONDS  # longer than any delivery takes
DELIVERED = frozenset({NoticeState.ACKNOWLEDGED, NoticeState.SENT})
WAITING = frozenset({NoticeState.PENDING, NoticeState.FAILED})
log = structlog.get_logger("saqshy.dispatch")


def _unwatched(notice: Notice) -> None:
    """Watch nothing."""


def _no_page(notice: Notice, now: int) -> Notice | None:  # noqa: ARG001 (a page's signature)
    """Page nobody."""
    return None


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt: the notice as it was claimed and as it came back, when, and how long it took.

    ``after`` is None where it was put back untried.
    """

    before: Notice
    after: Notice | None
    at: int
    seconds: float


@dataclass(slots=True)
class Dispatcher:
    """Delivers what is due. ``owner`` tells notifiers apart; ``page`` tells of the dead."""

    stores: Stores
    courier: Courier
    clock: Clock
    telemetry: Telemetry
    watch: Callable[[Notice], None] = _unwatched
    gates: Gates = field(default_factory=Gates)
    owner: str = "notifier"
    page: Callable[[Notice, int], Notice | None] = _no_page

    @property
    def channels(self) -> tuple[str, ...]:
        """Give the channels that are set up, and those that notices still wait for."""
        asked = {one.channel for one in self.stores.outbox.list() if one.state in WAITING}
        return tuple(sorted({*self.courier.sinks, *asked}))

    def lane(self, channel: str | None = None, *, urgent: bool | None = None) -> "Lane":
        """Make a lane: through one channel or all, of first notices, of all others or of both."""
        return Lane(self, channel, urgent, ThreadPoolExecutor(self.gates.hands))

    def run_due(
        self, channel: str | None = None, stopping: Callable[[], bool] = lambda: False
    ) -> int:
        """Attempt what is due, through one channel or all; give how many attempts were made."""
        lane = self.lane(channel)
        try:
            made = lane.step(stopping)
            while lane.busy:
                made += lane.step(lambda: True)
            return made
        finally:
            lane.close()

    def attempt(self, notice: Notice) -> Attempted:
        """Make one attempt, or none where the line is not to be asked now."""
        now, started = self.clock.now(), time.perf_counter()
        if not self.gates.enter(notice, now):
            return Attempted(notice, None, now, 0.0)
        log.debug("send.begin", notice=notice.id)
        after = self.courier.attempt(notice, now)
        self._note_line(notice, after)
        return Attempted(notice, after, self.clock.now(), time.perf_counter() - started)

    def record(self, done: list[Attempted]) -> None:
        """Keep outcomes with their audit entries, all in one transaction."""
        log.debug("receipt.begin", count=len(done))
        kept: list[tuple[Attempted, Notice]] = []
        with self.stores.database.transaction():
            repeated = [one.before.channel for one in done if self._repeats(one.before)]
            for one in done:
                if one.after is None:
                    self.stores.outbox.change(one.before, one.before)
                else:
                    kept.append((one, self._kept(one, one.after)))
        log.debug("receipt.end", count=len(done))
        for channel in repeated:
            self.telemetry.delivery_repeated(channel)
        for one, after in kept:
            self.telemetry.delivery(one.before.channel, _outcome(after), one.seconds)
            self.watch(after)

    def _repeats(self, notice: Notice) -> bool:
        """Tell whether an attempt before this one was never recorded, and that not told yet."""
        if not notice.tried.unrecorded:
            return False
        stands = self.stores.outbox.get(notice.id)
        return stands is not None and stands.tried.unrecorded < notice.tried.unrecorded

    def _kept(self, one: Attempted, after: Notice) -> Notice:
        draft = attempt_draft(one.before, after, one.at)
        audited(self.stores.audit, [draft])
        head = self.stores.audit.head(after.object_id)
        if after.state in WAITING and head is not None:
            after = replace(after, tried=replace(after.tried, proof=head.hash))
        if not self.stores.outbox.change(one.before, after):
            self._outrun(one, after)
        elif after.state is NoticeState.DEAD:
            self._page(after, one.at)
        return after

    def _outrun(self, one: Attempted, after: Notice) -> None:
        """Another notifier was quicker: its word stands, unless only ours is a receipt."""
        stands = self.stores.outbox.get(after.id)
        if stands is not None and after.state in DELIVERED and stands.state not in DELIVERED:
            self.stores.outbox.change(stands, replace(after, attempts=stands.attempts + 1))
        log.info("notice.outrun", notice=one.before.id)

    def _page(self, dead: Notice, at: int) -> None:
        paged = self.page(dead, at)
        if paged is not None and self.stores.outbox.get(paged.id) is None:
            self.stores.outbox.put([paged])
            audited(self.stores.audit, [notice_draft(paged, at)])
            self.telemetry.notice_made(paged.leg, paged.recipient.role)

    def _note_line(self, before: Notice, after: Notice) -> None:
        channel, party = before.channel, before.recipient.party_id
        if after.state in DELIVERED or after.tried.last == "rejected":
            self.gates.answered(channel, party)
        elif after.attempts > before.attempts:
            self.gates.failed(channel, party, self.clock.now())


@dataclass(slots=True)
class Lane:
    """A channel's first notices, or its others: what is on its way, and what is to be recorded."""

    dispatcher: Dispatcher
    channel: str | None
    urgent: bool | None
    pool: ThreadPoolExecutor
    sending: dict[Future[Attempted], Notice] = field(default_factory=dict)
    done: list[Attempted] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """Tell whether anything is on its way or not recorded yet."""
        return bool(self.sending or self.done)

    def step(self, stopping: Callable[[], bool]) -> int:
        """Take what is due into free hands, and record what came back; give how many did."""
        made = self._record()
        if not stopping():
            self._take()
        if not self.sending:
            return made
        ready, _ = wait(self.sending, STEP_SECONDS, FIRST_COMPLETED)
        for one in ready:
            del self.sending[one]
            self.done.append(one.result())
        return made + self._record()

    def close(self) -> None:
        """Let go of the threads; what is on its way is waited for and recorded."""
        try:
            while self.sending:
                self.step(lambda: True)
        finally:
            self.pool.shutdown()

    def _take(self) -> None:
        """Claim what is due into free hands; no party has them all, a slow one must not."""
        dispatcher, gates = self.dispatcher, self.dispatcher.gates
        most = max(1, gates.hands - 1)
        while (free := gates.hands - len(self.sending)) > 0:
            having = Counter(notice.recipient.party_id for notice in self.sending.values())
            crowded = sorted(party for party, count in having.items() if count >= most)
            others = [count for count in having.values() if count < most]
            now = dispatcher.clock.now()
            turn = Turn(
                urgent=self.urgent,
                barred=(*gates.barred(self.channel, now, urgent=self.urgent), *crowded),
                owner=dispatcher.owner,
                lease=LEASE,
                longest_wait=dispatcher.courier.backoff.longest,
            )
            room = min(free, most - max(others, default=0))
            taken = dispatcher.stores.outbox.due(now, room, self.channel, turn)
            for notice in taken:
                self.sending[self.pool.submit(dispatcher.attempt, notice)] = notice
            if len(taken) < room:
                return

    def _record(self) -> int:
        if not self.done:
            return 0
        self.dispatcher.record(self.done)  # where it raises they stay, to be recorded later
        made = sum(one.after is not None for one in self.done)
        self.done.clear()
        return made


def attempt_draft(before: Notice, after: Notice, at: int) -> Draft:
    """Make the audit entry of an attempt: through which channel, how it ended, and why."""
    draft = notice_draft(after, at)
    again = f":{at}" if after.state is NoticeState.HELD else ""  # no attempt: told by its time
    return replace(
        draft,
        entry_id=draft.entry_id + again,
        detail={
            **draft.detail,
            "channel": before.channel,
            "hindrance": after.tried.last,
            "unrecorded": after.tried.unrecorded,
        },
    )


def _outcome(notice: Notice) -> str:
    if notice.state in DELIVERED:
        return notice.state.value
    if notice.state is NoticeState.HELD:
        return "held"
    return "refused" if notice.state in {NoticeState.FAILED, NoticeState.DEAD} else "delayed"
