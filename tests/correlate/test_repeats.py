"""How the events of a finding ended, whatever order they came in."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from pipeline.correlate import ROW_TYPES, Evidence, SourceTiming
from pipeline.correlate.repeats import Fold, Hit
from pipeline.model import NANOSECONDS, Finding, Labels, RuleRef, Tri
from pipeline.model.rows import Rows

RULE = RuleRef("r1", "Rule", "high", "1")
HOUR = 3600 * NANOSECONDS
NO, YES = Labels(failure=Tri.NO), Labels(failure=Tri.YES)
LABELS = {"success": YES, "failure": NO, "": Labels()}
EVIDENCE = Evidence(
    labels=lambda _rule: LABELS[""],
    timing=lambda *_: SourceTiming(),
    expected=lambda *_: (),
    trial=lambda *_: False,
    ended=lambda _rule, outcome: LABELS[outcome],
)


def folded(batches: Sequence[Sequence[Hit]]) -> Finding:
    """Fold batches of hits, with the state stored between them; give the last revision."""
    stored: dict[str, bytes] = {}
    findings: list[Finding] = []
    for hits in batches:
        state = Rows("o", ROW_TYPES, stored)
        findings += Fold(EVIDENCE, HOUR)(state, RULE, "rule", {"host": "h"}, hits)
        stored |= {key: row for key, row in state.changes().items() if row is not None}
    return [one for one in findings if not one.retracted][-1]


def hits(outcomes: Sequence[str], apart: int = 1) -> list[Hit]:
    """Give a hit for each outcome, so many seconds apart."""
    return [
        Hit(number * apart * NANOSECONDS, f"e{number}", {}, outcome)
        for number, outcome in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("outcomes", "labels"),
    [
        (["failure", "failure", "failure"], NO),
        (["failure", "success", "failure"], YES),
        (["success", "", "failure"], YES),
        (["failure", "", "failure"], LABELS[""]),
        (["", "", ""], LABELS[""]),
    ],
    ids=["all-refused", "one-succeeded", "success-counts", "one-unknown", "nobody-knows"],
)
def test_one_success_is_one_and_only_refusals_are_an_attempt(
    outcomes: list[str], labels: Labels
) -> None:
    """A success makes the finding one; a failure only where every event failed; else unknown."""
    for order in permutations(hits(outcomes)):
        assert folded([[one] for one in order]).labels == labels
        assert folded([order]).labels == labels


@pytest.mark.parametrize(
    ("outcomes", "labels"),
    [(["failure", "failure", "failure"], NO), (["failure", "failure", "success"], YES)],
    ids=["refused", "entered"],
)
def test_runs_that_a_late_event_joins_end_together(outcomes: list[str], labels: Labels) -> None:
    """Where an event between two runs makes them one, so is how they ended."""
    first, between, last = hits(outcomes, apart=3000)
    joined = folded([[first], [last], [between]])
    assert joined.event_count == 3
    assert joined.labels == labels


def test_without_a_table_of_outcomes_the_rule_alone_speaks() -> None:
    """Who asks for no outcome gets the labels of the rule, however its events ended."""
    plain = Evidence(EVIDENCE.labels, EVIDENCE.timing, EVIDENCE.expected, EVIDENCE.trial)
    assert plain.labels_of("r1", "failure") == LABELS[""]
    assert EVIDENCE.labels_of("r1", "") == LABELS[""]
