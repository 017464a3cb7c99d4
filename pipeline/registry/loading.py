"""Load the registry's files: every problem at once, each with file and line.

A registry is one or more files or folders. A folder's ``*.yml`` files hold ``objects``,
``parties``, ``marks`` and ``zone``; its ``*.ndjson`` files, for large registries, one object a
line. Order of files does not matter; a ``zone`` is for the dates of its own file and of files
that name none.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from pipeline.documents import MOST_BYTES, Document, Place, problems_of, read_yaml
from pipeline.errors import ConfigurationError, Problem
from pipeline.registry.checks import Placed, check_registry
from pipeline.registry.marks import MarkVocabulary
from pipeline.registry.moments import zone_named
from pipeline.registry.records import ObjectRecord, Party
from pipeline.registry.registry import Registry, make_registry

_ROOT_KEYS = ("zone", "objects", "parties", "marks")
_Record = TypeVar("_Record", bound=BaseModel)


def load_registry(paths: Sequence[Path]) -> Registry:
    """Load a registry from files and folders; ConfigurationError with every problem found."""
    placed, problems = Placed(), list[Problem]()
    documents = []
    for file in _files(paths, problems):
        try:
            documents += list(_read(file))
        except ConfigurationError as error:
            problems += error.problems
    default = next((zone for zone in map(_zone_of, documents) if zone), UTC)
    for document in documents:
        _take(document, _zone_of(document) or default, placed, problems)
    problems += check_registry(placed)
    if problems:
        raise ConfigurationError(sorted(problems, key=lambda item: (item.file, item.line)))
    marks = placed.marks[0].record if placed.marks else None
    return make_registry(
        [entry.record for entry in placed.objects],
        [entry.record for entry in placed.parties],
        marks,
    )


def _files(paths: Iterable[Path], problems: list[Problem]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(
                file for file in path.iterdir() if file.suffix in {".yml", ".yaml", ".ndjson"}
            )
            if not found:
                message = "holds no *.yml and no *.ndjson file"
                problems.append(Problem(str(path), 0, message, "run saqshy init for an example"))
            yield from found
        else:
            yield path


def _read(file: Path) -> Iterator[Document]:
    if file.suffix != ".ndjson":
        yield read_yaml(file)
        return
    try:
        if file.stat().st_size > MOST_BYTES * 4:
            raise ConfigurationError([Problem(str(file), 0, "is larger than 256 MiB", "split it")])
        lines = file.read_bytes().splitlines()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError([Problem(str(file), 0, f"cannot be read: {reason}")]) from error
    objects: list[Any] = []
    places: dict[Place, int] = {}
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                objects.append(orjson.loads(line))
                places["objects", len(objects) - 1] = number
            except orjson.JSONDecodeError as error:
                problems.append(Problem(str(file), number, f"is not JSON: {error.msg}"))
    if problems:
        raise ConfigurationError(problems)
    yield Document(str(file), {"objects": objects}, places)


def _zone_of(document: Document) -> tzinfo | None:
    name = document.data.get("zone") if isinstance(document.data, dict) else None
    try:
        return zone_named(name) if isinstance(name, str) else None
    except ValueError:
        return None


def _take(document: Document, zone: tzinfo, placed: Placed, problems: list[Problem]) -> None:
    if document.data is None:
        return
    if not isinstance(document.data, dict):
        message = "is no registry file: a mapping with objects, parties or marks is expected"
        problems.append(document.problem((), message))
        return
    for key in document.data:
        if key not in _ROOT_KEYS:
            known = f"known here: {', '.join(_ROOT_KEYS)}"
            problems.append(document.problem((str(key),), f"{key}: unknown key", known))
    name = document.data.get("zone")
    if name is not None and _zone_of(document) is None:
        problems.append(document.problem(("zone",), f"no zone is named {name!r}"))
    context = {"zone": zone}
    placed.add_objects(_records(ObjectRecord, "objects", document, context, problems))
    placed.add_parties(_records(Party, "parties", document, context, problems))
    if "marks" in document.data:
        found = _record(MarkVocabulary, ("marks",), document.data["marks"], document, context)
        if isinstance(found, list):
            problems += found
        else:
            placed.add_marks(document, found)


def _records(
    model: type[_Record],
    key: str,
    document: Document,
    context: dict[str, Any],
    problems: list[Problem],
) -> Iterator[tuple[Document, int, _Record]]:
    items = document.data.get(key) or []
    if not isinstance(items, list):
        problems.append(document.problem((key,), f"{key}: is not a list"))
        return
    for index, item in enumerate(items):
        found = _record(model, (key, index), item, document, context)
        if isinstance(found, list):
            problems += found
        else:
            yield document, index, found


def _record(
    model: type[_Record],
    place: Place,
    data: Any,
    document: Document,
    context: dict[str, Any],
) -> _Record | list[Problem]:
    try:
        return model.model_validate(data, context=context)
    except ValidationError as error:
        return problems_of(error, document, model, place)
