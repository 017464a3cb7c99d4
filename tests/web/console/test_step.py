"""Steps of an incident from its page: what is offered, asked, handed in and refused."""

import re

import pytest

from pipeline.access import Role
from pipeline.incidents.life_cycle import PREFIX
from pipeline.incidents.life_cycle import STEPS as LIFE_CYCLE
from pipeline.web.console.steps import STEPS, steps_from
from tests.web.console.consoles import CSRF, browser
from tests.web.desks import HOSTILE, centre, incident_of

PLAIN = f"/incidents/{incident_of('plain')}"
WHY = "the gateway was ours all along"


def test_what_is_offered_is_what_can_be() -> None:
    """Each step stands in the life cycle, from just those states, and asks what its form needs."""
    assert set(LIFE_CYCLE) - set(STEPS) == {"split"}  # which findings is a table, not a form
    for name, step in STEPS.items():
        known = LIFE_CYCLE[name]
        assert step.command == f"{PREFIX}{name}"
        assert set(step.states) == {state.value for state in known.sources}, name
        fields = set(known.detail.model_fields) - {"object_id", "incident", "revision", "done"}
        asked = {one.name for one in step.questions}
        if name not in ("decide", "correct"):
            assert asked <= fields, name


@pytest.mark.parametrize("state", ["candidate", "new", "closed", "merged"])
def test_steps_follow_the_state(state: str) -> None:
    """A merged incident has no steps, a closed one is reopened, a candidate decided."""
    names = {step.name for step in steps_from(state)}
    wanted = {"candidate": "decide", "new": "acknowledge", "closed": "reopen", "merged": ""}[state]
    assert wanted in names if wanted else names == set()


def test_a_step_is_asked_for_before_it_is_taken() -> None:
    """The link leads to a page that says what will be done, with the token and what was seen."""
    client = browser(centre(), Role.ANALYST)
    assert f'href="{PLAIN}/do/close?verdict=false"' in client.get(PLAIN).text
    text = client.get(f"{PLAIN}/do/close?verdict=false").text
    assert '<form method="post"' in text
    assert f'name="csrf" value="{CSRF}"' in text
    assert re.search(r'name="revision" value="\d+"', text)
    assert '<option value="false" selected>' in text


def test_a_step_is_handed_in() -> None:
    """What was filled in becomes a command of the viewer, and the page tells what became of it."""
    made = centre()
    client = browser(made, Role.ANALYST)
    given = {"csrf": CSRF, "revision": "1", "verdict": "false", "reason": WHY}
    answer = client.post(f"{PLAIN}/do/close", data=given)
    assert answer.status_code == 303
    (command,) = made.keys.values()
    assert (command.name, command.role, command.reason) == ("incident_close", "analyst", WHY)
    assert command.detail == {
        "incident": incident_of("plain"), "object_id": "plain", "revision": 1, "verdict": "false",
    }  # fmt: skip
    assert answer.headers["location"] == f"{PLAIN}?command={command.id}"
    assert "was handed in" in client.get(answer.headers["location"]).text


def test_decisions_say_elements() -> None:
    """A verdict and its limbs go as what a person says of them; what is left open is not said."""
    made = centre()
    path = f"/incidents/{incident_of('candidate')}/do/decide"
    given = {"is_incident": "yes", "failure": "", "functioning_threat": "yes", "closing": "",
             "reason": WHY}  # fmt: skip
    assert browser(made, Role.DUTY_LEAD).post(path, data=given).status_code == 303
    (command,) = made.keys.values()
    assert command.detail["says"] == {"is_incident": "yes", "functioning_threat": "yes"}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [({"verdict": "true", "reason": " "}, "reason"), ({"reason": WHY}, "verdict")],
)
def test_what_is_missing_is_marked(given: dict[str, str], wrong: str) -> None:
    """Nothing is handed in while an answer is missing; the form comes back with what was given."""
    made = centre()
    answer = browser(made, Role.ANALYST).post(f"{PLAIN}/do/close", data=given)
    assert answer.status_code == 422
    assert re.search(rf'name="{wrong}"[^>]*aria-invalid="true"', answer.text)
    assert made.keys == {}


def test_what_cannot_be_is_told() -> None:
    """A command that is refused at once is told with its reasons, and what was written stays."""
    made = centre()
    given = {"verdict": "true", "reason": "short"}
    answer = browser(made, Role.ANALYST).post(f"{PLAIN}/do/close", data=given)
    assert answer.status_code == 422
    assert "no reason" in answer.text
    assert ">\nshort</textarea>" in answer.text


def test_hostile_answers_come_back_harmless() -> None:
    """What somebody wrote into a form is text in it, whatever it is."""
    given = {"verdict": HOSTILE, "reason": "", "revision": HOSTILE}
    text = browser(centre(), Role.ANALYST).post(f"{PLAIN}/do/close", data=given).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("role", [Role.OWNER, Role.REGULATOR, Role.PROSECUTOR, Role.NCC])
def test_others_have_no_steps(role: Role) -> None:
    """Who may not act sees no step, and asking for one is asking for nothing."""
    made = centre()
    client = browser(made, role)
    assert "/do/" not in client.get(PLAIN).text
    assert client.get(f"{PLAIN}/do/close").status_code == 404
    assert client.post(f"{PLAIN}/do/close", data={"reason": WHY}).status_code == 404
    assert made.keys == {}
