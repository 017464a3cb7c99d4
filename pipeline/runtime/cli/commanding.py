"""How commands for a running system leave the command line, and what is told of them."""

import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import AuditEntry, Command, as_document
from pipeline.runtime.cli.output import FOUND, emit, say, stop
from pipeline.runtime.handing import awaited, hand_over
from pipeline.settings import Settings

As = Annotated[str, typer.Option("--as", help="Who asks, in which role: duty_lead/a.serik.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit trail.")]
Wait = Annotated[float, typer.Option("--wait", help="Seconds to wait for the running system.")]
WAITS = "no running system has taken it yet; the next one will"


def command(name: str, whom: str, reason: str, detail: dict[str, object]) -> Command:
    """Make a command of now; ConfigurationError where ``whom`` is no ROLE/author."""
    role, slash, author = whom.partition("/")
    if not (role and slash and author):
        raise ConfigurationError([Problem("--as", 0, f"{whom!r} is no ROLE/author")])
    return Command(name, role, author, reason, time.time_ns(), detail)


def give(settings: Settings, store: Path | None, asked: Command, wait: float) -> AuditEntry | None:
    """Leave a command for the system of a store; give its audit entry, None where none came."""
    hand_over(settings, store, asked)
    return awaited(settings, store, lambda kept: kept.entry(asked.id, ""), wait)


def tell(asked: Command, entry: AuditEntry | None, *, as_json: bool) -> AuditEntry:
    """Tell what became of a command; ends with 1 where it was refused or still waits."""
    if entry is None:
        say(f"command {asked.id} waits: {WAITS}")
        stop(FOUND)
    if as_json:
        emit(as_document(entry))
    problems = entry.detail.get("problems") or []
    for problem in problems if isinstance(problems, list) else []:
        say(str(problem))
    if entry.kind == "command_refused" or entry.detail.get("outcome") == "refused":
        stop(FOUND, "refused; nothing was changed")
    return entry
