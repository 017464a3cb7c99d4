"""The verdict on one incident: a pure function of findings, object, pack, regime and reporter.

Limb by limb, three-valued, each part with its reason and ground, so that the same case gives the
same verdict on any machine and any day (National Security Law 27).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.assess.answers import YES
from pipeline.assess.evidence import Evidence, gather, limb_of
from pipeline.assess.impact import HIGHEST
from pipeline.assess.judgement import Judgement, judge
from pipeline.assess.occurrence import occurrence
from pipeline.assess.pack import Pack
from pipeline.assess.routing import page, route, unreached
from pipeline.assess.view import InForce, Situation
from pipeline.model import Assessment, Finding, GuardDecision, Leg, Limb, Tri
from pipeline.registry import ObjectRecord, Registry, Standing, decide
from pipeline.registry.moments import LATEST


@dataclass(frozen=True, slots=True)
class Case:
    """All that a verdict depends on.

    ``at``: the instant whose rows and registry count (the incident's opening), nanoseconds.
    ``reporter``: centre, response_service or holder. ``marked`` and ``suspected``: whether a
    secrecy mark stands behind the case; None takes it from the findings, whose records the
    collector's guard has read. ``content``: the revision of the rules.
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
    flags = case_flags(case)
    situation = view.situation(flags, case.reporter)
    findings = [finding for finding in case.findings if not finding.retracted]
    evidence = gather(view, findings)
    judged = judge(view, situation, evidence.answers)
    weight = judged.weight
    guard = _guard(case, findings)
    legs, told = _route(case, view, situation, judged, guard)
    level = view.levels.get(weight.grade)
    priority, raised = _priority(view, case.regime, weight.grade)
    rsit, rsit_reason = _rsit(view, findings, evidence)
    scope, attributes = situation.scope, evidence.attributes
    return Assessment(
        is_incident=judged.verdict,
        predicate=_predicate(view, evidence),
        occurrence=occurrence(findings, view.window),
        acts=judged.acts.copy(),
        intent=attributes.get("intent", "unknown"),
        origin=attributes.get("origin", "unknown"),
        reality=attributes.get("reality", "unknown"),
        rsit=rsit,
        attack=tuple(sorted({name for one in findings for name in one.labels.attack})),
        impact=weight.impact.copy(),
        scope=scope.scope if scope else "unknown",
        aims=judged.aims,
        severity=level.severity if level else "unknown",
        priority=priority,
        route=legs,
        basis=_basis(view, judged, situation, guard),
        versions=_versions(case, view),
        guard=guard.decision,
        reasons={
            "is_incident": judged.reason,
            "severity": weight.reason,
            "priority": raised,
            "rsit": rsit_reason,
            "route": told,
            "guard": guard.rule,
            **_shown(flags),
        },
    )


def _basis(
    view: InForce, judged: Judgement, situation: Situation, guard: GuardDecision
) -> dict[str, str]:
    return {
        "is_incident": judged.ground,
        "severity": judged.weight.basis,
        "scope": situation.scope.basis if situation.scope else "",
        "guard": guard.rule,
        **view.grounds,
    }


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
    if case.object is None:
        return frozenset()
    flags = case.object.flags(case.at)
    return flags | {"hosts"} if case.registry.hosted_on(case.object.id, case.at) else flags


def _predicate(view: InForce, evidence: Evidence) -> dict[str, Limb | dict[str, Limb]]:
    predicate: dict[str, Limb | dict[str, Limb]] = {}
    for limb in view.limbs:
        stored = limb_of(evidence, limb)
        if not limb.group:
            predicate[limb.id] = stored
            continue
        group = predicate.setdefault(limb.group, {})
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
    if not view.verdicts:
        legs += page(case.registry, "the pack has no rows in force: a person decides")
    if guard.decision == "hold":
        paged = page(case.registry, f"held by the guard: {guard.rule}")
        if guard.rule == Standing.SECRET:
            return paged, "the machine tells nobody: a cleared person decides whom"
        return _with(legs, paged), f"{told}; held by the guard: {guard.rule}"
    nobody = unreached(legs)
    if nobody:
        legs = _with(legs, page(case.registry, f"nobody is registered as {nobody}"))
    return legs, told


def _with(legs: tuple[Leg, ...], paged: tuple[Leg, ...]) -> tuple[Leg, ...]:
    known = {(leg.role, leg.party_id) for leg in legs}
    return legs + tuple(leg for leg in paged if (leg.role, leg.party_id) not in known)


def regimes(pack: Pack) -> tuple[str, ...]:
    """Give the names of the operating regimes that the pack's standing rows know, sorted."""
    return tuple(sorted(pack.at(LATEST - 1).regimes))


def _priority(view: InForce, regime: str, grade: int) -> tuple[str, str]:
    row = view.regimes.get(regime)
    if row is None and view.regimes:
        names = ", ".join(sorted(view.regimes))
        raise ValueError(f"the pack has no regime {regime!r}: known are {names}")
    raised = min(HIGHEST, grade + (row.raises if row else 0))
    level = view.levels.get(raised)
    reason = f"the regime {regime} raises it" if raised > grade else "follows the severity"
    return (level.priority if level else "unknown"), reason


def _rsit(view: InForce, findings: Sequence[Finding], evidence: Evidence) -> tuple[str, str]:
    """Give the gravest RSIT class that a finding carries, else the one of an act."""
    last = len(view.rsit_rank)
    named = {finding.labels.rsit for finding in findings}
    named.discard("")
    if named:
        best = min(named, key=lambda name: (view.rsit_rank.get(name, last), name))
        return best, "the gravest class among the findings"
    for act, name in (view.rsit.acts if view.rsit else {}).items():
        if evidence.answers.get(f"acts.{act}") == YES:
            return name, f"the class of the act {act}"
    return "other.undetermined", "no finding and no act has a class"


def _shown(flags: frozenset[str]) -> dict[str, str]:
    if "critical_branch_unlisted" not in flags:
        return {}
    return {"critical": "a critical branch without an entry in the list: the flag follows the list"}
