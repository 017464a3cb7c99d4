"""`saqshy notices` over a store, and against a system that runs beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import OKPKey
from typer.testing import CliRunner, Result

from connectors.sinks.letter import letter, sha256
from connectors.stores.sqlite import open_sqlite
from pipeline.model import GuardDecision, Notice, NoticeState, Recipient
from pipeline.runtime.bootstrap import assemble
from pipeline.runtime.cli.app import app
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import read_settings
from tests.connectors.sinks.test_sealed_file import keys, opened
from tests.notify.made import notice
from tests.runtime.centre import prepare

BY = ["--as", "duty_lead/a.serik", "--reason", "the line was mended"]
OPEN_OBJECT = "kz-bank"


def held(number: int, **changes: object) -> Notice:
    """Make a notice of an object that is attested open."""
    return replace(notice(number, **changes), object_id=OPEN_OBJECT, channel="folder")


DEAD = held(1, state=NoticeState.DEAD, attempts=3, last_error="400: no")
HELD = held(2, state=NoticeState.HELD, guard=GuardDecision("hold", "kz-349-I/16"))
WAITS = held(3, recipient=Recipient("owner", "ncc"), next_attempt_at=2**62)


def saqshy(config: Path, *words: str) -> Result:
    """Run a command over a centre's settings."""
    return CliRunner().invoke(app, [*words, "--config", str(config)], env={"COLUMNS": "220"})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Leave a store behind with a dead, a held and a waiting notice."""
    sealing, _ = keys(tmp_path / "keys")
    public = OKPKey.import_key(sealing.signing_key.read_bytes()).as_pem(private=False)
    (tmp_path / "receipts.pub.pem").write_bytes(public)
    sealed = {
        "path": "sealed",
        "signing_key": str(sealing.signing_key),
        "recipients": {"ncc": str(sealing.recipients["ncc"])},
        "receipt_keys": {"ncc": "receipts.pub.pem"},
    }
    notify = {"folder": {"path": "outgoing"}, "retry_seconds": 0.05, "sealed": sealed}
    made = prepare(tmp_path, notify=notify)
    stores = open_sqlite(tmp_path / "saqshy.db")
    stores.outbox.put([DEAD, HELD, WAITS])
    stores.database.close()
    return made


@contextmanager
def running(config: Path) -> Iterator[None]:
    """Run a system beside the commands."""
    with assemble(read_settings(config), SystemClock()).running():
        yield


def standing(config: Path, one: Notice) -> dict[str, object]:
    """Give a notice as the command shows it."""
    shown = saqshy(config, "notices", "show", one.id, "--json")
    assert shown.exit_code == 0, shown.stderr
    found: dict[str, object] = orjson.loads(shown.stdout)
    return found


def test_lists(config: Path) -> None:
    """Notices are listed by state and channel; dead ones end with 1, so that a script sees them."""
    rows = saqshy(config, "notices", "list", "--state", "held", "--json").stdout.splitlines()
    assert [orjson.loads(row)["id"] for row in rows] == [HELD.id]
    dead = saqshy(config, "notices", "dead")
    assert dead.exit_code == 1
    assert "400: no" in dead.stdout
    assert saqshy(config, "notices", "dead", "--channel", "ncc").exit_code == 0
    assert "folder" in saqshy(config, "notices", "show", DEAD.id[:8]).stdout


def test_a_running_system_replays_and_releases(config: Path) -> None:
    """What is replayed or freed leaves at once; who did it and why is in the trail."""
    with running(config):
        done = saqshy(config, "notices", "replay", DEAD.id[:10], *BY)
        assert done.exit_code == 0, done.stderr
        freed = saqshy(config, "notices", "release", HELD.id, *BY, "--json")
        assert freed.exit_code == 0, freed.stderr
        assert orjson.loads(freed.stdout)["kind"] == "notices_released"
        again = saqshy(config, "notices", "replay", DEAD.id, *BY)
        assert again.exit_code == 1
        assert "not dead" in again.stderr
    for one in (DEAD, HELD):
        assert standing(config, one)["state"] == "sent"
        assert list((config.parent / "outgoing").glob(f"*/{one.id}.json"))


def test_a_sealed_file_and_its_receipt(config: Path, tmp_path: Path) -> None:
    """What waits is sealed for its party past its line, and a signed receipt closes it."""
    with running(config):
        done = saqshy(config, "notices", "seal", "--to", "ncc", *BY, "--json")
        assert done.exit_code == 0, done.stderr
        said = orjson.loads(done.stdout)
        files = list((tmp_path / "sealed").glob(f"*/{said['name']}"))
        assert len(files) == 1
        claims = {
            "notice_id": WAITS.id,
            "sha256": sha256(letter(WAITS)),
            "receiver": "NCC",
            "received_at": "2026-03-02T05:00:00Z",
        }
        signing = OKPKey.import_key((tmp_path / "keys" / "signing.pem").read_bytes())
        header = {"alg": "Ed25519", "typ": "saqshy-receipt+jws"}
        good = jws.serialize_compact(header, orjson.dumps(claims), signing, algorithms=["Ed25519"])
        other = OKPKey.generate_key("Ed25519")
        false = jws.serialize_compact(header, orjson.dumps(claims), other, algorithms=["Ed25519"])
        (tmp_path / "receipts").write_text(f"{false}\nnonsense\n")
        wrong = saqshy(config, "notices", "receipts", str(tmp_path / "receipts"), *BY)
        assert wrong.exit_code == 1
        assert "is not signed by the receipt key of ncc" in wrong.stderr
        assert standing(config, WAITS)["state"] != "acknowledged"
        (tmp_path / "receipts").write_text(f"{good}\n")
        entered = saqshy(config, "notices", "receipts", str(tmp_path / "receipts"), *BY)
        assert entered.exit_code == 0, entered.stderr
        assert standing(config, WAITS)["state"] == "acknowledged"


def test_the_guard_decides_what_is_sealed(config: Path, tmp_path: Path) -> None:
    """Of an object that is not attested open nothing is sealed."""
    strange = replace(held(7, recipient=WAITS.recipient), object_id="no such object")
    stores = open_sqlite(tmp_path / "saqshy.db")
    stores.outbox.put([strange])
    stores.database.close()
    done = saqshy(config, "notices", "seal", "--to", "ncc", *BY, "--wait", "0", "--json")
    assert done.exit_code == 1  # no system runs: the command waits for the next one
    assert "waits" in done.stderr
    settings = read_settings(config).notify.sealed
    assert settings is not None
    key = OKPKey.import_key((tmp_path / "keys" / "ncc.key.pem").read_bytes())
    [file] = (tmp_path / "sealed").glob("owner-ncc/*.jwe")
    inside = [one["letter"] for one in opened(file, key, settings.signing_key)["contents"]]
    assert [WAITS.id in one for one in inside] == [True]


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["replay", *BY], "either ids or --channel", 2),
        (["replay", "ffff", *BY], "0 notices begin with", 1),
        (["release", HELD.id, "--as", "analyst/b", "--reason", BY[3]], "may not do this", 2),
        (["replay", DEAD.id, "--as", "duty_lead/a", "--reason", ""], "must say why", 2),
        (["seal", "--to", "nobody", *BY], "nothing waits for nobody", 1),
        (["seal", "--to", "ncc", "--since", "soon", *BY], "soon", 2),
    ],
)
def test_wrong_usage(config: Path, words: list[str], said: str, code: int) -> None:
    """What cannot be asked is told before anything is left for the system."""
    found = saqshy(config, "notices", *words)
    assert said in found.stderr
    assert found.exit_code == code
    assert not (config.parent / "saqshy.db.commands").exists()


QUERIES = {
    "state": ("state: dead", 1),
    "either": ("state: (held or dead)", 2),
    "not": ("not state: dead and channel: folder", 2),
    "nothing": ("channel: ncc", 0),
}


@pytest.mark.parametrize(("query", "count"), QUERIES.values(), ids=QUERIES)
def test_a_list_by_a_question(config: Path, query: str, count: int) -> None:
    """Notices are listed that fit a question in the language of questions."""
    done = saqshy(config, "notices", "list", "--json", "--query", query)
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == count


def test_a_question_that_is_none(config: Path) -> None:
    """A question that cannot be read is wrong usage, told with its place and the way out."""
    done = saqshy(config, "notices", "list", "--query", "sate: dead")
    assert done.exit_code == 2
    assert (
        "--query, at character 7: notices have no field 'sate' (did you mean state" in done.output
    )
