"""What the findings of an incident say together: answers, attributes, and who said so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.assess.answers import NO, RANK, TRI, UNKNOWN, YES
from pipeline.assess.reasons import (
    AGREED,
    DENIED,
    DENIED_BY_SOME,
    ENTAILED,
    LEFT_OPEN,
    MIXED,
    SHOWN,
    UNSAID,
)
from pipeline.assess.speech import Limb
from pipeline.assess.view import InForce
from pipeline.assess.vocabulary import UNKNOWN_VALUE
from pipeline.model import Finding, Tri
from pipeline.model import Limb as StoredLimb

_Spoken: TypeAlias = dict[str, tuple[int, list[Finding]]]
_MOST_NAMED = 3
# Their one place stands at their end.
_SAID = {
    rank: sentence.removesuffix("{findings}")
    for rank, sentence in ((NO, DENIED), (UNKNOWN, LEFT_OPEN), (YES, SHOWN))
}


@dataclass(slots=True)
class Evidence:
    """Answers as numbers by name (limbs, ``acts.*``, attribute values) and their grounds.

    ``limbs`` are those of which some finding or act says something, as they are stored; the
    ``reasons`` are of acts and attributes.
    """

    answers: dict[str, int]
    attributes: dict[str, str]
    reasons: dict[str, str]
    limbs: list[tuple[Limb, StoredLimb]]


def gather(view: InForce, findings: Sequence[Finding]) -> Evidence:
    """Join what findings say: yes where one says so, no where all do, else unknown."""
    spoken, count = _spoken(findings), len(findings)
    answers, reasons = view.speech.silent.copy(), dict[str, str]()
    limbs: dict[str, tuple[Limb, StoredLimb]] = {}
    touched = [key for name in spoken for key in view.speech.concerns.get(name, ())]
    for key in touched:
        held = [spoken[name] for name in view.speech.asked[key] if name in spoken]
        answer = answers[key] = _answer(held, len(view.speech.asked[key]), count)
        limb = view.speech.limbs.get(key)
        if limb is None:
            reasons[key] = _why(held, answer)
        elif key not in limbs:
            limbs[key] = (limb, StoredLimb(TRI[answer], _why(held, answer), limb.basis))
    for row in view.entails:
        if answers.get(f"acts.{row.act}") == YES and answers.get(row.limb) == UNKNOWN:
            answers[row.limb] = YES
            limb = view.speech.limbs[row.limb]
            limbs[row.limb] = (
                limb,
                StoredLimb(Tri.YES, ENTAILED.format(act=row.act), limb.basis),
            )
    attributes = {}
    for name, attribute in view.attributes.items():
        value, reasons[name] = _attribute(findings, name, attribute.mixed)
        attributes[name] = value
        if value != UNKNOWN_VALUE:
            for known, key in view.speech.values[name]:
                answers[key] = YES if value == known else NO
    return Evidence(answers, attributes, reasons, list(limbs.values()))


def _attribute(findings: Sequence[Finding], name: str, mixed: str) -> tuple[str, str]:
    """Give an attribute's value and the reason; ``mixed`` is what it is where findings differ."""
    given: dict[str, list[Finding]] | None = None
    for finding in findings:
        value = getattr(finding.labels, name)
        if value != UNKNOWN_VALUE and value:
            given = {} if given is None else given
            given.setdefault(value, []).append(finding)
    if given is None:
        return UNKNOWN_VALUE, UNSAID
    if len(given) > 1:
        return mixed, MIXED.format(values=", ".join(sorted(given)), value=mixed)
    ((value, givers),) = given.items()
    return value, AGREED.format(value=value, findings=_named(givers))


def _spoken(findings: Sequence[Finding]) -> _Spoken:
    """Collect each label's greatest answer, and the findings that give just that one."""
    spoken: _Spoken = {}
    for finding in findings:
        labels = finding.labels
        if labels.failure is not Tri.UNKNOWN:
            _hear(spoken, "failure", labels.failure, finding)
        if labels.functioning_threat is not Tri.UNKNOWN:
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


def _answer(held: Sequence[tuple[int, list[Finding]]], asked: int, count: int) -> int:
    """Join the answers to the labels of one limb; ``asked`` labels speak to it."""
    greatest = held[0][0] if len(held) == 1 else max(rank for rank, _ in held)
    # A finding that is silent on a label does not know: only all of them, of all labels, say no.
    if greatest == NO and (len(held) < asked or any(len(givers) < count for _, givers in held)):
        return UNKNOWN
    return greatest


def _why(held: Sequence[tuple[int, list[Finding]]], answer: int) -> str:
    """Say who gives an answer; where some only deny it, that the others do not know."""
    if len(held) == 1:
        greatest, givers = held[0]
    else:
        greatest = max(rank for rank, _ in held)
        givers = [finding for rank, some in held if rank == greatest for finding in some]
    if greatest < answer:
        return DENIED_BY_SOME.format(findings=_named(givers))
    return _SAID[answer] + _named(givers)


def _named(givers: Sequence[Finding]) -> str:
    if len(givers) == 1:
        (only,) = givers
        return f"{only.rule.title} [{only.labels.reason}]"
    seen: dict[str, str] = {}
    for finding in givers:
        if finding.rule.id not in seen:
            seen[finding.rule.id] = f"{finding.rule.title} [{finding.labels.reason}]"
    more = len(seen) - _MOST_NAMED
    text = ", ".join(list(seen.values())[:_MOST_NAMED])
    return f"{text} and {more} more" if more > 0 else text
