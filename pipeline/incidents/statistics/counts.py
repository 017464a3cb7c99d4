"""How many incidents: in all, and along each dimension that the law names.

A dimension with one value for each incident adds up to the total. One with several (acts, harms,
limbs, classes: articles 53, 1(31), 1(24)) does not; there each value counts the incidents that
have it, ``unknown`` those that have none for certain and perhaps one, ``none`` those without any,
so that these two and those with at least one are the total.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.incidents.statistics.subject import UNKNOWN, Subject
from pipeline.model import Assessment, Incident, Limb, Tri

NONE = "none"
SINGLE = (
    "severity", "priority", "sector", "reach", "scope", "rsit", "rsit_class", "occurrence",
    "origin", "intent", "reality", "state", "ncc_scope",
)  # fmt: skip
MULTIPLE = ("act", "harm", "limb", "object_class")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are, and ``by`` dimension how many have each value that occurs."""

    total: int = 0
    by: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """Counts incidents; their order changes nothing."""

    total: int = 0
    by: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in (*SINGLE, *MULTIPLE)}
    )

    def add(self, incident: Incident, subject: Subject) -> None:
        """Count one incident as it is known, of an object as it was at the opening."""
        self.total += 1
        for dimension, value in _single(incident, subject):
            self.by[dimension][value or UNKNOWN] += 1
        for dimension, answers in _multiple(incident.assessment, subject).items():
            self.by[dimension].update(_holding(answers))

    def counts(self) -> Counts:
        """Give what was counted, values by name."""
        return Counts(
            self.total, {name: dict(sorted(of.items())) for name, of in sorted(self.by.items())}
        )


def _single(incident: Incident, subject: Subject) -> Iterator[tuple[str, str]]:
    assessment = incident.assessment
    yield "severity", assessment.severity
    yield "priority", assessment.priority
    yield "sector", subject.sector
    yield "reach", subject.reach
    yield "scope", assessment.scope
    yield "rsit", assessment.rsit
    yield "rsit_class", assessment.rsit.partition(".")[0]
    yield "occurrence", assessment.occurrence
    yield "origin", assessment.origin
    yield "intent", assessment.intent
    yield "reality", assessment.reality
    yield "state", incident.state.value
    yield "ncc_scope", _ncc_scope(subject)


def _ncc_scope(subject: Subject) -> str:
    """Tell whose summary it enters: the coordination centre gathers two of these (7-4(1)(3))."""
    if "e_government" in subject.classes:
        return "e_government"
    return "critical" if "critical" in subject.classes else "other"


def _multiple(assessment: Assessment, subject: Subject) -> dict[str, dict[str, Tri]]:
    limbs: dict[str, Tri] = {}
    harms: dict[str, Tri] = {}
    for name, limb in assessment.predicate.items():
        if isinstance(limb, Limb):
            limbs[name] = limb.holds
        else:
            harms.update((harm, one.holds) for harm, one in limb.items())
    return {
        "act": assessment.acts,
        "harm": harms,
        "limb": limbs,
        "object_class": dict.fromkeys(subject.classes, Tri.YES),
    }


def _holding(answers: Mapping[str, Tri]) -> Iterable[str]:
    held = [name for name, holds in answers.items() if holds is Tri.YES]
    if held:
        return held
    return [UNKNOWN if Tri.UNKNOWN in answers.values() else NONE]
