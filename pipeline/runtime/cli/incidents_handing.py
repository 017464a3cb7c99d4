"""How a step on an incident leaves the command line, and what is told of what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.life_cycle import PREFIX, form_problems
from pipeline.model import AuditEntry, Command, Incident, as_document
from pipeline.registry import load_registry
from pipeline.runtime.cli.commanding import WAITS, command
from pipeline.runtime.cli.incidents_found import history_of
from pipeline.runtime.cli.output import FOUND, emit, say, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.handing import Answers, awaited, hand_over
from pipeline.runtime.reading import reading
from pipeline.runtime.written import written_problems
from pipeline.settings import Settings

Subject = Annotated[str, typer.Argument(help="The incident's id, or its beginning.")]
Author = Annotated[str, typer.Option("--author", help="Who asks, where --as names the role alone.")]
Seen = Annotated[
    int | None,
    typer.Option("--revision", help="The revision that you saw; refused if another came since."),
]


@dataclass(frozen=True, slots=True)
class Hand:
    """Who takes a step, why, on which incident of which store; and how the answer is wanted."""

    incident: str
    whom: str
    author: str
    reason: str
    revision: int | None
    wait: float
    config: Path | None
    store: Path | None
    json: bool

    @property
    def asks(self) -> str:
        """Give ROLE/author."""
        return f"{self.whom}/{self.author}" if self.author else self.whom

    def settings(self) -> Settings:
        """Read the settings."""
        return read_settings(self.config)


def _nothing() -> None:
    """Do nothing about a refusal."""


def hand_in(
    hand: Hand,
    step: str,
    detail: dict[str, object],
    on_refusal: Callable[[], None] = _nothing,
) -> None:
    """Leave a step for the running system, wait for what comes of it, and tell it.

    Ends with 1 where it was refused or still waits, with 2 where it can be no such step.
    """
    with told_errors():
        settings = hand.settings()
        with reading(hand.config, hand.store) as stores:
            before = history_of(stores, hand.incident)[-1]
        given: dict[str, object] = {"object_id": before.object_id, "incident": before.id, **detail}
        if hand.revision is not None:
            given["revision"] = hand.revision
        asked = command(f"{PREFIX}{step}", hand.asks, hand.reason, given)
        try:
            check(settings, asked)
        except ConfigurationError:
            on_refusal()
            raise
        hand_over(settings, hand.store, asked)
        came = outcome((settings, hand.store), asked, before, hand.wait)
        if isinstance(came, AuditEntry):
            on_refusal()
        tell(asked, came, before, as_json=hand.json)


def check(settings: Settings, asked: Command) -> None:
    """Raise ConfigurationError with everything that is wrong with a step by itself."""
    problems = form_problems(asked)
    problems += written_problems(asked, load_registry(settings.registry).marks)
    if problems:
        step = asked.name.removeprefix(PREFIX)
        raise ConfigurationError([Problem(step, 0, one) for one in problems])


def outcome(
    of: tuple[Settings, Path | None], asked: Command, before: Incident, wait: float
) -> Incident | AuditEntry | None:
    """Give the revision that a command made, or the entry that refused it; None: neither yet."""

    def found(kept: Answers) -> Incident | AuditEntry | None:
        return _outcome(kept, asked, before)

    return awaited(*of, found, wait)


def tell(
    asked: Command, came: Incident | AuditEntry | None, before: Incident, *, as_json: bool
) -> None:
    """Tell what became of a step; the command ends with 1 where it was refused or still waits."""
    if came is None:
        say(f"command {asked.id} waits: {WAITS}")
        stop(FOUND)
    if as_json:
        emit(as_document(came))
    if isinstance(came, AuditEntry):
        problems = came.detail.get("problems")
        for problem in problems if isinstance(problems, list) else ():
            say(str(problem))
        stop(FOUND, "refused; nothing was changed")
    if not as_json:
        states = dict.fromkeys((before.state.value, came.state.value))
        say(f"{came.id[:12]} of {came.object_id}: {' -> '.join(states)}, revision {came.revision}")


def _outcome(kept: Answers, asked: Command, before: Incident) -> Incident | AuditEntry | None:
    for one in reversed(kept.stores.incidents.history(before.id)):
        if one.command == asked.id:
            return one
    return kept.entry(asked.id, before.object_id)
