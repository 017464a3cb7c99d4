"""Duties and notices brought together: what nobody wrote, what nobody owed, what was told twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.audit.beside import is_beside
from pipeline.audit.chronicle import Chronicle, Library
from pipeline.audit.deliveries import LEFT, due_of
from pipeline.audit.discrepancy import Discrepancy
from pipeline.audit.duties import OWN_STAFF, Duty, duties_of, told_outside
from pipeline.audit.likeness import Wanted, owing
from pipeline.audit.naming import named
from pipeline.model import Incident, Notice, Recipient, notice_id


@dataclass(slots=True)
class Matched:
    """Every notice with the duty that it meets, and what is left on either side."""

    met: dict[str, Wanted] = field(default_factory=dict)
    missing: dict[str, Wanted] = field(default_factory=dict)
    surplus: list[Notice] = field(default_factory=list)


def wanted_notices(chronicle: Chronicle, library: Library) -> dict[str, Wanted]:
    """Give every notice that an incident's history owes, by the id that it must have.

    Nothing of a revision whose books the store does not have.
    """
    found: dict[str, Wanted] = {}
    for duty in duties_of(chronicle.revisions):
        books = library(duty.incident)
        for leg in _legs(duty, library):
            number = duty.incident.revision
            name = notice_id(duty.incident.id, leg, number, duty.recipient)
            found[name] = Wanted(duty, leg, books)
    return found


def matched(chronicle: Chronicle, wanted: Mapping[str, Wanted]) -> Matched:
    """Find for each notice the duty that it meets."""
    result = Matched()
    for notice in chronicle.notices:
        if is_beside(notice):
            continue
        one = wanted.get(notice.id)
        if one is not None and _is(notice, one):
            result.met[notice.id] = one
        else:
            result.surplus.append(notice)
    result.missing = {
        name: one for name, one in wanted.items() if name not in result.met and one.duty.needed
    }
    return result


def unmatched(chronicle: Chronicle, result: Matched) -> Iterator[Discrepancy]:
    """Give what is missing, and what is there although nobody owed it.

    A notice that differs from a missing one in one thing is that one, gone wrong.
    """
    missing = dict(result.missing)
    for notice in result.surplus:
        name, what = _gone_wrong(notice, missing)
        if name:
            one = missing.pop(name)
            role, party = one.duty.recipient.role, one.duty.recipient.party_id
            said = f"instead of the {one.leg} to {role} {party} that was owed"
            yield _surplus(notice, "wrong", what, said)
        else:
            yield _unowed(notice, chronicle, result)
    for name, one in missing.items():
        yield _missing(name, one, removed=bool(chronicle.trail(name)))


def told_twice(chronicle: Chronicle, result: Matched) -> Iterator[Discrepancy]:
    """Give the first notices that left although the recipient had one already."""
    by_id = {notice.id: notice for notice in chronicle.notices}
    told: dict[tuple[Recipient, str], str] = {}
    for name, one in result.met.items():
        recipient, kind = one.duty.recipient, one.duty.kind
        if kind == "correction":
            told = {key: first for key, first in told.items() if key[0] != recipient}
        if kind != "first" or recipient.role in OWN_STAFF or by_id[name].state not in LEFT:
            continue  # our own staff is paged again whenever a person has to decide again
        if told.setdefault((recipient, one.leg), name) != name:
            yield _surplus(by_id[name], "duplicate", "told_twice", "left though one had left")


def _legs(duty: Duty, library: Library) -> tuple[str, ...]:
    books = library(duty.incident)
    return books[0].law.legs(duty.kind, owing(duty, books[0])) if books else ()


def _is(notice: Notice, one: Wanted) -> bool:
    number = one.duty.incident.revision
    return (notice.recipient, notice.leg, notice.revision, notice.ordinal) == (
        one.duty.recipient,
        one.leg,
        number,
        number,
    )


_ALIKE = (  # what a notice may have wrong: the part of its place that differs
    ("wrong_party", 3),
    ("wrong_role", 2),
    ("wrong_leg", 1),
    ("wrong_revision", 0),
)
_Place = tuple[int, str, str, str]


def _gone_wrong(notice: Notice, missing: Mapping[str, Wanted]) -> tuple[str, str]:
    """Give the missing notice that this one was to be, and in what it differs."""
    mine = (notice.revision, notice.leg, notice.recipient.role, notice.recipient.party_id)
    places = {name: _place(one) for name, one in missing.items()}
    for name, place in places.items():
        if place == mine:
            return name, "wrong_identity"
    for what, index in _ALIKE:
        for name, place in places.items():
            if _without(mine, index) == _without(place, index):
                return name, what
    return "", ""


def _without(place: _Place, index: int) -> tuple[object, ...]:
    return (*place[:index], *place[index + 1 :])


def _place(one: Wanted) -> _Place:
    recipient = one.duty.recipient
    return one.duty.incident.revision, one.leg, recipient.role, recipient.party_id


def _unowed(notice: Notice, chronicle: Chronicle, result: Matched) -> Discrepancy:
    revisions = {one.revision: one for one in chronicle.revisions}
    incident = revisions.get(notice.revision)
    if incident is None:
        said = "tells of a revision that does not exist"
        return _surplus(notice, "wrong", "no_such_revision", said)
    outside = notice.recipient.role not in OWN_STAFF
    if outside and not told_outside(incident) and notice.leg not in _corrections(result):
        said = "tells outside the centre what is no incident there"
        return _surplus(notice, "wrong", "told_undecided", said)
    same = [
        one for one in result.met.values()
        if one.leg == notice.leg and one.duty.recipient == notice.recipient
    ]  # fmt: skip
    if same:
        said = f"says once more what revision {same[0].duty.incident.revision} owed once"
        return _surplus(notice, "duplicate", "again", said)
    if _concerned(notice.recipient, incident):
        return _surplus(notice, "wrong", "unowed", "is owed by nothing in the revision")
    return _surplus(notice, "wrong", "not_concerned", "goes to whom the route does not name")


def _corrections(result: Matched) -> set[str]:
    return {one.leg for one in result.met.values() if one.duty.kind == "correction"}


def _concerned(recipient: Recipient, incident: Incident) -> bool:
    return any(
        (leg.role, leg.party_id) == (recipient.role, recipient.party_id)
        for leg in incident.assessment.route
    )


def _missing(name: str, one: Wanted, *, removed: bool) -> Discrepancy:
    duty = one.duty
    role, party = duty.recipient.role, duty.recipient.party_id
    gone = "was taken out of the outbox" if removed else "is not there"
    return Discrepancy(
        kind="missing",
        subject=name,
        incident_id=duty.incident.id,
        what="removed" if removed else duty.kind,
        said=f"the {one.leg} to {role} {party} that revision {duty.incident.revision} owes {gone}",
        since=due_of(one),
        basis=one.terms[0].basis,
    )


def _surplus(notice: Notice, kind: str, what: str, said: str) -> Discrepancy:
    return Discrepancy(
        kind=kind,
        subject=notice.id,
        incident_id=notice.incident_id,
        what=what,
        said=f"the {notice.leg} to {named(notice)} {said}",
        since=notice.created_at,
        basis=notice.basis,
    )
