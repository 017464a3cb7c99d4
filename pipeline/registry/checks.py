"""What must hold between the records of a registry, beyond each record's own form."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from pipeline.documents import Place
from pipeline.errors import Problem
from pipeline.registry.contradictions import record_contradictions
from pipeline.registry.history import History
from pipeline.registry.hosting import hosting_problems
from pipeline.registry.identification import ambiguities
from pipeline.registry.life_cycle_guards import life_cycle_violations
from pipeline.registry.marks import contradictions
from pipeline.registry.moments import LATEST
from pipeline.registry.parties import FACETS, ROLES, Party
from pipeline.registry.placed import Entry, Placed, nearest
from pipeline.registry.records import ObjectRecord


def check_registry(placed: Placed, histories: Mapping[str, History]) -> Iterator[Problem]:
    """Give every contradiction between the records; ``histories`` are those of the same objects."""
    yield from _parties(placed)
    yield from _marks(placed)
    yield from _duties(placed)
    yield from _rosters(placed)
    parties = {entry.record.id for entry in placed.parties}
    places = {id(entry.record): entry for entry in placed.objects}
    for entry in placed.objects:
        yield from _references(entry, parties)
        if entry.record.sources:
            yield from _source_problems(entry, has_marks=bool(placed.marks))
        for message, way_out, at in record_contradictions(entry.record):
            yield entry.problem(f"object {entry.record.id!r}: {message}", way_out, at=at)
    yield from _overlaps(placed.objects)
    yield from _withdrawn(places, histories)
    yield from hosting_problems(places, histories, placed.secret)
    yield from _codes(places, histories)
    for history in histories.values():
        for violation in life_cycle_violations(history):
            entry = places[id(violation.record)]
            yield entry.problem(violation.message, violation.way_out, at=("lifecycle",))
    for record, index, other, source in ambiguities(histories):
        message = (
            f"source {record.sources[index].id!r} cannot be told from source {source!r} "
            f"of object {other!r}: both take the same records"
        )
        way_out = "give one of them a host, certificate, address, listener or field of its own"
        yield places[id(record)].problem(message, way_out, at=("sources", index, "match"))


def _rosters(placed: Placed) -> Iterator[Problem]:
    for index, entry in enumerate(placed.rosters):
        if index:
            message = "a second roster: who is on duty must stand in one place"
            yield entry.problem(message, f"the first is at {placed.rosters[0].where}")
        for place, message, way_out in entry.record.problems():
            yield entry.problem(f"roster: {message}", way_out, at=place)


def _parties(placed: Placed) -> Iterator[Problem]:
    seen: dict[tuple[str, int], Entry[Party]] = {}
    known = {entry.record.id for entry in placed.parties}
    for entry in placed.parties:
        party = entry.record
        first = seen.setdefault((party.id, party.recorded_at), entry)
        if first is not entry:
            yield entry.problem(f"party {party.id!r} stands twice", f"first at {first.where}")
        if party.parent is not None and party.parent not in known:
            message = f"party {party.id!r}: no party is named {party.parent!r}"
            yield entry.problem(message, nearest(party.parent, known), at=("parent",))
        if party.kind == "unit" and party.parent is None:
            message = f"party {party.id!r} is a unit, but nothing says of whom (1(30-4))"
            yield entry.problem(message, "add parent", at=("kind",))
        if party.licence is not None and party.licence.empty:
            message = f"party {party.id!r}: its licence ends before it begins (7-2(2))"
            yield entry.problem(message, "correct one of the dates", at=("licence",))


def _marks(placed: Placed) -> Iterator[Problem]:
    for entry in placed.marks[1:]:
        where = f"{placed.marks[0].document.file}"
        yield entry.problem("marks stand in two files", f"keep them in one: first in {where}")
    for entry in placed.marks[:1]:
        for key, index in contradictions(entry.record):
            value = getattr(entry.record, key)[index]
            message = f"marks.{key}: {value!r} already stands in a graver list"
            yield entry.problem(message, "keep one of them", at=(key, index))


def _duties(placed: Placed) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for entry in placed.duties:
        first = seen.setdefault(entry.record.id, entry.where)
        if first != entry.where:
            yield entry.problem(f"duty {entry.record.id!r} stands twice", f"first at {first}")


def _references(entry: Entry[ObjectRecord], parties: set[str]) -> Iterator[Problem]:
    record = entry.record
    if record.named_parties <= parties:
        return
    named: list[tuple[str | None, Place]] = [
        (record.party_at(f"{facet}.{role}"), ("parties", facet, role))
        for facet in FACETS
        for role in ROLES
    ]
    named += [(user, ("parties", "users", n)) for n, user in enumerate(record.parties.users)]
    if record.operations_centre is not None:
        named.append((record.operations_centre.party, ("operations_centre", "party")))
    for party, place in named:
        if party is not None and party not in parties:
            message = f"object {record.id!r}: no party is named {party!r}"
            yield entry.problem(message, nearest(party, parties), at=place)


def _source_problems(entry: Entry[ObjectRecord], *, has_marks: bool) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, source in enumerate(entry.record.sources):
        if source.id not in seen and not source.mark_fields and not source.match.empty:
            seen.add(source.id)
            continue
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


def _overlaps(objects: Iterable[Entry[ObjectRecord]]) -> Iterator[Problem]:
    """Give revisions that contradict each other: recorded together, valid together."""
    by_id: dict[tuple[str, int], list[Entry[ObjectRecord]]] = {}
    for entry in objects:
        by_id.setdefault((entry.record.id, entry.record.recorded_at), []).append(entry)
    for (object_id, _), entries in by_id.items():
        entries.sort(key=lambda entry: entry.record.valid_from)
        for earlier, later in pairwise(entries):
            begin, bounded = later.record.valid_from, earlier.record.valid_to != LATEST
            if begin == earlier.record.valid_from:
                message = f"object {object_id!r} stands twice with the same valid_from"
                way_out = f"first at {earlier.where}; give the later one its date"
                yield later.problem(message, way_out)
            elif bounded and earlier.record.valid_to > begin:
                message = f"object {object_id!r}: two revisions are valid at the same time"
                yield later.problem(message, f"end the one at {earlier.where} before this begins")


def _withdrawn(
    places: Mapping[int, Entry[ObjectRecord]], histories: Mapping[str, History]
) -> Iterator[Problem]:
    for object_id, history in histories.items():
        if not history.records and history.revisions[-1].withdrawn:
            message = f"object {object_id!r} is withdrawn for all time"
            entry = places[id(history.revisions[-1])]
            yield entry.problem(message, "withdraw it from the day on which it left", at=("id",))


def _codes(
    places: Mapping[int, Entry[ObjectRecord]], histories: Mapping[str, History]
) -> Iterator[Problem]:
    """Give codes that two objects bear at once: a stub names nothing else."""
    bearers: dict[str, list[tuple[int, int, ObjectRecord]]] = {}
    for history in histories.values():
        for piece in history.spans():
            if piece[2].code:
                bearers.setdefault(piece[2].code, []).append(piece)
    for code, pieces in bearers.items():
        pieces.sort(key=lambda piece: piece[0])
        for (_, end, one), (begin, _, other) in pairwise(pieces):
            if begin < end and one.id != other.id:
                message = f"object {other.id!r}: the code {code!r} is that of object {one.id!r}"
                yield places[id(other)].problem(message, "give it its own", at=("code",))
