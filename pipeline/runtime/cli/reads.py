"""Who reads, and on which ground: options of the commands that show what the store knows."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.cli.commanding import command
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.handing import hand_over
from pipeline.runtime.reads import READ, read_problems

ReadAs = Annotated[
    str | None,
    typer.Option("--as", help="Who reads, in which role, for the audit trail: analyst/a.serik."),
]
Basis = Annotated[
    str | None, typer.Option("--basis", help="On which ground; kept in the audit trail.")
]


def note_read(
    config: Path | None, store: Path | None, whom: str | None, basis: str | None, **of: str
) -> None:
    """Leave the record of a read, durably, before anything is shown; nothing without ``whom``.

    ConfigurationError where the one is given without the other; OSError where it cannot be left.
    """
    if whom is None and basis is None:
        return
    if whom is None or basis is None:
        way_out = "say who reads (--as ROLE/author) and on which ground (--basis)"
        missing = "--as" if whom is None else "--basis"
        raise ConfigurationError([Problem(missing, 0, "is missing", way_out)])
    given = command(READ, whom, basis, {name: value for name, value in of.items() if value})
    problems = [Problem("--basis", 0, what) for what in read_problems(given)]
    if problems:
        raise ConfigurationError(problems)
    hand_over(read_settings(config), store, given)
