"""Administrators keep accounts: adding, disabling, resetting; what is shown once; what is not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from starlette.testclient import TestClient

from pipeline.errors import LoginRefused
from pipeline.ports.accounts import Account
from pipeline.web.login import Door, Gate, Pages, SafeHeaders, account_routes
from pipeline.web.login.entrance import ENROL, ONE_TIME
from pipeline.web.login.keeping import Keeping, Wanted, account_problems
from tests.web.login.conftest import PASSWORD, House
from tests.web.login.test_pages import ORIGIN, Browser, console

ADMIN, WHY = "administrator/a.serik", "order 7 of the head of the centre"


def keeping(house: House) -> Keeping:
    return Keeping(house.entrance.store, house.entrance.passwords, house.entrance.heard)


@dataclass
class Office(Browser):
    """An administrator's browser."""

    held: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, **fields: str | list[str]) -> str:
        """Send a form from its own page; give the answer's text."""
        data = {"csrf": self.csrf(path), "reason": WHY, **fields}
        answer = self.client.post(path, data=data, headers={"origin": ORIGIN})
        return str(answer.status_code) + answer.text


@pytest.fixture
def office(house: House) -> Iterator[Office]:
    """Give the browser of an administrator who has shown two factors, beside another one."""
    house.add("a.serik", "administrator", "analyst")
    house.add("b.dana", "administrator")
    door = Door(ORIGIN)
    app = console(house)
    app.router.routes.extend(account_routes(Pages(house.entrance, door, lambda: house.now)))
    gate = Gate(app, house.entrance, door, lambda: house.now)
    with TestClient(
        SafeHeaders(gate, secure=door.secure), base_url=ORIGIN, follow_redirects=False
    ) as client:
        made = Office(house, client)
        made.log_in()
        yield made


def shown(text: str) -> list[str]:
    """Give what a page shows once."""
    return re.findall(r"<dd><code>([^<]+)</code></dd>", text)


def test_an_account_is_added_and_its_owner_comes_in(office: Office, house: House) -> None:
    """A first password and an entry code are shown once; with both, and not less, one enrolls."""
    text = office.post("/login/accounts", name="C.Aliya", roles=["analyst"], way="password")
    password, code = shown(text)
    assert password not in office.client.get("/login/accounts").text
    entrance, now = house.entrance, house.now
    assert entrance.log_in("c.aliya", "a guessed password", "", now) is None
    opened = entrance.log_in("c.aliya", password, "", now)
    assert opened is not None
    assert opened.session.step == ONE_TIME
    assert entrance.enrol(opened.session, entrance.enrolment(opened.session)[1], "0", now) is None
    assert entrance.second(opened.session, "aaaaaaaaaaaaaaaa", now) is None
    behind = entrance.second(opened.session, code, now)
    assert behind is not None
    assert (behind.session.step, behind.session.multi_factor) == (ENROL, False)
    assert entrance.viewer(behind.session, now) is None
    key, sealed = entrance.enrolment(behind.session)
    done = entrance.enrol(behind.session, sealed, house.code(key.key), now)
    assert done is not None
    found = entrance.viewer(done[0].session, now)
    assert found is not None
    assert (found.actor, found.multi_factor) == ("analyst/c.aliya", True)


def test_every_change_is_told_with_who_and_why(office: Office, house: House) -> None:
    """Adding, disabling, enabling and resetting each tell the trail; nothing tells a secret."""
    text = office.post("/login/accounts", name="c.aliya", roles=["analyst"], way="password")
    way = "/login/accounts/c.aliya"
    for what in ("disable", "enable"):
        assert office.post(way, do=what).startswith("303")
    text += office.post(way, do="reset") + office.post(way, do="password")
    told = [one for one in house.heard if one[0].startswith("account_")]
    assert [one[0] for one in told] == [
        "account_added", "account_disabled", "account_enabled", "account_reset", "account_reset",
    ]  # fmt: skip
    assert {one[1] for one in told} == {ADMIN}
    assert all("c.aliya" in one[2] and WHY in one[2] for one in told)
    assert len(shown(text)) == 5
    assert not any(secret in str(told) for secret in shown(text))


def test_who_is_disabled_is_out_at_once(office: Office, house: House) -> None:
    """Sessions end with the account, and the password opens none."""
    opened = house.entrance.log_in("b.dana", PASSWORD, "", house.now)
    assert opened is not None
    house.pass_by(1)
    office.post("/login/accounts/b.dana", do="disable")
    assert house.entrance.seen(opened.cookie, house.now) is None
    assert house.entrance.log_in("b.dana", PASSWORD, "", house.now) is None


def test_a_reset_factor_needs_the_code(office: Office, house: House) -> None:
    """The old authenticator is good no more, and who only has the password enrolls nothing."""
    (code,) = shown(office.post("/login/accounts/b.dana", do="reset"))
    opened = house.entrance.log_in("b.dana", PASSWORD, "", house.now)
    assert opened is not None
    assert opened.session.step == ONE_TIME
    assert house.entrance.second(opened.session, code, house.now) is not None
    assert house.entrance.second(opened.session, code, house.now) is None


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("", {"name": "B!", "roles": ["analyst"]}, "no name for an account"),
        ("", {"name": "c.aliya", "roles": ["king"]}, "at least one role"),
        ("", {"name": "c.aliya", "roles": []}, "at least one role"),
        ("", {"name": "c.aliya", "roles": ["owner"]}, "speaks for a party"),
        ("", {"name": "c.aliya", "roles": ["analyst"], "way": "other"}, "nothing to log in with"),
        ("", {"name": "b.dana", "roles": ["analyst"]}, "already"),
        ("", {"name": "c.aliya", "roles": ["analyst"], "reason": "why"}, "Say why"),
        ("/a.serik", {"do": "disable"}, "another administrator"),
        ("/a.serik", {"do": "reset"}, "another administrator"),
        ("/b.dana", {"do": "reset", "reason": " "}, "Say why"),
    ],
)
def test_what_cannot_be_is_told(
    office: Office, house: House, path: str, fields: dict[str, str | list[str]], told: str
) -> None:
    """A wrong account, a missing reason, and one's own account: told, and nothing is changed."""
    before = house.entrance.store.accounts()
    given = {"csrf": office.csrf("/login/accounts"), "reason": WHY, "way": "password", **fields}
    answer = office.client.post(f"/login/accounts{path}", data=given, headers={"origin": ORIGIN})
    assert answer.status_code == 422
    assert told in answer.text
    assert house.entrance.store.accounts() == before


def test_the_last_administrator_stays(house: House) -> None:
    """Whoever would leave nobody to keep accounts is refused."""
    house.add("b.dana", "administrator")
    with pytest.raises(LoginRefused, match="last administrator"):
        keeping(house).disable("b.dana", ADMIN, WHY, house.now)


def test_a_form_from_elsewhere_changes_nothing(office: Office, house: House) -> None:
    """Without the session's token, or from another site, there is no change."""
    given = {"do": "disable", "reason": WHY}
    way = "/login/accounts/b.dana"
    assert office.client.post(way, data=given, headers={"origin": ORIGIN}).status_code == 403
    given["csrf"] = office.csrf(way)
    elsewhere = {"origin": "https://evil.example"}
    assert office.client.post(way, data=given, headers=elsewhere).status_code == 403
    account = house.entrance.store.account("b.dana")
    assert account is not None
    assert not account.disabled


@pytest.mark.parametrize("path", ["/login/accounts", "/login/accounts/b.dana"])
def test_for_others_there_is_no_such_page(office: Office, house: House, path: str) -> None:
    """Nobody, another role, and an administrator with one factor: no page and no form."""
    with TestClient(office.client.app, base_url=ORIGIN, follow_redirects=False) as nobody:
        assert nobody.get(path).headers["location"] == "/login?next=/login/accounts"
    office.send("/login/role", office.csrf("/login/account"), role="analyst")
    assert office.who == "analyst/a.serik"
    assert office.client.get(path).status_code == 404
    data = {"csrf": office.csrf("/login/account"), "do": "disable", "reason": WHY}
    assert office.client.post(path, data=data, headers={"origin": ORIGIN}).status_code == 404
    (session,) = house.entrance.store.sessions("a.serik")
    one_factor = replace(session, role="administrator", multi_factor=False)
    house.entrance.store.put_session(one_factor)
    assert office.client.get(path).status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_pages_speak_three_languages_and_show_no_secret(office: Office, language: str) -> None:
    """List and account are in the language asked for; hashes and keys stand nowhere."""
    store = office.house.entrance.store
    known = store.account("b.dana")
    assert known is not None
    for path in ("/login/accounts", "/login/accounts/b.dana"):
        text = office.client.get(f"{path}?lang={language}").text
        assert f'<html lang="{language}">' in text
        assert known.password not in text
        assert "argon2" not in text


HOSTILE = "<script>alert(1)</script>"


def test_hostile_names_are_text(office: Office, house: House) -> None:
    """What somebody typed, or a provider said, is shown as text."""
    made = Account("d.ermek", ("owner",), parties=(HOSTILE,), provider=HOSTILE)
    assert house.entrance.store.keep(None, made)
    for path in ("/login/accounts", "/login/accounts/d.ermek"):
        assert HOSTILE not in office.client.get(path).text
    given = {"csrf": office.csrf("/login/accounts"), "name": HOSTILE, "parties": HOSTILE}
    answer = office.client.post("/login/accounts", data=given, headers={"origin": ORIGIN})
    assert HOSTILE not in answer.text


def test_an_account_has_what_is_needed_and_no_more() -> None:
    """A whole account has nothing against it; a thousand parties do."""
    whole = Wanted("c.aliya", ["owner"], parties=["party-a"])
    assert list(account_problems(whole)) == []
    assert list(account_problems(replace(whole, parties=["p"] * 51))) == ["too much"]
