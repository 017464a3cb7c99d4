"""The README's own examples, run as they stand."""

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app
from pipeline.runtime.cli.lazy import LaterCommand
from pipeline.runtime.configuration import bundled

ROOT = Path(__file__).parents[2]
SAQSHY = [sys.executable, "-m", "pipeline.runtime.cli"]
PAGES = ("README.md", "rules/README.md")


def examples() -> list[list[str]]:
    """Give the commands of the README, word by word, in the order in which they stand."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^    ((?:saqshy|cd) .+)$", text, flags=re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the README ends with code 0 in the order in which it stands there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    supplied()
    commands = examples()
    assert len(commands) >= 20
    begin = next(at for at, words in enumerate(commands) if words[1] == "run")
    for words in commands[:begin]:
        run(words[1:])
    with beside(commands[begin][1:]):
        for words in commands[begin + 1 :]:
            if words[0] == "cd":
                monkeypatch.chdir(words[1])
            else:
                command, into = told_apart(words)
                said = run([named(command) if word == "ID" else word for word in command[1:]])
                if into:
                    Path(into[0]).write_text(said, encoding="utf-8")


def told_apart(words: list[str]) -> tuple[list[str], list[str]]:
    """Part a command from the file that its output goes into."""
    at = words.index(">") if ">" in words else len(words)
    return words[:at], words[at + 1 :]


def supplied() -> None:
    """Put here what the README takes as given: events, a case, and an archive of rules."""
    event = {"EventID": 1102, "Channel": "Security", "Computer": "bank-dc01"}
    Path("events.ndjson").write_text(json.dumps(event) + "\n", encoding="utf-8")
    Path("events.log").write_text("<13>Mar  2 20:00:00 gw01 app: hello\n", encoding="utf-8")
    case = next(iter(sorted((bundled("law") / "examples").glob("*.y*ml"))))
    Path("case.yml").write_bytes(case.read_bytes())
    with zipfile.ZipFile("sigma.zip", "w") as archive:
        archive.writestr("LICENSE", "Whoever wants may use it.")
        archive.writestr(
            "rules/cleared.yml",
            "title: Log Cleared, As Others See It\nid: 7c1d9a52-6f0e-4a3b-9d58-1e2f3a4b5c6d\n"
            "status: test\nlogsource: {product: windows, service: security}\n"
            "detection: {cleared: {EventID: 1102}, condition: cleared}\nlevel: high\n",
        )


def run(words: Sequence[str]) -> str:
    """Run one command to its end with code 0; give what it writes."""
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, (words, done.stdout, done.stderr, done.exception)
    return done.stdout


@contextmanager
def beside(words: Sequence[str]) -> Iterator[None]:
    """Have a system run beside the commands, on ports that nobody else has."""
    free = {"SAQSHY__LISTENERS": "[]", "SAQSHY__WEB__PORT": "0"}
    system = subprocess.Popen(
        [*SAQSHY, *words], stderr=subprocess.PIPE, text=True, env={**os.environ, **free}
    )
    try:
        yield
        assert system.poll() is None, "it ended before it was told to"
        system.terminate()
        _, told = system.communicate(timeout=60)
        assert system.returncode == 0, told
    finally:
        system.kill()
        system.communicate()


def named(words: Sequence[str]) -> str:
    """Give the id that a command means by ID: of the first silence or incident that is there."""
    if words[1] == "silences":
        listed = run(["silences", "list", "--json"])
    else:
        listed = run(["incidents", "list", "--candidates", "--json", "--store", "kept.db"])
    return str(json.loads(listed.splitlines()[0])["id"])


def test_every_rule_that_is_shown_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules and correlations of the pages are neither broken nor doubtful, and pass their tests."""
    monkeypatch.chdir(tmp_path)
    shown = [
        found
        for page in PAGES
        for found in re.findall(
            r"^```yaml\n# (\S+\.yml)\n(.+?)^```$",
            (ROOT / page).read_text(encoding="utf-8"),
            flags=re.MULTILINE | re.DOTALL,
        )
    ]
    for name, text in shown:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    rules = [name for name, _ in shown if not name.endswith(".tests.yml")]
    assert len(rules) >= 3
    run(["rules", "check", *rules])
    outcomes = run(["rules", "test", "--json", *rules]).splitlines()
    assert len(outcomes) >= 2


def test_every_command_has_help_with_an_example() -> None:
    """`--help` of every command shows an example."""
    commands = dict(commands_of(get_command(app), ("saqshy",)))
    assert len(commands) > 60
    texts = {name: f"{one.help or ''} {one.epilog or ''}" for name, one in commands.items()}
    assert [name for name, text in texts.items() if "Example: saqshy" not in text] == []


def commands_of(one: object, words: tuple[str, ...]) -> Iterator[tuple[str, TyperCommand]]:
    """Give every command that is no group, by all of its words."""
    one = one.command if isinstance(one, LaterCommand) else one
    if isinstance(one, TyperGroup):
        for name, part in one.commands.items():
            yield from commands_of(part, (*words, name))
    elif isinstance(one, TyperCommand):
        yield " ".join(words), one
