"""`saqshy reload`: have a running system read its rules, registry and pack again."""

from typing import Annotated

import typer

from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import say, told_errors
from pipeline.runtime.commands import RELOAD
from pipeline.runtime.configuration import read_settings


def reload(
    whom: As,
    reason: Reason,
    accept_losses: Annotated[
        bool,
        typer.Option("--accept-losses", help="Also where rules in force are lost by an error."),
    ] = False,
    wait: Wait = 60.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Have the running system read its rules, registry and pack again, and tell what came of it.

    What does not load, or would lose a rule in force by an error, is refused; the old stays.
    Example: saqshy reload --as duty_lead/a.serik --reason "new rules for the bank"
    """
    with told_errors():
        asked = command(RELOAD, whom, reason, {"accept_losses": accept_losses})
        entry = tell(asked, give(read_settings(config), store, asked, wait), as_json=json)
        say(f"{entry.detail['outcome']}: content {entry.detail['content']}")
