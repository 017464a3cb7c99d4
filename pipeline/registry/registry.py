"""The registry: objects with their history, parties, the meaning of marks; look-ups in O(1)."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.errors import ConfigurationError, Problem
from pipeline.registry.marks import MarkVocabulary
from pipeline.registry.moments import LATEST
from pipeline.registry.records import ObjectRecord, Party


@dataclass(frozen=True, slots=True)
class History:
    """Every revision of one object by ``valid_from``; a revision ends where the next begins."""

    begins: tuple[int, ...]
    records: tuple[ObjectRecord, ...]

    def at(self, instant: int) -> ObjectRecord | None:
        """Give the revision in force at an instant; None before the first and in a gap."""
        place = bisect_right(self.begins, instant) - 1
        if place < 0:
            return None
        record = self.records[place]
        return record if instant < record.valid_to else None

    def spans(self) -> Iterable[tuple[int, int, ObjectRecord]]:
        """Give each revision with the instants between which it is in force."""
        ends = (*self.begins[1:], LATEST)
        for begin, end, record in zip(self.begins, ends, self.records, strict=True):
            yield begin, min(end, record.valid_to), record


@dataclass(frozen=True)
class Registry:
    """All objects and parties that a deployment knows, immutable; ``revision`` is their hash."""

    revision: str
    histories: Mapping[str, History]
    parties: Mapping[str, Party]
    marks: MarkVocabulary
    _guests: Mapping[str, tuple[str, ...]]
    _roles: Mapping[str, tuple[str, ...]]

    def object(self, object_id: str, at: int) -> ObjectRecord | None:
        """Give an object's record in force at an instant (nanoseconds); None where unknown."""
        history = self.histories.get(object_id)
        return history.at(at) if history is not None else None

    def objects(self, at: int | None = None) -> tuple[ObjectRecord, ...]:
        """Give the records in force at an instant by id, or each object's newest record."""
        if at is None:
            return tuple(history.records[-1] for history in self.histories.values())
        found = (history.at(at) for history in self.histories.values())
        return tuple(record for record in found if record is not None)

    def party(self, party_id: str) -> Party | None:
        """Give a party by id; None where unknown."""
        return self.parties.get(party_id)

    def in_role(self, role: str) -> tuple[str, ...]:
        """Give the ids of the parties that have a role, sorted."""
        return self._roles.get(role, ())

    def hosted_on(self, object_id: str, at: int) -> tuple[ObjectRecord, ...]:
        """Give every object placed on this one at an instant, directly or through others, by id."""
        if object_id not in self._guests:
            return ()
        found: dict[str, ObjectRecord] = {}
        waiting = [object_id]
        while waiting:
            host = waiting.pop()
            for guest in self._guests.get(host, ()):
                record = self.object(guest, at)
                if record is not None and host in record.hosted_on and guest not in found:
                    found[guest] = record
                    waiting.append(guest)
        return tuple(found[guest] for guest in sorted(found))

    def bundle(self) -> bytes:
        """Write everything as canonical JSON: what travels with the journal."""
        return _canonical(
            [record for history in self.histories.values() for record in history.records],
            self.parties.values(),
            self.marks,
        )


def _canonical(
    objects: Iterable[ObjectRecord], parties: Iterable[Party], marks: MarkVocabulary
) -> bytes:
    document = {
        "objects": [record.model_dump(exclude_defaults=True) for record in objects],
        "parties": [party.model_dump(exclude_defaults=True) for party in parties],
        "marks": marks.model_dump(exclude_defaults=True),
    }
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def histories_of(objects: Iterable[ObjectRecord]) -> dict[str, History]:
    """Gather records into histories, by id."""
    by_id: dict[str, list[ObjectRecord]] = {}
    for record in objects:
        by_id.setdefault(record.id, []).append(record)
    histories: dict[str, History] = {}
    for object_id in sorted(by_id):
        records = tuple(sorted(by_id[object_id], key=lambda record: record.valid_from))
        histories[object_id] = History(tuple(record.valid_from for record in records), records)
    return histories


def make_registry(
    objects: Iterable[ObjectRecord],
    parties: Iterable[Party] = (),
    marks: MarkVocabulary | None = None,
) -> Registry:
    """Build a registry from valid records; the order in which they come does not matter."""
    histories = histories_of(objects)
    guests: dict[str, set[str]] = {}
    for object_id, history in histories.items():
        for record in history.records:
            for host in record.hosted_on:
                guests.setdefault(host, set()).add(object_id)
    known = {party.id: party for party in sorted(parties, key=lambda party: party.id)}
    roles: dict[str, list[str]] = {}
    for party in known.values():
        for role in party.roles:
            roles.setdefault(role, []).append(party.id)
    vocabulary = marks or MarkVocabulary()
    flat = [record for history in histories.values() for record in history.records]
    digest = hashlib.sha256(_canonical(flat, known.values(), vocabulary)).hexdigest()
    return Registry(
        revision=digest[:16],
        histories=histories,
        parties=known,
        marks=vocabulary,
        _guests={host: tuple(sorted(placed)) for host, placed in guests.items()},
        _roles={role: tuple(ids) for role, ids in roles.items()},
    )


def registry_from_bundle(data: bytes) -> Registry:
    """Read what ``Registry.bundle`` wrote; ConfigurationError where the bytes are not that."""
    context = {"bundle": True}
    try:
        document: dict[str, Sequence[Any]] = orjson.loads(data)
        return make_registry(
            [ObjectRecord.model_validate(part, context=context) for part in document["objects"]],
            [Party.model_validate(part, context=context) for part in document["parties"]],
            MarkVocabulary.model_validate(document["marks"], context=context),
        )
    except (ValueError, KeyError, TypeError) as error:
        problem = Problem("registry bundle", 0, f"cannot be read: {error}", "take the files anew")
        raise ConfigurationError([problem]) from error
