"""Compliance: each object's countdowns, and their sum by branch."""

from typing import Any

from pipeline.model import instant
from pipeline.registry import Registry, make_registry
from pipeline.runtime.compliance import ObjectCompliance, by_sector, compliance
from tests.registry.making import record

AT = instant("2026-03-02T12:00:00Z")
LISTED: dict[str, Any] = {
    "sector": "electricity", "list_ref": "position 1", "listed_at": "2025-01-01",
}  # fmt: skip


def registry() -> Registry:
    return make_registry(
        [
            record(
                "behind", critical=LISTED, code="BEHIND-1", protected_secrets=True,
                ownership="non_state",
            ),
            record(
                "trial", sector="transport",
                lifecycle={"stage": "trial", "trial_started_at": "2025-09-01"},
            ),
            record("unattested", sector="transport", attestation=None),
            record("gone", lifecycle={"stage": "written_off"}),
        ]
    )  # fmt: skip


def of(object_id: str, at: int = AT) -> ObjectCompliance:
    (found,) = (one for one in compliance(registry(), at) if one.object_id == object_id)
    return found


def test_each_object_has_its_countdowns() -> None:
    """A year from the listing has passed without connection and audit; backups have no number."""
    states = {one.duty: (one.state, one.days_left) for one in of("behind").countdowns}
    assert states["connect_centre"] == ("overdue", -61)
    assert states["security_audit"] == ("overdue", -61)
    assert states["backup"][0] == "source_missing"
    assert of("behind").overdue == 2
    assert (of("behind").code, of("behind").sector) == ("BEHIND-1", "electricity")
    assert of("behind").classes == ("critical",)


def test_what_is_ahead_is_no_delay_and_the_first_of_it_is_next() -> None:
    """Trial operation ends a year after it began; until then it is ahead."""
    trial = of("trial")
    assert trial.overdue == 0
    assert trial.next_due_at == instant("2026-09-01T00:00:00Z")
    assert of("trial", instant("2026-09-01T00:00:00Z")).overdue == 1


def test_an_object_without_attestation_is_shown_as_such_and_a_former_one_is_not() -> None:
    """What is registered stands in the report, whatever may be watched of it."""
    assert of("unattested").attestation == "unattested"
    assert [one.object_id for one in compliance(registry(), AT)] == [
        "behind", "trial", "unattested",
    ]  # fmt: skip


def test_one_branch_alone() -> None:
    """A branch asked for leaves the others out."""
    assert [one.object_id for one in compliance(registry(), AT, "electricity")] == ["behind"]


def test_branches_sum_up_their_objects() -> None:
    """Of each branch: its objects, those behind, and each duty's states."""
    electricity, transport = by_sector(compliance(registry(), AT))
    assert (electricity.sector, electricity.objects, electricity.behind) == ("electricity", 1, 1)
    assert electricity.states["security_audit"] == {"overdue": 1}
    assert (transport.objects, transport.behind) == (2, 0)
    for branch in (electricity, transport):
        assert all(sum(states.values()) <= branch.objects for states in branch.states.values())
