"""When what is due: a pure function of the pack's rows and the incident's moments.

Rows in force when the incident opened count for its whole life (SPEC 4). "At once" is a row with
no offset; a row that leaves its number to a by-law is shown as missing and never guessed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.assess.pack import Pack
from pipeline.assess.rows import TermRow
from pipeline.assess.view import STRENGTH, fits
from pipeline.model import Assessment, Instant, Recipient


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
    """When what happened to an incident (nanoseconds); 0 where it did not."""

    opened: int
    changed: int = 0
    retracted: int = 0
    closed: int = 0


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
    rows = pack.at(moments.opened).terms
    found: list[Due] = []
    for leg in assessment.route:
        recipient = Recipient(leg.role, leg.party_id)
        own: dict[str, list[tuple[int, TermRow]]] = {}
        for row in _rows(rows, leg.role, flags, reporter):
            begin = getattr(moments, row.trigger)
            if not begin:
                continue
            due_at = row.offset.after(begin) if row.offset else None
            if row.duty_of == "centre" and due_at is not None:
                own.setdefault(row.leg, []).append((due_at, row))
            else:
                found.append(_due(row, recipient, due_at))
        for held in own.values():
            due_at, row = min(held, key=lambda one: (one[0], STRENGTH[one[1].set_by], one[1].id))
            found.append(_due(row, recipient, due_at))
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or 0))


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
    """The centre's own terms, as the notices ask for them.

    ``opened_at`` fixes the rows of an incident's opening; without it those at the leg's own time.
    """

    pack: Pack
    opened_at: int | None = None

    def __call__(self, leg: str, role: str, at: int) -> Term:
        """Give the term of a leg to a role that became owed ``at`` (nanoseconds).

        A role or leg without a row is due at once by policy: nothing waits for a gap in a pack,
        and ``load_pack`` refuses a pack whose routes have one.
        """
        view = self.pack.at(at if self.opened_at is None else self.opened_at)
        rows = [
            row
            for row in view.terms
            if row.leg == leg and role in row.recipients and row.duty_of == "centre"
            and row.offset is not None and not row.when.flags and not row.reporters
        ]  # fmt: skip
        if not rows:
            return Term(at, "policy", "policy")
        due, row = min(
            ((row.offset.after(at), row) for row in rows if row.offset is not None),
            key=lambda one: (one[0], STRENGTH[one[1].set_by], one[1].id),
        )
        return Term(due, row.basis, row.set_by)
