"""`saqshy review` over a store, and against a system that runs beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.runtime.bootstrap import assemble
from pipeline.runtime.cli.app import app
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import read_settings
from tests.runtime.centre import AT, centre, failures, prepare
from tests.runtime.test_review import BANK, DAY, SUDO

BY = ["--as", "analyst/a.serik", "--reason", "the new release of order 12"]


def saqshy(config: Path, *words: str) -> Result:
    """Run a command over a centre's settings."""
    return CliRunner().invoke(app, [*words, "--config", str(config)], env={"COLUMNS": "220"})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Leave a store behind in which a new kind and a candidate wait."""
    with centre(tmp_path) as made:
        made.take(failures(1))
        made.clock.advance_to(AT + 15 * DAY)
        made.take([SUDO])
    return tmp_path / "saqshy.yml"


@contextmanager
def running(config: Path) -> Iterator[None]:
    """Run a system beside the commands."""
    with assemble(read_settings(config), SystemClock()).running():
        yield


def listed(config: Path, *words: str) -> list[dict[str, object]]:
    """Give the lines of the queue."""
    found = saqshy(config, "review", "list", "--json", *words)
    assert found.exit_code == 0, found.stderr
    return [orjson.loads(line) for line in found.stdout.splitlines()]


def test_the_list_says_what_waits_and_on_what_ground(config: Path) -> None:
    """New kinds name their norm; candidates, and sources that were never heard, stand beside."""
    lines = listed(config, "--object", BANK)
    by_what = {str(line["what"]): line for line in lines}
    assert set(by_what) >= {"novel", "candidate", "never-heard"}
    novel = by_what["novel"]
    assert (novel["is"], novel["event_basis"]) == ("system.auth/sudo_command", "previously_unknown")
    assert (novel["basis"], novel["count"]) == ("kz-418-V/1(30)", 1)
    assert novel["since"] == "2026-03-17T15:45:00Z"
    assert [line["what"] for line in listed(config, "--what", "novel")] == ["novel"]
    shown = saqshy(config, "review", "list", "--object", BANK).stdout
    assert "sudo_command" in shown
    assert "kz-energy-tec" not in shown


def test_a_line_is_accepted_beside_a_running_system(config: Path) -> None:
    """The command reaches the running system, and the line is gone from the list."""
    (line,) = listed(config, "--what", "novel")
    prepare(config.parent, tick_seconds=0.2)
    with running(config):
        done = saqshy(config, "review", "accept", str(line["name"])[:6], *BY, "--json")
        assert done.exit_code == 0, done.stderr
        entry = orjson.loads(done.stdout)
        assert (entry["kind"], entry["actor"]) == ("review_accepted", "analyst/a.serik")
        assert listed(config, "--what", "novel") == []


WRONG = [
    (["ffffffffffff"], "0 lines begin with", 1),
    (["CANDIDATE"], "is a candidate", 1),
    (["NOVEL", "--as", "owner/a"], "may not do this", 2),
]


@pytest.mark.parametrize(("words", "told", "code"), WRONG, ids=[row[1] for row in WRONG])
def test_what_cannot_be_accepted_is_told_at_once(
    config: Path, words: list[str], told: str, code: int
) -> None:
    """A line that is not there or no person's to accept, and a wrong role, ask no system."""
    names = {str(line["what"]).upper(): str(line["name"]) for line in listed(config)}
    given = [names.get(word, word) for word in words]
    who = BY if "--as" not in words else BY[2:]
    result = saqshy(config, "review", "accept", *given, *who)
    assert (result.exit_code, told in result.stderr) == (code, True), result.stderr
