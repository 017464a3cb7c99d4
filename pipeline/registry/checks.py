"""What must hold between the records of a registry, beyond each record's own form."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, TypeVar

from pipeline.documents import Document, Place
from pipeline.errors import Problem
from pipeline.registry.identification import ambiguities
from pipeline.registry.marks import MarkVocabulary, contradictions
from pipeline.registry.records import Holding, ObjectRecord, Party
from pipeline.registry.registry import histories_of

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class Entry(Generic[_Record]):
    """A record and where it stands."""

    record: _Record
    document: Document
    place: Place

    def problem(self, message: str, way_out: str = "", *, at: Place = ()) -> Problem:
        """Make a problem at this record or at a part of it."""
        return self.document.problem((*self.place, *at), message, way_out)


@dataclass(slots=True)
class Placed:
    """Every record of the files with its place."""

    objects: list[Entry[ObjectRecord]] = field(default_factory=list)
    parties: list[Entry[Party]] = field(default_factory=list)
    marks: list[Entry[MarkVocabulary]] = field(default_factory=list)

    def add_objects(self, found: Iterable[tuple[Document, int, ObjectRecord]]) -> None:
        """Take the objects of one file."""
        self.objects += [Entry(record, doc, ("objects", index)) for doc, index, record in found]

    def add_parties(self, found: Iterable[tuple[Document, int, Party]]) -> None:
        """Take the parties of one file."""
        self.parties += [Entry(record, doc, ("parties", index)) for doc, index, record in found]

    def add_marks(self, document: Document, vocabulary: MarkVocabulary) -> None:
        """Take the marks of one file."""
        self.marks.append(Entry(vocabulary, document, ("marks",)))


def check_registry(placed: Placed) -> Iterator[Problem]:
    """Give every contradiction between the records."""
    yield from _twice(placed)
    yield from _marks(placed)
    parties = {entry.record.id for entry in placed.parties}
    known = {entry.record.id for entry in placed.objects}
    for entry in placed.objects:
        yield from _object(entry, parties, known, has_marks=bool(placed.marks))
    yield from _overlaps(placed.objects)
    yield from _cycles(placed.objects)
    places = {id(entry.record): entry for entry in placed.objects}
    for record, index, other, source in ambiguities([entry.record for entry in placed.objects]):
        message = (
            f"source {record.sources[index].id!r} cannot be told from source {source!r} "
            f"of object {other!r}: both take the same records"
        )
        way_out = "give one of them a host, certificate, address, listener or field of its own"
        yield places[id(record)].problem(message, way_out, at=("sources", index, "match"))


def _twice(placed: Placed) -> Iterator[Problem]:
    seen: dict[str, Entry[Party]] = {}
    for entry in placed.parties:
        first = seen.setdefault(entry.record.id, entry)
        if first is not entry:
            where = f"{first.document.file}:{first.document.line(first.place)}"
            yield entry.problem(f"party {entry.record.id!r} stands twice", f"first at {where}")


def _marks(placed: Placed) -> Iterator[Problem]:
    for entry in placed.marks[1:]:
        where = f"{placed.marks[0].document.file}"
        yield entry.problem("marks stand in two files", f"keep them in one: first in {where}")
    for entry in placed.marks[:1]:
        for key, index in contradictions(entry.record):
            value = getattr(entry.record, key)[index]
            message = f"marks.{key}: {value!r} already stands in a graver list"
            yield entry.problem(message, "keep one of them", at=(key, index))


def _object(
    entry: Entry[ObjectRecord], parties: set[str], known: set[str], *, has_marks: bool
) -> Iterator[Problem]:
    record = entry.record
    if record.restriction == "state_secret":
        # The message repeats nothing of the record: such a list would itself be a secret, 14(19).
        yield entry.problem(
            "this registry holds no objects with state secrets",
            "remove the record and tell the owner's regime unit (State Secrets Law 14(19))",
            at=("restriction",),
        )
        return
    yield from _party_problems(entry, parties)
    yield from _host_problems(entry, known)
    if record.valid_to <= record.valid_from:
        yield entry.problem(f"object {record.id!r}: valid_to is not after valid_from")
    stage = record.lifecycle
    if stage is not None and stage.stage == "trial" and stage.trial_started_at is None:
        message = f"object {record.id!r} is in trial operation without trial_started_at"
        yield entry.problem(message, "trial lasts one year at most (39(4))", at=("lifecycle",))
    if record.attestation is not None:
        if record.restriction == "unknown":
            message = f"object {record.id!r} is attested open, but restriction is not stated"
            yield entry.problem(message, "write none or confidential", at=("attestation",))
        if record.party_at("infrastructure.holder") is None:
            message = f"object {record.id!r} names no holder of its infrastructure"
            way_out = "add parties.infrastructure.holder: incidents are told to it (7-2(1)(2))"
            yield entry.problem(message, way_out)
    yield from _source_problems(entry, has_marks=has_marks)


def _party_problems(entry: Entry[ObjectRecord], parties: set[str]) -> Iterator[Problem]:
    for facet in type(entry.record.parties).model_fields:
        for role in Holding.model_fields:
            party = entry.record.party_at(f"{facet}.{role}")
            if party is not None and party not in parties:
                message = f"object {entry.record.id!r}: no party is named {party!r}"
                place = ("parties", facet, role)
                yield entry.problem(message, _close(party, parties), at=place)


def _host_problems(entry: Entry[ObjectRecord], known: set[str]) -> Iterator[Problem]:
    for index, host in enumerate(entry.record.hosted_on):
        if host not in known:
            message = f"object {entry.record.id!r}: hosted_on names no object {host!r}"
            yield entry.problem(message, _close(host, known), at=("hosted_on", index))


def _source_problems(entry: Entry[ObjectRecord], *, has_marks: bool) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, source in enumerate(entry.record.sources):
        place: Place = ("sources", index)
        label = f"object {entry.record.id!r}, source {source.id!r}"
        if source.id in seen:
            yield entry.problem(f"{label}: stands twice", "keep one", at=place)
        seen.add(source.id)
        if source.match.empty:
            message = f"{label}: nothing says which records are its own"
            way_out = "give match hosts, addresses, certificates, listeners or fields"
            yield entry.problem(message, way_out, at=(*place, "match"))
        if source.mark_fields and not has_marks and not source.mark_values:
            message = f"{label}: declares mark_fields, but nothing says what their values mean"
            yield entry.problem(message, "add marks to the registry (marks.yml)", at=place)


def _close(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {close[0]!r}?" if close else "add it, or correct the name"


def _overlaps(objects: Iterable[Entry[ObjectRecord]]) -> Iterator[Problem]:
    by_id: dict[str, list[Entry[ObjectRecord]]] = {}
    for entry in objects:
        by_id.setdefault(entry.record.id, []).append(entry)
    for object_id, entries in by_id.items():
        entries.sort(key=lambda entry: entry.record.valid_from)
        for earlier, later in pairwise(entries):
            begin, bounded = later.record.valid_from, "valid_to" in earlier.record.model_fields_set
            where = f"{earlier.document.file}:{earlier.document.line(earlier.place)}"
            if begin == earlier.record.valid_from:
                message = f"object {object_id!r} stands twice with the same valid_from"
                yield later.problem(message, f"first at {where}; give the later one its date")
            elif bounded and earlier.record.valid_to > begin:
                message = f"object {object_id!r}: two revisions are valid at the same time"
                yield later.problem(message, f"end the one at {where} before this begins")


def _cycles(objects: Iterable[Entry[ObjectRecord]]) -> Iterator[Problem]:
    """Give each hosting cycle once, at the record of its first object by id."""
    entries = list(objects)
    if not any(entry.record.hosted_on for entry in entries):
        return
    histories = histories_of(entry.record for entry in entries)
    places = {id(entry.record): entry for entry in entries}
    edges: dict[str, dict[str, ObjectRecord]] = {}
    for object_id, history in histories.items():
        for begin, end, record in history.spans():
            for host in record.hosted_on:
                spans = histories[host].spans() if host in histories else ()
                if any(begin < their_end and their < end for their, their_end, _ in spans):
                    edges.setdefault(object_id, {}).setdefault(host, record)
    for cycle in _loops(edges):
        record = edges[cycle[0]][cycle[1]]
        message = f"hosting goes in a circle: {' on '.join(cycle)}"
        yield places[id(record)].problem(message, "remove one hosted_on", at=("hosted_on",))


def _loops(edges: dict[str, dict[str, ObjectRecord]]) -> list[tuple[str, ...]]:
    """Find the cycles that a depth-first walk closes, each from its smallest id."""
    found: set[tuple[str, ...]] = set()
    done: set[str] = set()
    for start in sorted(edges):
        path: list[str] = []
        ways: list[Iterator[str]] = [iter((start,))]
        while ways:
            node = next(ways[-1], None)
            if node is None:
                ways.pop()
                if path:
                    done.add(path.pop())
            elif node in path:
                loop = path[path.index(node) :]
                least = loop.index(min(loop))
                found.add((*loop[least:], *loop[:least], loop[least]))
            elif node not in done:
                path.append(node)
                ways.append(iter(sorted(edges.get(node, {}))))
    return sorted(found)
