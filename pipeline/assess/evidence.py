"""What the findings of an incident say together: answers, attributes, and who said so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.assess.answers import NO, RANK, TRI, UNKNOWN, YES
from pipeline.assess.view import InForce, Limb
from pipeline.model import Finding, Tri
from pipeline.model import Limb as StoredLimb

_Spoken: TypeAlias = dict[str, tuple[int, list[Finding]]]
_MOST_NAMED = 3


@dataclass(slots=True)
class Evidence:
    """Answers as numbers by name (limbs, ``acts.*``, ``real``, ``potential``) and their grounds.

    ``spoken`` has, for each key of the findings' labels that some finding answers, the greatest
    answer and the findings that give it; ``entailed`` the limbs that an act answered.
    """

    answers: dict[str, int]
    spoken: Mapping[str, tuple[int, list[Finding]]]
    attributes: dict[str, str]
    entailed: dict[str, str] = field(default_factory=dict)


def gather(view: InForce, findings: Sequence[Finding]) -> Evidence:
    """Join what findings say: yes where one says so, no where all do, else unknown."""
    spoken = _spoken(findings)
    count = len(findings)
    answers = {}
    for limb in view.limbs:
        best = NO
        for key in limb.evidence:
            best = max(best, _answer(spoken, key, count))
        answers[limb.key] = best
    for key in view.act_keys:
        answers[key] = _answer(spoken, key, count) if key in spoken else UNKNOWN
    evidence = Evidence(answers, spoken, {})
    for row in view.entails:
        if answers.get(f"acts.{row.act}") == YES and answers.get(row.limb) == UNKNOWN:
            answers[row.limb] = YES
            evidence.entailed[row.limb] = row.act
    for name, attribute in view.attributes.items():
        given = {getattr(finding.labels, name) for finding in findings}
        given -= {"unknown", ""}
        value = attribute.mixed if len(given) > 1 else next(iter(given), "unknown")
        evidence.attributes[name] = value
    reality = evidence.attributes.get("reality", "unknown")
    answers["real"] = _is(reality, "real")
    answers["potential"] = _is(reality, "potential")
    return evidence


def _is(value: str, wanted: str) -> int:
    if value == wanted:
        return YES
    return UNKNOWN if value == "unknown" else NO


def _spoken(findings: Sequence[Finding]) -> _Spoken:
    """Collect each key's greatest answer, and the findings that give just that one."""
    spoken: _Spoken = {}
    for finding in findings:
        labels = finding.labels
        _hear(spoken, "failure", labels.failure, finding)
        _hear(spoken, "functioning_threat", labels.functioning_threat, finding)
        for name, answer in labels.harms.items():
            _hear(spoken, f"harms.{name}", answer, finding)
        for name, answer in labels.acts.items():
            _hear(spoken, f"acts.{name}", answer, finding)
    return spoken


def _hear(spoken: _Spoken, key: str, answer: Tri, finding: Finding) -> None:
    rank = RANK[answer]
    held = spoken.get(key)
    if held is None or rank > held[0]:
        spoken[key] = (rank, [finding])
    elif rank == held[0]:
        held[1].append(finding)


def _answer(spoken: Mapping[str, tuple[int, list[Finding]]], key: str, count: int) -> int:
    held = spoken.get(key)
    if held is None:
        return UNKNOWN
    rank, givers = held
    # A finding that is silent on a key does not know: only all of them together say no.
    return UNKNOWN if rank == NO and len(givers) < count else rank


def limb_of(evidence: Evidence, limb: Limb) -> StoredLimb:
    """Give a limb as it is stored: the answer, who says so, and the ground."""
    answer = evidence.answers[limb.key]
    if answer == UNKNOWN:
        return limb.unanswered
    act = evidence.entailed.get(limb.key)
    if act is not None:
        return StoredLimb(Tri.YES, f"the act {act} answers it", limb.basis)
    givers = [finding for key in limb.evidence for finding in evidence.spoken.get(key, (NO, []))[1]]
    said = "denied" if answer == NO else "shown"
    return StoredLimb(TRI[answer], f"{said} by {_named(givers)}", limb.basis)


def _named(givers: Sequence[Finding]) -> str:
    seen: dict[str, str] = {}
    for finding in givers:
        if finding.rule.id not in seen:
            seen[finding.rule.id] = f"{finding.rule.title} [{finding.labels.reason}]"
    more = len(seen) - _MOST_NAMED
    text = ", ".join(list(seen.values())[:_MOST_NAMED])
    return f"{text} and {more} more" if more > 0 else text
