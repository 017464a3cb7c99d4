"""Questions to events: blocks opened by their times and terms, newest or oldest first.

Blocks come by their nearer end; a row may be given once no block that is left begins nearer. What a
block cannot hold is told by its terms, and by its text before any of its lines is read as JSON.
"""

import heapq
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import orjson

from connectors.stores.asking import (
    MILLISECOND,
    Order,
    Place,
    cursor,
    in_span,
    order_of,
    place_after,
)
from connectors.stores.block_text import Reader
from connectors.stores.blocks import pick, storable, wanted
from connectors.stores.event_terms import wanted as wanted_terms
from connectors.stores.sqlite.database import SqliteDatabase
from pipeline.model import Json
from pipeline.model.conditions import EVERYTHING, NOTHING, All, Among, Condition, Either, Not
from pipeline.model.holding import holds
from pipeline.ports.searching import Ask, Page

Found: TypeAlias = tuple[Place, bytes, Json]

OBJECT: Final = "saqshy.object_id"
_MOST_VALUES: Final = 1_000  # terms of one condition; beyond it blocks are opened
_OBJECTS: Final = """WITH RECURSIVE found (name) AS (
        SELECT min(object_id) FROM event_blocks
        UNION ALL
        SELECT (SELECT min(block.object_id) FROM event_blocks AS block
            WHERE block.object_id > found.name)
        FROM found WHERE found.name IS NOT NULL)
    SELECT name FROM found WHERE name IS NOT NULL"""
_HIGHEST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Readers:
    """Reads blocks for a question; what it says of objects is settled once an object."""

    where: Condition
    made: dict[str, Reader | None] = field(default_factory=dict)

    def __call__(self, object_id: str) -> Reader | None:
        """Give the reader of an object's blocks; None where nothing in them can fit."""
        if object_id not in self.made:
            left = settled(self.where, object_id)
            self.made[object_id] = None if left == NOTHING else Reader(left)
        return self.made[object_id]


@dataclass(slots=True)
class Work:
    """What a question has opened: events, of at most ``budget``; whether it had to stop."""

    budget: int
    opened: int = 0
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class BlockFilter:
    """Which blocks can hold what is asked: SQL over ``event_blocks``, and its values."""

    sql: str
    values: tuple[Any, ...] = ()


def block_filter(database: SqliteDatabase, ask: Ask) -> BlockFilter:
    """Give the filter of a question's blocks, by time, object and terms."""
    tests: list[str] = ["1"]
    values: list[Any] = []
    if ask.begin is not None:
        tests.append("last_at >= ?")
        values.append(storable(ask.begin))
    if ask.end is not None:
        tests.append("first_at <= ?")
        values.append(storable(ask.end - 1))
    for named in of_objects(ask.where):
        folded = {name.casefold() for name in named}
        rows = database.all(_OBJECTS)
        names = [name for (name,) in rows if name.casefold() in folded]
        tests.append(f"object_id IN ({', '.join('?' * len(names))})")
        values += names
    for group in wanted_terms(ask.where):
        if len(group) <= _MOST_VALUES:
            marks = ", ".join("?" * len(group))
            tests.append(
                f"(indexed = 0 OR id IN (SELECT block FROM event_terms WHERE term IN ({marks})))"  # noqa: S608
            )
            values += sorted(group)
    return BlockFilter(" AND ".join(tests), tuple(values))


@dataclass(frozen=True, slots=True)
class EventSearch:
    """Pages of events, within the caller's transaction of reading."""

    database: SqliteDatabase

    def page(self, ask: Ask) -> Page:
        """Give one page."""
        rows: list[bytes] = []
        last: Place = ()
        work = Work(ask.budget)
        with closing(self.found(ask, work)) as found:
            for place, line, _ in found:
                if len(rows) == ask.limit:
                    return Page(rows, cursor(ask, last))
                if line:
                    rows.append(line)
                last = place
        return Page(rows, cursor(ask, last) if work.stopped else "", not work.stopped)

    def every(self, ask: Ask) -> Iterator[bytes]:
        """Give all rows that fit, in order."""
        with closing(self.found(ask, Work(2**62))) as found:
            for _, line, _ in found:
                yield line

    def one(self, event_id: str, where: Condition) -> bytes | None:
        """Give one event; None where there is none that fits."""
        for batch_id, indices in wanted([event_id]).items():
            row = self.database.one("SELECT data FROM event_blocks WHERE batch_id = ?", batch_id)
            for line in pick(row[0], indices).values() if row else ():
                return line if holds(where, orjson.loads(line)) else None
        return None

    def found(self, ask: Ask, work: Work) -> Generator[Found, None, None]:
        """Give what fits, in order, behind the cursor.

        Where the budget ends, the last place given has no row: from there the next page goes on.
        """
        order, after = order_of(ask), place_after(ask)
        waiting: list[tuple[Any, Found]] = []
        readers = Readers(ask.where)
        with closing(self._blocks(ask, order, after)) as blocks:
            for first_at, last_at, batch_id, data, object_id in blocks:
                reader = readers(object_id)
                if reader is None:
                    continue
                nearer = (last_at if order.descending else first_at) // MILLISECOND
                while waiting and _before(order, waiting[0][1][0][0], nearer):
                    yield heapq.heappop(waiting)[1]
                if work.opened >= work.budget and not _needed(order, nearer, after):
                    work.stopped = True
                    yield _stop(order, nearer), b"", {}
                    return
                read = self._read(reader, work, batch_id, data)
                for one in _placed(ask, order, after, read):
                    heapq.heappush(waiting, (_key(order, one[0]), one))
        while waiting:
            yield heapq.heappop(waiting)[1]

    def documents(self, ask: Ask, work: Work) -> Iterator[Json]:
        """Give the documents that fit, newest blocks first, within the budget."""
        readers = Readers(ask.where)
        chosen = block_filter(self.database, ask)
        query = f"""SELECT batch_id, object_id, first_at, last_at, data FROM event_blocks
            WHERE {chosen.sql} ORDER BY last_at DESC, first_at DESC"""  # noqa: S608
        with closing(self.database.rows(query, *chosen.values)) as blocks:
            for batch_id, object_id, first_at, last_at, data in blocks:
                reader = readers(object_id)
                if reader is None:
                    continue
                if work.opened >= work.budget:
                    work.stopped = True
                    return
                if in_span(ask, first_at) and in_span(ask, last_at):
                    with self._whole(batch_id):
                        count, found = reader.documents(data)
                    work.opened += count
                    yield from (document for _, document in found)
                    continue
                for time, _, document in self._read(reader, work, batch_id, data):
                    if in_span(ask, time):
                        yield document

    def times(self, work: Work, batch_id: str, data: bytes) -> list[int]:
        """Give the times of a block's events."""
        return [time for time, _, _ in self._read(Reader(EVERYTHING), work, batch_id, data)]

    def _read(
        self, reader: Reader, work: Work, batch_id: str, data: bytes
    ) -> list[tuple[int, bytes, Json]]:
        with self._whole(batch_id):
            count, found = reader(data)
        work.opened += count
        return found

    @contextmanager
    def _whole(self, batch_id: str) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError) as error:
            raise self.database.damaged(f"the events of batch {batch_id}", error) from error

    def _blocks(
        self, ask: Ask, order: Order, after: Place | None
    ) -> Generator[tuple[int, int, str, bytes, str], None, None]:
        chosen = block_filter(self.database, ask)
        sql, values = chosen.sql, chosen.values
        if after is not None:
            last = after[0] * MILLISECOND + (MILLISECOND - 1 if order.descending else 0)
            sql += " AND first_at <= ?" if order.descending else " AND last_at >= ?"
            values = (*values, storable(last))
        by = "last_at DESC, first_at DESC" if order.descending else "first_at, last_at"
        columns = "first_at, last_at, batch_id, data, object_id"
        yield from self.database.rows(
            f"SELECT {columns} FROM event_blocks WHERE {sql} ORDER BY {by}",  # noqa: S608
            *values,
        )


def _placed(
    ask: Ask, order: Order, after: Place | None, read: Iterable[tuple[int, bytes, Json]]
) -> Iterator[Found]:
    """Give what lies in the span and behind the cursor, with its place."""
    for time, line, document in read:
        if not in_span(ask, time):
            continue
        own = document["saqshy"]
        place = (time // MILLISECOND, own["batch"], own["index"])
        if after is None or order.behind(place, after):
            yield place, line, document


def _before(order: Order, moment: int, nearer: int) -> bool:
    """Tell whether a row comes before everything in blocks whose nearer end is there."""
    return moment > nearer if order.descending else moment < nearer


def _needed(order: Order, nearer: int, after: Place | None) -> bool:
    """Tell whether a block reaches back over the cursor: without it no page would get on."""
    if after is None:
        return False
    return bool(nearer >= after[0] if order.descending else nearer <= after[0])


def _stop(order: Order, nearer: int) -> Place:
    """Give the place before every row of blocks whose nearer end is there."""
    return (nearer, _HIGHEST, 0) if order.descending else (nearer, "", -1)


def _key(order: Order, place: Place) -> Any:
    moment, batch, index = place
    if not order.descending:
        return place
    return -moment, _Reversed(batch), -index


@dataclass(frozen=True, slots=True)
class _Reversed:
    """A text that orders backwards."""

    text: str

    def __lt__(self, other: "_Reversed") -> bool:
        return other.text < self.text


def of_objects(condition: Condition) -> Iterator[tuple[str, ...]]:
    """Give the objects of which a block must be one, for each condition that names some."""
    if isinstance(condition, All):
        for one in condition.of:
            yield from of_objects(one)
    elif isinstance(condition, Among) and condition.field == OBJECT:
        yield condition.values


def settled(condition: Condition, object_id: str) -> Condition:
    """Give what is left of a condition for events of one object."""
    match condition:
        case Among(field, _) if field == OBJECT:
            document = {"saqshy": {"object_id": object_id}}
            return EVERYTHING if holds(condition, document) else NOTHING
        case All(of):
            parts = [one for each in of if (one := settled(each, object_id)) != EVERYTHING]
            return NOTHING if NOTHING in parts else All(tuple(parts))
        case Either(of):
            parts = [one for each in of if (one := settled(each, object_id)) != NOTHING]
            return EVERYTHING if EVERYTHING in parts else Either(tuple(parts))
        case Not(of=one):
            left = settled(one, object_id)
            if left in (EVERYTHING, NOTHING):
                return NOTHING if left == EVERYTHING else EVERYTHING
            return Not(left)
        case _:
            return condition
