"""`saqshy silences` and `saqshy reload` against a system that runs beside them."""

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
from tests.runtime.centre import CORRELATION, RULE, prepare

BY = ["--as", "duty_lead/a.serik", "--reason", "the scan of order 44"]


def saqshy(config: Path, *words: str) -> Result:
    """Run a command over a centre's settings."""
    wide = {"COLUMNS": "220"}
    return CliRunner().invoke(app, [*words, "--config", str(config)], env=wide)


@contextmanager
def running(config: Path) -> Iterator[None]:
    """Run a system beside the commands."""
    with assemble(read_settings(config), SystemClock()).running():
        yield


def test_a_person_silences_lists_ends_and_reloads_beside_a_running_system(tmp_path: Path) -> None:
    """Commands reach a running system, tell what came of them, and leave their audit entries."""
    config = prepare(tmp_path, tick_seconds=0.2, content=_content(watch=0))
    with running(config):
        rules = ["--rule", "sshd_failed_password", "--object", "kz-bank"]
        where = ["--where", "source.ip=10.0.0.9", "--hours", "8"]
        added = saqshy(config, "silences", "add", *BY, *rules, *where, "--json")
        assert added.exit_code == 0, added.stderr
        entry = orjson.loads(added.stdout)
        assert (entry["kind"], entry["actor"]) == ("silence_added", "duty_lead/a.serik")
        listed = saqshy(config, "silences", "list", "--json")
        (one,) = map(orjson.loads, listed.stdout.splitlines())
        assert (one["id"], one["where"], one["findings"]) == (
            entry["subject"], {"source.ip": "10.0.0.9"}, 0,
        )  # fmt: skip
        assert "a.serik" in saqshy(config, "silences", "list").stdout
        ended = saqshy(config, "silences", "end", one["id"][:8], *BY)
        assert ended.exit_code == 0, ended.stderr
        assert saqshy(config, "silences", "list", "--json").stdout == ""
        rule = tmp_path / CORRELATION
        rule.write_text(rule.read_text(encoding="utf-8").replace("One Address", "A"), "utf-8")
        reloaded = saqshy(config, "reload", *BY)
        assert reloaded.exit_code == 0, reloaded.stderr
        assert "in_force" in reloaded.stderr
        (tmp_path / RULE).write_text("detection: [", encoding="utf-8")
        refused = saqshy(config, "reload", *BY)
        assert refused.exit_code == 1
        assert "sshd_failed_password.yml" in refused.stderr
        accepted = saqshy(config, "reload", *BY, "--accept-losses")
        assert accepted.exit_code == 0, accepted.stderr


def _content(watch: float) -> dict[str, object]:
    return {"paths": ["detection", "correlation"], "cache": "cache", "watch_seconds": watch}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rule", "sshd_faild_password", "--hours", "1"], "did you mean"),
        (["--object", "kz-nowhere", "--hours", "1"], "kz-nowhere"),
        (["--rule", "sshd_failed_password"], "either --until or --hours"),
        (["--rule", "sshd_failed_password", "--hours", "2161"], "90 days"),
        (["--rule", "sshd_failed_password", "--until", "tomorrow"], "--until"),
        (["--hours", "1"], "silence everything"),
        (["--rule", "saqshy.silent-source", "--hours", "1"], "law's own detector"),
        (["--where", "source.ip", "--hours", "1"], "FIELD=VALUE"),
    ],
    ids=["rule", "object", "no-end", "too-long", "no-time", "everything", "detector", "where"],
)
def test_a_wrong_silence_is_refused_before_it_leaves(
    tmp_path: Path, words: list[str], said: str
) -> None:
    """What names nothing, has no end or may not be silenced ends with 2 and leaves no command."""
    config = prepare(tmp_path)
    done = saqshy(config, "silences", "add", *BY, *words)
    assert done.exit_code == 2, done.stderr
    assert said in " ".join(done.stderr.split())
    assert not (tmp_path / "saqshy.db.commands").exists()


def test_a_command_waits_for_the_next_start(tmp_path: Path) -> None:
    """Without a running system a command is left for the next one, and that is said."""
    config = prepare(tmp_path)
    words = ["--rule", "sshd_failed_password", "--hours", "1", "--wait", "0.1"]
    done = saqshy(config, "silences", "add", *BY, *words)
    assert done.exit_code == 1
    assert "waits" in done.stderr
    assert len(list((tmp_path / "saqshy.db.commands").glob("*.json"))) == 1
