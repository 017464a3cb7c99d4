"""`saqshy accounts`: who may log in, from an empty folder on."""

import json
import stat
import time
from pathlib import Path

import orjson
import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.access import Role
from pipeline.runtime.cli.app import app
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.login_wiring import entrance, login_settings, provider, sealing
from pipeline.web.login.entrance import ENROL, ONE_TIME

FIRST = "correct horse battery\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Write settings with logins."""
    path = tmp_path / "saqshy.yml"
    path.write_text(yaml.safe_dump({"login": {"token_days": 30}}), encoding="utf-8")
    return path


def ask(config: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["accounts", *words, "--config", str(config)], input=typed)


def done(config: Path, *words: str, typed: str = "") -> str:
    result = ask(config, *words, typed=typed)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_account_from_nothing(config: Path) -> None:
    """A key that only its owner reads, an account, its list; a second key is refused."""
    done(config, "init")
    key = config.parent / "login.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert ask(config, "init").exit_code == 1
    done(config, "add", "a.serik", "--role", "analyst", "--password", typed=FIRST)
    (row,) = map(json.loads, done(config, "list", "--json").splitlines())
    assert row == {
        "name": "a.serik", "roles": ["analyst"], "parties": [], "logs in with": ["password"],
        "disabled": False,
    }  # fmt: skip
    assert "a.serik" in done(config, "list")
    assert "correct horse" not in (config.parent / "accounts.db").read_bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (["add", "A Serik", "--role", "analyst", "--password"], FIRST, "is no name"),
        (["add", "a.serik", "--role", "boss", "--password"], FIRST, "'boss' is no role"),
        (["add", "a.serik", "--role", "analyst"], "", "nothing to log in with"),
        (["add", "a.serik", "--role", "owner", "--password"], FIRST, "add --party"),
        (["add", "a.serik", "--role", "analyst", "--password"], "short\n", "12 to 256"),
        (["disable", "nobody"], "", "there is no account nobody"),
        (["reset", "nobody"], "", "nothing is to be reset"),
        (["token", "nobody", "--scope", "read:*"], "", "there is no account nobody"),
        (["revoke", "1234"], "", "there is no token 1234"),
    ],
)
def test_what_is_wrong_is_told(config: Path, words: list[str], typed: str, told: str) -> None:
    """Each mistake is named, and nothing is changed."""
    done(config, "init")
    result = ask(config, *words, typed=typed)
    assert result.exit_code in (1, 2)
    assert told in result.output
    assert done(config, "list", "--json") == ""


def test_a_token_is_shown_once(config: Path) -> None:
    """It is printed at its making, listed without its secret, and good until revoked."""
    done(config, "init")
    done(config, "add", "bridge", "--role", "analyst", "--certificate", "bridge.example")
    shown = done(config, "token", "bridge", "--scope", "read:incidents", "--days", "7").strip()
    prefix, token_id, secret = shown.split("_", 2)
    assert prefix == "sqs"
    listed = done(config, "tokens", "bridge", "--json")
    assert token_id in listed
    assert secret not in listed
    door = entrance(login_settings(read_settings(config)))
    assert door.by_token(shown, time.time_ns()) is not None
    done(config, "revoke", token_id)
    assert door.by_token(shown, time.time_ns()) is None
    door.store.close()
    for words, told in (
        (["--scope", "all"], "such as read:"),
        (["--scope", "read:incident"], "did you mean read:incidents?"),
        (["--scope", "act:acknowledge"], "did you mean act:incident_acknowledge?"),
        (["--scope", "read:*", "--days", "31"], "30 days at most"),
    ):
        refused = ask(config, "token", "bridge", *words)
        assert (refused.exit_code, told in refused.output) == (2, True), refused.output


def test_a_lost_factor_is_enrolled_anew(config: Path) -> None:
    """Reset and disabled accounts lose their sessions; enabled ones come in again."""
    done(config, "init")
    done(config, "add", "a.serik", "--role", "analyst", "--password", typed=FIRST)
    door = entrance(login_settings(read_settings(config)))

    def comes_in(password: str = FIRST.strip()) -> bool:
        return door.log_in("a.serik", password, "192.0.2.1", time.time_ns()) is not None

    assert comes_in()
    done(config, "disable", "a.serik")
    assert not door.store.sessions("a.serik")
    assert not comes_in()
    done(config, "enable", "a.serik")
    assert comes_in()
    done(config, "reset", "a.serik", "--second-factor", "--password", typed="a new long password\n")
    assert not comes_in()
    assert comes_in("a new long password")
    door.store.close()


def test_a_factor_is_enrolled_anew_behind_an_entry_code(config: Path) -> None:
    """The code is printed once and kept as a hash; the password alone reaches no enrolment."""
    done(config, "init")
    done(config, "add", "a.serik", "--role", "analyst", "--password", typed=FIRST)
    code = done(config, "reset", "a.serik", "--second-factor").strip()
    assert code not in (config.parent / "accounts.db").read_bytes().decode("latin-1")
    door, now = entrance(login_settings(read_settings(config))), time.time_ns()
    opened = door.log_in("a.serik", FIRST.strip(), "192.0.2.1", now)
    assert opened is not None
    assert opened.session.step == ONE_TIME
    assert door.second(opened.session, "wrong-code", now) is None
    behind = door.second(opened.session, code, now)
    assert behind is not None
    assert behind.session.step == ENROL
    assert door.second(opened.session, code, now) is None
    door.store.close()
    said = orjson.loads(done(config, "reset", "a.serik", "--second-factor", "--json"))
    assert (said["name"], bool(said["entry_code"]), said["entry_code"] == code) == (
        "a.serik", True, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [("mode", "others may read"), ("text", "is no login key"), ("absent", "saqshy accounts init")],
)
def test_a_bad_key_is_told_at_start(config: Path, change: str, told: str) -> None:
    """A key that others may read, that is none, or that is not there: said with the way out."""
    done(config, "init")
    key = config.parent / "login.key"
    if change == "mode":
        key.chmod(0o644)
    elif change == "text":
        key.write_text("nonsense", encoding="ascii")
    else:
        key.unlink()
    result = ask(config, "list")
    assert result.exit_code == 2
    assert told in result.output


def test_settings_of_logins_are_checked(config: Path) -> None:
    """Without a section, with an unknown role or an unreadable secret: configuration errors."""
    openid = {"issuer": "https://idp.example", "client_id": "s", "roles": {"x": "boss"}}
    for section, told in (
        (None, "login: is not set"),
        ({"openid": openid}, "boss: no role"),
        ({"openid": {**openid, "roles": {"x": str(Role.NCC)}, "roles_claims": "y"}}, "roles_claim"),
    ):
        config.write_text(yaml.safe_dump({"login": section}), encoding="utf-8")
        result = ask(config, "init")
        assert result.exit_code == 2
        assert told in result.output


def test_a_provider_is_built(config: Path) -> None:
    """From its section, with the secret from its file."""
    assert provider(login_settings(read_settings(config))) is None
    (config.parent / "secret").write_text("s\n", encoding="utf-8")
    openid = {"issuer": "https://idp.example", "client_id": "s", "client_secret": "secret"}
    config.write_text(yaml.safe_dump({"login": {"openid": openid}}), encoding="utf-8")
    of = login_settings(read_settings(config))
    made = provider(of)
    assert made is not None
    made.close()
    done(config, "init")
    assert sealing(of).unseal(sealing(of).seal("x", "a"), "a") == "x"
