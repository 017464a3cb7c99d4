"""`saqshy terms` and `saqshy duty` over a store, and against a system that runs beside it."""

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
from tests.runtime.centre import centre, entry, failures, prepare
from tests.runtime.test_judging_anew import LATE, listed

BY = ["--as", "duty_lead/d.askar", "--reason", "letter 17 of the holder"]


def saqshy(config: Path, *words: str) -> Result:
    """Run a command over a centre's settings."""
    return CliRunner().invoke(app, [*words, "--config", str(config)], env={"COLUMNS": "220"})


@contextmanager
def running(config: Path) -> Iterator[None]:
    """Run a system beside the commands."""
    with assemble(read_settings(config), SystemClock()).running():
        yield


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Leave a store behind with an incident at a critical object, of which nobody was told yet."""
    with centre(tmp_path) as made:
        made.edit("objects/objects.yml", listed)
        assert made.system.reloader.reload(LATE).outcome == "in_force"
        made.take([*failures(40), entry(40)])
        made.tick(2)
    return tmp_path / "saqshy.yml"


def clocks(config: Path, *words: str) -> list[dict[str, object]]:
    """Give the clocks as the command lists them."""
    found = saqshy(config, "terms", "list", "--json", *words)
    assert found.exit_code in (0, 1), found.stderr
    return [orjson.loads(line) for line in found.stdout.splitlines()]


def test_the_clocks_of_an_incident_are_listed_with_their_ground(config: Path) -> None:
    """Own and others' duties stand side by side; what passed ends the command with 1."""
    found = clocks(config)
    duties = {str(one["duty_of"]) for one in found}
    assert duties == {"centre", "holder", "owner"}
    assert {one["missing"] for one in found if one["due_at"] is None} == {"monitoring_rules"}
    missed = clocks(config, "--missed")
    assert missed
    assert {one["state"] for one in missed} == {"missed"}
    assert saqshy(config, "terms", "list").exit_code == 1
    shown = saqshy(config, "terms", "list", "--due-within", "1").stdout
    assert "kz-418-V/54(2)(6)" in shown
    assert "(monitoring_rules)" not in shown
    assert clocks(config, "--incident", "ffffff") == []


def test_a_holders_duty_is_recorded_as_done_and_ours_is_not(config: Path) -> None:
    """The word of a person meets another's clock; the centre's own is met by a receipt alone."""
    found = clocks(config)
    (holders,) = [one for one in found if one["duty_of"] == "holder" and one["due_at"]]
    (ours, *_) = [one for one in found if one["duty_of"] == "centre" and one["notice_id"]]
    prepare(config.parent, tick_seconds=0.2)
    with running(config):
        done = saqshy(config, "terms", "met", str(holders["id"]), *BY)
        assert done.exit_code == 0, done.stderr
        refused = saqshy(config, "terms", "met", str(ours["id"]), *BY)
        assert refused.exit_code == 1
    assert "receipt alone" in refused.stderr or "begin with" in refused.stderr
    assert holders["id"] not in {one["id"] for one in clocks(config)}


def test_taking_note_stops_the_chain(config: Path) -> None:
    """The acknowledgement stands in the audit trail, and is refused of what has no open clock."""
    incident = str(clocks(config)[0]["incident_id"])
    prepare(config.parent, tick_seconds=0.2)
    with running(config):
        done = saqshy(config, "duty", "ack", incident[:10], *BY, "--json")
        assert done.exit_code == 0, done.stderr
    assert orjson.loads(done.stdout)["kind"] == "duty_acknowledged"
    assert saqshy(config, "duty", "ack", "ffffff", *BY).exit_code == 1
    wrong = ["--as", "nobody/x", "--reason", "short enough"]
    assert saqshy(config, "duty", "ack", incident, *wrong).exit_code == 2


def test_the_roster_is_shown_and_handed_over(config: Path) -> None:
    """Who is on duty takes over; nobody else can."""
    shown = saqshy(config, "duty", "show", "--json", "--at", "2026-03-02T12:00:00+05:00")
    assert shown.exit_code == 0, shown.stderr
    levels = [orjson.loads(line) for line in shown.stdout.splitlines()]
    assert [one["level"] for one in levels] == ["duty_officer", "duty_lead", "head_of_centre"]
    assert all(one["person"] and one["channels"] == ["folder"] for one in levels)
    now = [
        orjson.loads(line) for line in saqshy(config, "duty", "show", "--json").stdout.splitlines()
    ]
    mine = ["--as", f"head_of_centre/{now[2]['person']}", "--reason", "morning, all is quiet"]
    other = ["--as", "head_of_centre/somebody", "--reason", "morning, all is quiet"]
    assert saqshy(config, "duty", "hand-over", "head_of_centre", *other).exit_code == 1
    prepare(config.parent, tick_seconds=0.2)
    with running(config):
        done = saqshy(config, "duty", "hand-over", "head_of_centre", *mine)
        assert done.exit_code == 0, done.stderr
    after = saqshy(config, "duty", "show")
    assert now[2]["person"] in after.stdout
    assert saqshy(config, "duty", "hand-over", "nobody", *mine).exit_code == 2
