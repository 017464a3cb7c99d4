"""What became of a notice: its attempts, its receipt, and whether it left in time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.audit.chronicle import Allowance
from pipeline.audit.discrepancy import Discrepancy
from pipeline.audit.letters import letter_hash
from pipeline.audit.likeness import ON_DUTY, Wanted
from pipeline.audit.naming import named
from pipeline.model import NANOSECONDS, AuditEntry, Json, Notice, NoticeState, Receipt

LEFT = (NoticeState.SENT, NoticeState.ACKNOWLEDGED)
CONFIRMED = "receipt"  # what its recipient signed; every other kind says that it left
RELEASE = "notices_release"
_OTHER_BODIES = frozenset({"event_stream", "peer_bundle"})
_SPAN = ("begin", "end")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice with what the trail says of it, by number."""

    notice: Notice
    entries: Sequence[AuditEntry]

    @property
    def left_at(self) -> int:
        """Give when it left, by our own clock; 0 while it has not."""
        told = [one.at for one in self.entries if one.detail.get("state") in LEFT]
        return told[0] if told else 0

    @property
    def released(self) -> bool:
        """Tell whether a cleared person freed it from the guard (SPEC 5), by the trail's word."""
        return any(one.detail.get("command") == RELEASE for one in self.entries)

    def faults(self, allowance: Allowance) -> Iterator[Discrepancy]:
        """Give where trail, state and receipt do not agree."""
        yield from self._trail()
        yield from self._receipt(allowance)

    def lateness(self, wanted: Wanted, now: int, allowance: Allowance) -> Iterator[Discrepancy]:
        """Give whether it left after its term, or has not left though its term is over."""
        if not wanted.duty.needed:
            return
        due = due_of(wanted)
        end = due + (allowance.at_once if due <= wanted.duty.since else 0)
        yield from self.lateness_of(due, end, now, wanted.terms[0].basis)

    def lateness_of(self, due: int, end: int, now: int, basis: str) -> Iterator[Discrepancy]:
        """Give whether it left behind the end (ns) of what still counts as in time."""
        notice = self.notice
        if notice.state is NoticeState.HELD:
            return
        left = notice.state in LEFT
        moment = self.left_at if left else now
        if not moment or moment <= end:
            return
        seconds = (moment - due) // NANOSECONDS
        what = "left_late" if left else "given_up" if _dead(notice) else "overdue"
        said = f"left {seconds} s late" if left else f"has not left, {seconds} s after its term"
        severity = "warning" if left else "alarm"
        yield self._wrong("late", what, said, since=due, basis=basis, severity=severity)

    def _trail(self) -> Iterator[Discrepancy]:
        notice = self.notice
        if not self.entries:
            yield self._wrong("broken", "untold", "stands in no entry of the audit trail")
            return
        last = self.entries[-1].detail
        stands = (notice.state.value, notice.attempts)
        if (last.get("state"), last.get("attempts")) != stands:
            said = f"is {stands[0]} after {stands[1]} attempts, and the trail says otherwise"
            yield self._wrong("broken", "trail_disagrees", said)
            return
        counts = [int(one.detail.get("attempts", 0)) for one in self.entries]
        if counts[0] != 0 or any(after - before > 1 for before, after in pairwise(counts)):
            yield self._wrong("broken", "attempt_untold", "has attempts that no entry tells of")
        if any(after.at < before.at for before, after in pairwise(self.entries)):
            said = "was tried before it was made: a clock went back"
            yield self._wrong("broken", "clock", said)
        hashes = {digest for one in self.entries if (digest := _digest(one))}
        if len(hashes) > 1:
            yield self._wrong("duplicate", "two_contents", "left twice with different content")

    def _receipt(self, allowance: Allowance) -> Iterator[Discrepancy]:
        notice, receipt = self.notice, self.notice.receipt
        if receipt is None:
            if notice.state in LEFT:
                yield self._wrong("wrong", "no_receipt", f"is {notice.state} without a receipt")
            return
        confirmed = receipt.body.get("kind") == CONFIRMED
        digest = receipt.body.get("sha256")
        recipient = f"{notice.recipient.role}:{notice.recipient.party_id}"
        if receipt.notice_id != notice.id:
            yield self._wrong("wrong", "receipt_notice", "has the receipt of another notice")
        elif digest is not None and not _same_content(notice, receipt):
            yield self._wrong("wrong", "receipt_content", "has a receipt for another content")
        elif not confirmed and notice.channel != ON_DUTY and receipt.recipient != recipient:
            yield self._wrong("wrong", "receipt_recipient", "has another recipient's receipt")
        elif confirmed != (notice.state is NoticeState.ACKNOWLEDGED):
            said = f"counts as {notice.state} by what is no such receipt"
            yield self._wrong("wrong", "receipt_kind", said)
        elif receipt.received_at < notice.created_at - allowance.skew:
            yield self._wrong("wrong", "receipt_early", "was received before it was made")
        elif self.entries and receipt.received_at > self.entries[-1].at + allowance.skew:
            yield self._wrong("wrong", "receipt_ahead", "was received after it was recorded")

    def _wrong(
        self, kind: str, what: str, said: str, *, since: int = 0, basis: str = "",
        severity: str = "alarm",
    ) -> Discrepancy:  # fmt: skip
        notice = self.notice
        return Discrepancy(
            kind=kind,
            subject=notice.id,
            incident_id=notice.incident_id,
            what=what,
            said=f"the {notice.leg} to {named(notice)} {said}",
            since=since or notice.created_at,
            basis=basis or notice.basis,
            severity=severity,
        )


def due_of(wanted: Wanted) -> int:
    """Give until when a duty is owed: of several books the strictest."""
    return min(term.due_at for term in wanted.terms)


def _dead(notice: Notice) -> bool:
    return notice.state is NoticeState.DEAD


def _digest(entry: AuditEntry) -> str:
    receipt: Json = entry.detail.get("receipt") or {}
    return str(receipt.get("sha256") or "")


def _same_content(notice: Notice, receipt: Receipt) -> bool:
    """Tell whether a receipt is for what left: the letter, or another body's own span.

    A batch of events and a peer's bundle are not kept with their notice, so that their hash cannot
    be made again; which span of the journal a batch tells of stands in both.
    """
    if notice.kind not in _OTHER_BODIES:
        return bool(receipt.body.get("sha256") == letter_hash(notice))
    return all(receipt.body.get(name) == notice.payload.get(name) for name in _SPAN)
