"""OCSF incident findings, held to OCSF's own schema."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings

from pipeline.model import IncidentState
from pipeline.notify.exports import Exported, Subject, exported, ocsf
from tests.notify.exports.made import (
    CENTRE,
    NOW,
    UNTITLED,
    exports,
    history,
    stubbed,
    subject,
    titled,
    whole,
)
from tests.notify.exports.schemas import incident_finding


def problems(data: bytes) -> list[str]:
    schema = incident_finding()
    return [
        f"{list(one.absolute_path)}: {one.message}"
        for line in data.splitlines()
        for one in schema.iter_errors(orjson.loads(line))
    ]


@pytest.mark.parametrize("record", [whole(), stubbed()], ids=["whole", "stub"])
def test_it_is_valid(record: Exported) -> None:
    """A whole incident and a stub are valid against class 2005."""
    assert problems(ocsf.write([record], titled(record, "оқиға"))) == []


@settings(max_examples=25)
@given(record=exports)
def test_any_is_valid(record: Exported) -> None:
    """Whatever stands in an incident, the finding is valid."""
    assert problems(ocsf.write([record], UNTITLED)) == []


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"status_id":5', b'"status_id":7'),
        (b'"status_id":5', b'"status_number":5'),
        (b'"assignee_group"', b'"assigned_group"'),
        (b'"type_id":2', b'"type_id":777'),
        (b'"start_time_dt":"2026', b'"start_time_dt":"the year 2026'),
    ],
    ids=["enumeration", "required", "constraint", "nested", "time"],
)
def test_the_schema_is_asked(was: bytes, now: bytes) -> None:
    """What is against the schema is found: the check can fail."""
    data = ocsf.write([whole()], UNTITLED)
    assert was in data
    assert problems(data.replace(was, now))


@pytest.mark.parametrize(
    ("revisions", "activity", "status"),
    [(1, (1, "Create"), "New"), (3, (2, "Update"), "In Progress"), (6, (3, "Close"), "Closed")],
    ids=["candidate", "acknowledged", "closed"],
)
def test_where_an_incident_stands(revisions: int, activity: tuple[int, str], status: str) -> None:
    """Activity and status follow the incident's life; the type is class and activity."""
    told: Subject = subject(history=history()[:revisions])
    held = orjson.loads(ocsf.write([exported(told, CENTRE, NOW)], UNTITLED))
    assert (held["activity_id"], held["activity_name"]) == activity
    assert held["type_uid"] == 200500 + activity[0]
    assert held["status"] == status


def test_every_state_has_a_status() -> None:
    """No state of an incident is without its status."""
    assert set(ocsf._STATUS) == set(IncidentState)


def test_the_law_is_an_enrichment() -> None:
    """The verdict stands where OCSF puts what was added to a finding, with its limbs."""
    held = orjson.loads(ocsf.write([whole()], UNTITLED))
    (law,) = held["enrichments"]
    assert law["value"] == "yes"
    assert [one["name"] for one in law["data"]["limbs"]][:1] == ["failure"]
    assert held["verdict"] == "True Positive"
    assert held["severity"] == "High"
    assert held["metadata"]["labels"] == ["TLP:AMBER"]


@pytest.mark.parametrize(
    ("closing", "verdict"),
    [("", "True Positive"), ("benign", "Benign"), ("false", "False Positive")],
)
def test_a_closing_verdict_is_ocsfs(closing: str, verdict: str) -> None:
    """What a person found at the end is said in OCSF's words for it."""
    told = subject(history=[replace(history()[-1], closing_verdict=closing)])
    held = orjson.loads(ocsf.write([exported(told, CENTRE, NOW)], UNTITLED))
    assert held["verdict"] == verdict
