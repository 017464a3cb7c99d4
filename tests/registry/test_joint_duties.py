"""Tests of what has to stand before objects are joined, and of centres' licences."""

from typing import Any

import pytest

from pipeline.model import instant
from pipeline.registry import Duty, Party, duties, licence_duties, make_registry, rows_of_law
from pipeline.registry.records import Names
from tests.registry.making import AT, record

JOINED = "2025-10-01"
EDGE: dict[str, Any] = {"name": "register", "state": True, "since": JOINED}
PERSONS = {**EDGE, "personal_data": True}
OURS = {"ownership": "non_state"}
CONNECTED = {
    "operations_centre": {"party": "centre", "connected_at": "2025-08-01"},
    "ncc": {"link": "connected", "linked_at": "2025-09-01"},
}
LATE = {**CONNECTED, "ncc": {"link": "connected", "linked_at": "2025-12-01"}}


def duty(name: str, edge: dict[str, Any], at: int = AT, **more: Any) -> Duty | None:
    """Give one duty of an object that is joined so."""
    found = duties(record(integrations=[edge], **more), at)
    return next((one for one in found if one.id == f"{name}:register"), None)


@pytest.mark.parametrize(
    ("name", "edge", "more", "state"),
    [
        pytest.param("joint_contract", EDGE, {}, "overdue", id="no-contract"),
        pytest.param("joint_contract", {**EDGE, "contract": "12"}, {}, "met", id="contract"),
        pytest.param(
            "joint_contract", {**EDGE, "since": "2027-01-01"}, {}, "pending", id="planned"
        ),
        pytest.param("joint_contract", {"name": "register", "state": True}, {}, "unknown",
                     id="since-unknown"),
        pytest.param("joint_contract", {**EDGE, "state": None}, {}, "unknown", id="whose-unknown"),
        pytest.param("joint_contract", {**EDGE, "state": False}, {}, None, id="not-the-state-s"),
        pytest.param("joint_contract", {**EDGE, "exception": "signature_check"}, {}, None,
                     id="excepted"),
        pytest.param("joint_approval", PERSONS, {}, "overdue", id="no-approval"),
        pytest.param("joint_approval", {**PERSONS, "personal_data_approval": "3"}, {}, "met",
                     id="approval"),
        pytest.param("joint_approval", EDGE, {}, "unknown", id="persons-unknown"),
        pytest.param("joint_approval", EDGE, {"personal_data": False}, None, id="holds-no-persons"),
        pytest.param("joint_approval", {**EDGE, "personal_data": False}, {}, None,
                     id="passes-no-persons"),
        pytest.param("joint_connection", EDGE, OURS, "overdue", id="not-connected"),
        pytest.param("joint_connection", EDGE, {**OURS, **CONNECTED}, "met", id="connected"),
        pytest.param("joint_connection", EDGE, {**OURS, **LATE}, "met_late", id="connected-later"),
        pytest.param("joint_connection", EDGE, {"ownership": "state"}, None, id="state-with-state"),
        pytest.param("joint_connection", EDGE, {}, "unknown", id="own-ownership-unknown"),
    ],
)  # fmt: skip
def test_what_has_to_stand_before_a_joint(
    name: str, edge: dict[str, Any], more: dict[str, Any], state: str | None
) -> None:
    """Contract, approval and connections stand by the day on which systems are joined.

    43(1), 44(4), 54(3-2).
    """
    found = duty(name, edge, **more)
    assert (found.state if found is not None else None) == state
    assert found is None or (found.missing != "") == (state == "unknown")


def test_the_registry_says_whose_the_other_side_is() -> None:
    """A joint with a registered object is bound by that object's own record, as of the instant."""
    edge = {"object": "portal", "since": JOINED}
    joined = record(integrations=[edge])
    states = {}
    for ownership in ("state", "non_state", None):
        known = make_registry([joined, record("portal", ownership=ownership)])
        found = duties(joined, AT, known=known.is_state)
        states[ownership] = [one.state for one in found if one.id == "joint_contract:portal"]
    assert states == {"state": ["overdue"], "non_state": [], None: ["unknown"]}


@pytest.mark.parametrize(
    ("licence", "roles", "expected"),
    [
        pytest.param({"number": "1", "valid_until": "2026-06-01T00:00:00Z"}, ["operations_centre"],
                     [("centre_licence", "pending")], id="stands"),
        pytest.param({"number": "1", "valid_until": "2026-02-01T00:00:00Z"}, ["operations_centre"],
                     [("centre_licence", "overdue")], id="ended"),
        pytest.param({"number": "1"}, ["operations_centre"], [("centre_licence", "unknown")],
                     id="end-unknown"),
        pytest.param(None, ["response_service"], [("response_licence", "unknown")], id="none"),
        pytest.param({"exempt_bank_unit": True}, ["operations_centre"], [], id="bank-unit"),
        pytest.param(None, ["ncc"], [], id="another"),
    ],
)  # fmt: skip
def test_a_centre_s_licence_is_counted_down(
    licence: dict[str, Any] | None, roles: list[str], expected: list[tuple[str, str]]
) -> None:
    """A centre's licence has an end that is shown ahead; a bank's own unit needs none.

    7-2(2), 7-2(4), 7-3(2).
    """
    document = {"id": "c", "names": Names(kk="c", ru="c"), "roles": roles, "licence": licence}
    found = list(licence_duties([Party.model_validate(document)], AT, rows_of_law()))
    assert [(party, one.id, one.state) for party, one in found] == [("c", *one) for one in expected]
    ends = [one.due_at for _, one in found if one.state != "unknown"]
    until = str(licence["valid_until"]) if licence and ends else ""
    assert ends == ([instant(until)] if ends else [])
