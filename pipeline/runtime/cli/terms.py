"""`saqshy terms list|met`: the clocks that run, whose they are, and what somebody said of them."""

import time
from collections.abc import Iterator
from typing import Annotated

import typer

from pipeline.assess import pack_words
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, Json, as_document
from pipeline.notify import Channels, read_texts
from pipeline.notify.clock import TermClock
from pipeline.ports import Stores
from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import (
    FOUND,
    emit,
    say,
    show_table,
    stop,
    to_the_second,
    told_errors,
)
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.duty_commands import MET, duty_problems
from pipeline.runtime.knowledge import read_knowledge
from pipeline.runtime.reading import reading
from pipeline.runtime.term_answers import TermAnswers, term_answers
from pipeline.runtime.term_rows import TermRows
from pipeline.runtime.terms_tick import clocks_held
from pipeline.settings import Settings

HOUR = 3600 * NANOSECONDS
terms = typer.Typer(help="Terms: whose duty is due when, to whom.", no_args_is_help=True)


@terms.command("list")
def list_terms(
    within: Annotated[
        float | None, typer.Option("--due-within", help="Only what is due in so many hours.")
    ] = None,
    missed: Annotated[bool, typer.Option("--missed", help="Only what has passed.")] = False,
    incident: Annotated[str, typer.Option("--incident", help="Of one incident.")] = "",
    every: Annotated[bool, typer.Option("--all", help="What is met or ended as well.")] = False,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """List the clocks that run: the centre's own duties and, beside them, those of others.

    A clock without a time waits for a by-law's number. Ends with 1 where a term was missed.
    Example: saqshy terms list --due-within 24
    """
    with told_errors(), reading(config, store) as stores:
        settings, now = read_settings(config), time.time_ns()
        at_once = int(settings.statistics.at_once_seconds * NANOSECONDS)
        until = None if within is None else now + int(within * HOUR)
        found = []
        for clock in _clocks(settings, stores, incident):
            state = clock.state(now, at_once)
            due = clock.due_at
            if (state == "missed" if missed else every or not clock.over) and (
                until is None or (due is not None and due <= until)
            ):
                found.append((clock, state))
        found.sort(key=lambda one: (one[0].due_at is None, one[0].due_at or 0, one[0].id))
        _show(found, now, as_json=json)
        if any(state == "missed" for _, state in found):
            stop(FOUND)


@terms.command("met")
def term_is_met(
    clock_id: Annotated[str, typer.Argument(help="The clock's id, or its beginning.")],
    whom: As,
    reason: Reason,
    at: Annotated[str, typer.Option("--at", help="When (RFC 3339); default: now.")] = "",
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Record that another's duty is done: a holder told the coordination centre itself.

    What the centre owes is met by the recipient's receipt, and by nothing else.
    Example: saqshy terms met 3f0a91 --as duty_lead/a.serik --reason "letter 17 of the holder"
    """
    with told_errors():
        settings = read_settings(config)
        with reading(config, store) as stores:
            clock = named([*_clocks(settings, stores, "")], clock_id)
        detail: dict[str, object] = {"incident": clock.incident_id, "clock": clock.id}
        if at:
            detail["at"] = at
        asked = command(MET, whom, reason, detail)
        if problems := list(duty_problems(asked)):
            raise ConfigurationError([Problem("terms", 0, one) for one in problems])
        entry = tell(asked, give(settings, store, asked, wait), as_json=json)
        if not json:
            said = entry.detail
            say(f"met at {said['met_at']}: {said['leg']}, the duty of the {said['duty_of']}")


def named(clocks: list[TermClock], beginning: str) -> TermClock:
    """Give the clock whose id begins so; ends the command where it is not exactly one."""
    fitting = [clock for clock in clocks if clock.id.startswith(beginning)]
    if len(fitting) != 1:
        stop(FOUND, f"{len(fitting)} clocks begin with {beginning!r}; see saqshy terms list")
    return fitting[0]


def answers_of(settings: Settings) -> TermAnswers:
    """Give what the configured registry and pack answer about terms."""
    known = read_knowledge(settings)
    texts = read_texts().beside(pack_words(known.pack))
    return term_answers(known.pack, known.registry, settings.centre, texts, Channels())


def _clocks(settings: Settings, stores: Stores, incident: str) -> Iterator[TermClock]:
    answers, rows = answers_of(settings), TermRows(stores.state)
    for row in rows.watched():
        if row.incident.startswith(incident):
            yield from clocks_held(stores, answers, row)


def _show(found: list[tuple[TermClock, str]], now: int, *, as_json: bool) -> None:
    if as_json:
        for clock, state in found:
            document: Json = as_document(clock)
            emit({**document, "state": state})
        return
    columns = ("clock", "incident", "duty of", "leg", "to", "due", "left", "state", "basis")
    rows = [
        (
            clock.id[:12],
            clock.incident_id[:12],
            clock.duty_of,
            clock.leg,
            f"{clock.recipient.role} {clock.recipient.party_id}".strip(),
            to_the_second(clock.due_at) if clock.due_at is not None else f"({clock.missing})",
            _left(clock, now),
            state,
            clock.basis,
        )
        for clock, state in found
    ]
    show_table(f"{len(found)} clock(s)", columns, rows)


def _left(clock: TermClock, now: int) -> str:
    if clock.due_at is None or clock.over:
        return ""
    seconds = (clock.due_at - now) // NANOSECONDS
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
