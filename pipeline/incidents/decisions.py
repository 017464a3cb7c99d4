"""What persons have decided of an incident: which word counts, and what contradicts it.

A decision is data beside the findings: the verdict is a pure function of findings, decisions,
registry and pack. A later word beats an earlier one, element by element. What the assessment alone
makes of the same stays visible in the revision (``machine``).
"""

from collections.abc import Iterable, Sequence

from pipeline.model import Assessment, Decision, Incident, Limb, Tri

VERDICT, SEVERITY, HANDOVER = "is_incident", "severity", "handover"
WITHDRAWN = ""


def counting(decisions: Sequence[Decision]) -> dict[str, Decision]:
    """Give the decision that counts for each element of which a person's word stands."""
    found: dict[str, Decision] = {}
    for decision in decisions:
        for element, value in decision.says.items():
            if value == WITHDRAWN:
                found.pop(element, None)
            else:
                found[element] = decision
    return found


def said(decisions: Sequence[Decision]) -> dict[str, str]:
    """Give what persons say, by element."""
    return {name: one.says[name] for name, one in counting(decisions).items()}


def verdict_of(decisions: Sequence[Decision], machine: Tri) -> Tri | None:
    """Give the verdict that persons decided; None where they decided none.

    A *no* does not outlast findings that make the assessment's verdict yes where it was not: then
    it is unknown again, nobody outside is told, and a person decides anew.
    """
    decision = counting(decisions).get(VERDICT)
    if decision is None:
        return None
    verdict = Tri(decision.says[VERDICT])
    return Tri.UNKNOWN if verdict is Tri.NO and contradicted(decision, machine) else verdict


def contradicted(decision: Decision, machine: Tri) -> bool:
    """Tell whether the assessment now says the contrary of a decision, and did not say it then."""
    contrary = {Tri.YES: Tri.NO, Tri.NO: Tri.YES}.get(Tri(decision.says[VERDICT]))
    return machine is contrary and decision.machine.get(VERDICT) != machine.value


def machine_says(machine: Assessment, elements: Iterable[str]) -> dict[str, str]:
    """Give what an assessment says of elements, and its verdict and severity."""
    return {
        name: found
        for name in sorted({*elements, VERDICT, SEVERITY})
        if (found := element_of(machine, name))
    }


def element_of(assessment: Assessment, name: str) -> str:
    """Give an element of an assessment by its name (``harms.copy``); "" where it has none."""
    group, _, part = name.partition(".")
    if part and group == "acts":
        return assessment.acts.get(part, Tri.UNKNOWN).value
    if part or group in assessment.predicate:
        held = assessment.predicate.get(group)
        limb = held.get(part) if isinstance(held, dict) else held
        return limb.holds.value if isinstance(limb, Limb) else ""
    if name in (VERDICT, SEVERITY, "intent", "origin", "reality", "rsit"):
        return str(getattr(assessment, name))
    return ""


def carried(kept: Incident, gone: Incident) -> tuple[Decision, ...]:
    """Give the decisions of an incident that takes another one in: both, by time."""
    both = {*map(_key, kept.decisions)}
    added = [one for one in gone.decisions if _key(one) not in both]
    return tuple(sorted((*kept.decisions, *added), key=_key))


def _key(decision: Decision) -> tuple[int, str, str]:
    return (decision.at, decision.actor, decision.reason)
