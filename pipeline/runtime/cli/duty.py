"""`saqshy duty show|hand-over|ack`: who is on duty, who takes over, who has taken note."""

import time
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, instant, rfc3339
from pipeline.notify.duty import Taken, awaited, overdue
from pipeline.registry import LEVELS, Roster, load_registry
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
from pipeline.runtime.duty_commands import ACK, TAKE, duty_problems
from pipeline.runtime.reading import reading
from pipeline.runtime.term_rows import TermRows

ENDLESS = 1 << 61
duty = typer.Typer(help="The duty roster, and what pages it.", no_args_is_help=True)


@duty.command("show")
def show_duty(
    at: Annotated[str, typer.Option("--at", help="RFC 3339; default: now.")] = "",
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Show who is on duty on each level, until when, how reached, and whether they took over.

    Ends with 1 where nobody is on duty on a level, or a turn was not taken over.
    Example: saqshy duty show --at 2026-12-31T23:00:00+05:00
    """
    with told_errors():
        now = instant(at) if at else time.time_ns()
        roster = load_registry(read_settings(config).registry).roster
        if roster is None:
            stop(FOUND, "the registry has no roster: see rules/objects/roster.yml for an example")
        with reading(config, store) as stores:
            kept = TermRows(stores.state)
            rows = [_level(roster, level, now, kept.taken(level)) for level in LEVELS]
        if json:
            for row in rows:
                emit(row)
        else:
            columns = ("level", "person", "name", "until", "channels", "taken over")
            show_table(f"on duty at {to_the_second(now)}", columns, [_cells(row) for row in rows])
        if any(row["overdue"] or not row["person"] for row in rows):
            stop(FOUND)


def _level(roster: Roster, level: str, now: int, taken: Taken | None) -> Json:
    found = roster.on_duty(level, now)
    return {
        "level": level,
        "person": found.person.id if found else "",
        "name": found.person.name if found else "",
        "begins": rfc3339(found.begins) if found else "",
        "ends": rfc3339(found.ends) if found and found.ends < ENDLESS else "",
        "channels": [one.channel for one in found.person.channels] if found else [],
        "taken_by": taken.person if taken else "",
        "taken_at": rfc3339(taken.at) if taken else "",
        "overdue": overdue(roster, level, now, taken) is not None,
    }


def _cells(row: Json) -> tuple[str, ...]:
    return (
        row["level"],
        row["person"] or "nobody",
        row["name"],
        row["ends"],
        ", ".join(row["channels"]),
        f"{row['taken_by']} {row['taken_at']}".strip() or "-",
    )


@duty.command("hand-over")
def hand_over(
    level: Annotated[str, typer.Argument(help="duty_officer, duty_lead or head_of_centre.")],
    whom: As,
    reason: Reason,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Take over the duty of a level: given by the person who takes over, whose turn it is.

    From then on pages go to that person alone; until then to the one before as well.
    Example: saqshy duty hand-over duty_officer --as duty_officer/b.olga --reason "evening turn"
    """
    with told_errors():
        settings = read_settings(config)
        roster = load_registry(settings.registry).roster
        asked = command(TAKE, whom, reason, {"level": level})
        if problems := list(duty_problems(asked)):
            raise ConfigurationError([Problem("duty", 0, one) for one in problems])
        turn = awaited(roster, level, asked.given_at) if roster is not None else None
        if turn is None or turn.person.id != asked.author:
            whose = turn.person.id if turn is not None else "nobody"
            stop(FOUND, f"the turn is {whose}'s: see saqshy duty show")
        entry = tell(asked, give(settings, store, asked, wait), as_json=json)
        if not json:
            before = entry.detail.get("from")
            say(f"{asked.author} has the duty of {level}" + (f", from {before}" if before else ""))


@duty.command("ack")
def acknowledge(
    incident: Annotated[str, typer.Argument(help="The incident's id, or its beginning.")],
    whom: As,
    reason: Reason,
    clock: Annotated[str, typer.Option("--clock", help="One clock's id; default: all.")] = "",
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Take note of an incident's reminders: the next levels of the roster are not paged any more.

    The terms run on. Example: saqshy duty ack 3f0a91 --as duty_officer/a.serik --reason "I call"
    """
    with told_errors():
        settings = read_settings(config)
        with reading(config, store) as stores:
            rows = TermRows(stores.state).watched()
            fitting = [row.incident for row in rows if row.incident.startswith(incident)]
        if len(fitting) != 1:
            stop(FOUND, f"{len(fitting)} incidents with open clocks begin with {incident!r}")
        asked = command(ACK, whom, reason, {"incident": fitting[0], "clock": clock})
        if problems := list(duty_problems(asked)):
            raise ConfigurationError([Problem("duty", 0, one) for one in problems])
        entry = tell(asked, give(settings, store, asked, wait), as_json=json)
        if not json:
            say(f"{entry.actor} has taken note of {entry.subject}")
