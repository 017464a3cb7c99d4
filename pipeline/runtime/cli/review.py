"""`saqshy review list|accept`: what waits for a person, and that somebody has looked at it."""

import time
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, as_document, rfc3339
from pipeline.ports import Stores
from pipeline.registry import Registry, Standing, load_registry, standing
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
from pipeline.runtime.reading import one_machine, reading
from pipeline.runtime.reviewing import (
    ACCEPT,
    BASIS,
    Uncounted,
    Waiting,
    heard,
    queue,
    review_problems,
)

HOUR = 3600 * NANOSECONDS
NEVER = "never-heard"
CANDIDATES = "candidates: saqshy incidents list --candidates; what is new is in the workers' state"
review = typer.Typer(help="What waits for a person to look at it.", no_args_is_help=True)


@review.command("list")
def list_waiting(
    object_id: Annotated[str, typer.Option("--object", help="Only of this object.")] = "",
    what: Annotated[
        str,
        typer.Option("--what", help="Only novel, unparsed, drop, candidate or never-heard."),
    ] = "",
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """List new kinds of events, what no parser takes, drops, candidates, sources never heard.

    A kind of events that is new for its object is an event under the law (1(30)). Look at it with
    `saqshy incidents` or in the events of its batch; then accept it, or make a report of it.
    Example: saqshy review list --object kz-bank
    """
    with told_errors(), reading(config, store) as stores:
        now, settings = time.time_ns(), read_settings(config)
        one_machine(settings, store, "review", CANDIDATES)
        registry = load_registry(settings.registry)
        found: list[Waiting | Uncounted] = [*queue(stores), *_never_heard(stores, registry, now)]
        found = [
            one for one in found if object_id in ("", one.object_id) and what in ("", _what(one))
        ]
        lines = sorted(
            (one for one in found if isinstance(one, Waiting)),
            key=lambda one: (one.since, one.object_id, one.name),
        )
        rest = [one for one in found if isinstance(one, Uncounted)]
        if json:
            for line in lines:
                emit(_document(line, now))
            for more in rest:
                emit(_document(more, now))
            return
        columns = ("line", "object", "source", "what", "is", "since", "hours", "events")
        show_table(f"{len(lines)} line(s) wait", columns, [_row(one, now) for one in lines])
        for more in rest:
            day = to_the_second(more.day)[:10]
            say(
                f"{more.object_id}: {more.events} events of further kinds on {day}, not told singly"
            )
        if lines:
            say("looked at: saqshy review accept LINE --as ROLE/you --reason ...")
            say("something happened: saqshy report --object OBJECT --what ... --as ROLE/you")


def _what(one: Waiting | Uncounted) -> str:
    return one.what if isinstance(one, Waiting) else "novel"


@review.command("accept")
def accept_lines(
    names: Annotated[list[str], typer.Argument(help="Lines of one object, or their beginnings.")],
    whom: As,
    reason: Reason,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Accept lines of the queue: known from now on, with your name and reason in the audit trail.

    A drop's source is learned anew. What no parser takes is told again after a while.
    Example: saqshy review accept 3f0a91 --as analyst/a.serik --reason "the new release of order 12"
    """
    with told_errors():
        settings = read_settings(config)
        one_machine(settings, store, "review", CANDIDATES)
        with reading(config, store) as stores:
            chosen = _chosen([one for one in queue(stores) if isinstance(one, Waiting)], names)
        detail: dict[str, object] = {
            "object_id": chosen[0].object_id,
            "items": [one.name for one in chosen],
        }
        asked = command(ACCEPT, whom, reason, detail)
        if problems := review_problems(asked):
            raise ConfigurationError([Problem("review", 0, one) for one in problems])
        entry = tell(asked, give(settings, store, asked, wait), as_json=json)
        if not json:
            say(f"{len(chosen)} line(s) of {entry.subject} are accepted")


def _chosen(lines: Sequence[Waiting], names: Sequence[str]) -> list[Waiting]:
    chosen = []
    for name in names:
        fitting = [one for one in lines if one.name.startswith(name)]
        if len(fitting) != 1:
            stop(FOUND, f"{len(fitting)} lines begin with {name!r}; see saqshy review list")
        if fitting[0].what == "candidate":
            ways = f"saqshy incidents show {name} --why, then saqshy incidents decide {name}"
            stop(FOUND, f"{name} is a candidate: {ways}")
        chosen += fitting
    if len({one.object_id for one in chosen}) != 1:
        stop(FOUND, "the lines are of several objects; accept those of each by themselves")
    return chosen


def _never_heard(stores: Stores, registry: Registry, now: int) -> Iterator[Waiting]:
    """Give the registered sources of watched objects that never sent anything."""
    for object_id in registry.histories:
        record = registry.object(object_id, now)
        if record is None or standing(record, now) is not Standing.OPEN or not record.sources:
            continue
        known = heard(stores, object_id)
        for source in record.sources:
            if source.id not in known:
                since = max(0, record.valid_from)
                yield Waiting(NEVER, "-", object_id, source.id, source.format, since, since, 0)


def _document(one: Waiting | Uncounted, now: int) -> dict[str, object]:
    if isinstance(one, Uncounted):
        return {
            "what": "not-told",
            "object_id": one.object_id,
            "day": to_the_second(one.day)[:10],
            "events": one.events,
        }
    document = as_document(one)
    document.pop("text")
    document |= {"is": one.text, "since": rfc3339(one.since), "last_at": rfc3339(one.last_at)}
    if one.what in ("novel", "unparsed"):
        document |= {"event_basis": "previously_unknown", "basis": BASIS}
    return {**document, "waiting_seconds": max(0, now - one.since) // NANOSECONDS}


def _row(one: Waiting, now: int) -> tuple[str, ...]:
    return (
        one.name[:12],
        one.object_id,
        one.source_id,
        one.what,
        one.text,
        to_the_second(one.since) if one.since else "-",
        str((now - one.since) // HOUR) if one.since else "-",
        str(one.count) if one.count else "-",
    )
