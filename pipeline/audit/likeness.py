"""One notice held against the duty that it is to meet: until when, on which ground, in which words.

Each difference is one alarm on its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.audit.chronicle import Allowance, Books
from pipeline.audit.contents import lacks, leaks, untrue
from pipeline.audit.discrepancy import Discrepancy
from pipeline.audit.duties import OWN_STAFF, Duty, told_outside
from pipeline.audit.lawbook import CANDIDATE, INCIDENT, Owing, Term
from pipeline.audit.naming import named
from pipeline.model import Notice

_GUARD = ("open", "stub", "hold")
_ANYBODY, ON_DUTY = "folder", "duty"
_DEFAULT_LANGUAGE = "kk"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A duty under one of the law's names for it, with the books that may have been in force."""

    duty: Duty
    leg: str
    books: Sequence[Books]

    @property
    def terms(self) -> list[Term]:
        """Give until when it is owed, by each of the books."""
        return [one.law.term(self.leg, owing(self.duty, one)) for one in self.books]

    @property
    def guests(self) -> tuple[str, ...] | None:
        """Give by which parties of hosted objects the recipient is told."""
        return self.books[0].law.guests(self.duty.recipient.role, self.duty.incident.opened_at)


def owing(duty: Duty, books: Books) -> Owing:
    """Give what the term of a duty depends on."""
    incident = duty.incident
    at = incident.opened_at
    record = books.register.at(incident.object_id, at)
    page = duty.kind == "first" and not told_outside(incident)
    return Owing(
        role=duty.recipient.role,
        subject=CANDIDATE if page else INCIDENT,
        flags=books.register.flags(incident.object_id, record, at),
        opened=at,
        since=duty.since,
    )


def unlike(
    notice: Notice, wanted: Wanted, allowance: Allowance, *, released: bool = False
) -> Iterator[Discrepancy]:
    """Give where a notice is not what was owed; what a person ``released`` leaves as a stub."""
    duty, terms = wanted.duty, wanted.terms
    incident = duty.incident
    dues = {term.due_at for term in terms}
    if notice.due_at not in dues:
        yield wrong(notice, wanted, "due", f"says it is due at another time than {_or(dues)}")
    if (notice.basis, notice.set_by) not in {(term.basis, term.set_by) for term in terms}:
        grounds = {f"{term.basis} ({term.set_by})" for term in terms}
        yield wrong(notice, wanted, "basis", f"names another ground than {_or(grounds)}")
    if notice.created_at != incident.changed_at:
        order = "before" if notice.created_at < incident.changed_at else "after"
        yield wrong(notice, wanted, f"made_{order}", f"was made {order} the revision it tells of")
    if notice.kind and notice.kind != duty.kind:
        yield wrong(notice, wanted, "kind", f"counts as another kind than {duty.kind}")
    if notice.object_id != incident.object_id:
        yield wrong(notice, wanted, "object", "is filed under another object")
    decided = "stub" if released else incident.assessment.guard
    if _GUARD.index(notice.guard.decision) < _GUARD.index(decided):
        yield wrong(notice, wanted, "guard", "says that more may leave than the guard decided")
    yield from _addressed(notice, wanted, allowance)
    yield from _said(notice, wanted)


def _addressed(notice: Notice, wanted: Wanted, allowance: Allowance) -> Iterator[Discrepancy]:
    role, party = notice.recipient.role, notice.recipient.party_id
    known = [one.register.parties.get(party, {}) for one in wanted.books]
    if notice.language not in {one.get("language", _DEFAULT_LANGUAGE) for one in known}:
        yield wrong(notice, wanted, "language", f"is not in the language of {party}")
    at = wanted.duty.incident.opened_at
    ways = {wish["channel"] for one in known for wish in one.get("channels") or ()}
    ways |= {_ANYBODY, allowance.lines.get(role, _ANYBODY), *allowance.further.get(role, ())}
    ways |= {ON_DUTY} if role in OWN_STAFF else set()
    ways -= {channel for other, channel in allowance.lines.items() if other != role}
    barred = [
        roles is not None and role not in roles
        for roles in (one.law.channel_roles(notice.channel, at) for one in wanted.books)
    ]
    if notice.channel not in ways or all(barred):
        said = f"goes over {notice.channel}, by which {role} {party} is not reached"
        yield wrong(notice, wanted, "channel", said)


def _said(notice: Notice, wanted: Wanted) -> Iterator[Discrepancy]:
    duty, guests = wanted.duty, wanted.guests
    more = leaks(notice, duty, guests)
    if more:
        said = f"says more than the recipient may know: {', '.join(more)}"
        yield wrong(notice, wanted, "leak", said)
        return
    less = lacks(notice, duty, guests)
    if less:
        yield wrong(notice, wanted, "incomplete", f"does not say: {', '.join(less)}")
        return
    false = [untrue(notice, duty, one) for one in wanted.books]
    if all(false):
        said = f"says otherwise than the revision: {', '.join(false[0])}"
        yield wrong(notice, wanted, "untrue", said)


def wrong(notice: Notice, wanted: Wanted, what: str, said: str) -> Discrepancy:
    """Make the alarm of a notice that is there and not as it was owed."""
    return Discrepancy(
        kind="wrong",
        subject=notice.id,
        incident_id=notice.incident_id,
        what=what,
        said=f"the {notice.leg} to {named(notice)} {said}",
        since=notice.created_at,
        basis=wanted.terms[0].basis,
    )


def _or(values: set[int] | set[str]) -> str:
    return " or ".join(map(str, sorted(map(str, values))))
