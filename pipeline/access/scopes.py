"""Which objects are whose: of an instant, of today, as spans of time and as conditions.

An event is judged by the record in force at its time (SPEC 7); before the registry begins, by the
first record. What is an owner's is so today as well: whoever was it once is it no more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from pipeline.model.conditions import EVERYTHING, NOTHING, All, Among, Condition, Either, Within
from pipeline.registry import ObjectRecord, Registry, Standing, standing
from pipeline.registry.moments import EARLIEST, LATEST

Holds = Callable[[ObjectRecord, int], bool]
EARLY = ("development", "testing", "implementation")  # stages before industrial operation (38(4))


@dataclass(frozen=True, slots=True)
class Open:
    """The objects that are attested open now, and until when that stays so (nanoseconds)."""

    ids: frozenset[str]
    until: int


def open_objects(registry: Registry, now: int) -> Open:
    """Give the objects that may be spoken of now: a positive list (349-I 14(19))."""
    ids, until = set(), LATEST
    for object_id, history in registry.histories.items():
        record = history.at(now)
        if standing(record, now) is Standing.OPEN:
            ids.add(object_id)
        changes = {*history.begins, *history.ends}
        if record is not None and record.attestation is not None:
            changes |= {record.attestation.at, record.attestation.valid_until}
        until = min((until, *(one for one in changes if one > now)))
    return Open(frozenset(ids), until)


@dataclass(frozen=True, slots=True)
class Owned:
    """Tells whether one of these parties owns or holds an object, or a part of it (16, 17)."""

    parties: frozenset[str]

    def __call__(self, record: ObjectRecord, _at: int) -> bool:
        """Answer for a record; operators, users and the centre are neither."""
        facets = (record.parties.system, record.parties.resource, record.parties.infrastructure)
        return any(party in self.parties for one in facets for party in (one.owner, one.holder))


@dataclass(frozen=True, slots=True)
class Mandated:
    """Tells whether an object is of one of these branches (1(24))."""

    sectors: frozenset[str]

    def __call__(self, record: ObjectRecord, _at: int) -> bool:
        """Answer for a record."""
        return record.branch in self.sectors


@dataclass(frozen=True, slots=True)
class Flagged:
    """Tells whether an object has these flags; ``commissioned``: and is past trial (38(4))."""

    flags: frozenset[str]
    commissioned: bool = False

    def __call__(self, record: ObjectRecord, at: int) -> bool:
        """Answer for a record at an instant (nanoseconds)."""
        early = record.trial or record.stage in EARLY
        return not (self.commissioned and early) and record.flags(at) >= self.flags


def joined(*parts: Condition) -> Condition:
    """Give conditions that hold together, without those that always hold."""
    kept = tuple(one for one in parts if one != EVERYTHING)
    return kept[0] if len(kept) == 1 else All(kept)


def either(*parts: Condition) -> Condition:
    """Give conditions of which one must hold."""
    return parts[0] if len(parts) == 1 else Either(parts)


def within(registry: Registry, holds: Holds, fields: tuple[str, str], *, now: int = 0) -> Condition:
    """Give the rows of objects for which something holds at the row's time.

    ``fields`` are those of the object and of the time ("" : today alone counts). With ``now`` it
    must hold at that instant too.
    """
    always: list[str] = []
    parts: list[Condition] = []
    for object_id in registry.histories:
        spans = list(_spans(registry, object_id, holds))
        if not spans or (now and not any(begin <= now < end for begin, end in spans)):
            continue
        if spans == [(EARLIEST, LATEST)] or not fields[1]:
            always.append(object_id)
            continue
        times = Either(tuple(_within(fields[1], begin, end) for begin, end in spans))
        parts.append(All((Among(fields[0], (object_id,)), times)))
    if always:
        parts.insert(0, Among(fields[0], tuple(always)))
    return either(*parts) if parts else NOTHING


def _within(field: str, begin: int, end: int) -> Condition:
    least, most = (None if begin == EARLIEST else begin), (None if end == LATEST else end)
    return Within(field, least, most, below=True)


def _spans(registry: Registry, object_id: str, holds: Holds) -> Iterator[tuple[int, int]]:
    """Give when something holds, joined; the first record reaches back to the beginning."""
    pieces = list(registry.histories[object_id].spans())
    last: tuple[int, int] | None = None
    for index, (begin, end, record) in enumerate(pieces):
        since = EARLIEST if index == 0 else begin
        for piece in _dated(since, end, record, holds):
            if last is not None and last[1] == piece[0]:
                last = (last[0], piece[1])
                continue
            if last is not None:
                yield last
            last = piece
    if last is not None:
        yield last


def _dated(begin: int, end: int, record: ObjectRecord, holds: Holds) -> Iterator[tuple[int, int]]:
    """Cut a record's span where its flags follow dates (the list of critical objects)."""
    entry = record.critical
    dates = (entry.listed_at, entry.delisted_at) if entry is not None else ()
    cuts = sorted({one for one in dates if one is not None and begin < one < end})
    edges = [begin, *cuts, end]
    for since, until in pairwise(edges):
        if holds(record, max(since, 0)):
            yield since, until
