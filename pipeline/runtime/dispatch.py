"""Due notices to sinks: some at once, outcomes committed together, each with its audit entry.

A lane (first notices of a channel, or all its others) claims what is due, so that no second
notifier sends it beside, hands it to threads, and records outcomes as they come: a slow recipient
holds up neither the lane nor what others have answered. A quick channel is given a quarter of a
second's work at once, so that it costs few transactions. A kill between sending and recording sends
once more, under the same id, and the notice counts it. An outcome that the store does not take is
kept and offered to it again, and not sent again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from pipeline.incidents.audit import Draft
from pipeline.model import NANOSECONDS, Notice, NoticeState
from pipeline.notify import Courier
from pipeline.notify.digests import DIGEST
from pipeline.ports import Clock, Stores, Telemetry, Turn
from pipeline.runtime.chainer import audited
from pipeline.runtime.digesting import within
from pipeline.runtime.gates import Gates
from pipeline.runtime.hands import Attempted, Hands
from pipeline.runtime.notice_drafts import notice_draft

STEP_SECONDS = 0.05  # for which outcomes gather before they are recorded together
AHEAD_SECONDS = 0.25  # of a channel's pace that are claimed at once
MOST = 1024  # claimed at once, however quick a channel is
HELD_SECONDS = 2.0  # after which what was claimed and is in no hand is put back
LEASE = 300 * NANOSECONDS  # longer than any delivery takes
DELIVERED = frozenset({NoticeState.ACKNOWLEDGED, NoticeState.SENT})
WAITING = frozenset({NoticeState.PENDING, NoticeState.FAILED})
log = structlog.get_logger("saqshy.dispatch")


def _unwatched(notice: Notice) -> None:
    """Watch nothing."""


def _no_page(notice: Notice, now: int) -> Notice | None:  # noqa: ARG001 (a page's signature)
    """Page nobody."""
    return None


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
        return Lane(self, channel, urgent, Hands(self.attempt, self.gates.hands))

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
        with self.stores.database.transaction():
            repeated = [one.before.channel for one in done if self._repeats(one.before)]
            tried = [(one, one.after) for one in done if one.after is not None]
            kept = self._kept(tried)
            for one in done:
                if one.after is None:
                    self.stores.outbox.change(one.before, one.before)
        log.debug("receipt.end", count=len(done))
        for channel in repeated:
            self.telemetry.delivery_repeated(channel)
        for (one, _), after in zip(tried, kept, strict=True):
            self._tell(one, after)
            self.watch(after)

    def _tell(self, one: Attempted, after: Notice) -> None:
        channel = one.before.channel
        self.telemetry.delivery(channel, _outcome(after), one.seconds)
        self.telemetry.notice_stands(channel, after.state.value)
        if after.state in DELIVERED:
            seconds = max(0, one.at - after.created_at) / NANOSECONDS
            self.telemetry.receipt(channel, after.kind or after.leg, seconds)

    def _repeats(self, notice: Notice) -> bool:
        """Tell whether an attempt before this one was never recorded, and that not told yet."""
        if not notice.tried.unrecorded:
            return False
        stands = self.stores.outbox.get(notice.id)
        return stands is not None and stands.tried.unrecorded < notice.tried.unrecorded

    def _kept(self, tried: Sequence[tuple[Attempted, Notice]]) -> list[Notice]:
        """Keep what came of attempts; give the notices as they stand then."""
        drafts = [attempt_draft(one.before, after, one.at) for one, after in tried]
        entries = {entry.entry_id: entry for entry in audited(self.stores.audit, drafts)}
        kept = []
        for (one, after), draft in zip(tried, drafts, strict=True):
            if after.state in WAITING:
                entry = entries.get(draft.entry_id) or self.stores.audit.head(after.object_id)
                proof = entry.hash if entry is not None else ""
                after = replace(after, tried=replace(after.tried, proof=proof))  # noqa: PLW2901
            if not self.stores.outbox.change(one.before, after):
                self._outrun(one, after)
            elif after.state is NoticeState.DEAD:
                self._page(after, one.at)
            elif after.kind == DIGEST:
                audited(self.stores.audit, within(self.stores.outbox, after, one.at))
            kept.append(after)
        return kept

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
    """A channel's first notices, or its others: claimed, given to hands, recorded.

    The quicker the channel, the more is claimed and recorded at once.
    """

    dispatcher: Dispatcher
    channel: str | None
    urgent: bool | None
    hands: Hands
    done: list[Attempted] = field(default_factory=list)
    _most: int = 0  # claimed at once
    _since: float = field(default_factory=time.monotonic)

    @property
    def busy(self) -> bool:
        """Tell whether anything is on its way or not recorded yet."""
        return bool(self.hands.held or self.done)

    def step(self, stopping: Callable[[], bool]) -> int:
        """Take what is due into free hands, and record what came back; give how many did."""
        self._gather(HELD_SECONDS)
        made = self._record()
        if not stopping():
            self._take()
        if not self.hands.held:
            return made
        self.hands.run(STEP_SECONDS)
        self._gather(HELD_SECONDS)
        return made + self._record()

    def close(self) -> None:
        """Put back what was not begun; what is on its way is waited for and recorded."""
        try:
            self._gather(0.0)
            while self.busy:
                self.step(lambda: True)
        finally:
            self.hands.close()

    def _take(self) -> None:
        """Claim as much as the channel takes in a while; where it waits for answers, a handful."""
        dispatcher, gates, hands = self.dispatcher, self.dispatcher.gates, self.hands
        most = max(self._most, hands.most)
        ready = hands.ready
        room = most - hands.held if ready else max(most - hands.held, hands.free)
        if room <= 0 or 2 * ready > most:
            return
        now = dispatcher.clock.now()
        turn = Turn(
            urgent=self.urgent,
            barred=(*gates.barred(self.channel, now, urgent=self.urgent), *hands.crowded()),
            owner=dispatcher.owner,
            lease=LEASE,
            longest_wait=dispatcher.courier.backoff.longest,
        )
        hands.add(dispatcher.stores.outbox.due(now, room, self.channel, turn))

    def _gather(self, held_seconds: float) -> None:
        """Collect outcomes, and what was claimed so long ago that others may want it."""
        self.done += self.hands.outcomes()
        now = self.dispatcher.clock.now()
        back = self.hands.put_back(held_seconds)
        self.done += [Attempted(notice, None, now, 0.0) for notice in back]

    def _record(self) -> int:
        """Keep outcomes; where that raises they stay, to be kept later."""
        if not self.done:
            return 0
        self.dispatcher.record(self.done)
        made = sum(one.after is not None for one in self.done)
        self.done.clear()
        now = time.monotonic()
        pace, self._since = made / max(now - self._since, 1e-3), now
        self._most = min(MOST, int(AHEAD_SECONDS * pace))
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
