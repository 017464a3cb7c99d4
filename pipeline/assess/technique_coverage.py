"""How far the table of labels reaches: what it answers over many rules, and what it does not know.

Both a table that answers everything with yes and one that answers nothing would be useless: the
first announces daily work as incidents, the second leaves every finding to a person (SPEC 2).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.assess.labels import LOG_SOURCE, LabelTable, read_tags
from pipeline.assess.view import InForce
from pipeline.model import Json, Labels, Tri

ANSWERS = tuple(answer.value for answer in (Tri.YES, Tri.NO, Tri.UNKNOWN))
ATTRIBUTES = ("intent", "origin", "reality")
BY_TAG, BY_TECHNIQUE, BY_TACTIC, BY_SOURCE, BY_NOBODY = (
    "tag", "technique", "tactic", "log source", "nobody",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelledRule:
    """What of a rule the table asks for."""

    id: str
    title: str
    tags: tuple[str, ...]
    product: str = ""
    category: str = ""
    service: str = ""


@dataclass(slots=True)
class Tally:
    """How often each element was answered how; ``total`` labels were counted."""

    total: int = 0
    answers: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, view: InForce, labels: Labels) -> None:
        """Count the labels of one rule or finding: each limb, each act, each attribute."""
        self.total += 1
        for name, answer in _limbs(view, labels):
            self.answers.setdefault(name, Counter())[answer] += 1
        for name in ATTRIBUTES:
            self.answers.setdefault(name, Counter())[getattr(labels, name)] += 1

    def share(self, element: str, answer: str) -> float:
        """Give which part of the labels answers an element so; 0 where nothing was counted."""
        counted = self.answers.get(element, Counter())
        return counted[answer] / self.total if self.total else 0.0

    def document(self) -> Json:
        """Give the counts as they are printed and kept."""
        return {
            "total": self.total,
            "answers": {
                name: dict(sorted(counted.items())) for name, counted in self.answers.items()
            },
        }


def _limbs(view: InForce, labels: Labels) -> Iterable[tuple[str, str]]:
    held: Mapping[str, Mapping[str, Tri]] = {"harms": labels.harms, "acts": labels.acts}
    for limb in view.limbs:
        for key in limb.evidence:
            group, _, member = key.partition(".")
            said = held[group].get(member) if member else getattr(labels, group, None)
            yield key, (said or Tri.UNKNOWN).value
    for key in view.act_keys:
        yield key, labels.acts.get(key.partition(".")[2], Tri.UNKNOWN).value


@dataclass(slots=True)
class TechniqueCoverage:
    """What the table answers over rules. ``spoken`` counts who spoke for a rule's labels.

    ``unmapped`` counts, by technique, the rules of those that no row names; ``untold`` lists the
    rules that carry no technique.
    """

    tally: Tally = field(default_factory=Tally)
    spoken: Counter[str] = field(default_factory=Counter)
    mapped: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    untold: list[LabelledRule] = field(default_factory=list)

    def document(self) -> Json:
        """Give the coverage as JSON: counts, unmapped techniques, rules without a technique."""
        return {
            **self.tally.document(),
            "spoken": dict(sorted(self.spoken.items())),
            "techniques": len(self.mapped) + len(self.unmapped),
            "unmapped": dict(sorted(self.unmapped.items())),
            "without_technique": [{"id": one.id, "title": one.title} for one in self.untold],
        }


def technique_coverage(view: InForce, rules: Iterable[LabelledRule]) -> TechniqueCoverage:
    """Ask the table in force about every rule."""
    table, coverage = LabelTable(view), TechniqueCoverage()
    named = {name for row in view.labels if not row.outcomes for name in row.techniques}
    for rule in rules:
        place = (rule.product, rule.category, rule.service)
        read = read_tags(view, rule.tags)
        coverage.tally.add(view, table(rule.tags, place))
        rows = table.speaking(read, place)
        coverage.spoken[_speaker(bool(read.named), [why for why, _ in rows], read.techniques)] += 1
        for technique in read.techniques:
            known = technique in named or technique.partition(".")[0] in named
            (coverage.mapped if known else coverage.unmapped)[technique] += 1
        if not read.techniques:
            coverage.untold.append(rule)
    return coverage


def _speaker(tagged: bool, speaking: list[str], techniques: tuple[str, ...]) -> str:
    if tagged:
        return BY_TAG
    if not speaking:
        return BY_NOBODY
    if speaking[0] == LOG_SOURCE:
        return BY_SOURCE
    return BY_TECHNIQUE if speaking[0] in techniques else BY_TACTIC
