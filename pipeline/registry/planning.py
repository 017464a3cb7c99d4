"""What would have to be recorded so that the registry says what a file says.

Nothing is applied here: the outcome is documents of revisions, ready for the change log, and the
registry as it would be, which has passed every check.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.documents import Document, Place
from pipeline.model import Json, rfc3339
from pipeline.registry.change_log import Recorded
from pipeline.registry.changed_spans import same_facts, same_party
from pipeline.registry.differences import Changed, registry_differences
from pipeline.registry.history import History, Piece, pieces_of
from pipeline.registry.loading import load_with
from pipeline.registry.moments import EARLIEST, LATEST
from pipeline.registry.placed import Entry, Placed
from pipeline.registry.records import ObjectRecord
from pipeline.registry.registry import Registry
from pipeline.registry.writing import document_of

_Line = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """Revisions to record, each with the file and line from which it comes; ``same`` need none."""

    objects: tuple[tuple[Json, _Line], ...] = ()
    parties: tuple[tuple[Json, _Line], ...] = ()
    same: int = 0

    @property
    def empty(self) -> bool:
        """Tell whether nothing is to be recorded."""
        return not self.objects and not self.parties


def plan_import(registry: Registry, placed: Placed, since: int) -> Plan:
    """Plan what brings the registry to say what records of files say.

    A single record of an object without ``valid_from`` holds since ``since`` (nanoseconds); several
    of one id are its history as they stand. A record without ``valid_to`` is compared until the
    next revision that the registry knows.
    """
    by_id: dict[str, list[Entry[ObjectRecord]]] = {}
    for entry in placed.objects:
        by_id.setdefault(entry.record.id, []).append(entry)
    objects: list[tuple[Json, _Line]] = []
    same = 0
    for object_id in sorted(by_id):
        entries = by_id[object_id]
        lines = {id(entry.record): entry.line for entry in entries}
        alone = len(entries) == 1 and entries[0].record.valid_from == EARLIEST
        history = registry.histories.get(object_id)
        needed = 0
        for begin, end, record in pieces_of(entry.record for entry in entries):
            start = since if alone else begin
            if start < end and _differs(history, (start, end, record)):
                objects.append((_statement(record, start, end), lines[id(record)]))
                needed += 1
        same += not needed
    parties = [
        (_bare(document_of(entry.record)), entry.line)
        for entry in placed.parties
        if not same_party(registry.parties.get(entry.record.id), entry.record)
    ]
    same += len(placed.parties) - len(parties)
    return Plan(tuple(objects), tuple(parties), same)


def _differs(history: History | None, piece: Piece) -> bool:
    """Tell whether a history says anything else in a span."""
    begin, end, record = piece
    told = None if record.withdrawn else record
    if history is None:
        return told is not None
    edges = {*history.begins, *history.ends}
    if end == LATEST:
        end = min((edge for edge in history.begins if edge > begin), default=LATEST)
    inside = [begin, *sorted(edge for edge in edges if begin < edge < end)]
    return any(not same_facts(history.at(edge), told) for edge in inside)


def _statement(record: ObjectRecord, begin: int, end: int) -> Json:
    document = _bare(document_of(record))
    document.pop("valid_from", None)
    document.pop("valid_to", None)
    span = {"valid_from": rfc3339(begin)} if begin != EARLIEST else {}
    if end != LATEST:
        span["valid_to"] = rfc3339(end)
    return {"id": document.pop("id"), **span, **document}


def _bare(document: Json) -> Json:
    return {key: value for key, value in document.items() if key != "change"}


def plan_amendment(
    registry: Registry, object_id: str, amended: Iterable[tuple[Piece, Json]]
) -> Plan:
    """Plan new revisions for spans of one object; each comes with its new document."""
    history = registry.histories.get(object_id)
    statements = []
    for (begin, end, _), document in amended:
        body = {k: v for k, v in _bare(document).items() if k not in {"valid_from", "valid_to"}}
        span = {"valid_from": rfc3339(begin)} if begin != EARLIEST else {}
        known_next = history is not None and any(edge == end for edge in history.begins)
        if end != LATEST and not known_next:
            span["valid_to"] = rfc3339(end)
        statements.append(({"id": object_id, **span, **body}, ("the change", 0)))
    return Plan(tuple(statements))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a plan would bring: the registry as it would be, and what would be different."""

    registry: Registry
    differences: tuple[Changed, ...]


def preview(paths: Sequence[Path], old: Registry, plan: Plan, word: Recorded) -> Preview:
    """Load the registry as it would be; ConfigurationError with every problem at its line.

    ``word`` gives author, reason and time; its records are not used.
    """
    change = {
        "author": word.author,
        "reason": word.reason,
        "recorded_at": rfc3339(word.recorded_at),
    }
    documents = [
        _proposed(key, rows, change)
        for key, statements in (("objects", plan.objects), ("parties", plan.parties))
        for rows in _by_file(statements).items()
    ]
    new = load_with(paths, documents)
    return Preview(new, tuple(registry_differences(old, new)))


def _by_file(
    statements: Iterable[tuple[Json, _Line]],
) -> dict[str, list[tuple[Json, int]]]:
    found: dict[str, list[tuple[Json, int]]] = {}
    for document, (file, line) in statements:
        found.setdefault(file, []).append((document, line))
    return found


def _proposed(
    key: str, rows: tuple[str, list[tuple[Json, int]]], change: Mapping[str, str]
) -> Document:
    file, statements = rows
    lines: dict[Place, int] = {(key, place): line for place, (_, line) in enumerate(statements)}
    return Document(file, {key: [one for one, _ in statements], "change": dict(change)}, lines)


def recorded(plan: Plan, word: Recorded) -> Recorded:
    """Give the change that records a plan."""
    return replace(
        word,
        objects=[document for document, _ in plan.objects],
        parties=[document for document, _ in plan.parties],
    )


def pieces_between(history: History, begin: int, end: int) -> Iterator[Piece]:
    """Give the parts of a history's spans that lie between two instants."""
    for their_begin, their_end, record in history.spans():
        first, last = max(begin, their_begin), min(end, their_end)
        if first < last:
            yield first, last, record
