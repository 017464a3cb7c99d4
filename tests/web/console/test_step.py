"""Steps of an incident from its page: what is offered, asked, handed in and refused."""

import re
from dataclasses import replace
from hashlib import sha256

import pytest
from starlette.testclient import TestClient

from pipeline.access import Role
from pipeline.incidents.life_cycle import PREFIX, asked_of
from pipeline.incidents.life_cycle import STEPS as LIFE_CYCLE
from pipeline.web.console import Beside
from pipeline.web.console.steps import STEPS, steps_from
from tests.connectors.stores import nouns
from tests.web.console.consoles import CSRF, browser, console
from tests.web.desks import HOSTILE, Centre, centre, incident_of, viewer

PLAIN = f"/incidents/{incident_of('plain')}"
WHY = "the gateway was ours all along"


def test_what_is_offered_is_what_can_be() -> None:
    """Each step stands in the life cycle, from just those states, and asks what its form needs."""
    assert set(LIFE_CYCLE) == set(STEPS)
    for name, step in STEPS.items():
        known = LIFE_CYCLE[name]
        assert step.command == f"{PREFIX}{name}"
        assert set(step.states) == {state.value for state in known.sources}, name
        fields = set(known.detail.model_fields) - {"object_id", "incident", "revision", "done"}
        asked = {one.name for one in step.questions if one.sort != "file"}
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


def findings_of(made: Centre) -> list[str]:
    """Give an incident of one object several findings; their ids."""
    ids = [f"finding-plain-{number}" for number in range(3)]
    kept = made.stores.incidents
    kept.put_findings(
        [nouns.finding(100 + at, id=one, object_id="plain") for at, one in enumerate(ids)]
    )
    last = kept.history(incident_of("plain"))[-1]
    kept.put_incidents(
        [replace(last, revision=last.revision + 1, finding_ids=(*ids,), finding_count=3)]
    )
    return ids


def test_findings_are_chosen_for_a_split() -> None:
    """The form lists what the incident is made of; what was ticked goes on by itself."""
    made = centre()
    client = browser(made, Role.ANALYST)
    assert f"{PLAIN}/do/split" not in client.get(PLAIN).text  # of one finding nothing is split
    ids = findings_of(made)
    assert f"{PLAIN}/do/split" in client.get(PLAIN).text
    text = client.get(f"{PLAIN}/do/split").text
    assert all(f'type="checkbox" name="findings" value="{one}"' in text for one in ids)
    nothing = client.post(f"{PLAIN}/do/split", data={"csrf": CSRF, "reason": WHY})
    assert nothing.status_code == 422
    given = {"csrf": CSRF, "reason": WHY, "findings": ids[:2]}
    assert client.post(f"{PLAIN}/do/split", data=given).status_code == 303
    (command,) = made.keys.values()
    assert command.detail["findings"] == ids[:2]
    assert asked_of(command)


def test_a_file_is_evidence_by_its_hash() -> None:
    """A file that comes with the form is measured; its name is cut to a name, nothing is kept."""
    made = centre()
    client = browser(made, Role.ANALYST)
    assert 'enctype="multipart/form-data"' in client.get(f"{PLAIN}/do/evidence").text
    given = {"csrf": CSRF, "reason": WHY, "description": "the memory of the gateway"}
    file = {"file": ("C:\\dumps\\..\\memory\u202e.raw", b"a dump", "application/octet-stream")}
    assert client.post(f"{PLAIN}/do/evidence", data=given, files=file).status_code == 303
    (command,) = made.keys.values()
    said = {name: command.detail[name] for name in ("name", "sha256", "size")}
    assert said == {"name": "memory.raw", "sha256": sha256(b"a dump").hexdigest(), "size": 6}
    assert asked_of(command)


def test_evidence_without_a_file_is_filled_in() -> None:
    """Who keeps a large file elsewhere gives name, size and hash; without any of them, no step."""
    made = centre()
    client = browser(made, Role.ANALYST)
    given = {"csrf": CSRF, "reason": WHY, "description": "the disk", "name": "disk.img"}
    assert client.post(f"{PLAIN}/do/evidence", data=given).status_code == 422
    given |= {"sha256": "a" * 64, "size": "7"}
    assert client.post(f"{PLAIN}/do/evidence", data=given).status_code == 303


def test_a_marked_file_is_not_recorded() -> None:
    """Of a file that bears a secrecy mark neither hash nor name is kept."""
    made = centre()
    beside = Beside(marked=lambda data: b"secret" in data)
    client = TestClient(console(made, viewer(Role.ANALYST), beside), follow_redirects=False)
    given = {"csrf": CSRF, "reason": WHY, "description": "a letter"}
    file = {"file": ("letter.txt", b"top secret", "text/plain")}
    answer = client.post(f"{PLAIN}/do/evidence", data=given, files=file)
    assert answer.status_code == 422
    assert "secrecy mark" in answer.text
    assert "letter.txt" not in answer.text
    assert not made.keys
