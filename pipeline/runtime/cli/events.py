"""`saqshy events list|show`: kept events under a caller's role; every read is recorded first."""

import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline.assess import load_pack
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, instant
from pipeline.model.conditions import EVERYTHING
from pipeline.ports.searching import Kind
from pipeline.registry import load_registry
from pipeline.runtime.cli.commanding import As
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import FOUND, emit, show_table, stop, told_errors
from pipeline.runtime.cli.querying import QueryText, meant
from pipeline.runtime.cli.reads import note_read
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.event_reads import MOST_SHOWN, EventReader, Query
from pipeline.runtime.reading import in_cluster, reading

events = typer.Typer(
    help="Kept events, under a role; every read is recorded.", no_args_is_help=True
)
Basis = Annotated[str, typer.Option("--basis", help="On which ground; kept in the audit trail.")]
_SHOWN = ("event.dataset", "event.code", "event.action", "event.outcome", "source.ip", "host.name")


@events.command("list")
def list_events(
    whom: As,
    basis: Basis,
    config: Config = None,
    store: Store = None,
    object_id: Annotated[str | None, typer.Option("--object", help="Of one object.")] = None,
    begin: Annotated[
        str, typer.Option("--from", help="From this time on, RFC 3339.")
    ] = "1970-01-01T00:00:00Z",
    end: Annotated[
        str, typer.Option("--until", help="Before this time, RFC 3339.")
    ] = "2262-01-01T00:00:00Z",
    query: QueryText = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST_SHOWN)] = 100,
    json: AsJson = False,
) -> None:
    """List events that a role may read, oldest first; of others nothing is said.

    The read is recorded with role, author, basis and query before anything is shown. A query is
    asked of what the role is shown: a field that is not shown finds nothing.
    Example: saqshy events list --as ncc/a.serik --basis "request 12" --object kz-egov-portal
    """
    with told_errors():
        where = meant(query, Kind.EVENTS) if query else EVERYTHING
        asked = Query(_time("--from", begin), _time("--until", end), object_id, limit, where)
        of = f"{object_id or 'all'} from {begin} until {end}, {limit} at most"
        reader = _reader(config, store, whom, basis, of, query or "")
        with reading(config, store) as stores:
            found = reader.list(stores.events, asked)
        if json:
            for one in found:
                emit(one)
            return
        columns = ("event", "at", "object", "source", *_SHOWN)
        show_table(f"{len(found)} event(s)", columns, [_row(one) for one in found])


@events.command("show")
def show_event(
    event_id: Annotated[str, typer.Argument(help="The event's id.")],
    whom: As,
    basis: Basis,
    config: Config = None,
    store: Store = None,
) -> None:
    """Show one event as JSON; ends with 1 where there is none for this role.

    Example: saqshy events show 3f0a…-7 --as duty_lead/a.serik --basis "incident 12"
    """
    with told_errors():
        reader = _reader(config, store, whom, basis, event_id)
        with reading(config, store) as stores:
            found = reader.show(stores.events, event_id)
        if found is None:
            stop(FOUND, "no such event")
        emit(found)


def _reader(
    config: Path | None, store: Path | None, whom: str, basis: str, of: str, query: str = ""
) -> EventReader:
    """Record the read, durably, and give what may read; ConfigurationError where it may not be."""
    settings = read_settings(config)
    pack = load_pack(settings.law.pack, settings.law.overlay)
    registry = load_registry(settings.registry)
    path = store or settings.store.path
    if not in_cluster(settings, store) and not path.exists():
        raise ConfigurationError([Problem(str(path), 0, "there is no store", "saqshy run")])
    note_read(config, store, whom, basis, what="events", of=of, query=query)
    return EventReader(pack, registry, whom.partition("/")[0], time.time_ns())


def _time(option: str, text: str) -> int:
    try:
        return instant(text)
    except ValueError as error:
        problem = Problem(option, 0, f"{text!r} is no RFC 3339 time", "2026-01-31T00:00:00Z")
        raise ConfigurationError([problem]) from error


def _row(one: Json) -> tuple[str, ...]:
    fields = one["fields"]
    told = [str(fields.get(name, "")) for name in _SHOWN]
    return (one["id"], one["@timestamp"], one["object"], one["source"], *told)
