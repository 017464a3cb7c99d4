"""The clocks that run for an incident: a pure function of its history and the pack's rows.

Each notice that the centre owes is a clock of its own, met when the recipient has it; what pages
our own staff is met when a person acts. Beside them run the clocks of others (a holder's own duty
to the coordination centre) and of legs that are not made yet (a report a month after the
notification): shown and reminded of, and never sent in another's stead. A row that leaves its
number to a by-law gives a clock without a due time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.model import Incident, Notice, NoticeState, Recipient, identity
from pipeline.notify.changes import INSIDE, announced
from pipeline.registry import LEVELS

CENTRE = "centre"
REMINDER = "reminder"
"""The leg, and the kind, of what reminds."""
_NO_DUTY = frozenset({REMINDER, "page", "digest"})  # kinds that are owed to nobody and run no clock
_DONE = (NoticeState.SENT, NoticeState.ACKNOWLEDGED)


class Due(Protocol):
    """One leg due to one recipient, as the pack's rows at the opening say."""

    @property
    def leg(self) -> str:
        """By the pack's name."""

    @property
    def recipient(self) -> Recipient:
        """Role and party."""

    @property
    def duty_of(self) -> str:
        """Whose duty it is."""

    @property
    def due_at(self) -> int | None:
        """Nanoseconds; None where a by-law must say."""

    @property
    def basis(self) -> str:
        """Norm or policy row."""

    @property
    def set_by(self) -> str:
        """``statute``, ``by-law`` or ``policy``."""

    @property
    def term(self) -> str:
        """The row's id."""

    @property
    def missing(self) -> str:
        """The by-law whose number is missing."""


@dataclass(frozen=True, slots=True)
class Past:
    """All that happened: revisions, notices, and what people said.

    ``words``: when (nanoseconds) somebody recorded that a clock is met, by the clock's id.
    """

    revisions: Sequence[Incident]
    notices: Sequence[Notice] = ()
    words: Mapping[str, int] = field(default_factory=dict)


Dues = Callable[[Incident, Mapping[str, int]], Sequence[Due]]
"""What is due of an incident by the rows at its opening; beside it when which leg left."""


@dataclass(frozen=True, slots=True)
class TermClock:
    """One clock: whose duty, which leg, to whom, from when until when (nanoseconds).

    ``due_at`` None: ``missing`` names the by-law. ``met_at`` and ``ended_at`` are None until it is
    met, or until there is nothing more to meet. ``notice_id`` is the notice by which it is met.
    """

    id: str
    incident_id: str
    duty_of: str
    leg: str
    recipient: Recipient
    begins_at: int
    due_at: int | None
    basis: str
    set_by: str
    missing: str = ""
    notice_id: str = ""
    met_at: int | None = None
    ended_at: int | None = None

    @property
    def over(self) -> bool:
        """Tell whether nothing is left to meet."""
        return self.met_at is not None or self.ended_at is not None

    @property
    def spare(self) -> int | None:
        """Give what was left of the term when it was met (negative: late); None before."""
        if self.met_at is None or self.due_at is None:
            return None
        return self.due_at - self.met_at

    def runs(self, at: int) -> bool:
        """Tell whether it was neither met nor ended at an instant."""
        met, ended = self.met_at, self.ended_at
        return (met is None or at < met) and (ended is None or at < ended)

    def limit(self, at_once: int) -> int | None:
        """Give by when it counts as met: *at once* within a policy's nanoseconds."""
        if self.due_at is None or self.due_at > self.begins_at:
            return self.due_at
        return self.begins_at + at_once

    def state(self, now: int, at_once: int = 0) -> str:
        """Give ``unknown``, ``running``, ``missed``, ``met``, ``late`` or ``ended``."""
        limit = self.limit(at_once)
        if self.met_at is not None:
            return "late" if limit is not None and self.met_at > limit else "met"
        if self.ended_at is not None:
            return "ended"
        if limit is None:
            return "unknown"
        return "missed" if limit < now else "running"


def clocks_of(past: Past, dues: Dues) -> tuple[TermClock, ...]:
    """Give every clock of an incident, by due time; those without one last."""
    standing = [index for index, one in enumerate(past.revisions) if announced(one)]
    last = standing[-1] if standing else None
    rows = dues(past.revisions[last], _sent(past.notices)) if last is not None else ()
    # What runs from another leg runs from when that one left, which no notice could know.
    sooner = {(one.leg, one.recipient): one.due_at for one in rows if one.duty_of == CENTRE}
    own = [
        _of_notice(notice, past, sooner.get((notice.leg, notice.recipient)))
        for notice in past.notices
        if notice.kind not in _NO_DUTY
    ]
    told = {(clock.leg, clock.recipient) for clock in own}
    found = [*own, *(_of_rows(past, last, rows, told) if last is not None else ())]
    return tuple(sorted(found, key=lambda one: (one.due_at is None, one.due_at or 0, one.id)))


def _of_notice(notice: Notice, past: Past, sooner: int | None = None) -> TermClock:
    paged = notice.recipient.role in INSIDE or notice.recipient.role in LEVELS
    name = identity("clock", notice.id)
    receipt = notice.receipt if notice.state in _DONE else None
    met = past.words.get(name)
    if not paged and receipt is not None:
        met = receipt.received_at
    elif paged and met is None:
        met = _answered(past.revisions, notice.created_at)
    return TermClock(
        id=name,
        incident_id=notice.incident_id,
        duty_of=CENTRE,
        leg=notice.leg,
        recipient=notice.recipient,
        begins_at=notice.created_at,
        due_at=notice.due_at if sooner is None else min(notice.due_at, sooner),
        basis=notice.basis,
        set_by=notice.set_by,
        notice_id="" if paged else notice.id,
        met_at=met,
        ended_at=_settled(past.revisions, notice.created_at) if paged else None,
    )


def _of_rows(
    past: Past, index: int, dues: Sequence[Due], told: set[tuple[str, Recipient]]
) -> Iterator[TermClock]:
    """Give the clocks for which there is no notice: others' duties, and legs yet to be made."""
    incident = past.revisions[index]
    after = past.revisions[index + 1 :]
    ended = after[0].changed_at if after else None
    for due in dues:
        if due.duty_of == CENTRE and (due.leg, due.recipient) in told:
            continue
        role, party = due.recipient.role, due.recipient.party_id
        name = identity("clock", incident.id, due.duty_of, due.leg, role, party, due.term)
        yield TermClock(
            id=name,
            incident_id=incident.id,
            duty_of=due.duty_of,
            leg=due.leg,
            recipient=due.recipient,
            begins_at=incident.opened_at,
            due_at=due.due_at,
            basis=due.basis,
            set_by=due.set_by,
            missing=due.missing,
            met_at=past.words.get(name),
            ended_at=ended,
        )


def _sent(notices: Sequence[Notice]) -> dict[str, int]:
    """Give when each leg first reached somebody outside the centre."""
    found: dict[str, int] = {}
    for notice in notices:
        if notice.state in _DONE and notice.receipt and notice.recipient.role not in INSIDE:
            at = notice.receipt.received_at
            found[notice.leg] = min(at, found.get(notice.leg, at))
    return found


def _answered(revisions: Sequence[Incident], since: int) -> int | None:
    """Give when a person first acted on an incident after an instant; None where nobody did."""
    acted = (one.changed_at for one in revisions if one.actor and one.changed_at >= since)
    return min(acted, default=None)


def _settled(revisions: Sequence[Incident], since: int) -> int | None:
    """Give from when on there is nothing for a person to decide; None while there is."""
    ended: int | None = None
    for one in revisions:
        if one.changed_at < since:
            continue
        if announced(one) or (one.state == "candidate" and one.assessment.is_incident != "no"):
            ended = None
        elif ended is None:
            ended = one.changed_at
    return ended
