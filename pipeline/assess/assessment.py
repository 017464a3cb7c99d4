"""The verdict on one incident: a pure function of findings, object, pack, regime and reporter.

Limb by limb, three-valued, each part with its reason and ground, so that the same case gives the
same verdict on any machine and any day (National Security Law 27).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.assess.elements import (
    guard_of,
    occurrence_of,
    priority_of,
    rsit_of,
)
from pipeline.assess.evidence import Evidence, gather
from pipeline.assess.judgement import Judgement, judge
from pipeline.assess.pack import Pack
from pipeline.assess.reasons import HELD, NO_ROUTE, NO_ROWS, joined
from pipeline.assess.routing import page, route, unreached
from pipeline.assess.view import InForce, Situation
from pipeline.assess.vocabulary import UNKNOWN_VALUE
from pipeline.model import Assessment, Finding, GuardDecision, Leg, Limb, Tri
from pipeline.registry import ObjectRecord, Registry, decide
from pipeline.registry.moments import LATEST


@dataclass(frozen=True, slots=True)
class Case:
    """All that a verdict depends on.

    ``at``: the instant whose rows and registry count (the incident's opening), nanoseconds.
    ``reporter``: ``centre``, or one of the pack's ``reporters``. ``marked`` and ``suspected``:
    whether a secrecy mark stands behind the case; None takes it from the findings, whose records
    the collector's guard has read. ``content``: the revision of the rules.
    """

    findings: Sequence[Finding]
    object: ObjectRecord | None
    registry: Registry
    pack: Pack
    regime: str
    reporter: str
    at: int
    content: str = ""
    marked: Tri | None = None
    suspected: Tri | None = None


def assess(case: Case) -> Assessment:
    """Assess a case. ValueError where the pack has no such regime."""
    view = case.pack.at(case.at)
    situation = view.situation(case_flags(case), case.reporter)
    findings = [finding for finding in case.findings if not finding.retracted]
    evidence = gather(view, findings)
    judged = judge(view, situation, evidence.answers)
    weight = judged.weight
    guard = _guard(case, findings)
    legs, told = _route(case, view, situation, judged, guard)
    level = view.levels.get(weight.grade)
    elements = {
        "occurrence": occurrence_of(view, findings),
        "priority": priority_of(view, _regimes(case), weight.grade),
        "rsit": rsit_of(view, findings, evidence.answers),
        "guard_norm": (guarded := guard_of(view, guard)),
        "guard": guarded,
    }
    attributes = evidence.attributes
    return Assessment(
        is_incident=judged.verdict,
        predicate=_predicate(view, evidence),
        occurrence=elements["occurrence"].value,
        acts=judged.acts.copy(),
        intent=attributes.get("intent", UNKNOWN_VALUE),
        origin=attributes.get("origin", UNKNOWN_VALUE),
        reality=attributes.get("reality", UNKNOWN_VALUE),
        rsit=elements["rsit"].value,
        attack=_techniques(findings),
        impact=weight.impact.copy(),
        scope=judged.scope,
        aims=judged.aims,
        severity=level.severity if level else UNKNOWN_VALUE,
        priority=elements["priority"].value,
        route=legs,
        basis={
            **judged.grounds,
            **{name: element.basis for name, element in elements.items()},
            "guard": guard.rule,  # the rule that decided, beside its norm
        },
        versions=_versions(case, view),
        guard=guard.decision,
        reasons={
            **judged.reasons,
            **evidence.reasons,
            **{name: element.reason for name, element in elements.items()},
            "route": told,
        },
    )


def _techniques(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(sorted({name for one in findings for name in one.labels.attack}))


def _regimes(case: Case) -> tuple[str, ...]:
    """Give the regime of the deployment and, where its record names one, of the object."""
    own = case.object.operating_regime if case.object is not None else None
    return (case.regime,) if own is None else (case.regime, own)


def _versions(case: Case, view: InForce) -> dict[str, str]:
    return {
        "pack": view.revision,
        "valid_from": view.since,
        "labels": view.revision,
        "content": case.content,
        "registry": case.registry.revision,
        "regime": case.regime,
    }


def case_flags(case: Case) -> frozenset[str]:
    """Give the flags of a case's object; ``hosts`` where others stand on it."""
    return object_flags(case.registry, case.object, case.at)


def object_flags(registry: Registry, record: ObjectRecord | None, at: int) -> frozenset[str]:
    """Give the flags of an object at an instant; ``hosts`` where others stand on it."""
    if record is None:
        return frozenset()
    flags = record.flags(at)
    return flags | {"hosts"} if registry.hosted_on(record.id, at) else flags


def _predicate(view: InForce, evidence: Evidence) -> dict[str, Limb | dict[str, Limb]]:
    predicate = {
        name: held.copy() if isinstance(held, dict) else held
        for name, held in view.speech.blank.items()
    }
    for limb, stored in evidence.limbs:
        group = predicate[limb.group] if limb.group else predicate
        assert isinstance(group, dict)
        group[limb.id] = stored
    return predicate


def _guard(case: Case, findings: Sequence[Finding]) -> GuardDecision:
    marked, suspected = case.marked, case.suspected
    if marked is None:
        fixed = any(finding.labels.fixed_class for finding in findings)
        marked = Tri.YES if fixed else Tri.NO
    return decide(
        case.object,
        case.at,
        marked=marked,
        suspected=Tri.NO if suspected is None else suspected,
    )


def _route(
    case: Case, view: InForce, situation: Situation, judged: Judgement, guard: GuardDecision
) -> tuple[tuple[Leg, ...], str]:
    """Give the legs, and in words why these: nobody outside while a person has to decide."""
    told = judged.told
    demands = [one for subject in judged.subjects for one in situation.demands.get(subject, ())]
    legs = route(demands, case.object, case.registry, case.at)
    if not legs and judged.verdict is not Tri.NO:
        legs = page(case.registry, NO_ROUTE if view.verdicts else NO_ROWS)
    if guard.decision == "hold":
        held = HELD.format(rule=guard.rule)
        paged = page(case.registry, held)
        row = view.guards.get(guard.rule)
        if row is not None and row.keeps == "page":
            return paged, row.reason or held
        return _with(legs, paged), joined(told, held)
    nobody = unreached(legs)
    if nobody:
        legs = _with(legs, page(case.registry, nobody))
    return legs, told


def _with(legs: tuple[Leg, ...], paged: tuple[Leg, ...]) -> tuple[Leg, ...]:
    known = {(leg.role, leg.party_id) for leg in legs}
    return legs + tuple(leg for leg in paged if (leg.role, leg.party_id) not in known)


def regimes(pack: Pack) -> tuple[str, ...]:
    """Give the names of the operating regimes that the pack's standing rows know, sorted."""
    return tuple(sorted(pack.at(LATEST - 1).regimes))
