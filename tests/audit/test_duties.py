"""What an incident's history owes: held to the router where both must agree, and by itself."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audit.duties import duties_of
from pipeline.model import Assessment, Incident, IncidentState, Leg, Recipient, Tri
from pipeline.notify.changes import owed, told_after
from tests.notify.made import BASE, DUTY, HOLDER, MINUTE, NCC, TENANT, assessment, incident

OTHER = replace(NCC, basis="kz-418-V/54(2)(6)")
STATES = [IncidentState.NEW, IncidentState.CONTAINED, IncidentState.CLOSED, IncidentState.CANDIDATE]


def chained(made: list[Incident]) -> list[Incident]:
    """Give revisions their numbers and times."""
    return [
        replace(one, revision=number, changed_at=BASE + number * MINUTE)
        for number, one in enumerate(made, 1)
    ]


def assessments(guards: tuple[str, ...]) -> st.SearchStrategy[Assessment]:
    """Give verdicts with any route, severity and acts."""
    return st.builds(
        assessment,
        verdict=st.sampled_from(list(Tri)),
        route=st.lists(st.sampled_from([HOLDER, NCC, TENANT, DUTY]), unique=True).map(tuple),
        severity=st.sampled_from(["low", "high"]),
        held=st.sampled_from([("leak",), ("leak", "copying")]),
        guard=st.sampled_from(guards),
    )


def histories(guards: tuple[str, ...]) -> st.SearchStrategy[list[Incident]]:
    """Give histories of up to six revisions, the last of which may be a merging."""
    one = st.builds(
        incident, assessments(guards), state=st.sampled_from(STATES), opened_at=st.just(BASE)
    )
    merged = st.builds(incident, assessments(guards), state=st.just(IncidentState.MERGED))
    some = st.lists(one, min_size=1, max_size=6)
    return st.one_of(some, st.builds(lambda found, last: [*found, last], some, merged)).map(chained)


Owes = tuple[int, str, str, str]


def by_router(history: list[Incident]) -> list[Owes]:
    """Give what the router owes, step by step: revision, kind, role, ground."""
    found: list[Owes] = []
    before: Incident | None = None
    told: dict[Recipient, bool] = {}
    for after in history:
        found += [
            (after.revision, one.kind, one.recipient.role, one.basis)
            for one in owed(after, before, told)
        ]
        told, before = told_after(after, before, told), after
    return sorted(found)


def by_auditor(history: list[Incident], *, needed: bool = False) -> list[Owes]:
    """Give what the auditor says is owed; only what must be there where that is asked."""
    return sorted(
        (one.incident.revision, one.kind, one.recipient.role, one.ground)
        for one in duties_of(history)
        if one.needed or not needed
    )


@settings(max_examples=400, deadline=None)
@given(histories(("open", "stub")))
def test_the_auditor_owes_what_the_router_owes(history: list[Incident]) -> None:
    """Two readings of the law, one by steps and one by the whole history, come to the same."""
    assert by_auditor(history) == by_router(history)


@settings(max_examples=400, deadline=None)
@given(histories(("open", "stub", "hold")))
def test_whatever_the_guard_decides_next_both_owe_the_same(history: list[Incident]) -> None:
    """However the guard changes its mind, nothing is missing and nothing is owed by one alone."""
    made = by_router(history)
    assert len(set(made)) == len(made)
    assert set(by_auditor(history, needed=True)) <= set(made) <= set(by_auditor(history))


@settings(max_examples=200, deadline=None)
@given(histories(("hold",)))
def test_what_is_held_is_told_to_the_duty_officer_alone(history: list[Incident]) -> None:
    """While the guard holds, both know the same notices, all but the duty officer's held."""
    assert set(by_auditor(history, needed=True)) <= set(by_router(history))
    assert all(
        one.disclosure == ("stub" if one.recipient.role == "duty_officer" else "hold")
        for one in duties_of(history)
    )


YES = assessment()
WORSE = assessment(severity="critical")
HELD = assessment(guard="hold")
HELD_NO = assessment(verdict=Tri.NO, guard="hold", route=())
NO = assessment(verdict=Tri.NO, route=())
CLOSED = IncidentState.CLOSED


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(
            [YES, HELD, YES], [(1, "first", True), (3, "update", False)], id="held between"
        ),
        pytest.param(
            [YES, replace(HELD, severity="low"), replace(YES, severity="low")],
            [(1, "first", True), (2, "update", True), (3, "update", True)],
            id="changed while held",
        ),
        pytest.param(
            [HELD, HELD, YES],
            [(1, "first", True), (2, "first", False), (3, "first", True)],
            id="held, then freed",
        ),
        pytest.param([HELD, NO], [(1, "first", True), (2, "correction", False)], id="never told"),
        pytest.param(
            [YES, HELD_NO], [(1, "first", True), (2, "correction", True)], id="told, then held"
        ),
    ],
)
def test_who_was_told_follows_the_whole_history(
    made: list[Assessment], expected: list[tuple[int, str, bool]]
) -> None:
    """Who was told once is not told first again, and who never was gets no correction that leaves.

    SPEC 4: a retraction goes to all who were told.
    """
    history = chained([incident(one) for one in made])
    ncc = [one for one in duties_of(history) if one.recipient.role == "ncc"]
    assert [(one.incident.revision, one.kind, one.needed) for one in ncc] == expected
    never = [one for one in ncc if one.kind == "correction" and not one.needed]
    assert all(one.disclosure == "hold" for one in never)


def test_grounds_of_one_recipient_are_joined() -> None:
    """A recipient of several legs is told once, on all their grounds."""
    made = chained([incident(assessment(route=(NCC, OTHER, HOLDER)))])
    told = {one.recipient.role: one.ground for one in duties_of(made)}
    assert told["ncc"] == f"{NCC.basis}; {OTHER.basis}"


def test_a_candidate_is_told_to_nobody_outside() -> None:
    """What a person must decide pages the duty officer, once, and tells nobody else."""
    undecided = assessment(verdict=Tri.UNKNOWN, route=(DUTY, HOLDER, NCC))
    made = chained([incident(undecided, state=IncidentState.CANDIDATE)] * 3)
    told = [(one.incident.revision, one.recipient.role) for one in duties_of(made)]
    assert told == [(1, "duty_officer")]


def test_an_unknown_guard_discloses_nothing() -> None:
    """A decision that nobody knows is never taken as open."""
    made = chained([incident(assessment(guard="perhaps", route=(Leg("ncc", "n", "b", "s", "r"),)))])
    assert [one.disclosure for one in duties_of(made)] == ["hold"]
