"""People's steps on incidents, through the real runtime: journalled, folded, told and audited."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.incidents import revision_hash
from pipeline.incidents.audit import verify
from pipeline.model import Incident, IncidentState, Tri
from pipeline.runtime.reviewing import Waiting, queue
from tests.runtime.acts import (
    ANALYST,
    WHY,
    act,
    broken_into,
    candidate,
    history,
    last,
    latest,
    quick,
    refusals,
    told,
)
from tests.runtime.centre import AT, Centre, entry, failures

DAY = 86_400 * 10**9


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Centre]:
    """Give a centre in which nothing has happened yet."""
    with quick(tmp_path) as made:
        yield made


def test_each_step_is_a_revision_with_who_when_and_why(here: Centre) -> None:
    """The way from new to closed is read from the history: state, actor, reason, time, hash."""
    incident = broken_into(here)
    for step in ("acknowledge", "investigate", "contain", "restore"):
        act(here, step, incident, ANALYST)
    act(here, "close", incident, verdict="true")
    steps = history(here, incident)[incident.revision :]
    assert [one.state.value for one in steps] == [
        "acknowledged", "investigating", "contained", "restored", "closed",
    ]  # fmt: skip
    assert {one.reason for one in steps} == {WHY}
    assert [one.actor for one in steps] == [*["analyst/a.serik"] * 4, "duty_lead/a.serik"]
    assert [one.changed_at for one in steps] == sorted({one.changed_at for one in steps})
    assert all(one.hash == revision_hash(one) for one in steps)
    assert ("final", "ncc") in told(here, incident)
    assert verify(here.system.stores.audit.read()) == []


def test_each_step_is_one_entry_of_the_object_s_chain(here: Centre) -> None:
    """The trail says who did what, by which command, from what to what; nothing stands twice."""
    incident = broken_into(here)
    command = act(here, "acknowledge", incident)
    made = [one for one in here.audit("incident") if one.detail.get("command") == command.id]
    (entry_made,) = made
    assert (entry_made.chain, entry_made.actor) == (incident.object_id, "duty_lead/a.serik")
    assert entry_made.detail["old"] == {"state": "new"}
    assert entry_made.detail["new"] == {"state": "acknowledged"}
    assert entry_made.detail["reason"] == WHY


def test_a_decision_makes_a_candidate_an_incident_at_that_moment(here: Centre) -> None:
    """A yes tells everybody whom the law names, opened when it was decided; nothing waits then."""
    waiting = candidate(here)
    assert told(here, waiting) == [("first", "duty_officer")]
    says = {"is_incident": "yes", "failure": "yes", "harms.obtain": "yes"}
    act(here, "decide", waiting, ANALYST, says=says)
    decided = last(here, waiting)
    assert (decided.state, decided.assessment.is_incident) == (IncidentState.NEW, Tri.YES)
    assert decided.opened_at == decided.changed_at == here.clock.now()
    assert decided.machine["is_incident"] == "unknown"
    assert decided.decisions[0].says == says
    predicate = decided.assessment.predicate
    assert "analyst/a.serik" in predicate["failure"].reason  # type: ignore[union-attr]
    assert {("first", "ncc"), ("first", "holder")} <= set(told(here, waiting))
    assert [one for one in queue(here.system.stores) if _is_candidate(one, waiting.id)] == []
    assert waiting.id not in here.system.engine.waits._candidates


def _is_candidate(one: object, name: str) -> bool:
    return isinstance(one, Waiting) and one.name == name


def test_a_no_closes_the_candidate_and_stays(here: Centre) -> None:
    """What the same rules find afterwards is counted, opens nothing and tells nobody."""
    waiting = candidate(here)
    act(here, "decide", waiting, says={"is_incident": "no"})
    closed = last(here, waiting)
    assert (closed.state, closed.closing_verdict) == (IncidentState.CLOSED, "false")
    before = told(here, waiting)
    here.take(failures(3))
    after = last(here, waiting)
    assert after.revision > closed.revision
    assert (after.state, after.assessment.is_incident) == (IncidentState.CLOSED, Tri.NO)
    assert told(here, waiting) == before
    assert len([one for one in latest(here) if one.object_id == "kz-bank"]) == 1


def test_what_contradicts_a_no_is_an_incident_of_its_own(here: Centre) -> None:
    """A word on yesterday's attempts does not hide that somebody got in."""
    waiting = candidate(here)
    act(here, "decide", waiting, says={"is_incident": "no"})
    found = broken_into(here, minute=3)
    assert found.id != waiting.id
    assert [(one.kind, one.to) for one in found.links] == [("recurrence", waiting.id)]
    assert ("first", "ncc") in told(here, found)
    assert last(here, waiting).state is IncidentState.CLOSED


def test_a_false_positive_corrects_whoever_was_told(here: Centre) -> None:
    """An incident that is closed as false is none, and those who were told hear of it."""
    incident = broken_into(here)
    act(here, "close", incident, verdict="false")
    closed = last(here, incident)
    assert closed.assessment.is_incident is Tri.NO
    assert (closed.machine["is_incident"], closed.closing_verdict) == ("yes", "false")
    legs = {(leg, role) for leg, role in told(here, incident) if leg == "correction"}
    assert {("correction", "ncc"), ("correction", "holder")} <= legs


def test_reopening_takes_the_no_back(here: Centre) -> None:
    """Reopened, the assessment counts again, and whoever was corrected is told anew."""
    incident = broken_into(here)
    act(here, "close", incident, verdict="false")
    act(here, "reopen", incident)
    opened = last(here, incident)
    assert (opened.state, opened.closing_verdict) == (IncidentState.INVESTIGATING, "")
    assert opened.assessment.is_incident is Tri.YES
    assert len(opened.decisions) == 2
    assert told(here, incident).count(("first", "ncc")) == 2


def test_events_after_a_true_closing_open_it_again(here: Centre) -> None:
    """What goes on after the closing reopens the incident by itself, with the reason."""
    incident = broken_into(here)
    act(here, "close", incident, verdict="true")
    here.clock.advance_to(AT + 20 * 60 * 10**9)
    here.take([*failures(57), entry(57)])
    opened = last(here, incident)
    assert (opened.state, opened.step, opened.actor) == (IncidentState.NEW, "reopen", "")
    assert "after it was closed" in opened.reason
    assert ("update", "ncc") in told(here, incident)


REFUSED = [
    ("acknowledge", {}, ANALYST, "acknowledged cannot be"),
    ("close", {"verdict": "maybe"}, ANALYST, "verdict"),
    ("close", {"verdict": "false"}, ANALYST, "duty_lead alone"),
    ("decide", {"says": {"is_incident": "no"}}, ANALYST, "duty_lead alone"),
    ("decide", {"says": {"failure": "yes"}}, ANALYST, "verdict is missing"),
    ("decide", {"says": {"is_incident": "yes", "harms.fun": "yes"}}, ANALYST, "harms.fun"),
    ("correct", {"says": {"severity": "awful"}}, ANALYST, "known:"),
    ("correct", {"says": {"is_incident": "no"}}, ANALYST, "decided, not corrected"),
    ("reopen", {}, ANALYST, "acknowledged cannot be"),
    ("contain", {"revision": 1}, ANALYST, "look again"),
    ("note", {"text": ""}, ANALYST, "text"),
    ("note", {"text": "x", "colour": "red"}, ANALYST, "colour"),
    ("task", {}, ANALYST, "give a task's text"),
    ("task", {"done": "0" * 8}, ANALYST, "no task"),
    ("merge", {"into": "0" * 32}, ANALYST, "no open incident"),
    ("split", {"findings": ["nothing"]}, ANALYST, "does not hold"),
    ("link", {"kind": "parent", "to": "0" * 32, "to_object": "kz-bank"}, ANALYST, "no incident"),
    ("contain", {}, "owner", "may not do this"),
    ("contain", {"object_id": "kz-energy-tec"}, ANALYST, "not in the state"),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Incident]]:
    """Give a centre whose one incident was acknowledged; nothing that a test does changes it."""
    with quick(tmp_path_factory.mktemp("shared")) as made:
        incident = broken_into(made)
        act(made, "acknowledge", incident)
        yield made, incident


@pytest.mark.parametrize(
    ("step", "detail", "role", "why"), REFUSED, ids=[f"{row[0]}-{row[3]}" for row in REFUSED]
)
def test_what_may_not_be_done_changes_nothing(
    shared: tuple[Centre, Incident], step: str, detail: dict[str, object], role: str, why: str
) -> None:
    """A refused step makes no revision and no notice, and its reasons stand in the trail."""
    here, incident = shared
    before, notices = history(here, incident), told(here, incident)
    command = act(here, step, incident, role, **detail)
    assert history(here, incident) == before
    assert told(here, incident) == notices
    (refused,) = [one for one in refusals(here) if one.entry_id == f"command:{command.id}"]
    assert why in str(refused.detail["problems"])


def test_of_two_who_act_at_once_one_looks_again(here: Centre) -> None:
    """Who names the revision that they saw is refused where another came between."""
    incident = broken_into(here)
    act(here, "acknowledge", incident, revision=incident.revision)
    act(here, "contain", incident, revision=incident.revision)
    assert last(here, incident).state is IncidentState.ACKNOWLEDGED
    assert "look again" in str(refusals(here)[0].detail)


def test_severity_is_corrected_with_both_values_shown(here: Centre) -> None:
    """A raised severity is told as an update; the assessment's own stays beside it."""
    incident = broken_into(here)
    own = incident.assessment.severity
    act(here, "correct", incident, says={"severity": "critical"})
    raised = last(here, incident)
    assert (raised.assessment.severity, raised.machine["severity"]) == ("critical", own)
    assert WHY in raised.assessment.reasons["severity"]
    assert ("update", "ncc") in told(here, incident)
    act(here, "correct", incident, says={"severity": ""})
    assert last(here, incident).assessment.severity == own


def test_severity_is_lowered_by_the_duty_lead_alone(here: Centre) -> None:
    """An analyst may raise what was told, and the duty lead alone may lower it again."""
    incident = broken_into(here)
    act(here, "correct", incident, says={"severity": "critical"})
    act(here, "correct", incident, ANALYST, says={"severity": incident.assessment.severity})
    assert "duty_lead alone" in str(refusals(here)[0].detail)
    act(here, "correct", incident, says={"severity": incident.assessment.severity})
    assert last(here, incident).assessment.severity == incident.assessment.severity


def test_a_floor_of_the_pack_holds_against_a_person(tmp_path: Path) -> None:
    """Below the floor of a critical object nobody sets a severity."""
    with quick(tmp_path) as here:
        listed = "    critical: {sector: banking, list_ref: example 20, listed_at: 2024-01-01}\n"
        mark = "    code: BANK-01\n"
        text = (tmp_path / "objects" / "objects.yml").read_text("utf-8")
        (tmp_path / "objects" / "objects.yml").write_text(text.replace(mark, mark + listed))
    with quick(tmp_path) as here:
        incident = broken_into(here)
        assert incident.assessment.impact["floors"]
        mildest = here.system.reloader.knowledge.pack.at(AT).levels[0].severity
        act(here, "correct", incident, says={"severity": mildest})
        assert "floor" in str(refusals(here)[0].detail)
        assert last(here, incident) == incident


def test_a_rebuild_from_the_journal_takes_the_same_steps(tmp_path: Path) -> None:
    """The journal's commands give the same revisions, notices and entries in another store."""
    with quick(tmp_path) as here:
        incident = broken_into(here)
        act(here, "acknowledge", incident)
        act(here, "note", incident, text="The gateway's owner was called.")
        act(here, "correct", incident, says={"severity": "critical"})
        act(here, "nothing", incident)
        act(here, "close", incident, verdict="benign")
        here.take(failures(45))
        here.tick(10)
        first = _all(here)
        batches = [one for _, one in here.system.stores.journal.read(0, 1_000)]
        again = tmp_path / "again"
        again.mkdir()
        with quick(again) as rebuilt:
            rebuilt.system.engine.chain = here.system.engine.chain
            for batch in batches:
                rebuilt.system.stores.journal.append("again", [batch])
            rebuilt.drain()
            assert _all(rebuilt) == first


def _all(here: Centre) -> list[object]:
    found: list[object] = [
        (one.id, one.revision, one.hash) for head in latest(here) for one in history(here, head)
    ]
    found += sorted(one.id for one in here.notices())
    return [*found, *((one.entry_id, one.hash) for one in here.audit("incident"))]


def test_two_incidents_are_merged_by_hand_and_parted_again(here: Centre) -> None:
    """The one that goes keeps its history and names the other; parted, each is judged alone."""
    incident = broken_into(here)
    far = [one.replace(b"-03-02T20:40", b"-03-05T20:40") for one in failures(40)]
    here.clock.advance_to(AT + 3 * DAY)
    here.take(far)
    (other,) = [one for one in latest(here) if one.id != incident.id]
    act(here, "merge", other, into=incident.id)
    gone, kept = last(here, other), last(here, incident)
    assert (gone.state, gone.merged_into) == (IncidentState.MERGED, incident.id)
    assert set(other.finding_ids) <= set(kept.finding_ids)
    assert [one.to for one in kept.links if one.kind == "merged"] == [other.id]
    act(here, "split", incident, findings=list(other.finding_ids))
    old = last(here, incident)
    (link,) = [one for one in old.links if one.kind == "split"]
    (new,) = history(here, _named(here, link.to))
    assert new.finding_ids == tuple(other.finding_ids)
    assert not set(new.finding_ids) & set(old.finding_ids)
    assert [(one.kind, one.to) for one in new.links] == [("split", incident.id)]
    here.take([far[0].replace(b":40:00", b":40:30")])
    assert last(here, new).state is not IncidentState.MERGED
    assert verify(here.system.stores.audit.read()) == []


def _named(here: Centre, name: str) -> Incident:
    return next(one for one in latest(here) if one.id == name)


def test_incidents_of_two_objects_are_linked_both_ways(here: Centre) -> None:
    """A link is a revision of each, in the chain of its own object."""
    incident = broken_into(here)
    here.take([one.replace(b"bank-gw01", b"dc-hv01") for one in failures(41)])
    other = next(one for one in latest(here) if one.id != incident.id)
    act(here, "link", incident, kind="parent", to=other.id, to_object=other.object_id)
    assert [(one.kind, one.to) for one in last(here, incident).links] == [("parent", other.id)]
    (back,) = [one for one in last(here, other).links if one.to == incident.id]
    assert back.kind == "child"


def test_work_on_an_incident_is_its_history(here: Centre) -> None:
    """Assignment, notes, evidence and tasks are revisions that tell nobody anything."""
    incident = broken_into(here)
    before = told(here, incident)
    act(here, "assign", incident, to="a.omarov")
    act(here, "note", incident, text="The owner took the gateway off the net.")
    digest = "ab" * 32
    act(here, "evidence", incident, name="disk.img", sha256=digest, size=9, description="Image")
    task = act(here, "task", incident, text="Change the passwords", who="a.omarov", due=AT)
    act(here, "task", incident, done=task.id[:8])
    steps = history(here, incident)[incident.revision :]
    assert [one.step for one in steps] == ["assign", "note", "evidence", "task", "task"]
    assert last(here, incident).assigned_to == "a.omarov"
    assert steps[2].entry["sha256"] == digest
    assert steps[4].entry == {"task": task.id[:8], "done": True}
    assert all(one.assessment == incident.assessment for one in steps)
    assert told(here, incident) == before


def test_a_hand_over_without_a_route_says_so(here: Centre) -> None:
    """Where the pack has no route to the response service, the source is missing, and it shows."""
    incident = broken_into(here)
    act(here, "handover", incident)
    handed = last(here, incident)
    assert handed.entry == {"route": "source missing"}
    assert handed.assessment.is_incident is Tri.YES


def test_a_row_leaves_the_state_when_its_time_is_over(here: Centre) -> None:
    """Thirty days after it ended an incident leaves the state; what comes again is linked to it."""
    incident = broken_into(here)
    act(here, "close", incident, verdict="true")
    rows = here.system.stores.state.load
    key = f'["incident","{incident.id}"]'
    assert key in rows(incident.object_id)
    here.tick(29 * 1440)
    assert key in rows(incident.object_id)
    here.tick(2 * 1440)
    assert key not in rows(incident.object_id)
    act(here, "reopen", incident)
    assert "more than thirty days ago" in str(refusals(here)[0].detail)
    here.take([one.replace(b"-03-02T", b"-04-02T") for one in (*failures(44), entry(44))])
    newer = [one for one in latest(here) if one.opened_at > incident.opened_at]
    links = [(one.kind, one.to) for found in newer for one in found.links]
    assert ("recurrence", incident.id) in links
