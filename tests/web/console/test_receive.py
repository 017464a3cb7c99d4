"""Owners and holders acknowledge what they were told: the receipt of a notice, and nothing else."""

from dataclasses import replace

import pytest

from pipeline.access import Role
from pipeline.model import NoticeState
from tests.web.api.browser import Client
from tests.web.console.consoles import CSRF, browser
from tests.web.desks import Centre, centre, incident_of, viewer

OWN, OTHERS_ = "notice-plain-holder", "notice-other-holder"


@pytest.fixture
def told() -> Centre:
    """Give a centre whose holders were told and have not acknowledged yet."""
    made = centre()
    for name in (OWN, OTHERS_):
        before = made.stores.outbox.get(name)
        assert before is not None
        made.stores.outbox.change(before, replace(before, state=NoticeState.SENT, receipt=None))
    return made


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_owner_is_led_to_what_waits(told: Centre, language: str) -> None:
    """Own page and incident name the notice that waits; the notice has the button."""
    client = browser(told, Role.OWNER, language)
    for page in ("/own", f"/incidents/{incident_of('plain')}"):
        assert f'href="/notices/{OWN}"' in client.get(page).text
    text = client.get(f"/notices/{OWN}").text
    assert f'action="/notices/{OWN}/receive"' in text
    assert f'name="csrf" value="{CSRF}"' in text


def test_an_acknowledgement_is_handed_in_once_and_told(told: Centre) -> None:
    """It names the notice and the party, leads back to the notice, and the button is gone."""
    client = browser(told, Role.OWNER)
    answer = client.post(f"/notices/{OWN}/receive", data={"csrf": CSRF})
    (command,) = told.keys.values()
    assert answer.headers["location"] == f"/notices/{OWN}?command={command.id}"
    assert (command.name, command.role) == ("notices_receive", "owner")
    assert command.detail == {"notices": [OWN], "party": "party-a"}
    text = client.get(answer.headers["location"]).text
    assert "was handed in" in text
    assert "/receive" not in text


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REGULATOR, Role.ADMINISTRATOR, Role.OWNER])
def test_only_the_party_that_was_told_acknowledges(told: Centre, role: Role) -> None:
    """For other roles and other parties there is neither button nor way, as if it were nothing."""
    name = OTHERS_ if role is Role.OWNER else OWN
    client = browser(told, role)
    assert "/receive" not in client.get(f"/notices/{name}").text
    assert client.post(f"/notices/{name}/receive", data={"csrf": CSRF}).status_code == 404
    absent = client.post("/notices/no-such-notice/receive", data={"csrf": CSRF})
    assert absent.status_code == 404
    api = Client(told, viewer(role))
    answers = [api.request("POST", f"/notices/{one}/acknowledge") for one in (name, "nothing")]
    assert {one.status_code for one in answers} == {404}
    assert answers[0].content == answers[1].content
    assert not told.keys


def test_a_program_acknowledges_under_a_key(told: Centre) -> None:
    """The same key is the same command, and its outcome is asked for by its address."""
    api = Client(told, viewer(Role.OWNER))
    way, headers = f"/notices/{OWN}/acknowledge", {"idempotency-key": "k1"}
    answers = [api.request("POST", way, headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    where = answers[0].headers["location"].removeprefix("/api/v1")
    assert api.json(where)["state"] == "waiting"
    assert len(told.keys) == 1


@pytest.mark.parametrize(
    "detail",
    [{}, {"notices": []}, {"notices": [OWN] * 101}, {"notices": OWN}, {"notices": [OWN], "x": 1}],
    ids=["nothing", "an empty list", "too many", "no list", "more"],
)
def test_what_is_no_acknowledgement_is_refused(told: Centre, detail: dict[str, object]) -> None:
    """A command that names no notices, too many, or more than notices is refused at once."""
    api = Client(told, viewer(Role.OWNER))
    body = {"name": "notices_receive", "reason": "we have it", "detail": detail}
    assert api.request("POST", "/commands", json=body).status_code == 422
    assert not told.keys


def test_notices_of_two_parties_are_two_acknowledgements(told: Centre) -> None:
    """Who speaks for two parties says for each by itself that it has what went to it."""
    both = replace(viewer(Role.OWNER), parties=frozenset({"party-a", "party-b"}))
    api = Client(told, both)
    body = {
        "name": "notices_receive",
        "reason": "we have it",
        "detail": {"notices": [OWN, OTHERS_]},
    }
    answer = api.request("POST", "/commands", json=body)
    assert answer.status_code == 422
    assert "one party of yours" in answer.text
    assert not told.keys
