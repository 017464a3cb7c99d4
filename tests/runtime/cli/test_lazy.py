"""Commands that are imported when they are used."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from pipeline.runtime.cli.app import COMMANDS, app
from pipeline.runtime.cli.incidents import STEPS
from pipeline.runtime.cli.incidents_act import STEP_COMMANDS
from pipeline.runtime.cli.lazy import LaterCommand

HEAVY = ("pipeline.runtime.bootstrap", "pipeline.content", "httpx", "sigma", "starlette")


def later(group: object) -> Iterator[LaterCommand]:
    """Give every command that stands for another, at any depth."""
    assert isinstance(group, TyperGroup)
    for one in group.commands.values():
        if isinstance(one, LaterCommand):
            yield one
        found = one.command if isinstance(one, LaterCommand) else one
        if isinstance(found, TyperGroup):
            yield from later(found)


def test_the_list_of_commands_says_what_they_say_themselves() -> None:
    """Each sentence of a list is the first one of the command's own help."""
    wrong = [
        (one.name, known, said)
        for one in later(get_command(app))
        if (known := one.get_short_help_str(500)) != (said := one.command.get_short_help_str(500))
    ]
    assert wrong == []
    assert len(COMMANDS) >= 25


def test_every_step_of_an_incident_is_a_command() -> None:
    """The steps that `saqshy incidents` lists are those that there are, in their order."""
    assert tuple(STEP_COMMANDS) == STEPS


@pytest.mark.parametrize("words", [["--help"], ["incidents", "list", "--help"]], ids=" ".join)
def test_light_commands_import_nothing_heavy(words: list[str]) -> None:
    """A command that only looks imports neither the wiring nor what only other commands need."""
    program = (
        "import sys; from typer.testing import CliRunner; from pipeline.runtime.cli.app import app;"
        f"assert CliRunner().invoke(app, {words!r}).exit_code == 0;"
        f"print([one for one in {HEAVY!r} if one in sys.modules])"
    )
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_command_is_called_by_its_place_in_the_list() -> None:
    """Usage names the command as it was called, and a wrong word is answered with exit code 2."""
    shown = CliRunner().invoke(app, ["law", "show", "--help"])
    assert shown.stdout.startswith("Usage: saqshy law show [OPTIONS]")
    assert CliRunner().invoke(app, ["lae"]).exit_code == 2
