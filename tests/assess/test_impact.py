"""Tests of severity: the maximum of axes and floors, the regime, what may never lower it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess import assess
from pipeline.assess.impact import overall
from pipeline.model import Assessment, Labels, Tri
from tests.assess.making import HARMS, INCIDENT, case, kz, labels, plant
from tests.registry.making import AT

LEVELS = ["none", "low", "medium", "high", "critical"]
PRIORITIES = ["routine", "normal", "elevated", "urgent", "immediate"]
AXES = ["PUB", "MIL", "POL", "ECO", "INF", "ENV"]
LISTED = {"sector": "industry", "list_ref": "list, 1", "listed_at": "2025-01-01"}
ACTS = tuple(act.id for act in kz().at(AT).acts)
FLAGS: list[dict[str, Any]] = [
    {}, {"state_body": True}, {"critical": LISTED}, {"strategic": True}, {"sector": "banking"},
    {"reach": "country"}, {"physical_hazards": ["chemical"]}, {"government_communications": True},
    {"personal_data": True}, {"sector": "electricity"},
]  # fmt: skip


def grade(found: Assessment) -> int:
    """Give the overall grade of an assessment."""
    return LEVELS.index(found.severity)


@pytest.mark.parametrize(
    ("said", "more", "severity", "axes"),
    [
        pytest.param(INCIDENT, {}, "medium", {"INF": 2}, id="obtaining"),
        pytest.param(labels(failure="yes", harm_modify="yes"), {"sector": "electricity"}, "high",
                     {"INF": 3, "ECO": 3, "ECO.ENERGY": 3, "PUB": 2}, id="changed-at-energy"),
        pytest.param(labels(failure="yes", act_disruption="yes"), {"state_body": True}, "high",
                     {"INF": 3, "POL": 3}, id="state-body-down"),
        pytest.param(labels(failure="yes", harm_block="yes"), {"financial_subject": "bank"},
                     "high", {"INF": 3, "ECO.FIN": 3, "ECO": 3}, id="bank-blocked"),
        pytest.param(labels(failure="yes", harm_modify="yes"),
                     {"sector": "water_supply", "physical_hazards": ["chemical"]}, "high",
                     {"INF": 3, "PUB": 3, "ENV": 3}, id="water-plant"),
        pytest.param(INCIDENT, {"personal_data": True}, "medium", {"INF": 2, "PUB": 2},
                     id="personal-data"),
        pytest.param(labels(failure="yes", harm_modify="yes"), {"reach": "country"}, "critical",
                     {"INF": 4}, id="country-wide"),
        pytest.param(INCIDENT, {"sector": "defence"}, "medium", {"INF": 2, "MIL": 2}, id="defence"),
        pytest.param(INCIDENT, {"critical": LISTED}, "high", {"INF": 2}, id="floor-critical"),
        pytest.param(INCIDENT, {"government_communications": True}, "critical",
                     {"INF": 2, "POL": 3}, id="floor-government-communications"),
        pytest.param(labels(failure="yes", functioning_threat="yes"), {"sector": "gas"}, "high",
                     {"INF": 2, "ECO.ENERGY": 2, "PUB": 1}, id="floor-energy-unavailable"),
        pytest.param(labels(failure="no"), {"critical": LISTED}, "none", {}, id="no-incident"),
        pytest.param(labels(failure="unknown"), {"critical": LISTED}, "none", {},
                     id="floors-need-a-confirmed-incident"),
        pytest.param(labels(failure="yes", harm_distribute="yes", reality="potential"), {},
                     "medium", {"INF": 2}, id="potential-counts-a-step-less"),
        pytest.param(labels(failure="yes", act_unlicensed_software="yes",
                            functioning_threat="yes", reality="potential"), {},
                     "low", {"INF": 1}, id="information-is-always-touched"),
    ],
)  # fmt: skip
def test_severity_is_the_maximum_of_axes_and_floors(
    said: Labels, more: dict[str, Any], severity: str, axes: dict[str, int]
) -> None:
    """Each case has its axes, and the overall grade is the highest of them or of a floor."""
    found = assess(case(said, plant(**more)))
    assert found.severity == severity
    assert {name: found.impact[name] for name in axes} == axes
    others = {name for name in AXES if name not in axes and found.impact[name]}
    assert others <= {name.partition(".")[0] for name in axes}


def test_actual_and_potential_scale_and_nature_are_kept() -> None:
    """All four stand beside the axes; what is only possible is not actual."""
    said = labels(failure="yes", harm_modify="yes", reality="potential")
    impact = assess(case(said, plant(reach="region"))).impact
    assert impact["nature"] == {"actual": 0, "potential": 3}
    assert impact["scale"] == {"actual": 0, "potential": 3}
    assert impact["cia"] == {"confidentiality": 0, "integrity": 3, "availability": 0}


@pytest.mark.parametrize(
    ("regime", "priority"),
    [
        ("normal", "elevated"),
        ("emergency", "urgent"),
        ("state_of_emergency", "urgent"),
        ("quarantine", "urgent"),
        ("special_period", "urgent"),
        ("martial_law", "immediate"),
    ],
)
def test_a_regime_raises_the_priority_and_not_the_severity(regime: str, priority: str) -> None:
    """An operating regime moves the priority up; the weight stays what it is."""
    found = assess(case(INCIDENT, regime=regime))
    assert (found.severity, found.priority) == ("medium", priority)


@given(st.sampled_from(sorted(kz().at(AT).regimes)), st.sampled_from(FLAGS))
def test_no_regime_lowers_a_priority(regime: str, more: dict[str, Any]) -> None:
    """In every regime the priority is at least the normal one."""
    held = plant(**more)
    normal = PRIORITIES.index(assess(case(INCIDENT, held)).priority)
    assert PRIORITIES.index(assess(case(INCIDENT, held, regime=regime)).priority) >= normal


@given(st.lists(st.integers(0, 4), max_size=8), st.lists(st.integers(0, 4), max_size=4),
       st.integers(0, 7))  # fmt: skip
def test_raising_an_axis_never_lowers_the_overall_grade(
    axes: list[int], floors: list[int], which: int
) -> None:
    """The overall grade is the greatest of all, so that raising one can only raise it."""
    before = overall(axes, floors)
    assert before == max([0, *axes, *floors])
    if axes:
        axes[which % len(axes)] = min(4, axes[which % len(axes)] + 1)
        assert overall(axes, floors) >= before


@given(
    harms=st.dictionaries(st.sampled_from(HARMS), st.sampled_from(list(Tri)), max_size=6),
    acts=st.dictionaries(st.sampled_from(ACTS), st.sampled_from(list(Tri)), max_size=4),
    more=st.sampled_from(FLAGS),
    added=st.sampled_from(HARMS),
)
def test_a_further_harm_never_lowers_severity(
    harms: dict[str, Tri], acts: dict[str, Tri], more: dict[str, Any], added: str
) -> None:
    """Saying yes to one more harm raises the severity or leaves it."""
    held = plant(**more)
    less = Labels(failure=Tri.YES, harms=harms, acts=acts)
    worse = Labels(failure=Tri.YES, harms={**harms, added: Tri.YES}, acts=acts)
    assert grade(assess(case(worse, held))) >= grade(assess(case(less, held)))


@given(st.sampled_from(FLAGS), st.sampled_from(FLAGS))
def test_a_further_flag_never_lowers_severity(one: dict[str, Any], other: dict[str, Any]) -> None:
    """An object that is more than another weighs at least as much."""
    both = {**one, **other}
    if set(one) & set(other):
        return
    assert grade(assess(case(INCIDENT, plant(**both)))) >= grade(
        assess(case(INCIDENT, plant(**one)))
    )


@pytest.mark.parametrize(
    ("more", "scope"), [({}, "domestic"), ({"cross_border": True}, "cross_border")]
)
def test_scope_follows_the_object(more: dict[str, Any], scope: str) -> None:
    """An object that works across the border makes a cross-border incident."""
    assert assess(case(INCIDENT, plant(**more))).scope == scope
