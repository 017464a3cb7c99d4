"""Tests of the life-cycle machine: every way that the law gives, and none that it does not."""

from typing import Any, get_args

import pytest

from pipeline.registry import ObjectRecord
from pipeline.registry.enumerations import Stage
from pipeline.registry.history import history
from pipeline.registry.life_cycle_guards import life_cycle_violations

STAGES = get_args(Stage)
ACTS = {
    "trial_act": {"number": "1", "result": "positive"},
    "test_act": {"number": "2", "result": "positive"},
}
FULL: dict[str, Any] = {
    "trial_started_at": "2025-01-01",
    **ACTS,
    "written_off_by": "owner",
}
ALLOWED = {
    "development": {"trial", "testing", "implementation", "industrial", "terminating"},
    "trial": {"testing", "implementation", "industrial", "terminating"},
    "testing": {"implementation", "industrial", "terminating"},
    "implementation": {"industrial", "terminating"},
    "industrial": {"upgrade", "terminating"},
    "upgrade": {"trial", "testing", "implementation", "industrial", "terminating"},
    "terminating": {"written_off"},
    "written_off": set(),
}


def broken(*lives: dict[str, Any], **more: Any) -> list[str]:
    """Give what is wrong with revisions that follow each other half a year apart."""
    begins = ["2025-01-01", "2025-07-01", "2026-02-01", "2026-08-01"]
    records = [
        ObjectRecord.model_validate({"id": "plant", "valid_from": at, "lifecycle": life, **more})
        for at, life in zip(begins, lives, strict=False)
    ]
    return [one.message for one in life_cycle_violations(history(records))]


@pytest.mark.parametrize("after", STAGES)
@pytest.mark.parametrize("before", STAGES)
def test_only_the_laws_ways_lead_from_stage_to_stage(before: str, after: str) -> None:
    """With every act at hand a stage may follow exactly those that the law lets it follow."""
    found = broken({**FULL, "stage": before}, {**FULL, "stage": after})
    allowed = after == before or after in ALLOWED[before]
    assert (not found) is allowed, found
    assert all("39(4)" in message for message in found)


@pytest.mark.parametrize(
    ("life", "more", "missing"),
    [
        pytest.param({}, {}, {"trial_act", "test_act"}, id="no-acts"),
        pytest.param({"trial_act": "7"}, {}, {"trial_act", "test_act"}, id="outcome-unknown"),
        pytest.param({**ACTS}, {}, set(), id="both"),
        pytest.param({"trial_act": ACTS["trial_act"]}, {}, {"test_act"}, id="not-tested"),
        pytest.param(
            {"exemption": {"ground": "tests_not_required", "reason": "49(1)"}}, {}, set(),
            id="not-in-the-list-of-49",
        ),
        pytest.param(
            {"exemption": {"ground": "special_state_body", "reason": "39-1"}}, {}, set(),
            id="special-state-body",
        ),
    ],
)  # fmt: skip
def test_industrial_operation_needs_its_acts(
    life: dict[str, Any], more: dict[str, Any], missing: set[str]
) -> None:
    """Nothing goes into industrial operation without a successful trial and a positive test."""
    trial = {"stage": "trial", "trial_started_at": "2025-01-01"}
    found = broken(trial, {"stage": "industrial", **life}, **more)
    named = {name for name in ACTS if any(f"lifecycle.{name}" in message for message in found)}
    assert named == missing
    assert all("39(4)" in message for message in found)


@pytest.mark.parametrize(
    ("ground", "more", "article"),
    [
        pytest.param("tests_not_required", {"state_body": True}, "49(1)", id="state-body"),
        pytest.param("tests_not_required", {"forms_state_eir": True}, "49(1)", id="state-eir"),
        pytest.param(
            "tests_not_required", {"e_government": {"reason": "x"}}, "49(1)", id="e-government"
        ),
        pytest.param(
            "tests_not_required",
            {"critical": {"sector": "gas", "list_ref": "1"}},
            "49(1)",
            id="critical",
        ),
        pytest.param(
            "special_state_body", {"integrated_with_state": True}, "39-1", id="integrated"
        ),
    ],
)
def test_an_exemption_has_its_limits(ground: str, more: dict[str, Any], article: str) -> None:
    """What article 49(1) names is tested, whatever is written beside it."""
    life = {"stage": "industrial", "exemption": {"ground": ground, "reason": "because"}}
    (message,) = broken(life, **more)
    assert article in message


@pytest.mark.parametrize(
    ("life", "message"),
    [
        pytest.param({"stage": "trial"}, "trial_started_at", id="trial-without-begin"),
        pytest.param(
            {"stage": "industrial", "test_act": {"number": "1", "result": "negative"}},
            "negative test_act",
            id="negative",
        ),
        pytest.param(
            {
                "stage": "industrial",
                "trial_started_at": "2025-05-01",
                "commissioned_at": "2025-04-01",
            },
            "commissioned_at is before trial_started_at",
            id="dates",
        ),
    ],
)
def test_a_record_alone_can_be_wrong(life: dict[str, Any], message: str) -> None:
    """Dates in the wrong order and acts that deny the stage are errors of one record."""
    assert any(message in one for one in broken(life))


def test_access_follows_commissioning_and_warranty_lasts_a_year() -> None:
    """Access before commissioning and a warranty of less than a year are refused (38(4), 40)."""
    life = {
        "stage": "industrial",
        "commissioned_at": "2025-04-01",
        "warranty_until": "2026-03-01",
    }
    found = broken(life, state_body=True, ncc={"access_at": "2025-03-01"})
    assert [message.rpartition("(")[2] for message in found] == ["4))", "9))"]
    assert broken({**life, "warranty_until": "2026-03-31"}, state_body=True) == []


def test_a_trial_ends_within_a_year() -> None:
    """A recorded trial of more than a year is refused, an open one waits for its day."""
    trial = {"stage": "trial", "trial_started_at": "2025-01-01"}
    later = {**trial, "trial_started_at": "2026-01-01"}
    assert broken(trial) == []
    assert broken(trial, {**FULL, "stage": "industrial"}) == []
    assert any("longer than a year" in one for one in broken(trial, later, later, {
        **FULL, "stage": "terminating"}))  # fmt: skip


def test_writing_off_has_its_author() -> None:
    """Nothing is written off without a word of who decided it (41-1)."""
    found = broken({"stage": "terminating"}, {"stage": "written_off"})
    assert len(found) == 1
    assert "41-1" in found[0]
