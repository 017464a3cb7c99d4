"""`saqshy objects add|edit|import`: changes with author and reason, shown before they hold."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from pipeline.documents import Document
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, rfc3339
from pipeline.registry import ObjectRecord, Registry, load_registry
from pipeline.registry.flat import listed, numbered, put, value_of
from pipeline.registry.history import Piece
from pipeline.registry.loading import entries_of
from pipeline.registry.moments import LATEST
from pipeline.registry.placed import nearest
from pipeline.registry.planning import pieces_between, plan_amendment, plan_import
from pipeline.registry.reading import read_document, registry_files
from pipeline.registry.writing import document_of
from pipeline.runtime.cli.objects_options import (
    RegistryPath,
    Since,
    Whom,
    Why,
    Yes,
    apply_plan,
    moment,
    registry_paths,
    word,
)
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import told_errors

Sets = Annotated[
    list[str] | None,
    typer.Option("--set", help="PATH=VALUE, e.g. lifecycle.stage=trial; repeatable."),
]
Unsets = Annotated[list[str] | None, typer.Option("--unset", help="A path to forget; repeatable.")]


def import_objects(
    files: Annotated[list[Path], typer.Argument(help="YAML, NDJSON or CSV files, or folders.")],
    whom: Whom,
    reason: Why,
    since: Since = None,
    yes: Yes = False,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Bring the registry to say what files say: shows the difference, asks, records one change.

    What the files do not name stays as it is; a record without valid_from holds from --from on.
    Example: saqshy objects import tables/objects.csv --as administrator/a.serik
    --reason "inventory of March, order 12"
    """
    with told_errors():
        said = word(whom, reason)
        paths = registry_paths(registry, config)
        old = load_registry(paths)
        problems: list[Problem] = []
        documents = [read_document(file) for file in registry_files(files, problems)]
        if problems:
            raise ConfigurationError(problems)
        plan = plan_import(old, entries_of(documents), moment("--from", since))
        apply_plan(paths, old, plan, said, yes=yes, json=json)


def add_objects(
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="The new object's id.")],
    whom: Whom,
    reason: Why,
    sets: Sets = None,
    since: Since = None,
    yes: Yes = False,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Register a new object with what --set says of it; many at once by `objects import`.

    Example: saqshy objects add kz-pump --set names.kk=Сорғы --set names.ru=Насос
    --set sector=water_supply --as administrator/a.serik --reason "order 7"
    """
    with told_errors():
        said = word(whom, reason)
        paths = registry_paths(registry, config)
        old = load_registry(paths)
        if object_id in old.histories:
            problem = Problem("OBJECT", 0, f"{object_id!r} is registered", "use objects edit")
            raise ConfigurationError([problem])
        begun = {"id": object_id, "valid_from": rfc3339(moment("--from", since))}
        document = _amended(begun, sets or (), ())
        placed = entries_of([Document("--set", {"objects": [document]}, {})])
        apply_plan(paths, old, plan_import(old, placed, 0), said, yes=yes, json=json)


def edit_object(
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="The object's id.")],
    whom: Whom,
    reason: Why,
    sets: Sets = None,
    unsets: Unsets = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="From then on the object is not registered.")
    ] = False,
    since: Since = None,
    until: Annotated[
        str | None,
        typer.Option("--to", help="Until when; default: until the next revision begins."),
    ] = None,
    yes: Yes = False,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Record what else holds of an object, also for a past span: shown first, kept beside the old.

    With --to every revision in the span is amended, without it the one in force at --from.
    Example: saqshy objects edit kz-bank --set reach=region --from 2026-01-01
    --as administrator/a.serik --reason "letter 15 of 2 March"
    """
    with told_errors():
        said = word(whom, reason)
        paths = registry_paths(registry, config)
        old = load_registry(paths)
        begin = moment("--from", since)
        end = moment("--to", until) if until is not None else None
        if not (sets or unsets or withdraw):
            raise ConfigurationError([Problem("edit", 0, "says nothing", "give --set or --unset")])
        pieces = list(_pieces(old, object_id, begin, end))
        change = (sets or (), unsets or ())
        amended = [(piece, _document(piece, change, withdraw=withdraw)) for piece in pieces]
        plan = plan_amendment(old, object_id, amended)
        entries_of([Document("--set", {"objects": [one for one, _ in plan.objects]}, {})])
        apply_plan(paths, old, plan, said, yes=yes, json=json)


def _pieces(old: Registry, object_id: str, begin: int, end: int | None) -> Iterator[Piece]:
    history = old.histories.get(object_id)
    if history is None:
        way_out = nearest(object_id, old.histories)
        problem = Problem("OBJECT", 0, f"no object is named {object_id!r}", way_out)
        raise ConfigurationError([problem])
    found = list(pieces_between(history, begin, end if end is not None else LATEST))
    if not found or (end is None and found[0][0] != begin):
        message = f"{object_id!r} is not registered at {rfc3339(begin)}"
        raise ConfigurationError([Problem("--from", 0, message, "choose a later --from")])
    yield from found if end is not None else found[:1]


def _document(piece: Piece, change: tuple[Sequence[str], Sequence[str]], *, withdraw: bool) -> Json:
    record: ObjectRecord = piece[2]
    if withdraw:
        return {"id": record.id, "withdrawn": True}
    return _amended(document_of(record), *change)


def _amended(document: Json, sets: Sequence[str], unsets: Sequence[str]) -> Json:
    """Set and forget paths of a document; ConfigurationError with every option that is wrong."""
    flat: Json = numbered(document)
    problems = [
        Problem("--unset", 0, f"nothing stands at {path!r}")
        for path in unsets
        if not _forgotten(flat, path.split("."))
    ]
    for text in sets:
        path, equals, value = text.partition("=")
        if not (path and equals):
            problems.append(Problem("--set", 0, f"{text!r} is no PATH=VALUE"))
            continue
        try:
            put(flat, path, _value(path, value))
        except ValueError as error:
            problems.append(Problem("--set", 0, str(error)))
    if problems:
        raise ConfigurationError(problems)
    made: Json = listed(flat)
    return made


def _value(path: str, text: str) -> Any:
    """Read a value: `[…]` and `{…}` as YAML, else as a cell of a table."""
    if text[:1] not in {"[", "{"}:
        return value_of(ObjectRecord, path, text)
    try:
        return numbered(yaml.load(text, yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: {text!r} is not YAML") from error


def _forgotten(document: Json, path: Sequence[str]) -> bool:
    *parts, last = path
    here: Any = document
    for part in parts:
        here = here.get(part) if isinstance(here, dict) else None
    return isinstance(here, dict) and here.pop(last, None) is not None
