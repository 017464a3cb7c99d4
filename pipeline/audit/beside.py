"""Reminders and pages: notices that no revision owes, and to whom they may go all the same.

When they are due is the reminders' own matter; here they must reach our own staff or those whom
the incident concerns, say nothing of what happened, and leave once they are made.
"""

from collections.abc import Iterator, Sequence

from pipeline.audit.chronicle import Allowance
from pipeline.audit.deliveries import LEFT, Delivery
from pipeline.audit.digests import DIGEST, digest_faults
from pipeline.audit.discrepancy import Discrepancy
from pipeline.audit.duties import OWN_STAFF, audience, disclosed
from pipeline.audit.naming import named
from pipeline.model import Incident, Notice

REMINDER, PAGE = "reminder", "page"
_KEYS = {
    REMINDER: frozenset(
        {"reminder", "incident_id", "object", "clock", "ordinal", "leg", "duty_of", "to", "due_at",
         "at", "made_at", "late", "legal_basis", "centre", "text"}
    ),
    PAGE: frozenset({"page", "incident_id", "object", "notice", "level", "centre", "text"}),
}  # fmt: skip


def is_beside(notice: Notice) -> bool:
    """Tell whether a notice is a reminder, a page or a digest."""
    return notice.kind in _KEYS or notice.kind == DIGEST


def beside_faults(
    delivery: Delivery, revisions: Sequence[Incident], now: int, allowance: Allowance
) -> Iterator[Discrepancy]:
    """Give what is wrong with a reminder or a page; ``revisions`` are its incident's, if any."""
    notice = delivery.notice
    if notice.kind == DIGEST:
        yield from digest_faults(notice)
        return
    inside = notice.recipient.role in OWN_STAFF
    told = [one for one in revisions if one.revision == notice.revision]
    if not inside and notice.recipient not in (audience(told[0]) if told else ()):
        yield _wrong(notice, "not_concerned", "goes to whom the route does not name")
    elif not inside and notice.state in LEFT and _holds(notice, told[0]):
        yield _wrong(notice, "sent_while_held", "left though it was to be held")
    more = sorted(notice.payload.keys() - _KEYS[notice.kind])
    if more:
        yield _wrong(notice, "leak", f"says more than a {notice.kind} may: {', '.join(more)}")
    due = max(notice.due_at, notice.created_at)
    yield from delivery.lateness_of(due, due + allowance.at_once, now, notice.basis)


def _holds(notice: Notice, incident: Incident) -> bool:
    return disclosed(notice.recipient.role, incident.assessment.guard) == "hold"


def _wrong(notice: Notice, what: str, said: str) -> Discrepancy:
    return Discrepancy(
        kind="wrong",
        subject=notice.id,
        incident_id=notice.incident_id,
        what=what,
        said=f"the {notice.leg} to {named(notice)} {said}",
        since=notice.created_at,
        basis=notice.basis,
    )
