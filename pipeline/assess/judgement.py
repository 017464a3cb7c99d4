"""What follows from the answers alone: verdict, weight, aims, whose routes count."""

from dataclasses import dataclass

from pipeline.assess import reasons as said
from pipeline.assess.answers import NO, TRI, UNKNOWN, YES
from pipeline.assess.elements import scope_of
from pipeline.assess.expression import Answering
from pipeline.assess.impact import Weight, weigh
from pipeline.assess.view import InForce, Situation
from pipeline.assess.vocabulary import INCIDENT
from pipeline.model import Tri

CANDIDATE, EVENT, REVIEW = "candidate", "event", "review"
_MOST_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and what else depends on nothing but the answers.

    ``subjects``: what is told (incident, candidate, further verdicts), whose routes count; ``told``
    says it in words. ``reasons`` and ``grounds``: of all that.
    """

    verdict: Tri
    weight: Weight
    scope: str
    acts: dict[str, Tri]
    aims: tuple[str, ...]
    subjects: tuple[str, ...]
    told: str
    reasons: dict[str, str]
    grounds: dict[str, str]


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
    weight = weigh(view.weights, situation, {**answers, INCIDENT: verdict})
    subjects, told = _subjects(view, verdict, answers)
    aims = [row for row, holds in view.aims if holds(answers) == YES]
    scope = scope_of(situation)
    acts = {act.id: TRI[answers[f"acts.{act.id}"]] for act in view.acts}
    spoken = [act for act in view.acts if acts[act.id] is not TRI[UNKNOWN]]
    return Judgement(
        verdict=TRI[verdict],
        weight=weight,
        scope=scope.value,
        acts=acts,
        aims=tuple(row.id for row in aims),
        subjects=subjects,
        told=told,
        reasons={
            **weight.reasons,
            **{row.id: row.reason for row in situation.remarks},
            "scope": scope.reason,
            "is_incident": reason,
            "severity": weight.reason,
            "acts": said.ACTS,
            **{f"aims.{row.id}": said.AIM.format(expression=row.when) for row in aims},
        },
        grounds={
            **view.grounds,
            **weight.grounds,
            **{row.id: row.basis for row in situation.remarks},
            "scope": scope.basis,
            "is_incident": ground,
            "severity": weight.basis,
            **{f"aims.{row.id}": row.basis for row in aims},
            **{f"acts.{act.id}": act.basis for act in spoken},
        },
    )


def _verdict(view: InForce, answers: Answering) -> tuple[int, str, str]:
    """Give the verdict, the reason and the ground: unknown is where a person decides."""
    incident = view.verdicts.get(INCIDENT)
    if incident is None:
        return UNKNOWN, said.NO_PREDICATE, "policy"
    verdict = incident.holds(answers)
    answer = TRI[verdict].value
    review = view.verdicts.get(REVIEW)
    if verdict == NO and review is not None and review.holds(answers) == YES:
        reason = said.REVIEW.format(
            expression=incident.expression, answer=answer, review=review.expression
        )
        return UNKNOWN, reason, f"{incident.basis}; {review.basis}"
    return verdict, said.HOLDS.format(expression=incident.expression, answer=answer), incident.basis


def _subjects(view: InForce, verdict: int, answers: Answering) -> tuple[tuple[str, ...], str]:
    """Give what is told: of what is no incident a candidate, and what else the pack's rows name."""
    if verdict == YES:
        return (INCIDENT,), said.UNION
    further = tuple(
        name
        for name, one in view.verdicts.items()
        if name not in (INCIDENT, REVIEW) and one.holds(answers) == YES
    )
    if verdict == UNKNOWN:
        return (CANDIDATE, *further), said.CANDIDATE
    told = [said.TOLD_TOO.format(subject=name) for name in further]
    return further, said.joined(said.NO_INCIDENT, *told)
