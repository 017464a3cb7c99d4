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
                     {"INF": 2, "POL": 3}, id="state-body-down"),
        pytest.param(labels(failure="yes", harm_block="yes"), {"financial_subject": "bank"},
                     "high", {"INF": 2, "ECO.FIN": 3, "ECO": 3}, id="bank-blocked"),
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
                     {"INF": 1, "ECO.ENERGY": 2, "PUB": 1}, id="floor-energy-unavailable"),
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


WORKED: dict[str, tuple[Labels, dict[str, Any], str, dict[str, int], str]] = {
    "ransomware-at-a-bank": (
        labels(failure="yes", functioning_threat="yes", harm_modify="yes", harm_block="yes"),
        {"financial_subject": "bank"}, "normal", {"INF": 3, "ECO.FIN": 3}, "urgent",
    ),
    "registry-down-in-quarantine": (
        labels(failure="yes", functioning_threat="yes", act_disruption="yes"),
        {"state_body": True}, "quarantine", {"INF": 2, "POL": 3}, "immediate",
    ),
    "controller-changed-at-a-water-plant": (
        labels(failure="yes", harm_modify="yes", act_influence="yes"),
        {"sector": "water_supply", "physical_hazards": ["chemical"]}, "normal",
        {"INF": 3, "PUB": 3, "ENV": 3}, "urgent",
    ),
    "failed-logons-at-a-dispatcher": (
        labels(failure="no", reality="potential", act_unauthorised_access="unknown"),
        {"sector": "electricity"}, "normal", {"INF": 1, "ECO.ENERGY": 0}, "normal",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKED)
def test_the_worked_examples_of_the_law_s_digest(name: str) -> None:
    """Four cases whose axes and priority the digest works out (National Security Law, part 11)."""
    said, more, regime, axes, priority = WORKED[name]
    found = assess(case(said, plant(**more), regime=regime))
    assert ({axis: found.impact[axis] for axis in axes}, found.priority) == (axes, priority)
    if name == "failed-logons-at-a-dispatcher":
        assert found.impact["potential"]["ECO.ENERGY"] == 3
        assert found.impact["nature"]["actual"] == 0


@given(
    harms=st.dictionaries(st.sampled_from(HARMS), st.sampled_from(list(Tri)), max_size=6),
    more=st.sampled_from(FLAGS),
)
def test_what_is_can_be_no_more_than_what_can_be(
    harms: dict[str, Tri], more: dict[str, Any]
) -> None:
    """The most that an axis can be is at least what it is; a denied harm raises neither."""
    found = assess(case(Labels(failure=Tri.YES, harms=harms), plant(**more)))
    for axis, most in found.impact["potential"].items():
        assert found.impact[axis] <= most


@pytest.mark.parametrize(
    ("more", "said", "decides", "holds"),
    [
        ({"critical": LISTED}, INCIDENT, "critical_object", ["critical_object"]),
        ({"strategic": True, "critical": LISTED}, INCIDENT, "critical_object",
         ["critical_object", "strategic_object"]),
        ({"government_communications": True}, INCIDENT, "government_communications",
         ["government_communications"]),
        ({"sector": "gas"}, labels(failure="yes", functioning_threat="yes"), "gas_unavailable",
         ["gas_unavailable"]),
        ({"strategic": True}, INCIDENT, "", ["strategic_object"]),
        ({}, INCIDENT, "", []),
    ],
)  # fmt: skip
def test_floors_are_shown_with_the_one_that_decided(
    more: dict[str, Any], said: Labels, decides: str, holds: list[str]
) -> None:
    """Every floor that holds is there with its ground; the verdict names the one that counts."""
    found = assess(case(said, plant(**more)))
    assert found.impact["floors"] == holds
    for name in holds:
        assert found.basis[f"floors.{name}"].startswith("kz-")
    counted = [name for name in holds if found.reasons[f"floors.{name}"].endswith("counts")]
    assert counted == ([decides] if decides else [])
    assert (f"the floor {decides} counts" in found.reasons["severity"]) is bool(decides)


@pytest.mark.parametrize(
    ("more", "said", "domains"),
    [
        ({}, INCIDENT, set()),
        ({"critical": LISTED}, INCIDENT, {"branch"}),
        ({"cross_border": True}, INCIDENT, {"international_relations"}),
        ({"physical_hazards": ["chemical"]}, labels(failure="yes", harm_modify="yes"),
         {"technogenic_emergency", "population"}),
        ({"sector": "defence"}, INCIDENT, {"defence"}),
        ({"sector": "banking"}, labels(failure="yes", harm_block="yes"), {"economy"}),
        ({"state_body": True}, labels(failure="yes", act_disruption="yes"), {"security"}),
        ({"physical_hazards": ["chemical"], "reach": "country"},
         labels(failure="yes", harm_modify="yes"),
         {"technogenic_emergency", "population", "social_emergency"}),
        ({"critical": LISTED}, labels(failure="no"), set()),
    ],
)  # fmt: skip
def test_the_domains_of_critical_consequences(
    more: dict[str, Any], said: Labels, domains: set[str]
) -> None:
    """The eight domains of 1(24) follow the axes and the object, for confirmed incidents alone."""
    assert set(assess(case(said, plant(**more))).impact["consequences"]) == domains


def test_the_regime_of_the_object_s_own_record_counts_too() -> None:
    """Of two regimes the one that raises more counts."""
    held = plant(operating_regime="martial_law")
    found = assess(case(INCIDENT, held, regime="quarantine"))
    assert found.priority == "immediate"
    assert found.reasons["priority"] == "the regime martial_law raises it"
