"""One incident examined: a pure function of what was written of it, the books and the time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.audit.beside import beside_faults, is_beside
from pipeline.audit.chronicle import Allowance, Books, Chronicle, Library
from pipeline.audit.deliveries import LEFT, Delivery, due_of
from pipeline.audit.discrepancy import Discrepancy
from pipeline.audit.likeness import Wanted, unlike
from pipeline.audit.matching import Matched, matched, told_twice, unmatched, wanted_notices
from pipeline.audit.naming import named
from pipeline.audit.revisions import broken_revisions
from pipeline.audit.routes import misrouted
from pipeline.model import Incident, Notice, NoticeState

OF_NO_INCIDENT = frozenset({"acknowledgement", "advisory", "event_stream", "peer_bundle"})


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination found; ``next_at``: when something becomes overdue unless it leaves.

    ``owed`` counts the notices that the history owes; ``next_at`` 0: nothing does.
    """

    discrepancies: tuple[Discrepancy, ...]
    owed: int
    next_at: int


@dataclass(frozen=True, slots=True)
class Examine:
    """Examine chronicles against the books of their revisions."""

    library: Library
    allowance: Allowance

    def __call__(self, chronicle: Chronicle, now: int) -> Examined:
        """Give everything that is not as the history says it must be, at an instant (ns).

        Nothing here depends on when or how often it is called, but for what is overdue.
        """
        if not chronicle.revisions:
            return Examined(tuple(self._of_nothing(chronicle, now)), 0, 0)
        wanted = wanted_notices(chronicle, self.library)
        result = matched(chronicle, wanted)
        found = [
            *broken_revisions(chronicle),
            *self._routes(chronicle.revisions),
            *unmatched(chronicle, result),
            *told_twice(chronicle, result),
            *self._each(chronicle, result, now),
        ]
        owed = sum(one.duty.needed for one in wanted.values())
        return Examined(tuple(found), owed, self._next(chronicle, result, now))

    def _of_nothing(self, chronicle: Chronicle, now: int) -> Iterator[Discrepancy]:
        for notice in chronicle.notices:
            delivery = Delivery(notice, chronicle.trail(notice.id))
            if is_beside(notice):
                yield from delivery.faults(self.allowance)
                yield from beside_faults(delivery, (), now, self.allowance)
            elif not OF_NO_INCIDENT & {notice.leg, notice.kind}:
                said = f"the {notice.leg} to {named(notice)} tells of an incident that is not there"
                yield Discrepancy(
                    "wrong", notice.id, notice.incident_id, "no_such_incident", said,
                    notice.created_at, notice.basis,
                )  # fmt: skip
            else:
                yield from delivery.faults(self.allowance)

    def _routes(self, revisions: Sequence[Incident]) -> Iterator[Discrepancy]:
        judged = None
        for incident in revisions:
            if incident.assessment == judged:
                continue  # a revision that only ends an incident keeps the verdict
            judged = incident.assessment
            books = self.library(incident)
            if not books:
                yield _without_books(incident)
            elif _judged(incident):
                yield from _best(incident, books)

    def _each(self, chronicle: Chronicle, result: Matched, now: int) -> Iterator[Discrepancy]:
        for notice in chronicle.notices:
            delivery = Delivery(notice, chronicle.trail(notice.id))
            yield from delivery.faults(self.allowance)
            if is_beside(notice):
                yield from beside_faults(delivery, chronicle.revisions, now, self.allowance)
            wanted = result.met.get(notice.id)
            if wanted is None:
                continue
            released = delivery.released
            yield from unlike(notice, wanted, self.allowance, released=released)
            if not released:
                yield from self._held(notice, wanted)
            yield from delivery.lateness(wanted, now, self.allowance)

    def _held(self, notice: Notice, wanted: Wanted) -> Iterator[Discrepancy]:
        role, party = notice.recipient.role, notice.recipient.party_id
        reachable = bool(party) or role in self.allowance.lines
        ground = wanted.duty.disclosure == "hold" or not reachable
        held = notice.state is NoticeState.HELD
        if notice.state in LEFT and ground:
            said, what = "left though it was to be held", "sent_while_held"
        elif held and not ground and notice.guard.decision != "hold":
            said, what = "is held though nothing stands against it", "held_without_ground"
        else:
            return
        yield Discrepancy(
            "wrong", notice.id, notice.incident_id, what,
            f"the {notice.leg} to {named(notice)} {said}", notice.created_at, notice.basis,
        )  # fmt: skip

    def _next(self, chronicle: Chronicle, result: Matched, now: int) -> int:
        waits = (NoticeState.PENDING, NoticeState.FAILED)
        ends = [
            due_of(one) + self.allowance.at_once + 1
            for notice in chronicle.notices
            if notice.state in waits and (one := result.met.get(notice.id)) is not None
        ]
        return min((end for end in ends if end > now), default=0)


def _judged(incident: Incident) -> bool:
    return bool(incident.finding_ids)


def _best(incident: Incident, books: Sequence[Books]) -> Sequence[Discrepancy]:
    """Give what the books say of a route: of several, those that say least against it."""
    return min((tuple(misrouted(incident, one)) for one in books), key=len)


def _without_books(incident: Incident) -> Discrepancy:
    return Discrepancy(
        kind="broken",
        subject=f"{incident.id}/{incident.revision}",
        incident_id=incident.id,
        what="books_missing",
        said=f"revision {incident.revision}: the store has no such law pack or registry",
        since=incident.changed_at,
    )
