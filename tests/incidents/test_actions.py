"""Any order of findings and of people's steps keeps a history linear, linked and legal."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.incidents import IncidentRow, revision_hash
from pipeline.incidents.audit import Draft
from pipeline.incidents.handwork import WORK
from pipeline.incidents.life_cycle import COMMANDS, STEPS
from pipeline.model import Incident, IncidentState, Recipient, Tri
from pipeline.notify.changes import announced, concerned, owed
from tests.incidents.making import Office, found

STATES = {
    "acknowledge": IncidentState.ACKNOWLEDGED,
    "investigate": IncidentState.INVESTIGATING,
    "contain": IncidentState.CONTAINED,
    "restore": IncidentState.RESTORED,
    "close": IncidentState.CLOSED,
}


@dataclass(frozen=True)
class Move:
    """One thing that happens: findings, or a step of somebody on the nth incident."""

    step: str
    which: int
    role: str
    detail: dict[str, Any]
    hours: float
    failure: Tri
    rule: str
    name: int
    retracted: bool


def details(step: str) -> st.SearchStrategy[dict[str, Any]]:
    """Give what a step may say."""
    verdict = st.sampled_from(["true", "benign", "false"])
    answers = st.sampled_from(["yes", "no"])
    known: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "close": st.fixed_dictionaries({"verdict": verdict}),
        "decide": answers.map(lambda one: {"says": {"is_incident": one}}),
        "correct": st.sampled_from(["low", "high", "critical", ""]).map(
            lambda one: {"says": {"severity": one}}
        ),
        "assign": st.just({"to": "a.omarov"}),
        "note": st.just({"text": "seen"}),
        "task": st.just({"text": "do it"}),
        "evidence": st.just({"name": "n", "sha256": "0" * 64, "size": 1, "description": "d"}),
        "merge": st.integers(0, 3).map(lambda one: {"into": one}),
        "split": st.integers(1, 2).map(lambda one: {"findings": one}),
        "link": st.integers(0, 3).map(lambda one: {"kind": "related", "to": one, "to_object": "o"}),
    }
    return known.get(step, st.just({}))


MOVES = st.sampled_from(["find", "find", *STEPS]).flatmap(
    lambda step: st.builds(
        Move,
        step=st.just(step),
        which=st.integers(0, 3),
        role=st.sampled_from(["analyst", "duty_lead"]),
        detail=details(step),
        hours=st.floats(0, 40),
        failure=st.sampled_from([Tri.YES, Tri.UNKNOWN]),
        rule=st.sampled_from(["r", "s"]),
        name=st.integers(0, 9),
        retracted=st.booleans(),
    )
)


def take(office: Office, move: Move, revisions: dict[str, int]) -> Draft | None:
    """Let one thing happen; give the entry of a refusal."""
    if move.step == "find":
        name = f"f{move.name}"
        revisions[name] = revisions.get(name, 0) + 1
        retracted = move.retracted and revisions[name] > 1
        office.find(
            found(
                name,
                move.hours,
                failure=move.failure,
                rule=move.rule,
                revision=revisions[name],
                retracted=retracted,
            )
        )
        return None
    known = [history[-1].incident for history in office.histories().values()]
    if not known:
        return None
    incident = known[move.which % len(known)]
    detail = dict(move.detail)
    for key in ("into", "to"):
        if isinstance(detail.get(key), int):
            detail[key] = known[detail[key] % len(known)].id
    if isinstance(detail.get("findings"), int):
        detail["findings"] = list(incident.finding_ids[: detail["findings"]]) or ["none"]
    return office.act(move.step, incident, move.role, **detail).refused


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves=st.lists(MOVES, min_size=6, max_size=25))
def test_any_order_of_findings_and_steps_keeps_the_history(moves: list[Move]) -> None:
    """Histories are linear and linked, states legal, findings in one incident, notices in step."""
    office, revisions = Office(), dict[str, int]()
    for move in moves:
        before = len(office.made)
        refused = take(office, move, revisions)
        if refused is not None:
            assert len(office.made) == before
            assert refused.detail["problems"]
    for history in office.histories().values():
        check_linked([one.incident for one in history])
        check_told([one.incident for one in history])
        for one in history:
            check_legal(one.previous, one.incident)
    check_holders(office)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves=st.lists(MOVES, min_size=6, max_size=20))
def test_a_state_read_from_its_bytes_goes_on_the_same(moves: list[Move]) -> None:
    """Restarted after every move, the same moves give the same revisions, hash by hash."""
    office, again = Office(), Office()
    revisions, others = dict[str, int](), dict[str, int]()
    for move in moves:
        take(office, move, revisions)
        take(again, move, others)
        again = again.stored()
    assert [one.incident.hash for one in again.made] == [one.incident.hash for one in office.made]


def check_linked(history: list[Incident]) -> None:
    """Hold each revision to the one before it: number, hash and time; nothing is overwritten."""
    assert [one.revision for one in history] == list(range(1, len(history) + 1))
    assert all(one.hash == revision_hash(one) for one in history)
    assert [one.previous_hash for one in history] == ["", *(one.hash for one in history[:-1])]
    assert [one.changed_at for one in history] == sorted(one.changed_at for one in history)
    for before, after in pairwise(history):
        assert [one for one in before.decisions if one not in after.decisions] == []
        assert set(before.links) <= set(after.links)


def check_legal(previous: Incident | None, incident: Incident) -> None:
    """Lead from a state that the step may be taken in to the one that it names."""
    yes = incident.assessment.is_incident is Tri.YES
    assert (incident.state is IncidentState.CLOSED) == bool(incident.closing_verdict)
    assert bool(incident.closed_at) == bool(incident.closing_verdict)
    if incident.state not in (IncidentState.CLOSED, IncidentState.MERGED):
        assert yes == (incident.state is not IncidentState.CANDIDATE)
    if incident.closing_verdict in ("benign", "false"):
        assert incident.assessment.is_incident is Tri.NO
    if previous is not None:
        assert previous.state is not IncidentState.MERGED
    if incident.step in STATES and incident.actor:
        assert incident.state is STATES[incident.step]
        assert previous is not None
        assert previous.state in STEPS[incident.step].sources
    if incident.actor:
        assert (incident.reason, incident.command) != ("", "")


def check_told(history: list[Incident]) -> None:
    """Hold who outside was told and not corrected to whom the last revision concerns."""
    told: set[Recipient] = set()
    previous: Incident | None = None
    for one in history:
        for due in owed(one, previous):
            if due.recipient.role == "duty_officer":
                continue
            if due.kind == "first":
                assert due.recipient not in told
                told.add(due.recipient)
            else:
                assert due.recipient in told
            if due.kind == "correction":
                told.discard(due.recipient)
        previous = one
    last = history[-1]
    now = concerned(last) if announced(last) else {}
    assert told == {one for one in now if one.role != "duty_officer"}


def check_holders(office: Office) -> None:
    """Hold that no finding is in two incidents, and that the state comes back from its bytes."""
    rows = [row for row in office.stored().state.all(IncidentRow, "incident") if row[1].findings]
    held = [name for _, row in rows for name in row.findings]
    assert len(held) == len(set(held))


def test_every_step_has_its_work() -> None:
    """Each step that a command may name can be taken."""
    assert set(WORK) == set(STEPS)
    assert {f"incident_{name}" for name in WORK} == COMMANDS


def test_what_was_stored_before_keeps_its_hash() -> None:
    """A revision without what was added later hashes as it did: no key of it counts."""
    office = Office()
    (incident,) = office.find(found("f1", 0))
    assert (incident.step, incident.actor, incident.decisions, incident.links) == ("", "", (), ())
    assert revision_hash(incident) == incident.hash
    assert revision_hash(replace(incident, actor="analyst/x")) != incident.hash
    assert revision_hash(replace(incident, closed_at=1)) != incident.hash
