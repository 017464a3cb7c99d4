"""Events of one batch as one compressed block of NDJSON, and how blocks answer.

A row an event would cost more than detecting on it. A block keeps the documents in the order of
their index; it is found by the range of its times and by the terms that stand in it.
"""

import heapq
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import overload

import orjson

from connectors.stores.compression import expand, squeeze
from connectors.stores.event_terms import terms_of
from pipeline.model import Event, event_from, event_lines, instant

# A time outside a store's 64-bit integers (before 1677, after 2262) counts as their end.
_LEAST, _MOST = -(2**63), 2**63 - 1
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Block:
    """The events of one batch, compressed, with the range of their times and their terms."""

    batch_id: str
    object_id: str
    first_at: int
    last_at: int
    count: int
    data: bytes
    terms: tuple[int, ...] = ()


class PackedEvents(Sequence[Event]):
    """The events of a batch whose block another process has made: read only where one is asked for.

    A store that keeps blocks takes ``block`` as it is.
    """

    def __init__(self, block: Block) -> None:
        self.block = block
        self._events: list[Event] | None = None

    def __len__(self) -> int:
        return self.block.count

    @overload
    def __getitem__(self, at: int) -> Event: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Event]: ...
    def __getitem__(self, at: int | slice) -> Event | Sequence[Event]:
        if self._events is None:
            lines = expand(self.block.data).split(b"\n")
            self._events = [event_from(orjson.loads(line)) for line in lines]
        return self._events[at]


def storable(moment: int) -> int:
    """Bring a time into the range of a store's integers."""
    return min(max(moment, _LEAST), _MOST)


def pack_events(batch_id: str, object_id: str, events: Sequence[Event]) -> Block:
    """Make the block of one batch; ``events`` is not empty and holds JSON values only."""
    if isinstance(events, PackedEvents):
        return events.block
    times = [event.time for event in events]
    ordered = sorted(events, key=attrgetter("index"))
    return Block(
        batch_id=batch_id,
        object_id=object_id,
        first_at=storable(min(times)),
        last_at=storable(max(times)),
        count=len(events),
        data=squeeze(event_lines(ordered)),
        terms=terms_of(events),
    )


def pack_lines(batch_id: str, object_id: str, lines: bytes) -> Block:
    """Make the block of documents that are written already, one a line; at least one."""
    data = squeeze(lines)
    events = [event_from(orjson.loads(line)) for line in lines.split(b"\n")]
    times = [storable(event.time) for event in events]
    terms = terms_of(events)
    return Block(batch_id, object_id, min(times), max(times), len(times), data, terms)


def documents(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Give (event time, index, document) of a block's data; ValueError where it is damaged."""
    for line in expand(data).split(b"\n"):
        document = orjson.loads(line)
        yield instant(document["@timestamp"]), document["saqshy"]["index"], line


def pick(data: bytes, indices: Iterable[int]) -> dict[int, bytes]:
    """Give the documents of a block by index, as far as they are there.

    A block may have 500 documents of 7 kB: only those on the way to an index are parsed.
    """
    lines = expand(data).split(b"\n")
    found: dict[int, bytes] = {}
    for index in indices:
        at = bisect_left(lines, index, key=_index)
        if at < len(lines) and _index(lines[at]) == index:
            found[index] = lines[at]
    return found


def _index(line: bytes) -> int:
    index: int = orjson.loads(line)["saqshy"]["index"]
    return index


def wanted(event_ids: Iterable[str]) -> Mapping[str, Mapping[int, str]]:
    """Order event ids by batch and index; what is no event id ("<batch>-<n>") is left out."""
    batches: dict[str, dict[int, str]] = {}
    for event_id in event_ids:
        batch_id, dash, index = event_id.rpartition("-")
        if dash and _INDEX.fullmatch(index):
            batches.setdefault(batch_id, {})[int(index)] = event_id
    return batches


def in_time(blocks: Iterable[tuple[int, str, bytes]], begin: int, end: int) -> Iterator[bytes]:
    """Give the documents of [begin, end), oldest first, from (first_at, batch id, data).

    The blocks come by ``first_at``; only those that overlap are open at the same time.
    """
    waiting: list[tuple[int, str, int, bytes]] = []
    for first_at, batch_id, data in blocks:
        while waiting and waiting[0][0] < first_at:
            yield heapq.heappop(waiting)[-1]
        for time, index, line in documents(data):
            if begin <= time < end:
                heapq.heappush(waiting, (time, batch_id, index, line))
    while waiting:
        yield heapq.heappop(waiting)[-1]
