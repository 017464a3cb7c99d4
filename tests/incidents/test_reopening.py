"""What comes after a closing, and what becomes of a person's word when more is found."""

import pytest

from pipeline.incidents.reopening import AFTER_CLOSING, CONTRADICTED
from pipeline.model import NANOSECONDS, Incident, IncidentState, Tri
from pipeline.notify.changes import owed
from tests.incidents.making import Office, found


def closed_as(office: Office, verdict: str, failure: Tri = Tri.UNKNOWN) -> Incident:
    """Open an incident of one finding an hour ago and have it closed."""
    (incident,) = office.find(found("f1", -1, failure=failure))
    if verdict == "true" and failure is not Tri.YES:
        office.act("decide", incident, says={"is_incident": "yes"})
    office.act("close", incident, verdict=verdict)
    assert office.last(incident).state is IncidentState.CLOSED
    return office.last(incident)


@pytest.mark.parametrize("verdict", ["benign", "false"])
def test_more_of_what_was_called_false_stays_closed(verdict: str) -> None:
    """What the same rule finds joins the closed incident; nobody is told of it."""
    office = Office()
    closed = closed_as(office, verdict)
    (again,) = office.find(found("f2", 1, failure=Tri.UNKNOWN))
    assert (again.id, again.state) == (closed.id, IncidentState.CLOSED)
    assert again.finding_ids == ("f1", "f2")
    assert list(owed(again, closed)) == []


def test_another_rule_opens_an_incident_of_its_own() -> None:
    """A no covers what the person saw, and no other rule's finding."""
    office = Office()
    closed = closed_as(office, "false")
    (other,) = office.find(found("f2", 1, failure=Tri.YES, rule="s"))
    assert (other.state, other.revision) == (IncidentState.NEW, 1)
    assert [(one.kind, one.to) for one in other.links] == [("recurrence", closed.id)]
    assert office.last(closed) == closed


def test_a_contradicted_no_waits_for_a_person_again() -> None:
    """Where the same rule comes to show a failure, the no is neither kept nor undone: unknown."""
    office = Office()
    closed = closed_as(office, "false")
    (opened,) = office.find(found("f1", 1, failure=Tri.YES, revision=2))
    assert (opened.id, opened.state) == (closed.id, IncidentState.CANDIDATE)
    assert (opened.step, opened.actor, opened.reason) == ("reopen", "", CONTRADICTED)
    assert opened.assessment.is_incident is Tri.UNKNOWN
    assert opened.machine["is_incident"] == "yes"
    assert [one.recipient.role for one in owed(opened, closed)] == ["duty_officer"]
    assert opened.decisions == closed.decisions


def test_a_no_against_the_assessment_outlasts_more_of_the_same() -> None:
    """What said yes already when the person said no contradicts nothing while it goes on."""
    office = Office()
    closed = closed_as(office, "false", Tri.YES)
    (again,) = office.find(found("f1", -1, failure=Tri.YES, revision=2, event_count=9))
    assert (again.id, again.state) == (closed.id, IncidentState.CLOSED)
    assert again.assessment.is_incident is Tri.NO


@pytest.mark.parametrize(
    ("hours", "failure"),
    [(1, Tri.YES), (91 * 24, Tri.UNKNOWN)],
    ids=["an incident for certain", "ninety days later"],
)
def test_no_word_puts_off_the_duty_to_tell(hours: float, failure: Tri) -> None:
    """What is an incident by itself, or comes long after, opens one of its own."""
    office = Office()
    closed = closed_as(office, "false", Tri.YES)
    for day in range(int(hours / 24)):
        office.find(found("f1", day * 24, failure=Tri.YES, revision=day + 2))
    (other,) = office.find(found("f2", hours, failure=failure))
    assert other.id != closed.id
    assert [one.to for one in other.links] == [closed.id]


def test_late_events_of_before_the_closing_open_nothing() -> None:
    """A true incident takes late data of its time, and stays closed."""
    office = Office()
    closed = closed_as(office, "true", Tri.YES)
    (again,) = office.find(found("f2", -0.5))
    assert (again.id, again.state, again.step) == (closed.id, IncidentState.CLOSED, "")


def test_events_after_the_closing_open_it_again() -> None:
    """A true incident that goes on opens again by itself, and says why."""
    office = Office()
    closed = closed_as(office, "true", Tri.YES)
    (again,) = office.find(found("f2", 1))
    assert (again.id, again.state) == (closed.id, IncidentState.NEW)
    assert (again.step, again.reason, again.closed_at) == ("reopen", AFTER_CLOSING, 0)
    assert {one.kind for one in owed(again, closed)} == {"update"}


def test_a_yes_outlasts_the_findings_behind_it() -> None:
    """Where all findings are refuted, a person's yes stands beside what the assessment says."""
    office = Office()
    (incident,) = office.find(found("f1", 0, failure=Tri.UNKNOWN))
    office.act("decide", incident, says={"is_incident": "yes"})
    (after,) = office.find(found("f1", 0, revision=2, retracted=True))
    assert after.assessment.is_incident is Tri.YES
    assert (after.finding_ids, after.machine["is_incident"]) == ((), "unknown")


def test_a_verdict_that_falls_waits_for_a_person_from_any_state() -> None:
    """An incident at work that is none any more is a candidate again, not an incident at work."""
    office = Office()
    (incident,) = office.find(found("f1", 0), found("f2", 0, failure=Tri.UNKNOWN))
    office.act("investigate", incident)
    (after,) = office.find(found("f1", 0, revision=2, retracted=True))
    assert (after.state, after.assessment.is_incident) == (IncidentState.CANDIDATE, Tri.UNKNOWN)


def test_merged_incidents_keep_what_persons_said() -> None:
    """When a finding joins two, the decision on the one that goes stands in the other."""
    office = Office()
    (first,) = office.find(found("f1", 0, failure=Tri.UNKNOWN))
    (second,) = office.find(found("f2", 10, failure=Tri.UNKNOWN))
    office.act("decide", second, says={"is_incident": "yes"})
    office.act("task", second, text="call the owner")
    kept, gone = office.find(found("f3", 5, failure=Tri.UNKNOWN))
    assert (kept.id, gone.merged_into) == (first.id, first.id)
    assert kept.assessment.is_incident is Tri.YES
    assert kept.decisions[0].says == {"is_incident": "yes"}
    assert [(one.kind, one.to) for one in kept.links] == [("merged", second.id)]
    task = office.made[3].incident.entry["task"]
    assert office.act("task", kept, done=task).refused is None


def test_a_campaign_over_several_objects_is_a_link() -> None:
    """Findings of one campaign name it, whatever other object it touches."""
    office = Office()
    (incident,) = office.find(found("f1", 0, fields={"campaign": "c1", "affected_objects": 3}))
    (again,) = office.find(found("f2", 1, fields={"campaign": "c1"}))
    for one in (incident, again):
        assert [(link.kind, link.to, link.object_id) for link in one.links] == [
            ("campaign", "c1", "")
        ]


def test_a_finding_that_goes_on_when_its_incident_left_opens_another() -> None:
    """The ids of the two differ, though the same finding opened both."""
    office, other = Office(), Office()
    (first,) = office.find(found("f1", 0))
    other.now += NANOSECONDS
    (second,) = other.find(found("f1", 900, revision=7))
    assert first.id != second.id
