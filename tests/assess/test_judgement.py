"""Tests of verdicts over many cases: pairs of everything, and what must never turn round."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess import assess
from pipeline.assess.explain import Explainer
from pipeline.model import Assessment, Labels, Tri
from tests.assess.making import HARMS, case, finding, kz, plant
from tests.registry.making import AT

VIEW = kz().at(AT)
ACTS = tuple(act.id for act in VIEW.acts)
REGIMES = tuple(sorted(VIEW.regimes))
LISTED = {"sector": "industry", "list_ref": "list, 1", "listed_at": "2025-01-01"}
OBJECTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "critical": {"critical": LISTED},
    "e-government": {"e_government": {"reason": "1(64)"}},
    "state-body": {"state_body": True},
    "bank": {"financial_subject": "bank", "personal_data": True},
    "dispatcher": {"sector": "electricity", "strategic": True},
    "water": {"sector": "water_supply", "physical_hazards": ["chemical"]},
    "line": {"government_communications": True, "cross_border": True},
    "trial": {"lifecycle": {"stage": "trial", "trial_started_at": "2026-01-01"}},
    "unattested": {"attestation": None},
}
TABLE: Mapping[str, Sequence[str]] = {
    "object": tuple(OBJECTS),
    "act": ("none", *ACTS),
    "harm": ("none", "functioning_threat", *HARMS),
    "regime": REGIMES,
    "failure": ("yes", "no", "unknown"),
    "reality": ("real", "potential", "unknown"),
    "reporter": ("centre", "response_service", "holder"),
}
PRIORITIES = [VIEW.levels[grade].priority for grade in range(5)]
SEVERITIES = [VIEW.levels[grade].severity for grade in range(5)]


_Pair: TypeAlias = tuple[tuple[str, str], tuple[str, str]]


def pairwise(table: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Give rows in which every pair of values of two columns stands together at least once.

    Greedy: a row begins with a pair that is still missing, and every further column takes the value
    that brings the most missing pairs. All columns are short, so plain search suffices.
    """
    names = list(table)
    missing = {
        ((one, left), (other, right))
        for one, other in itertools.combinations(names, 2)
        for left, right in itertools.product(table[one], table[other])
    }
    while missing:
        row = dict(min(missing))
        for name in names:
            if name in row:
                continue
            row[name] = max(table[name], key=lambda value: _gain(missing, row, name, value))
        missing -= set(itertools.combinations([(name, row[name]) for name in names], 2))
        yield {name: row[name] for name in names}


def _gain(missing: set[_Pair], row: dict[str, str], name: str, value: str) -> int:
    names = list(TABLE)
    one = (name, value)
    return sum(
        tuple(sorted((one, held), key=lambda pair: names.index(pair[0]))) in missing
        for held in row.items()
    )


def said(row: Mapping[str, str]) -> Labels:
    """Make the labels of one row."""
    harm, act = row["harm"], row["act"]
    return Labels(
        failure=Tri(row["failure"]),
        functioning_threat=Tri.YES if harm == "functioning_threat" else Tri.UNKNOWN,
        harms={harm: Tri.YES} if harm in HARMS else {},
        acts={} if act == "none" else {act: Tri.YES},
        reality=row["reality"],
    )


def judged(row: Mapping[str, str]) -> Assessment:
    """Judge one row of the table."""
    held = plant(**OBJECTS[row["object"]])
    return assess(case(said(row), held, regime=row["regime"], reporter=row["reporter"]))


def by_hand(row: Mapping[str, str]) -> str:
    """Read 1(31) and 53 as a person would."""
    limbs = {"unauthorised_access", "leak", "copying", "destruction_loss", "blocking", "disruption",
             "subscriber_data_access"}  # fmt: skip  # acts that cannot be without a limb
    second = row["harm"] != "none" or row["act"] in limbs
    if row["failure"] == "yes":
        return "yes" if second else "unknown"
    if row["failure"] == "unknown":
        return "unknown"
    return "no" if row["act"] == "none" else "unknown"


ROWS = list(pairwise(TABLE))


def test_the_table_has_every_pair() -> None:
    """Object x act x harm x regime (and more): each two values stand together somewhere."""
    for one, other in itertools.combinations(TABLE, 2):
        pairs = {(row[one], row[other]) for row in ROWS}
        assert pairs == set(itertools.product(TABLE[one], TABLE[other]))
    assert len(ROWS) < 400


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row.values()))
def test_each_pair_of_object_act_harm_and_regime(row: dict[str, str]) -> None:
    """The verdict is the law's, candidates stay inside, everything has its reason and ground."""
    found = judged(row)
    assert found.is_incident.value == by_hand(row)
    outside = {leg.role for leg in found.route} - {"duty_officer"}
    if row["reporter"] != "response_service" and found.is_incident is not Tri.YES:
        assert not outside
    if found.is_incident is Tri.YES:
        assert {"holder", "ncc"} <= outside
        assert found.impact["INF"] >= 1
    if found.guard == "hold":
        assert "duty_officer" in {leg.role for leg in found.route}
    calm = judged({**row, "regime": "normal"})
    assert PRIORITIES.index(found.priority) >= PRIORITIES.index(calm.priority)
    assert found.severity == calm.severity
    assert explained(found) == []


def explained(found: Assessment) -> list[str]:
    """Give the elements that lack a reason or a ground."""
    elements = ["is_incident", "acts", "intent", "origin", "reality", "occurrence", "rsit", "scope",
                "severity", "priority", "guard", "scale", "nature"]  # fmt: skip
    elements += [f"acts.{act}" for act, held in found.acts.items() if held is not Tri.UNKNOWN]
    elements += [f"aims.{aim}" for aim in found.aims]
    elements += [f"impact.{axis.id}" for axis in VIEW.axes]
    elements += [f"cia.{name}" for name in found.impact["cia"]]
    elements += [f"floors.{name}" for name in found.impact["floors"]]
    elements += [f"consequences.{name}" for name in found.impact["consequences"]]
    lacking = [one for one in elements if not found.reasons.get(one) or not found.basis.get(one)]
    return lacking + ([] if found.reasons.get("route") else ["route"])


def test_an_explanation_leaves_nothing_empty() -> None:
    """What is printed for people has a reason at every element."""
    for row in ROWS[:40]:
        for line in Explainer(VIEW)(judged(row)):
            assert line.value, line
            assert line.reason, line


answers = st.sampled_from(list(Tri))
labels_of = st.builds(
    Labels,
    failure=answers,
    functioning_threat=answers,
    harms=st.dictionaries(st.sampled_from(HARMS), answers, max_size=3),
    acts=st.dictionaries(st.sampled_from(ACTS), answers, max_size=3),
    intent=st.sampled_from(["unauthorised", "unintentional", "unknown"]),
    origin=st.sampled_from(["external", "internal", "unknown"]),
    reality=st.sampled_from(["real", "unknown"]),
)


@given(st.lists(labels_of, min_size=1, max_size=3), labels_of, st.sampled_from(sorted(OBJECTS)))
def test_more_evidence_of_yes_never_takes_an_incident_back(
    findings: list[Labels], more: Labels, name: str
) -> None:
    """A further finding that denies nothing keeps a verdict yes, and never lowers the severity."""
    held = plant(**OBJECTS[name])
    yes = {Tri.NO: Tri.UNKNOWN}
    added = Labels(
        failure=yes.get(more.failure, more.failure),
        functioning_threat=yes.get(more.functioning_threat, more.functioning_threat),
        harms={key: yes.get(value, value) for key, value in more.harms.items()},
        acts={key: yes.get(value, value) for key, value in more.acts.items()},
    )
    said = [finding(one, number) for number, one in enumerate(findings)]
    before = assess(case(said, held))
    after = assess(case([*said, finding(added, 9)], held))
    if before.is_incident is Tri.YES:
        assert after.is_incident is Tri.YES
        assert SEVERITIES.index(after.severity) >= SEVERITIES.index(before.severity)
        assert {leg.role for leg in before.route} <= {leg.role for leg in after.route}


@given(labels_of, st.sampled_from(["failure", "functioning_threat", *HARMS]))
def test_unknown_is_never_no(given_labels: Labels, forgotten: str) -> None:
    """To know less of a limb never turns a verdict that is open into a no, nor a no into a yes."""
    harms = {key: value for key, value in given_labels.harms.items() if key != forgotten}
    less = Labels(
        failure=Tri.UNKNOWN if forgotten == "failure" else given_labels.failure,
        functioning_threat=Tri.UNKNOWN
        if forgotten == "functioning_threat"
        else given_labels.functioning_threat,
        harms=harms,
        acts=given_labels.acts,
    )
    knows, knows_less = assess(case(given_labels)), assess(case(less))
    if knows.is_incident is Tri.UNKNOWN:
        assert knows_less.is_incident is Tri.UNKNOWN
    assert {knows.is_incident, knows_less.is_incident} != {Tri.YES, Tri.NO}


@given(labels_of, answers, answers, st.sampled_from(sorted(OBJECTS)))
def test_the_guard_never_lets_more_out_where_less_is_known(
    said: Labels, marked: Tri, suspected: Tri, name: str
) -> None:
    """Forgetting whether a mark is there, or the attestation, never opens what was closed."""
    openness = {"hold": 0, "stub": 1, "open": 2}
    knows = assess(case(said, plant(**OBJECTS[name]), marked=marked, suspected=suspected))
    fewer: dict[str, Any]
    for fewer in (
        {"marked": Tri.UNKNOWN, "suspected": suspected},
        {"marked": marked, "suspected": Tri.UNKNOWN},
    ):
        less = assess(case(said, plant(**OBJECTS[name]), (), **fewer))
        if marked is Tri.NO and suspected is Tri.NO:
            assert openness[less.guard] <= openness[knows.guard]
        assert less.guard != "open"
    for forgotten in ({"attestation": None}, {"restriction": "unknown"}):
        gone = plant(**{**OBJECTS[name], **forgotten})
        less = assess(case(said, gone, marked=marked, suspected=suspected))
        assert openness[less.guard] <= openness[knows.guard]


@given(labels_of, st.text(max_size=40), st.dictionaries(st.text(max_size=8), st.text(max_size=8)))
def test_no_verdict_reads_the_content_of_messages(
    said: Labels, words: str, fields: dict[str, str]
) -> None:
    """By effect, never by content (4(2)(1)): what a finding quotes changes nothing."""
    plain = assess(case([finding(said)]))
    spoken = finding(said, fields={**fields, "message": words}, group={"message": words})
    assert assess(case([spoken])) == plain
