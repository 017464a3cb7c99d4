"""The entrance through its pages: forms, cookies, headers, languages, hostile text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pipeline.web.login import Door, Gate, Pages, SafeHeaders, login_routes
from pipeline.web.login.headers import POLICY
from tests.web.login.conftest import PASSWORD, House

ORIGIN = "https://console.example"


async def who(request: Request) -> JSONResponse:
    viewer = request.state.viewer
    return JSONResponse({"who": viewer.actor if viewer else None, "csrf": request.state.csrf})


@dataclass
class Browser:
    """A browser at the console of a house."""

    house: House
    client: TestClient

    def csrf(self, path: str) -> str:
        """Load a page and give the token of its form."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get(path).text)
        assert found is not None
        return found[1]

    def send(self, path: str, csrf: str = "", **fields: str) -> int:
        """Send a form and give the status."""
        data = {"csrf": csrf or self.csrf(path), **fields}
        answer = self.client.post(path, data=data, headers={"origin": ORIGIN})
        return int(answer.status_code)

    def log_in(self) -> str:
        """Log in for the first time; give the key of the codes."""
        assert self.send("/login", name="a.serik", password=PASSWORD) == 303
        page = self.client.get("/login/enrol").text
        key = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
        sealed = re.search(r'name="sealed" value="([^"]+)"', page)
        assert key is not None
        assert sealed is not None
        code = self.house.code(key[1])
        assert self.send("/login/enrol", self.csrf("/login/enrol"), sealed=sealed[1], code=code)
        return key[1]

    @property
    def who(self) -> str | None:
        """Give who the server takes this browser for."""
        name: str | None = self.client.get("/who").json()["who"]
        return name


def console(house: House) -> Starlette:
    pages = Pages(house.entrance, Door(ORIGIN), lambda: house.now)
    routes = [Route("/who", who, methods=["GET", "POST"]), *login_routes(pages)]
    return Starlette(routes=routes)


@pytest.fixture
def browser(house: House) -> Iterator[Browser]:
    """Give a browser at a console with one account."""
    house.add("a.serik", "analyst", "duty_lead")
    door = Door(ORIGIN)
    gate = Gate(console(house), house.entrance, door, lambda: house.now)
    app = SafeHeaders(gate, secure=door.secure)
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield Browser(house, client)


def test_a_person_logs_in_and_out(browser: Browser) -> None:
    """Name, password, second factor; then the page knows who it is, until the log-out."""
    assert browser.who is None
    browser.log_in()
    assert browser.who == "analyst/a.serik"
    assert browser.send("/login/leave", browser.csrf("/login/account")) == 303
    assert browser.who is None


def test_a_said_ground_ends_with_its_session(browser: Browser) -> None:
    """Who logs in, and who leaves, has no ground that somebody said before in this browser."""
    cookies = browser.client.cookies
    cookies.set("saqshy_ground", "of-somebody-before", domain="console.example", path="/")
    browser.log_in()
    assert "saqshy_ground" not in cookies
    cookies.set("saqshy_ground", "own", domain="console.example", path="/")
    browser.client.get("/who")
    assert cookies["saqshy_ground"] == "own"
    assert browser.send("/login/leave", browser.csrf("/login/account")) == 303
    assert "saqshy_ground" not in cookies


@pytest.mark.parametrize(
    ("language", "said"),
    [("kk", "Шұғыл қолжетімділік ашық"), ("ru", "доступ открыт"), ("en", "The glass is broken")],
)
def test_broken_glass_is_told_and_ended(browser: Browser, language: str, said: str) -> None:
    """A page says that the glass is broken; its form ends that, and the trail is told of both."""
    browser.log_in()
    path = f"/login/account?lang={language}"
    browser.send("/login/role", browser.csrf(path), role="duty_lead")
    assert said not in browser.client.get(path).text
    csrf = browser.csrf(path)
    assert browser.send("/login/glass", csrf, reason="the other lead is ill") == 303
    text = browser.client.get(path).text
    assert said in text
    assert 'action="/login/glass/end"' in text
    for _ in range(2):
        assert browser.send("/login/glass/end", browser.csrf(path)) == 303
        assert said not in browser.client.get(path).text
    told = [one for one in browser.house.heard if one[0].endswith("_glass")]
    assert [(event, actor) for event, actor, _ in told] == [
        ("break_glass", "duty_lead/a.serik"), ("end_glass", "duty_lead/a.serik"),
    ]  # fmt: skip


def test_the_cookie_is_for_this_host_alone(browser: Browser) -> None:
    """It is out of reach of scripts, other hosts and plain HTTP."""
    csrf = browser.csrf("/login")
    answer = browser.client.post(
        "/login", data={"csrf": csrf, "name": "a.serik", "password": PASSWORD}
    )
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if "saqshy=" in one]
    assert cookie.startswith("__Host-saqshy=")
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))


@pytest.mark.parametrize("path", ["/login", "/login/static/login.css", "/who", "/nowhere"])
def test_every_answer_is_closed(browser: Browser, path: str) -> None:
    """Nothing from elsewhere, nothing inline, not framed, nothing kept."""
    headers = browser.client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        ({}, {}),
        ({}, {"csrf": "AAAA"}),
        ({"origin": "https://evil.example"}, {"csrf": "right"}),
        ({"origin": "null"}, {"csrf": "right"}),
        ({"sec-fetch-site": "cross-site"}, {"csrf": "right"}),
        ({"content-type": "text/plain"}, {"csrf": "right"}),
    ],
    ids=["without", "wrong", "elsewhere", "opaque", "cross-site", "no form"],
)
def test_a_forged_form_does_nothing(
    browser: Browser, headers: dict[str, str], data: dict[str, str]
) -> None:
    """Without its session's token, or from elsewhere, nothing is changed."""
    browser.log_in()
    if data.get("csrf") == "right":
        data = {"csrf": browser.csrf("/login/account")}
    answer = browser.client.post("/login/role", data={**data, "role": "duty_lead"}, headers=headers)
    assert answer.status_code == 403
    assert browser.who == "analyst/a.serik"


def test_the_token_of_another_session_does_not_fit(browser: Browser) -> None:
    """A token is its session's own; that from before the log-in fits no longer."""
    before = browser.csrf("/login")
    browser.log_in()
    assert browser.send("/login/role", before, role="duty_lead") == 403
    assert browser.send("/login/role", browser.csrf("/login/account"), role="duty_lead") == 303
    assert browser.who == "duty_lead/a.serik"


def test_json_carries_the_token_in_a_header(browser: Browser) -> None:
    """A script of our own sends it as a header."""
    browser.log_in()
    csrf = browser.client.get("/who").json()["csrf"]
    assert browser.client.post("/who", json={}).status_code == 403
    sent = browser.client.post("/who", json={}, headers={"x-csrf-token": csrf, "origin": ORIGIN})
    assert sent.json()["who"] == "analyst/a.serik"


def test_a_machine_shows_a_token(browser: Browser) -> None:
    """A bearer needs no cookie and no form; a wrong one is nobody."""
    for shown in ("Bearer sqs_1_2", "Bearer", "Basic YTpi"):
        answer = browser.client.get("/who", headers={"authorization": shown})
        assert answer.json()["who"] is None


@pytest.mark.parametrize(
    "then",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""],
)
def test_no_link_leads_elsewhere(browser: Browser, then: str) -> None:
    """Behind the log-in comes a page of this site, whatever the address asked for."""
    csrf = browser.csrf("/login")
    data = {"csrf": csrf, "name": "a.serik", "password": PASSWORD, "next": then}
    assert browser.client.post("/login", data=data).headers["location"] == "/login/enrol"
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.client.get("/login/enrol").text)
    assert key is not None


def test_what_was_asked_for_comes_behind(browser: Browser) -> None:
    """A page that asked for a log-in is where it leads."""
    csrf = browser.csrf("/login?next=/incidents")
    data = {"csrf": csrf, "name": "a.serik", "password": PASSWORD, "next": "/incidents"}
    answer = browser.client.post("/login", data=data)
    assert answer.headers["location"] == "/login/enrol?next=/incidents"


@pytest.mark.parametrize("hostile", ["<script>x</script>", "{{ 7*7 }}", "\u202eabc", "'\"><img>"])
def test_hostile_text_is_harmless(browser: Browser, hostile: str) -> None:
    """What a stranger types stands nowhere as markup."""
    csrf = browser.csrf("/login")
    answer = browser.client.post(
        "/login", data={"csrf": csrf, "name": hostile, "password": hostile, "next": hostile}
    )
    assert answer.status_code == 401
    assert "<script" not in answer.text
    assert "<img>" not in answer.text
    assert "49" not in answer.text


@pytest.mark.parametrize(("language", "head"), [("kk", "Кіру"), ("ru", "Вход"), ("en", "Log in")])
def test_pages_speak_three_languages(browser: Browser, language: str, head: str) -> None:
    """By the address, or by what the browser accepts."""
    by_address = browser.client.get(f"/login?lang={language}").text
    by_header = browser.client.get("/login", headers={"accept-language": f"{language};q=1"}).text
    for page in (by_address, by_header):
        assert f"<h1>{head}</h1>" in page
        assert f'<html lang="{language}">' in page


def test_no_page_has_inline_script_or_style(browser: Browser) -> None:
    """Every page works under its own policy."""
    pages = [browser.client.get("/login").text]
    browser.log_in()
    pages.append(browser.client.get("/login/account").text)
    for page in pages:
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", page)


def test_one_ends_ones_other_sessions(browser: Browser, house: House) -> None:
    """The account page lists sessions, and ends another than this one."""
    browser.log_in()
    other = house.entrance.log_in("a.serik", PASSWORD, "198.51.100.9", house.now)
    assert other is not None
    page = browser.client.get("/login/account").text
    assert "198.51.100.9" in page
    found = re.search(r'name="session" value="([^"]+)"', page)
    assert found is not None
    sent = browser.send("/login/end", browser.csrf("/login/account"), session=found[1])
    assert sent == 303
    assert len(house.entrance.store.sessions("a.serik")) == 1


def test_a_large_form_is_refused(browser: Browser) -> None:
    """More than a megabyte is not even read."""
    csrf = browser.csrf("/login")
    data = {"csrf": csrf, "name": "x" * (1024 * 1024), "password": ""}
    assert browser.client.post("/login", data=data).status_code == 403
