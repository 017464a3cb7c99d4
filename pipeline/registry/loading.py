"""Load the registry's files: every problem at once, each with file and line.

A registry is one or more files or folders. A folder's ``*.yml`` files hold ``objects``,
``parties``, ``marks``, ``duties``, ``roster``, ``zone`` and ``change``; ``*.ndjson`` files one
object a line, ``*.csv`` files one object a row; ``changes.ndjson`` is what commands recorded. Order
of files does not matter; a ``zone`` is for the dates of its own file and of files that name none, a
``change`` (author, reason, recorded_at) for the records of its file that have none.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.documents import Document, Place, problems_of
from pipeline.errors import ConfigurationError, Problem
from pipeline.registry.checks import check_registry
from pipeline.registry.duty_rows import DutyRow
from pipeline.registry.history import histories_of
from pipeline.registry.marks import MarkVocabulary
from pipeline.registry.moments import zone_named
from pipeline.registry.parties import Party
from pipeline.registry.placed import Entry, Placed
from pipeline.registry.quick_yaml import quick_document
from pipeline.registry.reading import read_document, registry_files
from pipeline.registry.records import ObjectRecord
from pipeline.registry.registry import Registry, registry_of
from pipeline.registry.roster import Roster

ROOT_KEYS = ("zone", "change", "objects", "parties", "marks", "duties", "roster")
_Record = TypeVar("_Record", bound=BaseModel)


def load_registry(paths: Sequence[Path]) -> Registry:
    """Load a registry from files and folders; ConfigurationError with every problem found."""
    with _collector_paused():
        try:
            return _loaded(paths, (), quick_document)
        except ConfigurationError:
            return _loaded(paths, (), read_document)  # the same, with the line of every key


def load_with(paths: Sequence[Path], more: Sequence[Document]) -> Registry:
    """Load a registry as it would be with more documents beside its files."""
    with _collector_paused():
        return _loaded(paths, more, read_document)


def _loaded(
    paths: Sequence[Path], more: Sequence[Document], read: Callable[[Path], Document]
) -> Registry:
    taking = _Taking()
    documents = [*_documents(paths, read, taking.problems), *more]
    default = next((zone for zone in map(_zone_of, documents) if zone), UTC)
    for document in documents:
        taking.take(document, _zone_of(document) or default)
    placed, problems = taking.placed, taking.problems
    histories = histories_of(entry.record for entry in placed.objects)
    problems += check_registry(placed, histories)
    if problems:
        told = sorted(set(problems), key=lambda item: (item.file, item.line, item.message))
        raise ConfigurationError(told)
    return registry_of(
        histories,
        [entry.record for entry in placed.parties],
        placed.marks[0].record if placed.marks else None,
        [entry.record for entry in placed.duties],
        placed.rosters[0].record if placed.rosters else None,
    )


def entries_of(documents: Sequence[Document]) -> Placed:
    """Take the records of documents by their form alone; ConfigurationError with every problem."""
    taking = _Taking()
    default = next((zone for zone in map(_zone_of, documents) if zone), UTC)
    for document in documents:
        taking.take(document, _zone_of(document) or default)
    if taking.problems:
        raise ConfigurationError(taking.problems)
    return taking.placed


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Make many objects without the cycle collector: a third of the time goes with it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _documents(
    paths: Sequence[Path], read: Callable[[Path], Document], problems: list[Problem]
) -> Iterator[Document]:
    for file in registry_files(paths, problems):
        try:
            yield read(file)
        except ConfigurationError as error:
            problems += error.problems


def _zone_of(document: Document) -> tzinfo | None:
    name = document.data.get("zone") if isinstance(document.data, dict) else None
    return _named(name) if isinstance(name, str) else None


def _named(name: str) -> tzinfo | None:
    try:
        return zone_named(name)
    except ValueError:
        return None


@dataclass(slots=True)
class _Taking:
    """Takes the records out of documents."""

    placed: Placed = field(default_factory=Placed)
    problems: list[Problem] = field(default_factory=list)

    def take(self, document: Document, zone: tzinfo) -> None:
        """Take everything of one document; ``zone`` is for its dates."""
        data = document.data
        if data is None:
            return
        if not isinstance(data, dict):
            message = "is no registry file: a mapping with objects, parties or marks is expected"
            self.problems.append(document.problem((), message))
            return
        for key in data:
            if key not in ROOT_KEYS:
                known = f"known here: {', '.join(ROOT_KEYS)}"
                self.problems.append(document.problem((str(key),), f"{key}: unknown key", known))
        if data.get("zone") is not None and _zone_of(document) is None:
            message = f"no zone is named {data['zone']!r}"
            self.problems.append(document.problem(("zone",), message))
        context = {"zone": zone}
        placed, change = self.placed, data.get("change")
        objects = self._open(document, _items(document, "objects", self.problems))
        placed.objects += self._entries(ObjectRecord, objects, document, context, change)
        parties = _items(document, "parties", self.problems)
        placed.parties += self._entries(Party, parties, document, context, change)
        rows = _items(document, "duties", self.problems)
        placed.duties += self._entries(DutyRow, rows, document, context)
        if "marks" in data:
            found = self._record(MarkVocabulary, ("marks",), data["marks"], document, context)
            if found is not None:
                placed.marks.append(Entry(found, document, ("marks",)))
        if data.get("roster") is not None:
            self._roster(data["roster"], document, zone)

    def _roster(self, roster: Any, document: Document, zone: tzinfo) -> None:
        if isinstance(roster, dict):  # its turns change by the clock in which its times are written
            roster = {"zone": str(zone).removeprefix("UTC") or "UTC", **roster}
            zone = _named(str(roster["zone"])) or zone
        found = self._record(Roster, ("roster",), roster, document, {"zone": zone})
        if found is not None:
            self.placed.rosters.append(Entry(found, document, ("roster",)))

    def _open(
        self, document: Document, items: Iterator[tuple[Place, Any]]
    ) -> Iterator[tuple[Place, Any]]:
        """Leave out records that may not be here, and repeat nothing of them (14(19))."""
        for place, item in items:
            if not _secret(item):
                yield place, item
                continue
            self.placed.secret.add(str(item.get("id")))
            message = "this registry holds no objects with state secrets"
            way_out = (
                "remove the record and tell the owner's regime unit (State Secrets Law 14(19))"
            )
            where = (*place, "restriction")
            self.problems.append(document.problem(where, message, way_out))

    def _entries(
        self,
        model: type[_Record],
        items: Iterator[tuple[Place, Any]],
        document: Document,
        context: dict[str, Any],
        change: Any = None,
    ) -> Iterator[Entry[_Record]]:
        for place, item in items:
            if change is not None and isinstance(item, dict) and "change" not in item:
                item = {**item, "change": change}  # noqa: PLW2901 (the file's own for all)
            found = self._record(model, place, item, document, context)
            if found is not None:
                yield Entry(found, document, place)

    def _record(
        self,
        model: type[_Record],
        place: Place,
        data: Any,
        document: Document,
        context: dict[str, Any],
    ) -> _Record | None:
        try:
            return model.model_validate(data, context=context)
        except ValidationError as error:
            self.problems += problems_of(error, document, model, place)
            return None


def _items(document: Document, key: str, problems: list[Problem]) -> Iterator[tuple[Place, Any]]:
    items = document.data.get(key) or []
    if not isinstance(items, list):
        problems.append(document.problem((key,), f"{key}: is not a list"))
        return
    for index, item in enumerate(items):
        yield (key, index), item


def _secret(item: Any) -> bool:
    """Tell whether a record says that it holds state secrets, however it spells it."""
    said = item.get("restriction") if isinstance(item, dict) else None
    if not isinstance(said, str):
        return False
    return "".join(char for char in said.casefold() if char.isalpha()) == "statesecret"
