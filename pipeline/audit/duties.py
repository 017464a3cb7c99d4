"""Which notices the revisions of an incident owe: read from the whole history, not from a step.

What each recipient was told last is followed from the first revision on (SPEC 4; the readings are
those of rules/law/DECISIONS.md):

==========  ===============================================================================
first       whom the route names, once the fact of an incident stands, and not told yet
update      who was told does not know the severity, the acts or the details any more, or the
            incident was opened again
final       the incident was closed
request     a role that was told asked for a report
progress    a person told how far it is with what goes on
correction  who was told is not concerned any more: no incident, undecided, merged, left out
==========  ===============================================================================

A candidate is told to nobody outside the centre. What the guard holds is owed and not told: it
stays owed, once, until it can leave.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.model import Incident, IncidentState, Recipient, Tri

PAGED = "duty_officer"
ON_CALL = frozenset({PAGED, "duty_lead", "head_of_centre"})
OWN_STAFF = ON_CALL | {"operations_centre"}
_UNTOLD = (IncidentState.CANDIDATE, IncidentState.MERGED)


@dataclass(frozen=True, slots=True)
class Duty:
    """One kind of notice that a revision owes to one recipient.

    ``disclosure``: ``open``, ``stub`` or ``hold``. ``outcome`` says in which way what was told no
    longer stands. A duty that is not ``needed`` may be met or not: nothing new is told by it.
    """

    incident: Incident
    kind: str
    recipient: Recipient
    disclosure: str
    ground: str
    since: int
    outcome: str = ""
    needed: bool = True


@dataclass(slots=True)
class _Told:
    """What a recipient knows: what it was told last, in which detail, and what is held back."""

    content: tuple[object, ...]
    disclosure: str
    ground: str
    held: bool = False


@dataclass(slots=True)
class _Walk:
    """The walk over an incident's revisions."""

    told: dict[Recipient, _Told] = field(default_factory=dict)
    waiting: dict[Recipient, str] = field(default_factory=dict)
    before: Incident | None = None

    def step(self, incident: Incident) -> Iterator[Duty]:
        """Give what one revision owes."""
        concerned = audience(incident)
        for recipient, ground in concerned.items():
            disclosure = disclosed(recipient.role, incident.assessment.guard)
            duty = Duty(incident, "first", recipient, disclosure, ground, _since(incident, self))
            known = self.told.get(recipient)
            yield from self._first(duty) if known is None else self._news(duty, known)
        yield from self._corrections(incident, concerned)
        self.before = incident

    def _corrections(
        self, incident: Incident, concerned: Mapping[Recipient, str]
    ) -> Iterator[Duty]:
        """Give what is owed to who was told and is not concerned any more.

        Who was held back was told nothing: a correction to them may be written, and never leaves.
        """
        outcome, since = _outcome(incident), _since(incident, self)
        for recipient in [one for one in self.told if one not in concerned]:
            ground = self.told.pop(recipient).ground
            disclosure = disclosed(recipient.role, incident.assessment.guard)
            if recipient.role not in OWN_STAFF:
                yield Duty(incident, "correction", recipient, disclosure, ground, since, outcome)
        for recipient in [one for one in self.waiting if one not in concerned]:
            ground = self.waiting.pop(recipient)
            yield Duty(
                incident, "correction", recipient, "hold", ground, since, outcome, needed=False
            )

    def _first(self, duty: Duty) -> Iterator[Duty]:
        if duty.disclosure == "hold":
            yield replace(duty, needed=duty.recipient not in self.waiting)
            self.waiting[duty.recipient] = duty.ground
            return
        self.waiting.pop(duty.recipient, None)
        self.told[duty.recipient] = _Told(_content(duty.incident), duty.disclosure, duty.ground)
        yield duty

    def _news(self, duty: Duty, known: _Told) -> Iterator[Duty]:
        incident, before = duty.incident, self.before
        known.ground = duty.ground
        if duty.recipient.role in OWN_STAFF or before is None:
            return
        ended, had_ended = _closed(incident), _closed(before)
        kind = "final" if ended and not had_ended else "update"
        freed = duty.disclosure == "open" and known.disclosure != "open"
        news = (
            kind == "final"
            or freed
            or _content(incident) != known.content
            or (had_ended and not ended)
            or (known.held and duty.disclosure != "hold")
        )
        wanted = _reported(incident, duty.recipient.role)
        if not news and wanted:
            yield replace(duty, kind=wanted)
            return
        if not news:
            if duty.disclosure == "open" and before.assessment.guard != "open":
                yield replace(duty, kind=kind, needed=False)  # they have the details already
            return
        known.content = _content(incident)
        known.held = duty.disclosure == "hold"
        if not known.held:
            known.disclosure = duty.disclosure
        yield replace(duty, kind=kind)


def duties_of(revisions: Sequence[Incident]) -> list[Duty]:
    """Give what every revision of an incident owes, oldest first."""
    walk = _Walk()
    return [duty for incident in revisions for duty in walk.step(incident)]


def disclosed(role: str, guard: str) -> str:
    """Give what the guard's decision leaves to a role; what it is not known to open stays.

    The centre's own people on duty are paged of what is held, without content (SPEC 5).
    """
    if guard in ("open", "stub"):
        return guard
    return "stub" if role in ON_CALL else "hold"


def told_outside(incident: Incident) -> bool:
    """Tell whether a revision is an incident to those outside the centre."""
    return incident.assessment.is_incident is Tri.YES and incident.state not in _UNTOLD


def held_acts(incident: Incident) -> tuple[str, ...]:
    """Give the acts that hold, sorted."""
    return tuple(sorted(one for one, holds in incident.assessment.acts.items() if holds is Tri.YES))


def audience(incident: Incident) -> Mapping[Recipient, str]:
    """Give whom a revision concerns, with the grounds of all legs to each."""
    found: dict[Recipient, str] = {}
    if incident.state is IncidentState.MERGED:
        return found
    outside = told_outside(incident)
    for leg in incident.assessment.route:
        if not outside and leg.role not in OWN_STAFF:
            continue
        recipient = Recipient(leg.role, leg.party_id)
        grounds = found.get(recipient, "").split("; ") if recipient in found else []
        if leg.basis not in grounds:
            grounds.append(leg.basis)
        found[recipient] = "; ".join(grounds)
    return found


def _reported(incident: Incident, role: str) -> str:
    """Give the report that a person's step asks for on behalf of a role; "" where none."""
    entry = incident.entry if incident.step == "report" else {}
    return str(entry.get("kind", "")) if role in (entry.get("to") or ()) else ""


def _content(incident: Incident) -> tuple[object, ...]:
    return incident.assessment.severity, held_acts(incident)


def _closed(incident: Incident) -> bool:
    return incident.state is IncidentState.CLOSED


def _since(incident: Incident, walk: _Walk) -> int:
    """Give since when a revision owes: the opening where it opened the incident, else itself."""
    if walk.before is None or walk.before.opened_at != incident.opened_at:
        return incident.opened_at
    return incident.changed_at


def _outcome(incident: Incident) -> str:
    if incident.state is IncidentState.MERGED:
        return "merged"
    if incident.assessment.is_incident is Tri.NO:
        return "no_incident"
    return "not_concerned" if told_outside(incident) else "undecided"
