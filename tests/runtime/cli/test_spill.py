"""`saqshy spill`: what it lists, decides, removes and proves, and when it refuses."""

from contextlib import closing
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.ports import Delivery
from pipeline.runtime.bootstrap import assemble
from pipeline.runtime.cli.app import app
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import read_settings
from tests.integration.traces import everything, forms, found
from tests.runtime.centre import centre, entry, prepare

BY = ["--as", "regime_officer/a.serik", "--reason", "act 12 of 3 March"]
WORD = "qzword00099zq"
HELD = '{"host":"registry-app01","doc":{"mark":"құпия"},"t":"x"}'.encode()


def saqshy(config: Path, *words: str, said: str = "") -> Result:
    """Run a command over a centre's settings."""
    command = [*words, "--config", str(config)]
    return CliRunner().invoke(app, command, env={"COLUMNS": "220"}, input=said)


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, str]:
    """Make a store with an open record that is a spill, and one that was held; give its id."""
    with centre(tmp_path) as one:
        one.take([entry(41).replace(b"s.tulegen", WORD.encode())])
        one.system.collector.take(Delivery("wire", "192.0.2.1", (HELD,), format="json"))
        one.drain()
        name = next(event.id for each in one.outcomes for event in each.observed.events)
    return tmp_path / "saqshy.yml", name


def test_a_purge_is_proved_and_shown(kept: tuple[Path, str]) -> None:
    """A record is listed, verified as still there, purged, and verified as gone."""
    config, name = kept
    (held,) = map(orjson.loads, saqshy(config, "spill", "list", "--json").stdout.splitlines())
    assert (held["kind"], held["decided"], held["source"]) == ("suspected", "open", "registry-json")
    there = saqshy(config, "spill", "verify", name, "--phrases", "-", said=f"{WORD}\n")
    assert there.exit_code == 1
    assert "found in journal" in there.stderr
    done = saqshy(config, "spill", "purge", name, *BY)
    assert done.exit_code == 0, done.stderr
    assert "removed from" in done.stderr
    assert "not reached: backups" in done.stderr
    gone = saqshy(config, "spill", "verify", name, "--phrases", "-", "--json", said=f"{WORD}\n")
    assert gone.exit_code == 0, gone.stderr
    assert orjson.loads(gone.stdout)["found"] == []
    listed = saqshy(config, "spill", "list")
    assert "purged" in listed.stdout
    assert found(everything(config.parent), {WORD: forms(WORD)}) == {}


def test_who_may_not_and_what_is_not_there_is_told(kept: tuple[Path, str]) -> None:
    """A role that may not purge, a missing reason and an unknown id change nothing."""
    config, name = kept
    refused = saqshy(config, "spill", "purge", name, "--as", "analyst/b", "--reason", "no")
    assert refused.exit_code == 2
    assert "may not do this" in refused.stderr
    assert "the reason must say why" in refused.stderr
    unknown = saqshy(config, "spill", "purge", "nothing-1", *BY)
    assert unknown.exit_code == 2
    assert "no record of that id" in unknown.stderr
    assert found(everything(config.parent), {WORD: forms(WORD)}).keys() == {WORD}


def test_a_running_system_decides_and_is_not_purged_under(tmp_path: Path) -> None:
    """A purge beside a running system is refused; its decisions come through the spool folder."""
    config = prepare(tmp_path, tick_seconds=0.2)
    with closing(assemble(read_settings(config), SystemClock())) as system, system.running():
        system.collector.take(Delivery("wire", "192.0.2.1", (HELD,), format="json"))
        (_, batch), *_ = system.stores.journal.read(0, 1)
        name = f"{batch.id}-0"
        busy = saqshy(config, "spill", "purge", name, *BY)
        assert busy.exit_code == 3
        assert "in use by another Saqshy process" in busy.stderr
        confirmed = saqshy(config, "spill", "confirm", name, *BY, "--json")
        assert confirmed.exit_code == 0, confirmed.stderr
        assert orjson.loads(confirmed.stdout)["kind"] == "spill_confirmed"
        released = saqshy(config, "spill", "release", name, *BY, "--records", "2")
        assert released.exit_code == 0, released.stderr
        refused = saqshy(config, "spill", "release", name, *BY, "--records", "0")
        assert refused.exit_code == 1
        assert "records must be a whole number" in refused.stderr
