"""How many events fit, by value and by time: whole blocks by their rows, others opened."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from connectors.stores.asking import (
    as_facets,
    as_histogram,
    checked_step,
    in_span,
    own_time,
    tally,
)
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_events import (
    OBJECT,
    EventSearch,
    Readers,
    Work,
    block_filter,
)
from pipeline.model.conditions import All, Among, Condition, Either, Not
from pipeline.ports.searching import Ask, Count, Facets, Histogram

_BLOCKS = "SELECT first_at, last_at, count, object_id, batch_id FROM event_blocks WHERE {}"
_DATA = "SELECT data FROM event_blocks WHERE batch_id = ?"


@dataclass(frozen=True, slots=True)
class EventCounts:
    """Counts events, within the caller's transaction of reading."""

    database: SqliteDatabase
    events: EventSearch

    def count(self, ask: Ask) -> Count:
        """Count what fits; at least so many where the budget ended."""
        work = Work(ask.budget)
        if _of_blocks(ask.where):
            total = sum(count for _, count, _ in self._by_block(ask, 0, work))
        else:
            total = sum(1 for _ in self.events.documents(ask, work))
        return Count(total, not work.stopped)

    def facets(self, ask: Ask, fields: Sequence[str], most: int) -> Facets:
        """Count the values of fields."""
        work = Work(ask.budget)
        if _of_blocks(ask.where) and list(fields) == [OBJECT]:
            counts: Counter[str] = Counter()
            for _, count, object_id in self._by_block(ask, 0, work):
                counts[object_id] += count
            return as_facets({OBJECT: counts}, most, exact=not work.stopped)
        counted = tally(self.events.documents(ask, work), fields)
        return as_facets(counted, most, exact=not work.stopped)

    def histogram(self, ask: Ask, step: int) -> Histogram:
        """Count by time."""
        step, work = checked_step(step), Work(ask.budget)
        counts: Counter[int] = Counter()
        if _of_blocks(ask.where):
            for bucket, count, _ in self._by_block(ask, step, work):
                counts[bucket] += count
        else:
            for document in self.events.documents(ask, work):
                counts[own_time(ask.kind, document) // step] += 1
        return as_histogram(ask, step, counts, exact=not work.stopped)

    def _by_block(self, ask: Ask, step: int, work: Work) -> Iterator[tuple[int, int, str]]:
        """Give (bucket, events, object); a block that lies across a border is opened."""
        chosen, readers = block_filter(self.database, ask), Readers(ask.where)
        with closing(self.database.rows(_BLOCKS.format(chosen.sql), *chosen.values)) as blocks:
            for first, last, count, object_id, batch_id in blocks:
                if readers(object_id) is None:
                    continue
                inside = in_span(ask, first) and in_span(ask, last)
                bucket = first // step if step else 0
                if inside and (not step or bucket == last // step):
                    yield bucket, count, object_id
                elif work.opened < work.budget:
                    for time in self._times(work, batch_id):
                        if in_span(ask, time):
                            yield time // step if step else 0, 1, object_id
                else:
                    work.stopped = True

    def _times(self, work: Work, batch_id: str) -> list[int]:
        row = self.database.one(_DATA, batch_id)
        return self.events.times(work, batch_id, row[0]) if row else []


def _of_blocks(condition: Condition) -> bool:
    """Tell whether a condition says nothing but whose the events are."""
    match condition:
        case All(of) | Either(of):
            return all(map(_of_blocks, of))
        case Not(of=one):
            return _of_blocks(one)
        case Among(field, _):
            return field == OBJECT
        case _:
            return False
