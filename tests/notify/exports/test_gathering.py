"""What leaves of an incident: the guard decides, and the record has room for no more."""

from dataclasses import replace

import pytest

from pipeline.model import Decision, IncidentState, Link, Tri, as_document, to_json
from pipeline.notify.exports import Tlp, exported
from tests.notify.exports.made import (
    CENTRE,
    NOW,
    finding,
    history,
    record,
    stubbed,
    subject,
    whole,
)
from tests.notify.made import BASE, INCIDENT, MINUTE, assessment, incident

STUB = {
    "incident_id": INCIDENT,
    "object": "KZ-EN-1",
    "acts": ["unauthorised_access"],
    "rsit": "intrusions:privileged-account-compromise",
    "severity": "high",
}
ENVELOPE = {"time", "centre", "written_at", "tlp", "details"}


@pytest.mark.parametrize(
    ("now", "then", "whole_"),
    [
        ("open", "open", True),
        ("stub", "open", False),
        ("hold", "open", False),
        ("open", "stub", False),
        ("open", "hold", False),
        ("open", "nonsense", False),
        ("nonsense", "open", False),
    ],
)
def test_details_leave_only_where_both_guards_are_open(now: str, then: str, whole_: bool) -> None:
    """The stricter of the guard of now and of the revision counts; the unknown is never open."""
    judged = incident(assessment(guard=then))
    made = exported(subject(history=[judged], guard=now), CENTRE, NOW)
    assert (made.details is not None) is whole_


def test_a_stub_has_the_keys_of_a_stub() -> None:
    """Beside who writes it, when and for whom, a stub has a stub's keys and nothing else."""
    document = as_document(stubbed())
    assert document.pop("details") is None
    assert {key: one for key, one in document.items() if key not in ENVELOPE} == STUB


@pytest.mark.parametrize("asked", ["clear", "green", "amber", "amber+strict", "red"])
def test_a_candidate_stays_in_the_centre(asked: Tlp) -> None:
    """What a person has yet to decide is marked red, whatever mark was asked for."""
    candidate = subject(history=history()[:1])
    assert exported(candidate, CENTRE, NOW, asked).tlp == "red"
    assert exported(subject(), CENTRE, NOW, asked).tlp == asked


def test_neither_parties_nor_reasons_leave() -> None:
    """No party of the registry, no sentence that may quote evidence and no group key is there."""
    data = to_json(whole()).decode("utf-8")
    for text in ("energo", "ncc:ncc", "duty", "matched user", "logon of", "user:aigul", "10.1.2.3"):
        assert text not in data


def test_notices_are_told_by_role() -> None:
    """Who outside was told stands there by role with term and receipt; the centre's own do not."""
    details = whole().details
    assert details is not None
    assert [(one.role, one.state, one.received_at) for one in details.told] == [
        ("ncc", "acknowledged", BASE + 3 * MINUTE),
        ("holder", "pending", None),
    ]


def test_times_come_from_history() -> None:
    """Each step of the life has the time of the first revision that reached it."""
    details = whole().details
    assert details is not None
    times = details.times
    assert times.detected_at == BASE
    assert times.acknowledged_at == BASE + 2 * MINUTE
    assert times.contained_at == BASE + 3 * MINUTE
    assert times.restored_at == BASE + 4 * MINUTE
    assert times.closed_at == BASE + 5 * MINUTE
    assert [one.hash for one in details.revisions] == [one.hash for one in history()]


def test_what_was_opened_again_is_not_closed() -> None:
    """An incident that was closed and stands open again has no time of closing."""
    again = replace(history()[-1], revision=7, state=IncidentState.INVESTIGATING)
    made = exported(subject(history=[*history(), again]), CENTRE, NOW).details
    assert made is not None
    assert made.times.closed_at is None


def test_the_law_stands_limb_by_limb() -> None:
    """Each limb has its answer and norm, groups with their name before it."""
    details = whole().details
    assert details is not None
    assert [(one.name, one.holds) for one in details.law.limbs] == [
        ("failure", Tri.YES),
        ("functioning_threat", Tri.UNKNOWN),
        ("harms.obtain", Tri.YES),
    ]
    assert {one.basis for one in details.law.limbs} == {"kz-418-V/1(31)"}
    assert details.law.impact == {"PUB": 2, "ECO.FIN": 0, "cia": {"integrity": 3}}


def test_an_object_without_a_code_goes_by_its_id() -> None:
    """Where the registry gives no code or no record, the id names the object."""
    nameless = exported(subject(record=replace_code("")), CENTRE, NOW)
    unknown = exported(subject(record=None), CENTRE, NOW)
    assert nameless.object == unknown.object == "station"
    assert unknown.details is not None
    assert unknown.details.object_names == {}
    assert unknown.details.sector == ""


def replace_code(code: str) -> object:
    return record().model_copy(update={"code": code})


def test_findings_keep_counts_and_times() -> None:
    """A rule stands there with its id, level, count and times to the nanosecond."""
    details = whole().details
    assert details is not None
    first = details.findings[0]
    assert (first.rule_id, first.level, first.event_count) == ("rule-1", "high", 41)
    assert first.last_event_at == finding().last_event_at == BASE - MINUTE + 7


def test_a_persons_work_is_told_by_role_and_element() -> None:
    """Steps name the role, decisions the elements on which a word stands; no person is named."""
    decided = (
        Decision(BASE, "duty_lead/a.serik", "as I say", {"acts.leak": "yes", "severity": "low"}),
        Decision(BASE, "duty_lead/a.serik", "taken back", {"severity": ""}),
    )
    last = replace(
        history()[-1], step="close", actor="duty_lead/a.serik", reason="quiet", decisions=decided,
        closing_verdict="benign", closed_at=BASE + MINUTE, assigned_to="b.omar",
    )  # fmt: skip
    made = exported(subject(history=[*history()[:-1], last]), CENTRE, NOW)
    assert made.details is not None
    assert made.details.decided == ("acts.leak",)
    assert made.details.closing_verdict == "benign"
    assert made.details.times.closed_at == BASE + MINUTE
    assert (made.details.revisions[-1].step, made.details.revisions[-1].by) == (
        "close",
        "duty_lead",
    )
    data = to_json(made).decode("utf-8")
    for text in ("serik", "omar", "as I say", "quiet"):
        assert text not in data


def test_incidents_of_other_objects_stay_unnamed() -> None:
    """A link to an incident of the same object leaves, one to another's object does not."""
    links = (Link("serial", "b" * 32, "station"), Link("campaign", "c" * 32, "portal"))
    made = exported(subject(history=[replace(history()[-1], links=links)]), CENTRE, NOW)
    assert made.details is not None
    assert [(one.kind, one.incident_id) for one in made.details.related] == [("serial", "b" * 32)]
