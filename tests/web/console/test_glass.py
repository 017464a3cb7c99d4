"""Through broken glass the console opens what the interface does, and says so on every page."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from pipeline.access import Role, Viewer
from pipeline.notify.texts import LANGUAGES
from pipeline.web.console.moments import Moments
from pipeline.web.console.ways import WAYS, has_way
from pipeline.web.console.words import console_texts
from tests.web.console.consoles import addresses, centre, console
from tests.web.desks import NOW, Centre, incident_of, viewer

REASON = "the duty lead is ill"
UNTIL = NOW + 600 * 10**9


@pytest.fixture(scope="module")
def made() -> Centre:
    return centre()


def through(role: Role, until: int = UNTIL) -> Viewer:
    """Make somebody who looks through broken glass."""
    return replace(viewer(role), broke_glass=until, glass_reason=REASON)


def entered(made: Centre, who: Viewer) -> TestClient:
    """Give somebody's browser."""
    return TestClient(console(made, who), follow_redirects=False)


@pytest.mark.parametrize(
    "path", [one.path for one in WAYS if Role.DUTY_LEAD in one.roles and not one.acts]
)
def test_an_administrator_has_the_pages_of_a_duty_lead(made: Centre, path: str) -> None:
    """Each page of a duty lead opens through the glass, with its way to it; not without."""
    answer = entered(made, through(Role.ADMINISTRATOR)).get(path)
    assert answer.status_code == 200
    assert f'<a href="{path}"' in answer.text
    shut = entered(made, viewer(Role.ADMINISTRATOR)).get(path).status_code
    assert shut == (200 if has_way(path, Role.ADMINISTRATOR) else 404)


def test_lists_show_what_the_interface_shows(made: Centre) -> None:
    """The list of incidents through the glass has every row, as the desk gives them."""
    text = entered(made, through(Role.ADMINISTRATOR)).get("/incidents").text
    assert incident_of("plain") in text
    assert incident_of("other") in text


def test_glass_lets_nobody_do_more(made: Centre) -> None:
    """A page on which one acts is not there through the glass, nor is a step of an incident."""
    client = entered(made, through(Role.ADMINISTRATOR))
    assert client.get("/report").status_code == 404
    assert '<a href="/report"' not in client.get("/health").text
    assert client.get(f"/incidents/{incident_of('plain')}/do/close").status_code == 404


def test_what_is_over_is_shut(made: Centre) -> None:
    """With the instant at which the glass is whole again the pages are gone."""
    client = entered(made, through(Role.ADMINISTRATOR, NOW))
    assert client.get("/incidents").status_code == 404
    assert '<a href="/incidents"' not in client.get("/health").text


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.DUTY_LEAD])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_says_so(made: Centre, role: Role, language: str) -> None:
    """Every page, that of nothing too, says that it is broken, until when, and how it is ended."""
    words = console_texts().messages[language]
    said = words["console", "glass.broken"].format(until=Moments.text(UNTIL))
    client, whole = (entered(made, replace(one, language=language)) for one in (
        through(role), viewer(role)
    ))  # fmt: skip
    for address in addresses(made):
        answer = client.get(address)
        assert said in answer.text, address
        assert 'action="/login/glass/end"' in answer.text
        assert REASON in answer.text
        assert "/login/glass/end" not in whole.get(address).text
