"""`saqshy objects list|show|history|diff|check|schema|due`: what the registry says."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, as_document, rfc3339
from pipeline.registry import (
    Duty,
    ObjectRecord,
    Registry,
    duties,
    licence_duties,
    load_registry,
    rows_with,
)
from pipeline.registry.differences import record_differences, registry_differences
from pipeline.registry.history import History
from pipeline.registry.moments import EARLIEST
from pipeline.registry.parties import PARTY_PATHS
from pipeline.registry.placed import nearest
from pipeline.registry.schema import registry_schema
from pipeline.registry.writing import as_yaml, document_of
from pipeline.runtime.cli.objects_change import add_objects, edit_object, import_objects
from pipeline.runtime.cli.objects_export import export_objects
from pipeline.runtime.cli.objects_inventory import inventory
from pipeline.runtime.cli.objects_options import (
    At,
    KnownAt,
    RegistryPath,
    moment,
    registry_paths,
    show_differences,
    span_text,
)
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, USAGE, emit, say, show_table, stop, told_errors

objects = typer.Typer(help="The registry of objects and parties.", no_args_is_help=True)
objects.command("add")(add_objects)
objects.command("edit")(edit_object)
objects.command("import")(import_objects)
objects.command("export")(export_objects)
objects.add_typer(inventory, name="inventory")

_COLUMNS = ("object", "code", "name", "sector", "stage", "infrastructure's holder", "flags")
_SAYS = ("overdue", "met_late", "unknown", "source_missing", "pending", "met")


@objects.command("list")
def list_objects(
    sector: Annotated[str | None, typer.Option("--sector", help="Only of this branch.")] = None,
    party: Annotated[
        str | None, typer.Option("--party", help="Only those that name this party.")
    ] = None,
    flags: Annotated[
        list[str] | None, typer.Option("--flag", help="Only with this flag; repeatable.")
    ] = None,
    at: At = None,
    known_at: KnownAt = None,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """List the objects that are registered at an instant.

    Example: saqshy objects list --flag critical --at 2026-01-01
    """
    with told_errors():
        held = load_registry(registry_paths(registry, config))
        instant, known = moment("--at", at), _known(known_at)
        found = [
            record
            for object_id in held.histories
            if (record := held.object(object_id, instant, known_at=known)) is not None
            and (sector is None or record.branch == sector)
            and (party is None or party in record.named_parties)
            and record.flags(instant).issuperset(flags or ())
        ]
        if json:
            for record in found:
                flagged = sorted(record.flags(instant))
                emit({**document_of(record), "flags": flagged})
            return
        rows = [_row(record, instant) for record in found]
        show_table(f"{len(found)} object(s) at {rfc3339(instant)}", _COLUMNS, rows)


def _known(known_at: str | None) -> int | None:
    return moment("--known-at", known_at) if known_at is not None else None


def _row(record: ObjectRecord, at: int) -> tuple[str, ...]:
    return (
        record.id,
        record.code,
        record.names.within("en") if record.names else "",
        record.branch or "",
        record.stage or "",
        record.party_at("infrastructure.holder") or "",
        " ".join(sorted(flag for flag in record.flags(at) if ":" not in flag)),
    )


def _history(held: Registry, object_id: str) -> History:
    history = held.histories.get(object_id)
    if history is None:
        way_out = nearest(object_id, held.histories)
        raise ConfigurationError(
            [Problem("OBJECT", 0, f"no object is named {object_id!r}", way_out)]
        )
    return history


ObjectId = Annotated[str, typer.Argument(metavar="OBJECT", help="The object's id.")]


@objects.command("show")
def show_object(
    object_id: ObjectId,
    at: At = None,
    known_at: KnownAt = None,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Show an object at an instant: its record, its parties, what stands on it, what it owes.

    Example: saqshy objects show kz-energy-tec --at 2026-01-01 --known-at 2026-02-01
    """
    with told_errors():
        held = load_registry(registry_paths(registry, config))
        instant = moment("--at", at)
        _history(held, object_id)
        record = held.object(object_id, instant, known_at=_known(known_at))
        if record is None:
            stop(FOUND, f"{object_id} is not registered at {rfc3339(instant)}")
        shown: Json = {
            "object": document_of(record),
            "flags": sorted(record.flags(instant)),
            "parties": {
                path: document_of(party)
                for path in PARTY_PATHS
                if (party := held.party(record.party_at(path) or "")) is not None
            },
            "guests": [one.id for one in held.hosted_on(object_id, instant)],
            "duties": [_duty_document(one) for one in _duties(held, record, instant)],
        }
        if json:
            emit(shown)
        else:
            typer.echo(as_yaml(shown, schema=False), nl=False)


@objects.command("history")
def show_history(
    object_id: ObjectId,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Tell every revision of an object: since when it holds, who recorded it, when, and why.

    Example: saqshy objects history kz-energy-tec
    """
    with told_errors():
        held = load_registry(registry_paths(registry, config))
        documents = list(_revisions(_history(held, object_id)))
        if json:
            for document in documents:
                emit(document)
            return
        columns = ("valid from", "valid to", "recorded at", "by", "why", "what differs")
        rows = [
            (
                document["valid_from"],
                document["valid_to"],
                document["recorded_at"],
                document["author"],
                document["reason"],
                "\n".join(
                    f"{one['path']}: {one['before']} -> {one['after']}"
                    for one in document["fields"]
                ),
            )
            for document in documents
        ]
        show_table(f"{len(rows)} revision(s) of {object_id}", columns, rows)


def _revisions(history: History) -> Iterator[Json]:
    """Give each revision in the order of recording, with what it changed at its beginning."""
    for place, record in enumerate(history.revisions):
        one = history.known(record.recorded_at - 1).at(record.valid_from)
        if one is None and place:  # recorded together: the one before it in valid time
            one = history.revisions[place - 1]
        begin, end = span_text(record.valid_from, record.valid_to)
        change = record.change
        yield {
            "valid_from": begin,
            "valid_to": end,
            "withdrawn": record.withdrawn,
            "recorded_at": "" if record.recorded_at == EARLIEST else rfc3339(record.recorded_at),
            "author": change.author if change else "",
            "reason": change.reason if change else "",
            "fields": [
                {"path": f.path, "before": f.before, "after": f.after}
                for f in record_differences(one, record)
            ]
            if place
            else [],
        }


@objects.command("diff")
def diff(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="[OLD] NEW", help="Registries: files or folders; OLD: the settings'."
        ),
    ],
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Tell what a registry says differently from another; exit code 1 where there is anything.

    Example: saqshy objects diff objects.yesterday objects
    """
    with told_errors():
        if len(files) > 2:
            raise ConfigurationError([Problem("diff", 0, "compares two registries")])
        old = (files[0],) if len(files) == 2 else registry_paths(registry, config)
        found = registry_differences(load_registry(old), load_registry([files[-1]]))
        show_differences(found, json=json)
        if found:
            stop(FOUND)


@objects.command("check")
def check_objects(
    registry: RegistryPath = None, config: Config = None, json: AsJson = False
) -> None:
    """Read the registry and tell every error at once, each with file, line and way out.

    Example: saqshy objects check --registry objects
    """
    with told_errors():
        try:
            held = load_registry(registry_paths(registry, config))
        except ConfigurationError as error:
            if not json:
                raise
            for problem in error.problems:
                emit(as_document(problem))
            stop(USAGE)
        hidden = list(_hidden(held))
        for text in hidden:
            say(text)
        counts = {
            "objects": len(held.histories),
            "parties": len(held.parties),
            "revision": held.revision,
            "hidden": hidden,
        }
        if json:
            emit(counts)
        else:
            say(f"{len(held.histories)} objects, {len(held.parties)} parties: {held.revision}")
        if hidden:
            stop(FOUND)


def _hidden(held: Registry) -> Iterator[str]:
    """Give revisions of files that nothing shows any more, since later ones lie over them."""
    for history in held.histories.values():
        shown = set(map(id, history.records))
        for record in history.revisions:
            if id(record) not in shown and not record.withdrawn and record.change is None:
                since = span_text(record.valid_from, record.valid_to)[0] or "ever"
                yield (
                    f"object {record.id!r}: its record since {since} is in force at no time any "
                    "more, recorded changes lie over it: an edit of it in the file has no effect"
                )


@objects.command("schema")
def schema() -> None:
    """Print the JSON Schema of a registry file, for editors.

    Example: saqshy objects schema > objects/objects.schema.json
    """
    document = orjson.dumps(registry_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    typer.echo(document.decode())


@objects.command("due")
def due(
    object_id: Annotated[
        str | None, typer.Argument(metavar="[OBJECT]", help="Only this object's.")
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help=f"Only in this state; repeatable: {', '.join(_SAYS)}."),
    ] = None,
    at: At = None,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """List what has to be done until when; exit code 1 where something is overdue.

    Without OBJECT also the licences of operations centres and response services, by party.
    Where the law sets no term and nobody entered one, the source is told as missing.
    Example: saqshy objects due --state overdue --at 2026-06-01
    """
    with told_errors():
        wrong = [one for one in state or () if one not in _SAYS]
        if wrong:
            problem = Problem("--state", 0, f"no state is named {wrong[0]!r}", ", ".join(_SAYS))
            raise ConfigurationError([problem])
        held = load_registry(registry_paths(registry, config))
        instant = moment("--at", at)
        chosen = held.objects(instant)
        if object_id is not None:
            _history(held, object_id)
            chosen = tuple(record for record in chosen if record.id == object_id)
        found = [(record.id, duty) for record in chosen for duty in _duties(held, record, instant)]
        if object_id is None:
            parties = [*held.parties.values()]
            found += licence_duties(parties, instant, rows_with(held.duty_rows))
        found = [one for one in found if not state or one[1].state in state]
        _tell_duties(found, json=json)
        if any(duty.state == "overdue" for _, duty in found):
            stop(FOUND)


def _duties(held: Registry, record: ObjectRecord, at: int) -> list[Duty]:
    return duties(record, at, rows_with(held.duty_rows), held.is_state)


def _duty_document(duty: Duty) -> Json:
    document: Json = as_document(duty)
    for key in ("counts_from", "due_at", "met_at"):
        at = getattr(duty, key)
        document[key] = rfc3339(at) if at is not None else None
    return document


def _tell_duties(found: Sequence[tuple[str, Duty]], *, json: bool) -> None:
    documents = [{"object": name, **_duty_document(duty)} for name, duty in found]
    if json:
        for document in documents:
            emit(document)
        return
    columns = ("object", "duty", "basis", "set by", "state", "due", "met", "says")
    rows = [
        (
            one["object"], one["id"], one["basis"], one["set_by"], one["state"],
            one["due_at"] or "", one["met_at"] or "", one["missing"] or one["reason"],
        )
        for one in documents
    ]  # fmt: skip
    show_table(f"{len(rows)} duty(ies)", columns, rows)
