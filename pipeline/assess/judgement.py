"""What follows from the answers alone: verdict, weight, aims, whose routes count."""

from dataclasses import dataclass

from pipeline.assess.answers import NO, TRI, UNKNOWN, YES
from pipeline.assess.expression import Answering
from pipeline.assess.impact import Weight, weigh
from pipeline.assess.view import InForce, Situation
from pipeline.model import Tri

_MOST_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with its reason and ground, and what depends on nothing but the answers.

    ``subjects``: incident, candidate or threat, whose routes count; ``told`` says it in words.
    """

    verdict: Tri
    reason: str
    ground: str
    weight: Weight
    acts: dict[str, Tri]
    aims: tuple[str, ...]
    subjects: tuple[str, ...]
    told: str


def judge(view: InForce, situation: Situation, answers: dict[str, int]) -> Judgement:
    """Judge answers in a situation. The result is shared: equal answers give the same object."""
    key = tuple(answers.values())
    found = situation.remembered.get(key)
    if not isinstance(found, Judgement):
        if len(situation.remembered) >= _MOST_REMEMBERED:
            situation.remembered.clear()
        found = situation.remembered[key] = _judge(view, situation, answers)
    return found


def _judge(view: InForce, situation: Situation, answers: dict[str, int]) -> Judgement:
    verdict, reason, ground = _verdict(view, answers)
    weighed = {**answers, "incident": verdict}
    subjects, told = _subjects(view, verdict, answers)
    return Judgement(
        verdict=TRI[verdict],
        reason=reason,
        ground=ground,
        weight=weigh(view, situation, weighed),
        acts={act.id: TRI[answers[f"acts.{act.id}"]] for act in view.acts},
        aims=tuple(row.id for row, holds in view.aims if holds(answers) == YES),
        subjects=subjects,
        told=told,
    )


def _verdict(view: InForce, answers: Answering) -> tuple[int, str, str]:
    """Give the verdict, the reason and the ground: unknown is where a person decides."""
    incident = view.verdicts.get("incident")
    if incident is None:
        return UNKNOWN, "the pack has no predicate in force at this time", "policy"
    verdict = incident.holds(answers)
    reason = f"{incident.expression} is {TRI[verdict].value}"
    review = view.verdicts.get("review")
    if verdict == NO and review is not None and review.holds(answers) == YES:
        reason = f"{reason}, but {review.expression}: a person decides"
        return UNKNOWN, reason, f"{incident.basis}; {review.basis}"
    return verdict, reason, incident.basis


def _subjects(view: InForce, verdict: int, answers: Answering) -> tuple[tuple[str, ...], str]:
    if verdict == YES:
        return ("incident",), "the union of what each flag of the object demands"
    threat = view.verdicts.get("threat")
    threats = ("threat",) if threat is not None and threat.holds(answers) == YES else ()
    if verdict == UNKNOWN:
        told = "a candidate: no incident is told outside the centre until a person decides"
        return ("candidate", *threats), told
    told = "no incident: nobody is told of one"
    return threats, f"{told}; a threat is told where the reporter must" if threats else told
