"""Which legs a revision of an incident owes to whom: the few rules that keep notices from storming.

A revision is compared with the one before it, and with who was told so far:

==========  ===============================================================================
first       the verdict is yes and the recipient was not told since the last correction
update      who was told must know more: the severity or the acts changed, details or news
            were freed by the guard, or a closed incident opened again
final       the incident was closed
request     a role that was told asked for a report, where the pack owes one
progress    a person tells how far it is with what still goes on, where the pack owes that
correction  what was said no longer stands: the verdict is no or unknown again, the incident
            was merged, or the recipient left the route
==========  ===============================================================================

Counts, times, evidence and a tighter guard change nothing that must be told: a repeat makes a
revision and no notice. A candidate notifies nobody outside the centre (SPEC section 4); inside it
the duty officer is paged, once, by a first leg and no other. Because who leaves the route gets a
correction, everyone who was told and not corrected stands in the previous revision's route. But the
guard may hold today what it let leave yesterday: who was told then is remembered (``told_after``),
so that the first notice stays the only one. What is held is owed, and written, once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.model import Assessment, Incident, IncidentState, Leg, Recipient, Tri
from pipeline.notify.payload import disclosure

INSIDE = frozenset({"duty_officer", "operations_centre"})  # our own staff, in every pack
REPORT = "report"  # the step by which a person brings a report about
Told: TypeAlias = Mapping[Recipient, bool]
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


def owed(incident: Incident, previous: Incident | None, told: Told | None = None) -> Iterator[Owed]:
    """Give the legs that this revision owes, in the route's order, corrections last.

    ``told`` is what ``told_after`` gave of the revision before.
    """
    now = concerned(incident)
    before = concerned(previous) if previous else {}
    behind = _behind(previous, told)
    waiting = {one for one in before if one not in behind}
    page = "first" if announced(incident) else "candidate"
    for recipient, ground in now.items():
        leg, opening = "first", page
        if recipient in behind:
            leg = opening = _news(incident, previous, recipient, behind=behind[recipient])
        elif recipient in waiting and _held(recipient, incident):
            leg = ""
        if not leg and recipient in behind:
            leg = opening = _reported(incident, recipient.role)
        if leg:
            yield Owed(leg, recipient, ground.basis, ground.set_by, opening)
    outcome = _outcome(incident)
    for recipient, ground in before.items():
        # Whose first notice was held gets a correction that is held, and none that leaves.
        heard = recipient in behind or _held(recipient, incident)
        if heard and recipient not in now and recipient.role not in INSIDE:
            yield Owed("correction", recipient, ground.basis, ground.set_by, outcome)


def told_after(
    incident: Incident, previous: Incident | None, told: Told | None = None
) -> dict[Recipient, bool]:
    """Give who has been told once this revision is, and whether news was held back from them."""
    behind = _behind(previous, told)
    after: dict[Recipient, bool] = {}
    for recipient in concerned(incident):
        held = _held(recipient, incident)
        if recipient not in behind:
            if not held:
                after[recipient] = False
            continue
        news = _news(incident, previous, recipient, behind=behind[recipient])
        after[recipient] = held if news else behind[recipient]
    return after


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


def _behind(previous: Incident | None, told: Told | None) -> dict[Recipient, bool]:
    """Give who was told, and whether news was held back from them.

    Where nothing is remembered, whoever the previous revision was free to tell.
    """
    if previous is None:
        return {}
    seen = {one: False for one in concerned(previous) if not _held(one, previous)}
    return {**seen, **(told or {})}


def _held(recipient: Recipient, incident: Incident) -> bool:
    return disclosure(recipient.role, incident.assessment.guard) == "hold"


def _news(
    incident: Incident, previous: Incident | None, recipient: Recipient, *, behind: bool
) -> str:
    """Give the leg by which who was told is told more; empty where there is nothing new."""
    if previous is None or recipient.role in INSIDE:
        return ""
    closed = incident.state is IncidentState.CLOSED
    was_closed = previous.state is IncidentState.CLOSED
    if closed and not was_closed:
        return "final"
    after, before = incident.assessment, previous.assessment
    freed = after.guard == "open" and before.guard != "open"
    freed = freed or (behind and not _held(recipient, incident))
    changed = (after.severity, acts(after)) != (before.severity, acts(before))
    return "update" if changed or freed or (was_closed and not closed) else ""


def _reported(incident: Incident, role: str) -> str:
    """Give the kind of report that a person's step brings about for a role; empty where none."""
    if incident.step == REPORT and role in incident.entry.get("to", ()):
        return str(incident.entry["kind"])
    return ""


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
