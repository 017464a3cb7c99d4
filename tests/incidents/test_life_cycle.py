"""Which step may be taken in which state, by whom, and what a command must say."""

from typing import Any

import pytest

from pipeline.incidents.life_cycle import (
    LINK_KINDS,
    ROLES,
    STEPS,
    form_problems,
    says_problems,
    step_of,
)
from pipeline.model import Command, Incident, IncidentState
from tests.incidents.making import REASON, Office, found

S = IncidentState
WAYS: dict[S, tuple[str, ...]] = {
    S.NEW: (),
    S.ACKNOWLEDGED: ("acknowledge",),
    S.INVESTIGATING: ("investigate",),
    S.CONTAINED: ("contain",),
    S.RESTORED: ("restore",),
    S.CLOSED: ("close",),
}
LEGAL: dict[str, set[S]] = {
    "acknowledge": {S.NEW},
    "investigate": {S.NEW, S.ACKNOWLEDGED, S.CONTAINED, S.RESTORED},
    "contain": {S.NEW, S.ACKNOWLEDGED, S.INVESTIGATING},
    "restore": {S.NEW, S.ACKNOWLEDGED, S.INVESTIGATING, S.CONTAINED},
    "close": {S.NEW, S.ACKNOWLEDGED, S.INVESTIGATING, S.CONTAINED, S.RESTORED},
    "reopen": {S.CLOSED},
    "handover": {S.NEW, S.ACKNOWLEDGED, S.INVESTIGATING, S.CONTAINED, S.RESTORED},
}
SAID: dict[str, dict[str, Any]] = {"close": {"verdict": "true"}}


def led_to(office: Office, state: S) -> Incident:
    """Lead an incident to a state."""
    (incident,) = office.find(found("f1", 0))
    for step in WAYS[state]:
        office.act(step, incident, **SAID.get(step, {}))
    assert office.last(incident).state is state
    return incident


@pytest.mark.parametrize("state", WAYS, ids=str)
@pytest.mark.parametrize("step", LEGAL)
def test_a_step_is_taken_from_its_states_alone(state: S, step: str) -> None:
    """From any other state it is refused, and the refusal names what can be done."""
    office = Office()
    incident = led_to(office, state)
    done = office.act(step, incident, **SAID.get(step, {}))
    assert (done.refused is None) == (state in LEGAL[step])
    if done.refused is not None:
        assert f"an incident that is {state.value} cannot be" in str(done.refused.detail)
        assert "it can: " in str(done.refused.detail)


def test_what_was_merged_goes_on_elsewhere() -> None:
    """Every step on a merged incident is refused with where it went."""
    office = Office()
    office.find(found("f1", 0))
    office.find(found("f2", 11))
    kept, gone = office.find(found("f3", 5.5))
    for step in STEPS:
        refused = office.act(step, gone, **SAID.get(step, {})).refused
        assert refused is not None
    told = office.act("acknowledge", gone).refused
    assert told is not None
    assert f"it goes on as {kept.id}" in str(told.detail)


def test_every_step_is_the_centre_s_own_people_s() -> None:
    """Analyst and duty lead act; nobody else does yet (SPEC 6)."""
    assert {step.roles for step in STEPS.values()} == {ROLES}


def test_links_lead_back() -> None:
    """What one incident is to another the other is to it."""
    assert all(LINK_KINDS[back] == kind for kind, back in LINK_KINDS.items())


def test_all_that_is_wrong_with_a_command_is_told_at_once() -> None:
    """Role, author, reason and every field are named together."""
    command = Command("incident_close", "owner", " ", "no", 1, {"verdict": "x", "more": 1})
    told = "; ".join(form_problems(command))
    for word in ("owner", "author", "reason", "object_id", "incident", "verdict", "more"):
        assert word in told


@pytest.mark.parametrize(
    ("name", "step"),
    [("incident_close", "close"), ("incident_fly", ""), ("silence_add", ""), ("close", "")],
)
def test_a_command_s_name_says_its_step(name: str, step: str) -> None:
    """Only a name with our prefix and a known step is one."""
    assert step_of(Command(name, "analyst", "a", REASON, 1)) == step


def test_words_that_the_pack_lacks_are_named() -> None:
    """An unknown element and an unknown value say what is known."""
    known = {"origin": ("external", "internal")}
    told = list(says_problems({"colour": "red", "origin": "mars"}, known))
    assert len(told) == 2
    assert "known: origin" in told[0]
    assert "known: external, internal" in told[1]
    assert list(says_problems({"origin": ""}, known)) == []
