"""The elements of a verdict that are no limbs: each a value with its reason and its ground."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.assess.answers import YES
from pipeline.assess.expression import Answering
from pipeline.assess.impact import HIGHEST
from pipeline.assess.occurrence import SERIAL, occurrence
from pipeline.assess.reasons import (
    AGAIN,
    CLASS_OF_ACT,
    CONSEQUENCE_OBJECT,
    FOLLOWS_SEVERITY,
    GRAVEST_CLASS,
    NO_CLASS,
    NO_PREDICATE,
    ONCE,
    REGIME_KEEPS,
    REGIME_RAISES,
    SCOPE_UNKNOWN,
)
from pipeline.assess.view import InForce, Situation
from pipeline.assess.vocabulary import UNKNOWN_VALUE
from pipeline.model import NANOSECONDS, Finding, GuardDecision

_HOUR = 3600 * NANOSECONDS
_POLICY = "policy"


class Element(NamedTuple):
    """One element: what it is, why, and on which ground."""

    value: str
    reason: str
    basis: str


def occurrence_of(view: InForce, findings: Sequence[Finding]) -> Element:
    """Tell single or serial by the pack's window."""
    row = view.occurrence
    if row is None:
        return Element(occurrence(findings, 0), NO_PREDICATE, _POLICY)
    found = occurrence(findings, row.window.nanoseconds, row.counts)
    sentence = AGAIN if found == SERIAL else ONCE
    return Element(found, sentence.format(hours=row.window.nanoseconds // _HOUR), row.basis)


def priority_of(view: InForce, regimes: Sequence[str], grade: int) -> Element:
    """Give the priority of a grade: the regime that raises it most counts, and none lowers it.

    ValueError where the pack has no such regime.
    """
    raises, regime, basis = 0, "", _POLICY
    for name in regimes:
        row = view.regimes.get(name)
        if row is not None:
            if not regime or row.raises > raises:
                raises, regime, basis = row.raises, name, row.basis
        elif view.regimes:
            names = ", ".join(sorted(view.regimes))
            raise ValueError(f"the pack has no regime {name!r}: known are {names}")
    raised = min(HIGHEST, grade + raises)
    level = view.levels.get(raised)
    priority = level.priority if level else UNKNOWN_VALUE
    if not regime:
        return Element(priority, FOLLOWS_SEVERITY, basis)
    sentence = REGIME_RAISES if raised > grade else REGIME_KEEPS
    return Element(priority, sentence.format(regime=regime), basis)


def scope_of(situation: Situation) -> Element:
    """Tell how far the incident reaches beyond the country: the first row that fits."""
    row = situation.scope
    if row is None:
        return Element(UNKNOWN_VALUE, SCOPE_UNKNOWN, _POLICY)
    flags = ", ".join(row.when.flags)
    return Element(row.scope, row.reason or CONSEQUENCE_OBJECT.format(flags=flags), row.basis)


def rsit_of(view: InForce, findings: Sequence[Finding], answers: Answering) -> Element:
    """Give the gravest RSIT class that a finding carries, else the one of an act."""
    row, last = view.rsit, len(view.rsit_rank)
    basis = row.basis if row is not None else _POLICY
    named = {finding.labels.rsit for finding in findings}
    named.discard("")
    if named:
        best = min(named, key=lambda name: (view.rsit_rank.get(name, last), name))
        return Element(best, GRAVEST_CLASS, basis)
    for act, name in (row.acts if row is not None else {}).items():
        if answers.get(f"acts.{act}") == YES:
            return Element(name, CLASS_OF_ACT.format(act=act), basis)
    return Element("other.undetermined", NO_CLASS, basis)


def guard_of(view: InForce, guard: GuardDecision) -> Element:
    """Give the guard's decision with the pack's words and norm for its rule."""
    row = view.guards.get(guard.rule)
    if row is None:
        return Element(guard.decision, guard.rule, _POLICY)
    return Element(guard.decision, row.reason or guard.rule, row.basis)
