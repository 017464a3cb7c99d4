"""From an incident, its history, findings and notices to the closed record that leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import (
    Assessment,
    Finding,
    Incident,
    IncidentState,
    Json,
    Limb,
    Notice,
    Tri,
)
from pipeline.notify.changes import INSIDE, acts
from pipeline.notify.exports.observables import observables
from pipeline.notify.exports.plain_text import plain
from pipeline.notify.exports.record import (
    Details,
    Exported,
    LawClass,
    LimbAnswer,
    Related,
    Step,
    Times,
    Tlp,
    Told,
    ToldFinding,
)
from pipeline.registry import ObjectRecord


@dataclass(frozen=True, slots=True)
class Subject:
    """All that one incident's export is made of.

    ``history`` are its revisions, oldest first, the one that is exported last. ``record`` is the
    object's at the opening. ``guard`` is the guard's decision of now (open, stub or hold): the
    stricter of it and the revision's own counts, and what neither knows is never open.
    """

    history: Sequence[Incident]
    findings: Sequence[Finding]
    notices: Sequence[Notice]
    record: ObjectRecord | None
    guard: str


def exported(subject: Subject, centre: str, now: int, tlp: Tlp = "amber") -> Exported:
    """Give the record of an incident's last revision; ``now`` in nanoseconds is printed in it.

    A candidate is nobody's business outside the centre (SPEC 4): it is marked ``red`` whatever
    ``tlp`` says.
    """
    incident = subject.history[-1]
    assessment = incident.assessment
    is_open = subject.guard == "open" and assessment.guard == "open"
    code = subject.record.code if subject.record is not None else ""
    return Exported(
        incident_id=incident.id,
        object=plain(code or incident.object_id),
        acts=tuple(map(plain, acts(assessment))),
        rsit=plain(assessment.rsit),
        time=incident.first_event_at,
        severity=plain(assessment.severity),
        centre=plain(centre),
        written_at=now,
        tlp="red" if incident.state is IncidentState.CANDIDATE else tlp,
        details=_details(subject) if is_open else None,
    )


def _details(subject: Subject) -> Details:
    incident, record = subject.history[-1], subject.record
    found, beyond = observables(subject.findings)
    names = record.names if record is not None else None
    known = {} if names is None else {one: getattr(names, one) for one in ("kk", "ru", "en")}
    return Details(
        revision=incident.revision,
        hash=plain(incident.hash),
        state=incident.state.value,
        trial=incident.trial,
        merged_into=plain(incident.merged_into),
        closing_verdict=plain(incident.closing_verdict),
        decided=_decided(incident),
        related=tuple(
            Related(plain(one.kind), plain(one.to))
            for one in incident.links
            if one.object_id == incident.object_id  # of another's object nobody is told here
        ),
        object_names={one: plain(name) for one, name in known.items() if name},
        sector=(record.branch if record is not None else None) or "",
        times=_times(subject.history),
        law=_law(incident.assessment),
        attack=tuple(map(plain, incident.assessment.attack)),
        event_count=incident.event_count,
        finding_count=incident.finding_count or len(incident.finding_ids),
        findings=tuple(_finding(one) for one in subject.findings),
        observables=found,
        observables_beyond=beyond,
        revisions=tuple(_step(one) for one in subject.history),
        told=tuple(
            _told(one)
            for one in subject.notices
            if one.recipient.role not in INSIDE and one.revision <= incident.revision
        ),
    )


def _times(history: Sequence[Incident]) -> Times:
    last = history[-1]

    def reached(state: IncidentState) -> int | None:
        return next((one.changed_at for one in history if one.state is state), None)

    return Times(
        detected_at=history[0].changed_at,
        opened_at=last.opened_at,
        changed_at=last.changed_at,
        first_event_at=last.first_event_at,
        last_event_at=last.last_event_at,
        acknowledged_at=reached(IncidentState.ACKNOWLEDGED),
        contained_at=reached(IncidentState.CONTAINED),
        restored_at=reached(IncidentState.RESTORED),
        closed_at=_closed_at(last),
    )


def _closed_at(last: Incident) -> int | None:
    if last.state is not IncidentState.CLOSED:
        return None
    return last.closed_at or last.changed_at


def _decided(incident: Incident) -> tuple[str, ...]:
    """Give the elements on which a person's word stands; the latest word counts."""
    says: dict[str, str] = {}
    for decision in incident.decisions:
        says |= decision.says
    return tuple(sorted(plain(name) for name, word in says.items() if word))


def _law(assessment: Assessment) -> LawClass:
    return LawClass(
        verdict=assessment.is_incident,
        limbs=tuple(_limbs(assessment)),
        acts={plain(name): holds for name, holds in assessment.acts.items()},
        occurrence=plain(assessment.occurrence),
        intent=plain(assessment.intent),
        origin=plain(assessment.origin),
        reality=plain(assessment.reality),
        impact=_impact(assessment.impact),
        scope=plain(assessment.scope),
        aims=tuple(map(plain, assessment.aims)),
        priority=plain(assessment.priority),
        basis={plain(name): plain(norm) for name, norm in assessment.basis.items()},
        versions={plain(name): plain(one) for name, one in assessment.versions.items()},
    )


def _limbs(assessment: Assessment) -> Sequence[LimbAnswer]:
    found = []
    for name, held in assessment.predicate.items():
        group = {name: held} if isinstance(held, Limb) else held
        for limb, one in group.items():
            full = name if isinstance(held, Limb) else f"{name}.{limb}"
            found.append(LimbAnswer(plain(full), Tri(one.holds), plain(one.basis)))
    return found


def _impact(value: Json) -> Json:
    """Keep grades and names of the pack's axes; what is empty says nothing."""
    kept = ((plain(name), _impact_value(one)) for name, one in value.items())
    return {name: one for name, one in kept if one not in ({}, [])}


def _impact_value(value: object) -> object:
    if isinstance(value, dict):
        return _impact(value)
    if isinstance(value, list | tuple):
        return [_impact_value(one) for one in value]
    return value if isinstance(value, int) else plain(str(value))


def _finding(one: Finding) -> ToldFinding:
    return ToldFinding(
        id=plain(one.id),
        kind=plain(one.kind),
        rule_id=plain(one.rule.id),
        title=plain(one.rule.title),
        level=plain(one.rule.level),
        first_event_at=one.first_event_at,
        last_event_at=one.last_event_at,
        event_count=one.event_count,
        attack=tuple(map(plain, one.labels.attack)),
    )


def _step(one: Incident) -> Step:
    return Step(
        revision=one.revision,
        at=one.changed_at,
        state=one.state.value,
        verdict=one.assessment.is_incident,
        severity=plain(one.assessment.severity),
        hash=plain(one.hash),
        step=plain(one.step),
        by=plain(one.actor.partition("/")[0]),  # the role; who it was is a person's name
    )


def _told(one: Notice) -> Told:
    return Told(
        role=plain(one.recipient.role),
        leg=plain(one.leg),
        revision=one.revision,
        made_at=one.created_at,
        due_at=one.due_at,
        state=one.state.value,
        basis=plain(one.basis),
        set_by=plain(one.set_by),
        tried_at=one.tried.first_at or None,
        received_at=one.receipt.received_at if one.receipt is not None else None,
    )
