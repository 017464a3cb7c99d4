"""The README's own examples, run as they stand."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.runtime.configuration import bundled

ROOT = Path(__file__).parents[2]
SAQSHY = [sys.executable, "-m", "pipeline.runtime.cli"]


def examples() -> list[str]:
    """Give the commands of the README's five minutes, without their comments."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    saqshy (.+)$", text, flags=re.MULTILINE)
    return [line.partition("#")[0].strip() for line in lines]


def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the README ends with code 0 in the order in which it stands there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    event = {"EventID": 1102, "Channel": "Security", "Computer": "bank-dc01"}
    Path("events.ndjson").write_text(json.dumps(event) + "\n", encoding="utf-8")
    case = next(iter(sorted((bundled("law") / "examples").glob("*.y*ml"))))
    Path("case.yml").write_bytes(case.read_bytes())
    commands = examples()
    assert len(commands) >= 9
    for command in commands:
        if command.startswith("run "):
            continue  # it runs until it is ended: test_run.py holds that
        words = [identifier() if word == "ID" else word for word in shlex.split(command)]
        done = subprocess.run([*SAQSHY, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)


def identifier() -> str:
    """Give the id of an incident in the store of this folder."""
    done = subprocess.run(
        [*SAQSHY, "incidents", "list", "--candidates", "--json", "--store", "kept.db"],
        capture_output=True,
        text=True,
        check=True,
    )
    return str(json.loads(done.stdout.splitlines()[0])["id"])


def test_every_command_has_help_with_an_example() -> None:
    """`--help` of every command shows an example."""
    from pipeline.runtime.cli.app import app

    missing = []
    for command in app.registered_commands:
        words = f"{command.callback.__doc__ if command.callback else ''} {command.epilog or ''}"
        if "Example: saqshy" not in words:
            missing.append(command.name or getattr(command.callback, "__name__", "?"))
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands if group.typer_instance else ():
            words = f"{command.callback.__doc__ if command.callback else ''} {command.epilog or ''}"
            if "Example: saqshy" not in words:
                missing.append(f"{group.name} {command.name}")
    assert missing == []
