"""What one incident owes by its history, for people to read beside what the outbox has."""

from dataclasses import dataclass

from pipeline.model import Instant
from pipeline.runtime.auditor import Auditor


@dataclass(frozen=True, slots=True)
class OwedNotice:
    """One notice that is owed: to whom, until when, and how it stands; ``missing`` if nowhere."""

    id: str
    leg: str
    role: str
    party: str
    revision: int
    due_at: Instant
    basis: str
    set_by: str
    disclosure: str
    state: str


def owed_notices(auditor: Auditor, incident_id: str) -> list[OwedNotice]:
    """Give what an incident owes, by revision and due time; empty where it is unknown."""
    chronicle, wanted = auditor.owed(incident_id)
    states = {notice.id: notice.state.value for notice in chronicle.notices}
    found = [
        OwedNotice(
            id=name,
            leg=one.leg,
            role=one.duty.recipient.role,
            party=one.duty.recipient.party_id,
            revision=one.duty.incident.revision,
            due_at=one.terms[0].due_at,
            basis=one.terms[0].basis,
            set_by=one.terms[0].set_by,
            disclosure=one.duty.disclosure,
            state=states.get(name, "missing"),
        )
        for name, one in wanted.items()
        if one.duty.needed
    ]
    return sorted(found, key=lambda one: (one.revision, one.due_at, one.role, one.party, one.leg))
