"""A case judged under what persons decided of it: the same assessment, their words in its place.

A limb, an act or an attribute that a person answered is answered so, whatever findings say; a limb
alone that a person denied is yes again where findings come to show it. A verdict that a person gave
stands in the predicate's place, so that route, floors and weight follow from it as from any other.
Severity may be set by a person, never below a floor of the pack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from pipeline.assess import Case, Pack, assess
from pipeline.assess.answers import RANK
from pipeline.assess.assessment import case_flags
from pipeline.assess.elements import priority_of
from pipeline.assess.reasons import AGAINST, BOUND, DECIDED, LAPSED, RAISED, joined
from pipeline.assess.routing import page, route
from pipeline.assess.rows import FloorRow
from pipeline.assess.view import InForce, Verdict
from pipeline.assess.vocabulary import INCIDENT
from pipeline.incidents.decisions import (
    HANDOVER,
    SEVERITY,
    VERDICT,
    contradicted,
    counting,
    element_of,
    verdict_of,
)
from pipeline.model import Assessment, Decision, Finding, Labels, Leg, Limb, Tri

_ATTRIBUTES = frozenset({"intent", "origin", "reality", "rsit"})


def decided(case: Case, decisions: Sequence[Decision]) -> Assessment:
    """Assess a case under decisions, by time; as the machine alone would where there are none."""
    if not decisions:
        return assess(case)
    machine = assess(case)
    words = counting(decisions)
    standing = {name: one for name, one in words.items() if not _lapsed(one, name, machine)}
    view = case.pack.at(case.at)
    given = replace(case, findings=_answered(view, case.findings, standing))
    verdict = verdict_of(decisions, machine.is_incident)
    if verdict is not None:
        given = replace(given, pack=_overruled(case.pack, verdict))
    judged = _explained(assess(given), words, standing, view)
    judged = _weighed(judged, case, view, words.get(SEVERITY))
    return replace(judged, route=_route(judged, machine, case, words))


def sayable(pack: Pack, at: int) -> dict[str, tuple[str, ...]]:
    """Give the elements that a person may decide under a pack, each with the words for it.

    Severities stand from the mildest.
    """
    view = pack.at(at)
    found = {name: tuple(map(str, Tri)) for name in view.speech.asked}
    for name, row in view.attributes.items():
        found[name] = tuple(dict.fromkeys((*row.values, "unknown")))
    classes = pack.head.rsit_classes
    found["rsit"] = tuple(
        name for top, ones in classes.items() for name in (top, *(f"{top}.{one}" for one in ones))
    )
    found[SEVERITY] = tuple(row.severity for _, row in sorted(view.levels.items()))
    found[VERDICT] = (Tri.YES.value, Tri.NO.value)
    found[HANDOVER] = (Tri.YES.value,)
    return found


@dataclass(frozen=True)
class _Overruled(Pack):
    """A pack in which a person's verdict stands in the predicate's place."""

    verdict: Tri = Tri.UNKNOWN

    def at(self, instant: int) -> InForce:
        """Give the rows in force, the predicate answered."""
        view, answer = super().at(instant), RANK[self.verdict]
        own = view.verdicts.get(INCIDENT)
        basis = own.basis if own is not None else "policy"
        kept = {name: one for name, one in view.verdicts.items() if name != "review"}
        kept[INCIDENT] = Verdict(lambda _answers: answer, "the decision", basis)
        return replace(view, verdicts=kept, _situations={})


def _overruled(pack: Pack, verdict: Tri) -> Pack:
    given = {one.name: getattr(pack, one.name) for one in fields(pack)}
    return _Overruled(**given, verdict=verdict)


def _lapsed(decision: Decision, name: str, machine: Assessment) -> bool:
    """Tell whether findings came to show what a person had denied when none did."""
    if name == VERDICT or decision.says[name] != Tri.NO.value:
        return False
    return element_of(machine, name) == Tri.YES.value and decision.machine.get(name) != "yes"


def _answered(
    view: InForce, findings: Sequence[Finding], standing: Mapping[str, Decision]
) -> tuple[Finding, ...]:
    """Let findings say what persons say: a yes the first of them, so that none counts twice."""
    given = sorted(findings, key=lambda one: (one.first_event_at, one.id))
    for name, decision in standing.items():
        value = decision.says[name]
        for label in (name,) if name in _ATTRIBUTES else view.speech.asked.get(name, ()):
            if value != Tri.YES.value or name in _ATTRIBUTES:
                given = [_saying(one, label, value) for one in given]
            elif given:
                given[0] = _saying(given[0], label, value)
    return tuple(given)


def _saying(finding: Finding, label: str, value: str) -> Finding:
    group, _, part = label.partition(".")
    labels: Labels = finding.labels
    if group == "harms":
        labels = replace(labels, harms={**labels.harms, part: Tri(value)})
    elif group == "acts":
        labels = replace(labels, acts={**labels.acts, part: Tri(value)})
    elif group in _ATTRIBUTES:
        labels = _with(labels, group, value)
    else:
        labels = _with(labels, group, Tri(value))
    return replace(finding, labels=labels)


def _with(labels: Labels, name: str, value: object) -> Labels:
    given = {one.name: getattr(labels, one.name) for one in fields(labels)}
    return Labels(**{**given, name: value})


def _explained(
    judged: Assessment,
    words: Mapping[str, Decision],
    standing: Mapping[str, Decision],
    view: InForce,
) -> Assessment:
    """Say who decided each element, in the place of the findings that would have."""
    reasons, predicate = dict(judged.reasons), dict(judged.predicate)
    for name, decision in words.items():
        sentence = DECIDED if name in standing else LAPSED
        value = decision.says[name]
        why = sentence.format(actor=decision.actor, reason=decision.reason, value=value)
        limb = view.speech.limbs.get(name)
        if limb is None:
            reasons[name] = why
        elif limb.group:
            group = predicate[limb.group]
            assert isinstance(group, dict)
            predicate[limb.group] = {**group, limb.id: replace(group[limb.id], reason=why)}
        else:
            held = predicate[limb.id]
            assert isinstance(held, Limb)
            predicate[limb.id] = replace(held, reason=why)
    return replace(judged, reasons=reasons, predicate=predicate)


def _weighed(
    judged: Assessment, case: Case, view: InForce, decision: Decision | None
) -> Assessment:
    """Let a person's severity count, but for the floors of the pack that hold."""
    if decision is None:
        return judged
    wanted = decision.says[SEVERITY]
    grades = {row.severity: grade for grade, row in view.levels.items()}
    floor = max((view_floor for view_floor in _floors(judged, view)), default=0)
    grade = max(grades.get(wanted, 0), floor)
    sentence = RAISED if grade == grades.get(wanted) else BOUND
    why = sentence.format(value=wanted, actor=decision.actor, reason=decision.reason)
    own = case.object.operating_regime if case.object is not None else None
    urgent = priority_of(view, (case.regime,) if own is None else (case.regime, own), grade)
    return replace(
        judged,
        severity=view.levels[grade].severity,
        priority=urgent.value,
        reasons={**judged.reasons, SEVERITY: why, "priority": urgent.reason},
        basis={**judged.basis, SEVERITY: "policy", "priority": urgent.basis},
    )


def _floors(judged: Assessment, view: InForce) -> list[int]:
    held = set(judged.impact.get("floors", ()))
    return [row.floor for row in view.of("floors", FloorRow) if row.id in held]


def _route(
    judged: Assessment, machine: Assessment, case: Case, words: Mapping[str, Decision]
) -> tuple[Leg, ...]:
    """Give whom the verdict tells, the response service where it was handed over, our own staff.

    A person's *yes* stands against findings that come to deny it, and the duty officer is paged.
    """
    legs = list(judged.route)
    verdict = words.get(VERDICT)
    if (
        verdict is not None
        and judged.is_incident is Tri.YES
        and contradicted(verdict, machine.is_incident)
    ):
        legs += page(case.registry, AGAINST.format(actor=verdict.actor))
    if HANDOVER in words:
        legs += handed_over(case)
    known: dict[tuple[str, str], Leg] = {}
    for leg in legs:
        held = known.setdefault((leg.role, leg.party_id), leg)
        known[leg.role, leg.party_id] = replace(held, reason=joined(held.reason, leg.reason))
    return tuple(known.values())


def handed_over(case: Case) -> tuple[Leg, ...]:
    """Give the legs of the pack's routes for a hand-over; none where the pack has no such route."""
    situation = case.pack.at(case.at).situation(case_flags(case), case.reporter)
    demands = situation.demands.get(HANDOVER, ())
    return route(demands, case.object, case.registry, case.at) if demands else ()
