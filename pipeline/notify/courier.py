"""One delivery attempt: guard once more, hand to the channel, take the receipt or plan a retry.

::

    held ── a person frees it ─▶ pending ── receipt of the recipient ─▶ acknowledged
                                  │  ▲  └── receipt of a spool ───────▶ sent
                       delayed ───┘  │
                       refused ─▶ failed (tried again, slowly) ── attempts spent ─▶ dead
                                                dead ── a person replays it ─▶ pending

A delay (down, slow) keeps a notice pending under a growing wait; a refusal (rejected, nonsense)
makes it failed, to be seen by a person, and is tried again at the longest wait, since certificates
and receivers get mended. Both end as dead letters when the attempts are spent; what the recipient
rejects itself ends sooner, since later legs to the same recipient wait for it. Where a recipient
has several channels, the next one is taken when one has not worked for a while: the notice keeps
its id, so that a late answer of the first is harmless.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pydantic import ValidationError

from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryRejected
from pipeline.model import GuardDecision, Notice, NoticeState, Receipt, Tried
from pipeline.notify.backoff import Backoff
from pipeline.notify.payload import disclosure, read_payload, stub_of, unfit
from pipeline.ports import Sink

Guard: TypeAlias = Callable[[Notice, int], GuardDecision]
Ways: TypeAlias = Callable[[Notice], Sequence[str]]
LONGEST_ERROR = 500
CONFIRMED = "receipt"  # the recipient's own word; every other kind proves that it left us
_TRIED = (NoticeState.PENDING, NoticeState.FAILED)
_ORDER = {"open": 0, "stub": 1, "hold": 2}


def as_decided(notice: Notice, now: int) -> GuardDecision:  # noqa: ARG001 (a Guard's signature)
    """Keep what the guard decided when the notice was made."""
    return notice.guard


def one_way(notice: Notice) -> Sequence[str]:
    """Know no other channel than the notice's own."""
    return (notice.channel,)


@dataclass(frozen=True, slots=True)
class Courier:
    """Deliver notices through their channels; ``guard`` is asked again before every attempt.

    ``ways`` gives a recipient's channels in their order; the next is taken when one has not worked
    for ``patience`` nanoseconds (0: never).
    """

    sinks: Mapping[str, Sink]
    backoff: Backoff
    guard: Guard = as_decided
    ways: Ways = one_way
    patience: int = 0

    def attempt(self, notice: Notice, now: int) -> Notice:
        """Make one attempt at ``now`` (nanoseconds) and give the notice's new state.

        Only what is pending or failed is tried; everything else comes back as it is. A repeated
        attempt is harmless: sinks are idempotent by notice id, and a duplicate's answer counts.
        """
        if notice.state not in _TRIED:
            return notice
        ready = self.guarded(notice, now)
        if ready.state is NoticeState.HELD:
            return ready
        ready = _begun(ready, now)
        try:
            return _received(ready, self._deliver(ready, now))
        except DeliveryDelayed as error:
            wait = self.backoff.after(ready.id, ready.attempts - ready.tried.forgiven)
            return self._missed(ready, NoticeState.PENDING, now, wait, error)
        except DeliveryRefused as error:
            wait = self.backoff.slowly(ready.id, ready.attempts)
            return self._missed(ready, NoticeState.FAILED, now, wait, error)

    def _deliver(self, notice: Notice, now: int) -> Receipt:
        sink = self.sinks.get(notice.channel)
        if sink is None:
            known = ", ".join(sorted(self.sinks)) or "none"
            what = f"no channel {notice.channel!r} is set up; there are: {known}"
            raise DeliveryRefused(what, "no_channel")
        receipt = sink.deliver(notice, now)
        if receipt.notice_id != notice.id:
            raise DeliveryRefused(f"{notice.channel}: the receipt is for another notice")
        return receipt

    def guarded(self, notice: Notice, now: int) -> Notice:
        """Apply the stricter of the two decisions; what does not fit its schema becomes a stub.

        What must be held comes back as held.
        """
        again = self.guard(notice, now)
        guard = max(notice.guard, again, key=lambda one: _ORDER.get(one.decision, 2))
        decided = disclosure(notice.recipient.role, guard.decision)
        if decided == "open":
            try:
                read_payload(notice.payload)
                return notice if guard is notice.guard else replace(notice, guard=guard)
            except ValidationError as error:
                guard = GuardDecision("stub", unfit(error))
        stub = stub_of(notice.payload)
        if stub is None or decided == "hold":
            return replace(notice, guard=guard, state=NoticeState.HELD)
        if guard is notice.guard and stub == notice.payload:
            return notice
        return replace(notice, guard=guard, payload=stub)

    def _missed(
        self, notice: Notice, state: NoticeState, now: int, wait: int, error: DeliveryError
    ) -> Notice:
        rejected = notice.tried.rejected + isinstance(error, DeliveryRejected)
        why = tuple(dict.fromkeys((*notice.tried.why, error.code)))
        spent = self.backoff.spent(notice.attempts - notice.tried.forgiven, rejected)
        missed = replace(
            notice,
            state=NoticeState.DEAD if spent else state,
            next_attempt_at=now + wait,
            last_error=_bounded(str(error)),
            tried=replace(notice.tried, why=why, last=error.code, rejected=rejected),
        )
        return missed if spent else self._another_way(missed, now)

    def _another_way(self, notice: Notice, now: int) -> Notice:
        """Take the recipient's next channel, where the present one has not worked for too long."""
        passed = abs(now - notice.tried.since)  # also where the clock has jumped
        if not self.patience or passed < self.patience:
            return notice
        ways = [way for way in self.ways(notice) if way in self.sinks]
        others = [way for way in ways if way != notice.channel]
        if not others:
            return notice
        place = ways.index(notice.channel) if notice.channel in ways else -1
        following = ways[(place + 1) % len(ways)]
        return replace(
            notice, channel=following, next_attempt_at=now, tried=replace(notice.tried, since=0)
        )


def _begun(notice: Notice, now: int) -> Notice:
    """Count an attempt; the first of all and the first through this channel keep their time."""
    tried = notice.tried
    begun = replace(tried, first_at=tried.first_at or now, since=tried.since or now)
    return replace(notice, attempts=notice.attempts + 1, tried=begun)


def _received(notice: Notice, receipt: Receipt) -> Notice:
    """Close a notice; a spool's or a relay's receipt proves that it left, not who has it."""
    confirmed = receipt.body.get("kind") == CONFIRMED
    return replace(
        notice,
        state=NoticeState.ACKNOWLEDGED if confirmed else NoticeState.SENT,
        receipt=receipt,
        last_error="",
        tried=replace(notice.tried, last=""),
    )


def replayed(notice: Notice, now: int) -> Notice:
    """Put a dead notice back on its way, at once; its attempts are kept and forgiven."""
    tried: Tried = replace(notice.tried, forgiven=notice.attempts, rejected=0, since=0)
    return replace(notice, state=NoticeState.PENDING, next_attempt_at=now, tried=tried)


def freed(notice: Notice, guard: GuardDecision, now: int) -> Notice | None:
    """Free a held notice under what the guard decides now; None where it still holds.

    What the guard ever held leaves as the stub at most: why it held may have been a mark.
    """
    held = notice.guard.decision == "hold"
    decision = max(guard.decision, "stub" if held else notice.guard.decision, key=_strictness)
    if disclosure(notice.recipient.role, decision) == "hold" or stub_of(notice.payload) is None:
        return None
    again = GuardDecision(decision, guard.rule)
    return replace(
        notice, guard=again, state=NoticeState.PENDING, next_attempt_at=now, last_error=""
    )


def _strictness(decision: str) -> int:
    return _ORDER.get(decision, 2)


def _bounded(text: str) -> str:
    """Keep an error readable: one line, no control characters, at most 500 characters."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return line[:LONGEST_ERROR]
