"""Tests of the compliance countdowns: terms that the law gives, and none that it does not."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.model import instant
from pipeline.registry import Duty, DutyRow, duties, rows_of_law, rows_with
from pipeline.registry.duties import later
from pipeline.registry.moments import zone_named
from tests.registry.making import AT, record

LISTED = {"sector": "gas", "list_ref": "1", "listed_at": "2025-06-01T00:00:00+05:00"}
CONNECTED = {
    "operations_centre": {"party": "centre", "connected_at": "2025-08-01"},
    "ncc": {"link": "connected", "linked_at": "2025-09-01"},
}


def duty(name: str, at: int = AT, **more: Any) -> Duty | None:
    """Give one duty of an object at an instant."""
    return next((one for one in duties(record(**more), at) if one.id == name), None)


ROWS = [
    pytest.param("connect_centre", {"critical": LISTED}, "pending", "2026-06-01", id="connect"),
    pytest.param("connect_centre", {"critical": LISTED, **CONNECTED}, "met", "2026-06-01",
                 id="connected"),
    pytest.param(
        "connect_centre",
        {"critical": {**LISTED, "listed_at": "2024-05-01T00:00:00+05:00"}, **CONNECTED},
        "met_late", "2025-05-01", id="connected-late"),
    pytest.param(
        "connect_centre", {"critical": {**LISTED, "listed_at": "2025-03-01T00:00:00+05:00"}},
        "overdue", "2026-03-01", id="not-connected"),
    pytest.param("security_audit", {"critical": LISTED, "protected_secrets": True}, "pending",
                 "2026-06-01", id="audit-from-listing"),
    pytest.param(
        "security_audit",
        {"critical": LISTED, "protected_secrets": True,
         "audits": [{"kind": "security", "at": "2026-01-10T00:00:00+05:00"},
                    {"kind": "security", "at": "2027-01-10T00:00:00+05:00"},
                    {"kind": "system", "at": "2026-02-10T00:00:00+05:00"}]},
        "pending", "2027-01-10", id="audit-from-the-last-known-then"),
    pytest.param("security_audit", {"critical": LISTED}, "unknown", None, id="audit-unknown"),
    pytest.param("trial", {"lifecycle": {"stage": "trial",
                 "trial_started_at": "2025-03-01T00:00:00+05:00"}}, "overdue", "2026-03-01",
                 id="trial-over"),
    pytest.param("backup", {"backup": {"period_hours": 24, "last_at": "2026-03-02T00:00:00+05:00"}},
                 "pending", "2026-03-03", id="backup"),
    pytest.param("backup", {"backup": {"last_at": "2026-03-02"}}, "source_missing", None,
                 id="backup-period-unknown"),
    pytest.param("backup", {"state_body": True, "backup": {"period_hours": 24}}, "unknown", None,
                 id="never-backed-up"),
    pytest.param("national_copy", {"critical": LISTED}, "source_missing", None, id="by-law"),
    pytest.param("attestation", {}, "pending", "2030-12-31T00:00:00Z", id="attestation"),
    pytest.param("domain_certificate", {"network": {"domains": [{"name": "a.kz"}]}}, "unknown",
                 None, id="certificate-unknown"),
    pytest.param(
        "domain_certificate",
        {"network": {"domains": [
            {"name": "a.kz", "certificate_valid_until": "2026-02-27T19:00:00Z"}]}},
        "overdue", "2026-02-28", id="certificate-over"),
    pytest.param(
        "software_licence",
        {"software_licences": [{"software": "x", "valid_until": "2026-05-31T19:00:00Z"}]},
        "pending", "2026-06-01", id="licence"),
    pytest.param("prescription:7", {"prescriptions": [{"issuer": "x", "reference": "7",
                 "at": "2026-01-01", "due_at": "2026-02-01T00:00:00+05:00"}]}, "overdue",
                 "2026-02-01", id="order"),
    pytest.param("prescription:7", {"prescriptions": [{"issuer": "x", "reference": "7",
                 "at": "2026-01-01"}]}, "source_missing", None, id="order-without-term"),
    pytest.param("ncc_access", {"state_body": True, "lifecycle": {"stage": "industrial",
                 "commissioned_at": "2025-01-01"}, "ncc": {"access_at": "2025-02-01"}}, "met", None,
                 id="access-given"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "more", "state", "due"), ROWS)
def test_a_duty_has_its_term_and_state(
    name: str, more: dict[str, Any], state: str, due: str | None
) -> None:
    """Each duty counts from its fact by the calendar of Kazakhstan, or says what is missing."""
    found = duty(name, **more)
    assert found is not None
    assert found.state == state
    if name == "attestation":
        assert found.due_at == instant("2031-01-01T00:00:00Z")
    else:
        assert found.due_at == (instant(f"{due}T00:00:00+05:00") if due else None)
    assert bool(found.missing) is (found.due_at is None and found.state != "unknown") or (
        found.state == "unknown"
    )


@pytest.mark.parametrize(
    ("name", "more"),
    [
        pytest.param("connect_centre", {"critical": LISTED, "ownership": "state"}, id="state"),
        pytest.param("connect_centre", {"critical": {"sector": "gas"}}, id="not-listed"),
        pytest.param(
            "security_audit",
            {"critical": LISTED, "protected_secrets": True, "financial_subject": "bank"},
            id="bank",
        ),
        pytest.param("security_audit", {"critical": LISTED, "protected_secrets": False}, id="none"),
        pytest.param("trial", {"lifecycle": {"stage": "industrial"}}, id="no-trial"),
        pytest.param("domain_certificate", {"network": {"domains": [{"name": "a.com"}]}}, id="com"),
    ],
)
def test_a_duty_that_is_not_the_objects_is_absent(name: str, more: dict[str, Any]) -> None:
    """A duty binds only whom its article names."""
    assert duty(name, **more) is None


def test_what_was_done_before_the_duty_began_does_not_meet_it() -> None:
    """An access that was given before commissioning is no access after it."""
    life = {"stage": "industrial", "commissioned_at": "2025-06-01"}
    found = duty("ncc_access", state_body=True, lifecycle=life, ncc={"access_at": "2025-02-01"})
    assert found is not None
    assert found.met_at is None


def test_only_the_laws_numbers_stand_in_the_laws_rows() -> None:
    """Each statute row with a length is one of those whose article gives a year."""
    numbered = {row.basis for row in rows_of_law() if row.years or row.months or row.days}
    assert numbered == {"kz-418-V/54(3-3)", "kz-418-V/17(4)", "kz-418-V/39(4)"}
    assert all(row.years == 1 for row in rows_of_law() if row.basis in numbered)
    assert all(row.missing or row.length_known for row in rows_of_law())


def test_an_operators_row_takes_the_place_of_its_id() -> None:
    """A by-law's period that somebody entered, with its source, gives the duty a date."""
    row = DutyRow.model_validate(
        {"id": "national_copy", "basis": "order 44, item 7", "set_by": "by-law", "reason": "copies",
         "when": ["critical"], "counts_from": ["national_copy_sent", "listed"],
         "met_by": "national_copy_sent", "repeats": True, "days": 30, "zone": "Asia/Almaty"}
    )  # fmt: skip
    held = record(critical={**LISTED, "listed_at": "2026-02-20T00:00:00+05:00"})
    (found,) = [one for one in duties(held, AT, rows_with((row,))) if one.id == "national_copy"]
    assert found.due_at == instant("2026-03-22T00:00:00+05:00")
    assert (found.state, found.basis, found.set_by) == ("pending", "order 44, item 7", "by-law")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        pytest.param({"set_by": "policy", "days": 1}, "names its author", id="unsigned"),
        pytest.param({"set_by": "by-law"}, "neither how long", id="endless"),
        pytest.param({"set_by": "by-law", "days": 1, "counts_from": ["x"]}, "Input", id="fact"),
    ],
)
def test_a_row_is_whole(more: dict[str, Any], message: str) -> None:
    """A policy bears a name, and a row says how long or who would say."""
    row = {"id": "x", "basis": "x", "reason": "x", "counts_from": ["listed"], **more}
    with pytest.raises(ValidationError, match=message):
        DutyRow.model_validate(row)


@pytest.mark.parametrize(
    ("begun", "months", "expected"),
    [
        pytest.param("2023-03-01T00:00:00+05:00", 12, "2024-03-01T00:00:00+05:00", id="leap"),
        pytest.param("2024-02-29T00:00:00+05:00", 12, "2025-02-28T00:00:00+05:00", id="29"),
        pytest.param("2025-12-31T00:00:00+05:00", 2, "2026-02-28T00:00:00+05:00", id="months"),
    ],
)
def test_a_year_is_a_calendars(begun: str, months: int, expected: str) -> None:
    """Years and months are counted by the local calendar, not by days of an instant."""
    found = later(instant(begun), 0, months, 0, zone_named("+05:00"))
    assert found == instant(expected)


def test_who_is_connected_already_when_listed_has_met_the_duty() -> None:
    """A connection that stands when the duty begins meets it from then on."""
    found = duty(
        "connect_centre",
        ownership="non_state",
        critical={"sector": "banking", "list_ref": "list 20", "listed_at": "2025-06-01"},
        ncc={"link": "connected", "linked_at": "2024-01-01"},
        operations_centre={"party": "centre", "connected_at": "2024-01-01"},
    )
    assert found is not None
    assert found.state == "met"


def test_a_state_owned_critical_object_needs_a_centre_too() -> None:
    """17(2-1)(1) binds every critical object; its term is missing where 54(3-3) gives no year."""
    critical = {"sector": "banking", "list_ref": "list 20", "listed_at": "2025-06-01"}
    found = duty("connect_centre_state", ownership="state", critical=critical)
    assert found is not None
    assert found.state == "source_missing"
    assert duty("connect_centre", ownership="state", critical=critical) is None
