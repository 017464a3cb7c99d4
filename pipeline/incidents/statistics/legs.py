"""The centre's own duties to tell: each leg to each recipient, on time, late, missed or waiting.

The law says *at once* and gives no number (7-2(1)(2)): within how many seconds that is met is a
setting of whoever runs the centre, printed as policy. A term with a number is met by its own time.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.incidents.statistics.spread import Durations, Spread, quantile
from pipeline.model import NANOSECONDS, Incident, Instant, Notice, NoticeState


@dataclass(frozen=True, slots=True)
class Legs:
    """Notices of one leg to one role whose term one kind of norm set.

    ``owed`` = on_time + late + missed + waiting + held. Of those told ``acknowledged`` are proved
    by the recipient's own receipt, the rest by a spool's. ``delay`` runs from when the leg became
    owed until the receipt, by its clock; ``spare`` is what was left of the term (negative: late).
    """

    leg: str
    role: str
    set_by: str
    owed: int
    on_time: int
    late: int
    missed: int
    waiting: int
    held: int
    acknowledged: int
    delay: Spread
    spare_least_seconds: float | None
    spare_p50_seconds: float | None


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Within how many seconds *at once* is met; who said so, since when. Never the law's number."""

    seconds: float
    author: str = ""
    since: str = ""
    set_by: str = "policy"

    def limit(self, notice: Notice) -> int:
        """Give the instant by which a notice meets its term."""
        if notice.due_at > notice.created_at:
            return notice.due_at
        return notice.due_at + int(self.seconds * NANOSECONDS)


@dataclass(slots=True)
class LegTally:
    """Counts notices as they were known at an instant; ``held`` are those that a person frees."""

    at_once: AtOnce
    known_at: Instant
    held: frozenset[str] | None = None
    _kinds: dict[tuple[str, str, str], "_Kind"] = field(default_factory=dict)

    def add(self, notices: Iterable[Notice]) -> None:
        """Count the notices of an incident."""
        for notice in notices:
            if notice.created_at > self.known_at:
                continue
            key = (notice.leg, notice.recipient.role, notice.set_by)
            kind = self._kinds.setdefault(key, _Kind())
            kind.add(notice, self.at_once.limit(notice), self.known_at, held=self._held(notice))

    def legs(self) -> tuple[Legs, ...]:
        """Give what was counted, by leg, role and who set the term."""
        return tuple(kind.legs(*key) for key, kind in sorted(self._kinds.items()))

    def _held(self, notice: Notice) -> bool:
        """Tell whether it was held: as the outbox says now, or as the audit trail says of then."""
        if self.held is None:
            return notice.state is NoticeState.HELD
        return notice.id in self.held


@dataclass(slots=True)
class _Kind:
    owed: int = 0
    on_time: int = 0
    late: int = 0
    missed: int = 0
    waiting: int = 0
    held: int = 0
    acknowledged: int = 0
    delay: Durations = field(default_factory=Durations)
    spare: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, notice: Notice, limit: int, now: int, *, held: bool) -> None:
        self.owed += 1
        told = told_at(notice, now)
        if told is not None:
            self.delay.add(notice.created_at, told)
            self.spare.append(limit - told)
            self.acknowledged += notice.state is NoticeState.ACKNOWLEDGED
            if told <= limit:
                self.on_time += 1
            else:
                self.late += 1
            return
        self.delay.runs(notice.created_at, now)
        if held:
            self.held += 1
        elif limit < now:
            self.missed += 1
        else:
            self.waiting += 1

    def legs(self, leg: str, role: str, set_by: str) -> Legs:
        ordered = sorted(self.spare)
        return Legs(
            leg=leg,
            role=role,
            set_by=set_by,
            owed=self.owed,
            on_time=self.on_time,
            late=self.late,
            missed=self.missed,
            waiting=self.waiting,
            held=self.held,
            acknowledged=self.acknowledged,
            delay=self.delay.spread(),
            spare_least_seconds=ordered[0] / NANOSECONDS if ordered else None,
            spare_p50_seconds=quantile(ordered, 50),
        )


def told_at(notice: Notice, now: int) -> Instant | None:
    """Give when the recipient had the notice, or its spool did; None where not by then."""
    receipt = notice.receipt
    return receipt.received_at if receipt is not None and receipt.received_at <= now else None


def first_told(notices: Sequence[Notice], incident: Incident, now: int) -> dict[str, int | None]:
    """Give for each role owed a first notice since the opening when all its parties had one.

    None where one of them has none. What was told while it was a candidate is another duty.
    """
    parties: dict[tuple[str, str], int | None] = {}
    for notice in notices:
        if notice.leg != "first" or not incident.opened_at <= notice.created_at <= now:
            continue
        party = (notice.recipient.role, notice.recipient.party_id)
        told, before = told_at(notice, now), parties.get(party)
        parties[party] = told if before is None else min(before, told or before)
    roles: dict[str, int | None] = {}
    for (role, _), told in sorted(parties.items()):
        before = roles.get(role, told)
        roles[role] = None if told is None or before is None else max(before, told)
    return roles
