"""Which legs a revision of an incident owes to whom: the few rules that keep notices from storming.

A revision is compared with the one before it, and with nothing else:

==========  ===============================================================================
first       the verdict is yes and the recipient was not told by the revision before
update      who was told must know more: the severity or the acts changed, details were
            freed by the guard, or a closed incident opened again
final       the incident was closed
correction  what was said no longer stands: the verdict is no or unknown again, the incident
            was merged, or the recipient left the route
==========  ===============================================================================

Counts, times, evidence and a tighter guard change nothing that must be told: a repeat makes a
revision and no notice. A candidate notifies nobody outside the centre (SPEC section 4); inside it
the duty officer is paged, once, by a first leg and no other. Because who leaves the route gets a
correction, everyone who was told and not corrected stands in the previous revision's route, so that
no other history is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import Assessment, Incident, IncidentState, Leg, Recipient, Tri
from pipeline.notify.payload import disclosure

INSIDE = frozenset({"duty_officer", "operations_centre"})  # our own staff, in every pack
_STRENGTH = {"statute": 0, "by-law": 1, "policy": 2}


@dataclass(frozen=True, slots=True)
class Owed:
    """One leg owed to one recipient, and the words that open it.

    ``kind`` is our protocol's (the table above); by which leg the law calls it is the pack's.
    """

    kind: str
    recipient: Recipient
    basis: str
    set_by: str
    opening: str


def owed(incident: Incident, previous: Incident | None) -> Iterator[Owed]:
    """Give the legs that this revision owes, in the route's order, corrections last."""
    now = concerned(incident)
    before = concerned(previous) if previous else {}
    told = set(_told(previous)) if previous else set()
    leg = _news(incident, previous) if previous else ""
    page = "first" if announced(incident) else "candidate"
    for recipient, ground in now.items():
        if recipient not in told:
            yield Owed("first", recipient, ground.basis, ground.set_by, page)
        elif leg and recipient.role not in INSIDE:
            yield Owed(leg, recipient, ground.basis, ground.set_by, leg)
    outcome = _outcome(incident)
    for recipient, ground in before.items():
        # Whose first notice was held gets a correction that is held, and none that leaves.
        heard = recipient in told or disclosure(recipient.role, incident.assessment.guard) == "hold"
        if heard and recipient not in now and recipient.role not in INSIDE:
            yield Owed("correction", recipient, ground.basis, ground.set_by, outcome)


def announced(incident: Incident) -> bool:
    """Tell whether this revision is an incident to those outside the centre."""
    return incident.assessment.is_incident is Tri.YES and incident.state not in (
        IncidentState.CANDIDATE,
        IncidentState.MERGED,
    )


def concerned(incident: Incident) -> dict[Recipient, Leg]:
    """Give each recipient of a revision once, with the grounds of all its legs joined."""
    grounds: dict[Recipient, Leg] = {}
    if incident.state is IncidentState.MERGED:
        return grounds
    outside = announced(incident)
    for leg in incident.assessment.route:
        if outside or leg.role in INSIDE:
            recipient = Recipient(leg.role, leg.party_id)
            known = grounds.get(recipient)
            grounds[recipient] = leg if known is None else _joined(known, leg)
    return grounds


def acts(assessment: Assessment) -> tuple[str, ...]:
    """Give the acts that hold, sorted."""
    return tuple(sorted(name for name, holds in assessment.acts.items() if holds is Tri.YES))


def _told(incident: Incident) -> Iterator[Recipient]:
    """Give who was told by a revision: nobody whose notice the guard holds."""
    for recipient in concerned(incident):
        if disclosure(recipient.role, incident.assessment.guard) != "hold":
            yield recipient


def _news(incident: Incident, previous: Incident) -> str:
    closed = incident.state is IncidentState.CLOSED
    was_closed = previous.state is IncidentState.CLOSED
    if closed and not was_closed:
        return "final"
    after, before = incident.assessment, previous.assessment
    freed = after.guard == "open" and before.guard != "open"
    changed = (after.severity, acts(after)) != (before.severity, acts(before))
    return "update" if changed or freed or (was_closed and not closed) else ""


def _outcome(incident: Incident) -> str:
    if incident.state is IncidentState.MERGED:
        return "merged"
    if incident.assessment.is_incident is Tri.NO:
        return "no_incident"
    return "not_concerned" if announced(incident) else "undecided"


def _joined(one: Leg, other: Leg) -> Leg:
    basis = one.basis if other.basis in one.basis.split("; ") else f"{one.basis}; {other.basis}"
    set_by = min(one.set_by, other.set_by, key=lambda name: _STRENGTH.get(name, len(_STRENGTH)))
    return Leg(one.role, one.party_id, basis, set_by, one.reason)
