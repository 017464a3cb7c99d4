"""When what is due: a pure function of the pack's rows and the incident's moments.

Rows in force when the incident opened count for its whole life (SPEC 4). "At once" is a row with
no offset; a row that leaves its number to a by-law is shown as missing and never guessed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.assess.pack import Pack
from pipeline.assess.rows import CENTRE, REPORTS, TRIGGERS, RouteRow, TermRow
from pipeline.assess.view import STRENGTH, InForce, fits
from pipeline.assess.vocabulary import INCIDENT
from pipeline.model import Assessment, Instant, Recipient, Tri
from pipeline.model.calendar import Calendar
from pipeline.registry.moments import LATEST


@dataclass(frozen=True, slots=True)
class Due:
    """One leg that is due to one recipient. ``due_at`` None: ``missing`` names the by-law."""

    leg: str
    recipient: Recipient
    duty_of: str
    due_at: Instant | None
    basis: str
    set_by: str
    term: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Moments:
    """When what happened to an incident (nanoseconds); 0 where it did not.

    ``requested``: when somebody asked for a report last, by role.
    ``sent``: when legs left, by leg; a term that runs from another leg runs from there, and from
    the latest time of that leg while it has not left.
    """

    opened: int
    changed: int = 0
    retracted: int = 0
    closed: int = 0
    requested: Mapping[str, int] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)


def terms_due(
    pack: Pack,
    assessment: Assessment,
    moments: Moments,
    flags: frozenset[str] = frozenset(),
    reporter: str = "centre",
) -> list[Due]:
    """Give every leg due to the route's recipients, with each clock that runs for it.

    ``flags`` are the object's at the opening. Several rows for one leg are several clocks; of the
    centre's own the earliest alone is given.
    """
    subject = INCIDENT if assessment.is_incident is Tri.YES else ""
    rows = tuple(row for row in pack.at(moments.opened).terms if _of_subject(row, subject))
    found: list[Due] = []
    for leg in assessment.route:
        recipient = Recipient(leg.role, leg.party_id)
        own: dict[str, list[tuple[int, TermRow]]] = {}
        for row in _rows(rows, leg.role, flags, reporter):
            asked = _Asked(rows, moments, leg.role, flags, reporter, pack.calendar)
            begin = _begin(row, asked)
            if not begin:
                continue
            due_at = row.offset.after(begin, pack.calendar) if row.offset else None
            if not _counts(row, due_at, moments.closed, told=_told(rows, moments.sent)):
                continue
            if row.duty_of == CENTRE and due_at is not None:
                own.setdefault(row.leg, []).append((due_at, row))
            else:
                found.append(_due(row, recipient, due_at))
        for held in own.values():
            due_at, row = _counting(held)
            found.append(_due(row, recipient, due_at))
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or 0))


def _counts(row: TermRow, due_at: int | None, closed: int, *, told: bool) -> bool:
    """Tell whether a term counts of an incident that goes on (``closed`` 0), or has ended.

    ``told``: somebody was told how far it is. By then one of both is due: the end, or how far.
    """
    if row.goes_on is None or due_at is None:
        return True
    if row.goes_on:
        return not 0 < closed <= due_at
    return not told and closed <= due_at


def _counting(held: Sequence[tuple[int, TermRow]]) -> tuple[int, TermRow]:
    """Give the earliest of a leg's terms; one for what has ended in time before all others."""
    ended = [one for one in held if one[1].goes_on is False]
    return min(ended or held, key=lambda one: (one[0], STRENGTH[one[1].set_by], one[1].id))


def _told(rows: Iterable[TermRow], sent: Mapping[str, int]) -> bool:
    return any(row.goes_on and row.leg in sent for row in rows)


def _of_subject(row: TermRow, subject: str) -> bool:
    """Tell whether a term speaks of incidents, or, with "", of what is told although it is none."""
    if not row.subjects:
        return True
    return subject in row.subjects if subject else row.subjects != (INCIDENT,)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Of which rows, moments, role, object and days a beginning is asked."""

    rows: tuple[TermRow, ...]
    moments: Moments
    role: str
    flags: frozenset[str]
    reporter: str
    calendar: Calendar


def _begin(row: TermRow, asked: _Asked) -> int:
    """Give from when a term runs (nanoseconds); 0 where that did not happen."""
    if row.trigger == "requested":
        return asked.moments.requested.get(asked.role, 0)
    if row.trigger in TRIGGERS:
        begin: int = getattr(asked.moments, row.trigger)
        return begin
    left = asked.moments.sent.get(row.trigger)
    if left is not None:
        return left
    before = [
        one.offset.after(begin, asked.calendar)
        for one in _rows(asked.rows, asked.role, asked.flags, asked.reporter)
        if one.leg == row.trigger and one.offset is not None and (begin := _begin(one, asked))
    ]
    return min(before, default=0)


def _rows(
    rows: tuple[TermRow, ...], role: str, flags: frozenset[str], reporter: str
) -> Iterator[TermRow]:
    for row in rows:
        heard = not row.reporters or reporter in row.reporters
        if role in row.recipients and heard and fits(row.when, flags):
            yield row


def _due(row: TermRow, recipient: Recipient, due_at: int | None) -> Due:
    return Due(
        leg=row.leg,
        recipient=recipient,
        duty_of=row.duty_of,
        due_at=due_at,
        basis=row.basis,
        set_by=row.set_by,
        term=row.id,
        missing=row.by_law or "",
    )


@dataclass(frozen=True, slots=True)
class Term:
    """When a leg is due, on which ground, and who set that."""

    due_at: int
    basis: str
    set_by: str


@dataclass(frozen=True, slots=True)
class CentreTerms:
    """The centre's own terms and the law's words for its legs, as the notices ask for them.

    ``opened_at`` fixes the rows of an incident's opening; without it those at the leg's own time.
    ``flags`` are the object's at the opening.
    """

    pack: Pack
    opened_at: int | None = None
    flags: frozenset[str] = frozenset()
    reporter: str = CENTRE

    def __call__(self, leg: str, role: str, at: int) -> Term:
        """Give the term of a leg to a role that became owed ``at`` (nanoseconds).

        A role or leg without a row is due at once by policy: nothing waits for a gap in a pack,
        and ``load_pack`` refuses a pack whose routes have one.
        """
        rows = self._view(at).terms
        opened = at if self.opened_at is None else self.opened_at
        moments = Moments(opened, at, at, at, {role: at})
        days = self.pack.calendar
        asked = _Asked(rows, moments, role, self.flags, self.reporter, days)
        found: list[tuple[int, TermRow]] = []
        for row in self._own(leg, role, at):
            first = row.trigger == TRIGGERS[0]
            begin = at if first else _begin(row, asked)
            if row.offset is not None:
                due = row.offset.after(begin or at, days)
                # Whoever tells how far it is tells of what goes on.
                if row.goes_on or _counts(row, due, at, told=False):
                    found.append((due, row))
        if not found:
            return Term(at, "policy", "policy")
        due, row = _counting(found)
        return Term(due, row.basis, row.set_by)

    def legs(self, kind: str, role: str) -> tuple[str, ...]:
        """Give the legs by which the pack calls a kind of notice to a role; the kind where none."""
        at = LATEST - 1 if self.opened_at is None else self.opened_at
        named = [row.id for row in self._view(at).legs if row.kind == kind]
        return tuple(leg for leg in named if any(self._own(leg, role, at))) or (kind,)

    def reports(self) -> Mapping[str, tuple[str, ...]]:
        """Give to which roles the pack owes each kind of report that a person brings about."""
        at = LATEST - 1 if self.opened_at is None else self.opened_at
        view = self._view(at)
        kinds = {row.id: row.kind for row in view.legs if row.kind in REPORTS}
        found: dict[str, list[str]] = {}
        for row in view.terms:
            if row.leg in kinds and row.duty_of == CENTRE and row.offset is not None:
                found.setdefault(kinds[row.leg], []).extend(row.recipients)
        return {kind: tuple(dict.fromkeys(roles)) for kind, roles in sorted(found.items())}

    def guest_paths(self, role: str) -> tuple[str, ...] | None:
        """Give the parties of hosted objects by which a role is told; () for the object's own.

        None for a role that the pack does not know.
        """
        view = self._view(LATEST - 1 if self.opened_at is None else self.opened_at)
        return guest_paths(view, role) if role in view.roles else None

    def _view(self, at: int) -> InForce:
        return self.pack.at(at if self.opened_at is None else self.opened_at)

    def _own(self, leg: str, role: str, at: int) -> Iterable[TermRow]:
        for row in _rows(self._view(at).terms, role, self.flags, self.reporter):
            if row.leg != leg or row.duty_of != CENTRE or row.offset is None:
                continue
            if _of_subject(row, INCIDENT):
                yield row


def guest_paths(view: InForce, role: str) -> tuple[str, ...]:
    """Give the paths of parties by which routes tell a role of what is hosted on the object."""
    paths = (
        path
        for row in view.of("routes", RouteRow)
        if row.role == role and row.of == "guests"
        for path in row.parties
    )
    return tuple(dict.fromkeys(paths))
