"""`saqshy events`: reads over a store, each recorded by the system that runs beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.model import Command, from_json
from pipeline.runtime.cli.app import app
from pipeline.runtime.commands import Inbox
from pipeline.runtime.leaving import spool_of
from tests.runtime.centre import Centre, centre, failures

BANK = "kz-bank"


def saqshy(folder: Path, *words: str) -> Result:
    """Run a command over a centre's settings."""
    given = ["events", *words, "--config", str(folder / "saqshy.yml")]
    return CliRunner().invoke(app, given, env={"COLUMNS": "220"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Leave a store behind with a bank's events."""
    with centre(tmp_path) as made:
        made.take(failures(1))
    return tmp_path


@contextmanager
def taken(folder: Path) -> Iterator[Centre]:
    """Have a system take what was left in its spool folder."""
    with centre(folder) as made:
        system = made.system
        spool = spool_of(system.settings.store.path)
        Inbox(spool, system.collector, system.reloader.ask).take()
        made.drain()
        yield made


def test_a_list_is_shown_and_recorded(folder: Path) -> None:
    """An analyst is shown events, and the audit trail says so once a system runs."""
    whom = ("--as", "analyst/a.serik", "--basis", "incident 12")
    found = saqshy(folder, "list", *whom, "--object", BANK, "--limit", "3", "--json")
    assert found.exit_code == 0, found.stderr
    lines = [orjson.loads(line) for line in found.stdout.splitlines()]
    assert [one["object"] for one in lines] == ["BANK-01"] * 3
    with taken(folder) as made:
        [entry] = made.audit("read")
    assert (entry.actor, entry.detail["basis"]) == ("analyst/a.serik", "incident 12")
    assert entry.detail["what"] == "events"
    assert entry.detail["of"].startswith(f"{BANK} from 1970")


def test_a_role_without_the_right_finds_nothing_and_is_recorded_too(folder: Path) -> None:
    """To the coordination centre a bank's events are not there, and that it asked is kept."""
    found = saqshy(folder, "list", "--as", "ncc/b", "--basis", "request 12", "--json")
    assert (found.exit_code, found.stdout) == (0, "")
    with taken(folder) as made:
        assert [one.actor for one in made.audit("read")] == ["ncc/b"]


def test_one_event(folder: Path) -> None:
    """An event is shown by its id, or is not there."""
    whom = ("--as", "analyst/a.serik", "--basis", "incident 12")
    line = saqshy(folder, "list", *whom, "--limit", "1", "--json").stdout
    event_id = orjson.loads(line)["id"]
    assert orjson.loads(saqshy(folder, "show", event_id, *whom).stdout)["id"] == event_id
    other = ("--as", "ncc/b", "--basis", "request 12")
    assert saqshy(folder, "show", event_id, *other).exit_code == 1


def test_a_table_for_people(folder: Path) -> None:
    """Without --json it is a table."""
    found = saqshy(folder, "list", "--as", "analyst/a", "--basis", "incident 12")
    assert "12 event(s)" in found.stdout


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("--as", "analyst", "--basis", "incident 12"), id="no-author"),
        pytest.param(("--as", "analyst/a", "--basis", " "), id="no-ground"),
        pytest.param(
            ("--as", "analyst/a", "--basis", "incident 12", "--from", "monday"), id="no-time"
        ),
    ],
)
def test_what_cannot_be_recorded_is_not_shown(folder: Path, words: tuple[str, ...]) -> None:
    """Wrong usage ends with 2, shows nothing and records nothing."""
    found = saqshy(folder, "list", *words)
    assert (found.exit_code, found.stdout) == (2, "")
    assert not list(spool_of(folder / "saqshy.db").glob("*.json"))


def test_the_record_comes_before_the_answer(folder: Path) -> None:
    """What was asked lies in the spool, whole, when the answer is given."""
    saqshy(folder, "list", "--as", "analyst/a", "--basis", "incident 12", "--json")
    [left] = spool_of(folder / "saqshy.db").glob("*.json")
    assert from_json(Command, left.read_bytes()).detail["of"].endswith("100 at most")
