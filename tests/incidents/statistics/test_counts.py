"""Counts along the dimensions that the law names."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.incidents.statistics.counts import MULTIPLE, NONE, SINGLE, Tally
from pipeline.incidents.statistics.subject import Subject
from pipeline.model import Incident, Limb, Tri
from tests.incidents.statistics.made import BANK, NO, UNKNOWN, YES, incident, judged

answers = st.sampled_from(Tri)
incidents = st.builds(
    lambda acts, harms, severity, origin, rsit: incident(
        assessment=judged(
            acts=acts,
            severity=severity,
            origin=origin,
            rsit=rsit,
            predicate={
                "failure": Limb(YES, "", ""),
                "harms": {name: Limb(holds, "", "") for name, holds in harms.items()},
            },
        )
    ),
    st.fixed_dictionaries({"leak": answers, "copying": answers}),
    st.fixed_dictionaries({"obtain": answers, "block": answers}),
    st.sampled_from(["low", "high", ""]),
    st.sampled_from(["external", "unknown"]),
    st.sampled_from(["intrusions.system-compromise", "fraud", ""]),
)
subjects = st.builds(
    Subject,
    st.sampled_from(["banking", "gas", "unknown"]),
    st.just("country"),
    st.sampled_from([("critical", "financial"), ("ordinary",)]),
)
pairs = st.lists(st.tuples(incidents, subjects), max_size=12)


def tally(items: list[tuple[Incident, Subject]]) -> Tally:
    made = Tally()
    for one, subject in items:
        made.add(one, subject)
    return made


def test_one_incident_counts_once_in_each_dimension() -> None:
    """Each label that holds counts; what is unknown or no is in no label."""
    counts = tally([(incident(), BANK)]).counts()
    assert counts.total == 1
    assert counts.by == {
        "act": {"unauthorised_access": 1},
        "harm": {"obtain": 1},
        "intent": {"unauthorised": 1},
        "limb": {"failure": 1},
        "ncc_scope": {"other": 1},
        "object_class": {"financial": 1},
        "occurrence": {"single": 1},
        "origin": {"external": 1},
        "priority": {"urgent": 1},
        "reach": {"country": 1},
        "reality": {"real": 1},
        "rsit": {"intrusions.system-compromise": 1},
        "rsit_class": {"intrusions": 1},
        "scope": {"domestic": 1},
        "sector": {"banking": 1},
        "severity": {"high": 1},
        "state": {"new": 1},
    }


@pytest.mark.parametrize(
    ("classes", "scope"),
    [
        (("critical",), "critical"),
        (("e_government",), "e_government"),
        (("critical", "e_government"), "e_government"),
        (("critical_branch_unlisted", "state_body"), "other"),
    ],
)
def test_the_coordination_centres_summary_has_its_own_dimension(
    classes: tuple[str, ...], scope: str
) -> None:
    """What the coordination centre gathers by 7-4(1)(3) is told from the rest, which it is sent."""
    counts = tally([(incident(), Subject("gas", "region", classes))]).counts()
    assert counts.by["ncc_scope"] == {scope: 1}


def test_without_a_certain_act_it_is_unknown_or_none() -> None:
    """An incident with a possible act is unknown, one whose acts are all denied has none."""
    perhaps = incident(assessment=judged(acts={"leak": UNKNOWN, "copying": NO}))
    without = incident(assessment=judged(acts={"leak": NO}))
    assert tally([(perhaps, BANK), (without, BANK)]).counts().by["act"] == {"none": 1, "unknown": 1}


@given(pairs)
def test_single_valued_dimensions_add_up_to_the_total(
    items: list[tuple[Incident, Subject]],
) -> None:
    """Every incident has one value of each, also where the value is unknown."""
    counts = tally(items).counts()
    assert {name: sum(counts.by[name].values()) for name in SINGLE} == dict.fromkeys(
        SINGLE, len(items)
    )


@given(pairs)
def test_labels_with_unknown_and_none_cover_the_total(
    items: list[tuple[Incident, Subject]],
) -> None:
    """Unknown, none and those with at least one label are all; no label exceeds these."""
    counts = tally(items).counts()
    for name in MULTIPLE:
        labels = dict(counts.by[name])
        without = labels.pop(UNKNOWN.value, 0) + labels.pop(NONE, 0)
        most = max(labels.values(), default=0)
        assert most <= counts.total - without <= sum(labels.values())


@given(pairs, st.randoms(use_true_random=False), st.integers(0, 12))
def test_parts_add_up_in_any_order(
    items: list[tuple[Incident, Subject]], chance: Random, cut: int
) -> None:
    """The counts of any two parts add up to those of the whole, whatever the order."""
    whole = tally(items)
    shuffled = list(items)
    chance.shuffle(shuffled)
    one, two = tally(shuffled[:cut]), tally(shuffled[cut:])
    assert one.total + two.total == whole.total
    assert {name: one.by[name] + two.by[name] for name in whole.by} == whole.by
