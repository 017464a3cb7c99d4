"""Every page, for every role, in every language; hostile content is harmless on all of them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.access import Role
from pipeline.notify.texts import LANGUAGES
from pipeline.web.console.rendering import HEADERS
from pipeline.web.console.words import console_texts
from tests.web.console.consoles import CSRF, addresses, browser, centre, console
from tests.web.desks import GROUND, Centre, incident_of, viewer

INSTALLED = re.compile(r"<script\b(?![^>]*\bsrc=)|\son\w+\s*=|javascript:|\sstyle\s*=|<style", re.I)
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
VOID = {"meta", "link", "input", "br", "img", "hr"}


@pytest.fixture(scope="module")
def made() -> Centre:
    """Give the centre whose content is hostile."""
    return centre()


class Outline(HTMLParser):
    """Reads a page: landmarks, headings, labels, and whether every element ends."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a beginning."""
        held = dict(attrs)
        self.tags.append(tag)
        if held.get("id"):
            self.ids.append(str(held["id"]))
        if tag == "html":
            self.language = str(held.get("lang"))
        if tag == "label" and held.get("for"):
            self.labelled.add(str(held["for"]))
        plain = tag in ("select", "textarea") or (
            tag == "input" and held.get("type") not in ("hidden", "checkbox")
        )
        if plain:
            self.fields.append(str(held.get("id")))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note an end."""
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> in {self.open[-3:]}")
        else:
            self.open.pop()


def outline(text: str) -> Outline:
    """Read a page."""
    read = Outline()
    read.feed(text)
    read.close()
    return read


def pages(made: Centre, role: Role, language: str) -> Iterator[tuple[str, str]]:
    """Give every page that a role has, with its address."""
    client = browser(made, role, language)
    for address in addresses(made):
        answer = client.get(address)
        assert answer.status_code in (200, 404), address
        yield address, answer.text


@pytest.mark.parametrize("role", list(Role))
def test_hostile_content_is_harmless(made: Centre, role: Role) -> None:
    """No element, script, style or hidden character of another's comes out on any page."""
    seen = 0
    for address, text in pages(made, role, "en"):
        assert INSTALLED.search(text.replace('class="badge', "")) is None, address
        assert HIDDEN.search(text) is None, address
        assert "<script>alert" not in text, address
        seen += "&lt;script&gt;alert(1)" in text
    assert seen or role in (Role.SECTORAL_CENTRE, Role.NCC, Role.REGULATOR)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_well_formed(made: Centre, language: str) -> None:
    """Each page has its language, its landmarks, one main heading, and a label for each field."""
    for role in (Role.ANALYST, Role.OWNER, Role.PROSECUTOR):
        for address, text in pages(made, role, language):
            read = outline(text)
            assert read.language == language
            assert read.faults == [], address
            assert read.open == [], address
            assert (read.tags.count("main"), read.tags.count("h1")) == (1, 1), address
            assert {"header", "nav", "footer"} <= set(read.tags), address
            assert set(read.fields) <= read.labelled, address
            assert len(read.ids) == len(set(read.ids)), address


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_one_language(made: Centre, language: str) -> None:
    """The way about is told in the language asked for, and the switch keeps the page's question."""
    client = browser(made, Role.ANALYST, "en")
    text = client.get(f"/search?q=event.code:4625&lang={language}").text
    said = console_texts().messages[language]["console", "way.queue"]
    assert f">{said}</a>" in text
    assert "q=event.code%3A4625&amp;lang=ru" in text
    assert client.cookies["saqshy_language"] == language
    assert f'<html lang="{language}"' in client.get("/help").text


def test_every_answer_bears_the_policy(made: Centre) -> None:
    """Pages allow neither inline script nor style, nor anything from elsewhere, nor framing."""
    client = browser(made, Role.ANALYST)
    for address in ("/queue", "/nowhere", "/help"):
        answer = client.get(address)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_who_is_nobody_goes_to_the_login(made: Centre) -> None:
    """Without a viewer every page sends to the login, and says where to go on behind it."""
    client = browser(made, None)
    answer = client.get("/incidents?q=a%20b")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/incidents%3Fq%3Da%2520b"
    assert client.get("/live?of=queue").status_code == 401


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.OWNER, "/queue"),
        (Role.OWNER, f"/incidents/{incident_of('other')}"),
        (Role.OWNER, "/objects/other"),
        (Role.ADMINISTRATOR, f"/incidents/{incident_of('plain')}"),
        (Role.ADMINISTRATOR, "/search"),
        (Role.SECTORAL_CENTRE, "/statistics"),
        (Role.SECTORAL_CENTRE, "/audit"),
        (Role.REGULATOR, f"/incidents/{incident_of('plain')}/do/close"),
        (Role.ANALYST, "/incidents/" + "f" * 32),
    ],
)
def test_what_is_forbidden_looks_like_what_is_not_there(
    made: Centre, role: Role, path: str
) -> None:
    """The page of what another may see is, byte for byte but for its address, that of nothing."""
    client = browser(made, role)
    here, nowhere = client.get(path), client.get("/nowhere")
    assert (here.status_code, nowhere.status_code) == (404, 404)
    assert here.text.replace(path, "/nowhere") == nowhere.text


def test_each_role_begins_on_its_own_page(made: Centre) -> None:
    """The first page is the role's own, and it exists."""
    begun = {role: browser(made, role).get("/").headers["location"] for role in Role}
    assert begun[Role.ANALYST] == "/queue"
    assert begun[Role.OWNER] == "/own"
    assert begun[Role.ADMINISTRATOR] == "/health"
    for role, path in begun.items():
        assert browser(made, role).get(path).status_code == 200, role


def test_a_ground_is_asked_for_and_kept() -> None:
    """A regulator without a ground is asked for it; each read is recorded with what was said."""
    made = centre()
    who = replace(viewer(Role.REGULATOR), basis="")
    client = TestClient(console(made, who), follow_redirects=False)
    asked = client.get("/incidents")
    assert '<textarea id="f-ground"' in asked.text
    assert incident_of("plain") not in asked.text
    given = client.post("/ground", data={"csrf": CSRF, "ground": GROUND, "next": "/incidents"})
    assert given.headers["location"] == "/incidents"
    assert made.left == []
    assert incident_of("plain") in client.get("/incidents").text
    assert {command.reason for command in made.left} == {GROUND}


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_nobody_is_led_elsewhere(made: Centre, then: str) -> None:
    """Behind the ground one goes on within this site, whatever the form says."""
    answer = browser(made, Role.REGULATOR).post("/ground", data={"ground": GROUND, "next": then})
    assert answer.headers["location"] == "/"


def test_a_store_that_is_away_is_told(made: Centre) -> None:
    """Where the store cannot be asked a page says so, in words and by its status."""

    class Away:
        def __getattr__(self, _name: str) -> object:
            raise OSError("the disk is gone: /secret/path")

    away: Any = Away()
    client = browser(replace(made, desk=replace(made.desk, search=away)), Role.ANALYST)
    answer = client.get("/queue")
    assert answer.status_code == 503
    assert "/secret/path" not in answer.text
