"""One delivery attempt: guard once more, hand to the channel, take the receipt or plan a retry.

::

    held ── a person frees it ─▶ pending ── receipt of the recipient ─▶ acknowledged
                                  │  ▲  └── receipt of a spool ───────▶ sent
                       delayed ───┘  │
                       refused ─▶ failed (tried again, slowly) ── attempts spent ─▶ dead

A delay (down, slow) keeps a notice pending under a growing wait; a refusal (rejected, nonsense)
makes it failed, to be seen by a person, and is tried again at the longest wait, since certificates
and receivers get mended. Both end as dead letters when the attempts are spent, never earlier.
First notices have a lane of their own, so that nothing else can hold them up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from pydantic import ValidationError

from pipeline.errors import DeliveryDelayed, DeliveryRefused
from pipeline.model import GuardDecision, Notice, NoticeState, Receipt
from pipeline.notify.backoff import Backoff
from pipeline.notify.payload import disclosure, read_payload, stub_of, unfit
from pipeline.ports import Sink

Guard: TypeAlias = Callable[[Notice, int], GuardDecision]
LONGEST_ERROR = 500
SPOOLED = "spooled"
_TRIED = (NoticeState.PENDING, NoticeState.FAILED)
_ORDER = {"open": 0, "stub": 1, "hold": 2}


def as_decided(notice: Notice, now: int) -> GuardDecision:  # noqa: ARG001 (a Guard's signature)
    """Keep what the guard decided when the notice was made."""
    return notice.guard


@dataclass(frozen=True, slots=True)
class Courier:
    """Deliver notices through their channels; ``guard`` is asked again before every attempt."""

    sinks: Mapping[str, Sink]
    backoff: Backoff
    guard: Guard = as_decided

    def attempt(self, notice: Notice, now: int) -> Notice:
        """Make one attempt at ``now`` (nanoseconds) and give the notice's new state.

        Only what is pending or failed is tried; everything else comes back as it is. A repeated
        attempt is harmless: sinks are idempotent by notice id, and a duplicate's answer counts.
        """
        if notice.state not in _TRIED:
            return notice
        ready = self._guarded(notice, now)
        if ready.state is NoticeState.HELD:
            return ready
        ready = replace(ready, attempts=ready.attempts + 1)
        try:
            return _received(ready, self._deliver(ready, now))
        except DeliveryDelayed as error:
            wait = self.backoff.after(ready.id, ready.attempts)
            return self._missed(ready, NoticeState.PENDING, now + wait, str(error))
        except DeliveryRefused as error:
            wait = self.backoff.slowly(ready.id, ready.attempts)
            return self._missed(ready, NoticeState.FAILED, now + wait, str(error))

    def _deliver(self, notice: Notice, now: int) -> Receipt:
        sink = self.sinks.get(notice.channel)
        if sink is None:
            known = ", ".join(sorted(self.sinks)) or "none"
            raise DeliveryRefused(f"no channel {notice.channel!r} is set up; there are: {known}")
        receipt = sink.deliver(notice, now)
        if receipt.notice_id != notice.id:
            raise DeliveryRefused(f"{notice.channel}: the receipt is for another notice")
        return receipt

    def _guarded(self, notice: Notice, now: int) -> Notice:
        """Apply the stricter of the two decisions; what does not fit its schema becomes a stub."""
        again = self.guard(notice, now)
        guard = max(notice.guard, again, key=lambda one: _ORDER.get(one.decision, 2))
        decided = disclosure(notice.recipient.role, guard.decision)
        if decided == "open":
            try:
                read_payload(notice.recipient.role, notice.leg, notice.payload)
                return replace(notice, guard=guard)
            except ValidationError as error:
                guard = GuardDecision("stub", unfit(error))
        stub = stub_of(notice.payload)
        if stub is None or decided == "hold":
            return replace(notice, guard=guard, state=NoticeState.HELD)
        return replace(notice, guard=guard, payload=stub)

    def _missed(self, notice: Notice, state: NoticeState, at: int, error: str) -> Notice:
        return replace(
            notice,
            state=NoticeState.DEAD if self.backoff.spent(notice.attempts) else state,
            next_attempt_at=at,
            last_error=_bounded(error),
        )


def lanes(due: Iterable[Notice]) -> tuple[list[Notice], list[Notice]]:
    """Part due notices into first legs and all others, each by creation, revision and id.

    Delivered by a thread each, so that a slow update never stands before a first notice.
    """
    ordered = sorted(due, key=lambda one: (one.created_at, one.revision, one.id))
    first = [one for one in ordered if one.leg == "first"]
    return first, [one for one in ordered if one.leg != "first"]


def _received(notice: Notice, receipt: Receipt) -> Notice:
    """Close a notice; a spool's receipt proves that it left, not that somebody has it."""
    spooled = receipt.body.get("kind") == SPOOLED
    state = NoticeState.SENT if spooled else NoticeState.ACKNOWLEDGED
    return replace(notice, state=state, receipt=receipt, last_error="")


def _bounded(text: str) -> str:
    """Keep an error readable: one line, no control characters, at most 500 characters."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return line[:LONGEST_ERROR]
