"""The registry as an auditor reads it: from the kept bundle, by a reading of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from pipeline.audit.record import ALWAYS, flags, party_of
from pipeline.model import Json

_EVER = -ALWAYS
_MOST_FLAGS = 4096


@dataclass(frozen=True, slots=True)
class _Span:
    begin: int
    end: int
    record: Json


class Register:
    """A registry's bundle; ValueError where the bytes are none."""

    def __init__(self, bundle: bytes) -> None:
        try:
            document = orjson.loads(bundle)
            objects, parties = document["objects"], document["parties"]
        except (KeyError, TypeError) as error:
            raise ValueError("the bytes are no registry") from error
        self._records: dict[str, list[Json]] = {}
        for record in objects:
            self._records.setdefault(record["id"], []).append(record)
        self._spans: dict[str, list[_Span]] = {}
        self._flags: dict[tuple[str, int, int], frozenset[str]] = {}
        self.parties: dict[str, Json] = {}
        for party in sorted(parties, key=_recorded):
            self.parties[party["id"]] = party
        self._hosts = {
            name for name, found in self._records.items() if any(r.get("hosted_on") for r in found)
        }

    def at(self, object_id: str, at: int) -> Json | None:
        """Give an object's record in force at an instant (ns), as known last."""
        for span in self._history(object_id):
            if span.begin <= at < span.end:
                return span.record
        return None

    def judged_by(self, object_id: str, at: int) -> Json | None:
        """Give the record by which an event is judged: of its time, before all of them the first.

        SPEC 7: an event is judged by the record in force at its time.
        """
        spans = self._history(object_id)
        if spans and at < spans[0].begin:
            return spans[0].record
        return self.at(object_id, at)

    def in_role(self, role: str) -> list[str]:
        """Give the parties that have a role."""
        return sorted(
            name for name, party in self.parties.items() if role in (party.get("roles") or ())
        )

    def guests(self, object_id: str, at: int) -> list[Json]:
        """Give every object that stands on this one, directly or over others, by id."""
        found: dict[str, Json] = {}
        hosts = [object_id]
        for host in hosts:  # grows while it is walked
            for name, record in self._standing(at):
                if host in record["hosted_on"] and name not in found:
                    found[name] = record
                    hosts.append(name)
        return [found[name] for name in sorted(found)]

    def flags(self, object_id: str, record: Json | None, at: int) -> frozenset[str]:
        """Give an object's flags at an instant by a record; ``hosts`` where others stand on it."""
        if record is None:
            return frozenset()
        key = (object_id, id(record), at)  # records live as long as the register
        found = self._flags.get(key)
        if found is None:
            hosts = {"hosts"} if self.guests(object_id, at) else frozenset()
            if len(self._flags) >= _MOST_FLAGS:
                self._flags.clear()
            found = self._flags[key] = flags(record, at) | hosts
        return found

    def code(self, object_id: str, at: int) -> str:
        """Give the code by which the object itself is named."""
        record = self.at(object_id, at)
        return str(record.get("code") or record["id"]) if record else object_id

    def guest_codes(self, object_id: str, at: int, party: str, paths: tuple[str, ...]) -> list[str]:
        """Give the codes of what a party has on an object."""
        return [
            str(one.get("code") or one["id"])
            for one in self.guests(object_id, at)
            if any(party_of(one, path) == party for path in paths)
        ]

    def _standing(self, at: int) -> Iterator[tuple[str, Json]]:
        for name in self._hosts:
            record = self.at(name, at)
            if record is not None and record.get("hosted_on"):
                yield name, record

    def _history(self, object_id: str) -> list[_Span]:
        spans = self._spans.get(object_id)
        if spans is None:
            spans = self._spans[object_id] = _history_of(self._records.get(object_id, []))
        return spans


def _recorded(part: Json) -> int:
    return int((part.get("change") or {}).get("recorded_at", _EVER))


def _history_of(records: list[Json]) -> list[_Span]:
    """Lay what was recorded later over what was recorded before, and leave withdrawals out."""
    spans: list[_Span] = []
    for moment in sorted({_recorded(one) for one in records}):
        together = [one for one in records if _recorded(one) == moment]
        starts = {one.get("valid_from", _EVER) for one in together}
        known = starts | {span.begin for span in spans}
        for record in together:
            begin = record.get("valid_from", _EVER)
            end = record.get("valid_to")
            among = known if end is None else starts
            until = min((one for one in among if one > begin), default=ALWAYS)
            until = until if end is None else min(until, end)
            if begin < until:
                spans = [*_beside(spans, begin, until), _Span(begin, until, record)]
        spans.sort(key=lambda span: span.begin)
    return [span for span in spans if not span.record.get("withdrawn")]


def _beside(spans: list[_Span], begin: int, end: int) -> Iterator[_Span]:
    for span in spans:
        if span.end <= begin or end <= span.begin:
            yield span
            continue
        if span.begin < begin:
            yield _Span(span.begin, begin, span.record)
        if end < span.end:
            yield _Span(end, span.end, span.record)
