"""The spans of time in which what the registry says of an object does not change."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.registry import ObjectRecord, Registry
from pipeline.registry.moments import EARLIEST, LATEST


class Span(NamedTuple):
    """From ``begin`` until before ``end``, in nanoseconds; ``place`` tells it from the others."""

    begin: int
    end: int
    place: int


@dataclass(frozen=True, slots=True)
class Spans:
    """Finds an object's span around an instant; remembered within the registry's own size."""

    registry: Registry
    _changes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def __call__(self, object_id: str, at: int) -> Span:
        """Give the span around an instant; of an unknown object it is all of time."""
        changes = self._changes.get(object_id)
        if changes is None:
            changes = self._changes[object_id] = self._changes_of(object_id)
        place = bisect_right(changes, at)
        begin = changes[place - 1] if place else EARLIEST
        return Span(begin, changes[place] if place < len(changes) else LATEST, place)

    def _changes_of(self, object_id: str) -> tuple[int, ...]:
        history = self.registry.histories.get(object_id)
        if history is None:
            return ()
        found: set[int] = set()
        for begin, end, record in history.spans():
            found |= {begin, end, *_dated(record)}
        return tuple(sorted(found))


def _dated(record: ObjectRecord) -> Iterator[int]:
    """Give the instants at which what a record says changes though the record does not."""
    if record.critical is not None:
        listed = (record.critical.listed_at, record.critical.delisted_at)
        yield from (one for one in listed if one is not None)
    if record.mining is not None and record.mining.notified_at is not None:
        yield record.mining.notified_at
