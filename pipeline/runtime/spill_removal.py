"""Taking a record's content out of every place of a store; its place, its id and its note stay.

Rows that name the record's event, or were made of it, lose what they took from it: the journal's
bytes, the event's document, its failures, what findings matched on and were grouped by. A
window or a run of repeats that the event took part in begins anew, since its key and its entries
are the event's values. Incidents keep no event's values, and notices none by their closed schemas.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import orjson

from pipeline.model import pack_batch, unpack_batch
from pipeline.model.carried import Carried
from pipeline.ports import Carriers
from pipeline.runtime.spill_records import SUSPECTED, WITHHELD, emptied

GONE = "withheld"  # stands where a value stood
# Rows whose key and entries are values of events: they go as a whole.
_DERIVED = frozenset({"window", "delayed", "tally", "repeat"})


_COMPRESSED = frozenset({"journal", "events"})


@dataclass(slots=True)
class Removed:
    """What was taken out: how many rows of each place, and compressed ones as the disk had them."""

    rows: Counter[str] = field(default_factory=Counter)
    traces: list[bytes] = field(default_factory=list)

    def add(self, place: str, before: Collection[bytes]) -> None:
        """Note rows that were rewritten."""
        if before:
            self.rows[place] += len(before)
        if place in _COMPRESSED:
            self.traces += before


def withdraw(carriers: Carriers, batch_id: str, indexes: Collection[int]) -> None:
    """Empty records in the journal alone: of an event that no stage has kept."""
    carriers.rewrite("journal", _Emptied(indexes, SUSPECTED), of=batch_id)


def remove(carriers: Carriers, batch_id: str, indexes: Collection[int]) -> Removed:
    """Take records out of every place; call inside a transaction, with nothing else at work."""
    done = Removed()
    ids = frozenset(f"{batch_id}-{index}" for index in indexes)
    done.add("journal", carriers.rewrite("journal", _Emptied(indexes, WITHHELD), of=batch_id))
    objects = {_object_of(row.data) for row in carriers.rows("journal") if row.of == batch_id}
    done.add("events", carriers.rewrite("events", _Without(indexes), of=batch_id))
    done.add("failures", carriers.rewrite("failures", _Failures(batch_id, frozenset(indexes))))
    findings = _Findings(ids, objects)
    done.add("findings", carriers.rewrite("findings", findings))
    done.add("state", carriers.rewrite("state", _State(ids, frozenset(findings.touched))))
    return done


@dataclass(frozen=True, slots=True)
class _Emptied:
    """Empties records of a journalled batch."""

    indexes: Collection[int]
    kind: str

    def __call__(self, row: Carried) -> bytes | None:
        batch = unpack_batch(row.data)
        some = [index for index in self.indexes if batch.records[index]]
        return pack_batch(emptied(batch, some, self.kind)) if some else row.data


@dataclass(frozen=True, slots=True)
class _Without:
    """Drops events' documents from a block."""

    indexes: Collection[int]

    def __call__(self, row: Carried) -> bytes | None:
        lines = row.data.split(b"\n")
        left = [one for one in lines if orjson.loads(one)["saqshy"]["index"] not in self.indexes]
        return b"\n".join(left) or None


@dataclass(frozen=True, slots=True)
class _Failures:
    """Drops the failures of records: their details may say what a parser saw."""

    batch_id: str
    indexes: frozenset[int]

    def __call__(self, row: Carried) -> bytes | None:
        held = orjson.loads(row.data)
        mine = held["batch_id"] == self.batch_id and held["index"] in self.indexes
        return None if mine else row.data


@dataclass(slots=True)
class _Findings:
    """Empties what findings took from events; a finding that names not all of its may have one.

    ``objects`` are those of the events. ``touched`` gathers the findings' ids.
    """

    ids: frozenset[str]
    objects: Collection[str]
    touched: set[str] = field(default_factory=set)

    def __call__(self, row: Carried) -> bytes | None:
        held = orjson.loads(row.data)
        named = not self.ids.isdisjoint(held["event_ids"])
        if not named and len(held["event_ids"]) >= held["event_count"]:
            return row.data
        if not named and held["object_id"] not in self.objects:
            return row.data
        self.touched.add(held["id"])
        held["fields"] = {}
        held["group"] = dict.fromkeys(held["group"], GONE)
        return orjson.dumps(held)


@dataclass(frozen=True, slots=True)
class _State:
    """Empties what stages remember of events and of the findings that they are in."""

    ids: frozenset[str]
    findings: frozenset[str]

    def __call__(self, row: Carried) -> bytes | None:
        kind = row.key[2 : row.key.index('"', 2)]
        if not any(one.encode() in row.data for one in (*self.ids, *self.findings)):
            return row.data
        if kind in _DERIVED:
            return None
        if kind != "incident":
            return row.data
        held = orjson.loads(row.data)
        for name in self.findings & held["findings"].keys():
            finding = held["findings"][name]
            finding["fields"], finding["group"] = {}, dict.fromkeys(finding["group"], GONE)
        return orjson.dumps(held)


def _object_of(packed: bytes) -> str:
    return unpack_batch(packed).object_id
