"""The registry: objects with their history, parties, the meaning of marks; look-ups in O(1)."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.errors import ConfigurationError, Problem
from pipeline.registry.duty_rows import DutyRow
from pipeline.registry.history import History, histories_of
from pipeline.registry.joint_duties import is_state
from pipeline.registry.marks import MarkVocabulary
from pipeline.registry.parties import Party
from pipeline.registry.records import ObjectRecord
from pipeline.registry.roster import Roster

_Ids = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Registry:
    """All objects and parties that a deployment knows, immutable; ``revision`` is their hash.

    ``parties`` are those known last, ``duty_rows`` the operator's own countdowns,
    ``roster`` who is on duty at the centre.
    """

    revision: str
    histories: Mapping[str, History]
    parties: Mapping[str, Party]
    marks: MarkVocabulary
    duty_rows: tuple[DutyRow, ...]
    party_revisions: Mapping[str, tuple[Party, ...]]
    roster: Roster | None
    _guests: _Ids
    _roles: _Ids
    _codes: _Ids
    _sectors: _Ids
    _answers: _Ids

    def object(
        self, object_id: str, at: int, *, known_at: int | None = None
    ) -> ObjectRecord | None:
        """Give an object's record in force at an instant (nanoseconds); None where unknown.

        What is known last of that instant; with ``known_at`` what was known of it then.
        """
        history = self.histories.get(object_id)
        if history is None:
            return None
        return (history if known_at is None else history.known(known_at)).at(at)

    def objects(self, at: int | None = None) -> tuple[ObjectRecord, ...]:
        """Give the records in force at an instant by id, or each object's newest record."""
        if at is None:
            return tuple(history.records[-1] for history in self.histories.values())
        found = (history.at(at) for history in self.histories.values())
        return tuple(record for record in found if record is not None)

    def is_state(self, object_id: str, at: int) -> bool | None:
        """Tell whether an object is the state's at an instant; None where it is unknown then."""
        record = self.object(object_id, at)
        return is_state(record) if record is not None else None

    def party(self, party_id: str, *, known_at: int | None = None) -> Party | None:
        """Give a party by id, as known last or at an instant; None where unknown."""
        if known_at is None:
            return self.parties.get(party_id)
        known = (one for one in self.party_revisions.get(party_id, ()) if _known(one) <= known_at)
        return max(known, key=_known, default=None)

    def in_role(self, role: str) -> tuple[str, ...]:
        """Give the ids of the parties that have a role, sorted."""
        return self._roles.get(role, ())

    def coded(self, code: str, at: int) -> ObjectRecord | None:
        """Give the object that bears a code at an instant; None where none does."""
        found = self._chosen(self._codes, code, at)
        return next((record for record in found if record.code == code), None)

    def in_sector(self, sector: str, at: int) -> tuple[ObjectRecord, ...]:
        """Give the objects of a branch at an instant, by id (1(24))."""
        found = self._chosen(self._sectors, sector, at)
        return tuple(record for record in found if record.branch == sector)

    def of_party(self, party_id: str, at: int) -> tuple[ObjectRecord, ...]:
        """Give the objects that a party owns, holds, operates, uses or serves, by id."""
        found = self._chosen(self._answers, party_id, at)
        return tuple(record for record in found if party_id in record.named_parties)

    def named_by(self, party_id: str) -> tuple[str, ...]:
        """Give the ids of the objects that name a party at any time, sorted."""
        return self._answers.get(party_id, ())

    def _chosen(self, index: _Ids, key: str, at: int) -> Iterator[ObjectRecord]:
        for object_id in index.get(key, ()):
            record = self.object(object_id, at)
            if record is not None:
                yield record

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
        everybody = self.every_party()
        return _canonical(self.revisions(), everybody, self.marks, self.duty_rows, self.roster)

    def revisions(self) -> Iterator[ObjectRecord]:
        """Give every revision of every object, by id and in the order of recording."""
        for history in self.histories.values():
            yield from history.revisions

    def every_party(self) -> Iterator[Party]:
        """Give every record of every party, by id and in the order of recording."""
        for records in self.party_revisions.values():
            yield from records


def _known(party: Party) -> int:
    return party.recorded_at


def _canonical(
    objects: Iterable[ObjectRecord],
    parties: Iterable[Party],
    marks: MarkVocabulary,
    duties: Sequence[DutyRow],
    roster: Roster | None,
) -> bytes:
    document: dict[str, Any] = {
        "objects": [record.model_dump(exclude_defaults=True) for record in objects],
        "parties": [party.model_dump(exclude_defaults=True) for party in parties],
        "marks": marks.model_dump(exclude_defaults=True),
    }
    if duties:
        document["duties"] = [row.model_dump(exclude_defaults=True) for row in duties]
    if roster is not None:
        document["roster"] = roster.model_dump(exclude_defaults=True)
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def make_registry(
    objects: Iterable[ObjectRecord],
    parties: Iterable[Party] = (),
    marks: MarkVocabulary | None = None,
    duties: Iterable[DutyRow] = (),
    roster: Roster | None = None,
) -> Registry:
    """Build a registry from valid records; the order in which they come does not matter."""
    return registry_of(histories_of(objects), parties, marks, duties, roster)


def registry_of(
    histories: Mapping[str, History],
    parties: Iterable[Party] = (),
    marks: MarkVocabulary | None = None,
    duties: Iterable[DutyRow] = (),
    roster: Roster | None = None,
) -> Registry:
    """Build a registry from histories by id, sorted."""
    guests: dict[str, set[str]] = {}
    codes: dict[str, set[str]] = {}
    sectors: dict[str, set[str]] = {}
    answers: dict[str, set[str]] = {}
    shown = {object_id: one for object_id, one in histories.items() if one.records}
    for object_id, history in shown.items():
        for record in history.records:
            _note(guests, record.hosted_on, object_id)
            _note(codes, (record.code,), object_id)
            _note(sectors, (record.branch or "",), object_id)
            _note(answers, record.named_parties, object_id)
    said = _parties_by_id(parties)
    known = {party_id: records[-1] for party_id, records in said.items()}
    roles: dict[str, set[str]] = {}
    for party in known.values():
        _note(roles, party.roles, party.id)
    vocabulary = marks or MarkVocabulary()
    rows = tuple(sorted(duties, key=lambda row: row.id))
    flat = [record for history in shown.values() for record in history.revisions]
    everybody = [party for records in said.values() for party in records]
    digest = hashlib.sha256(_canonical(flat, everybody, vocabulary, rows, roster)).hexdigest()
    return Registry(
        revision=digest[:16],
        histories=shown,
        parties=known,
        marks=vocabulary,
        duty_rows=rows,
        party_revisions=said,
        roster=roster,
        _guests=_sorted(guests),
        _roles=_sorted(roles),
        _codes=_sorted(codes),
        _sectors=_sorted(sectors),
        _answers=_sorted(answers),
    )


def _note(index: dict[str, set[str]], keys: Iterable[str], name: str) -> None:
    for key in keys:
        if key:
            index.setdefault(key, set()).add(name)


def _sorted(index: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(names)) for key, names in index.items()}


def _parties_by_id(parties: Iterable[Party]) -> dict[str, tuple[Party, ...]]:
    found: dict[str, list[Party]] = {}
    for party in sorted(parties, key=lambda one: (one.id, one.recorded_at)):
        found.setdefault(party.id, []).append(party)
    return {party_id: tuple(records) for party_id, records in found.items()}


def registry_from_bundle(data: bytes) -> Registry:
    """Read what ``Registry.bundle`` wrote; ConfigurationError where the bytes are not that."""
    context = {"bundle": True}
    try:
        document: dict[str, Any] = orjson.loads(data)
        roster = document.get("roster")
        return make_registry(
            [ObjectRecord.model_validate(part, context=context) for part in document["objects"]],
            [Party.model_validate(part, context=context) for part in document["parties"]],
            MarkVocabulary.model_validate(document["marks"], context=context),
            [DutyRow.model_validate(part, context=context) for part in document.get("duties", ())],
            Roster.model_validate(roster, context=context) if roster is not None else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = Problem("registry bundle", 0, f"cannot be read: {error}", "take the files anew")
        raise ConfigurationError([problem]) from error
