"""Questions to incidents, findings, notices, audit entries, failures: pages and what is counted."""

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import orjson

from connectors.stores.asking import (
    MILLISECOND,
    Place,
    as_facets,
    as_histogram,
    checked_step,
    cursor,
    in_span,
    order_of,
    own_time,
    place_after,
    tally,
    with_id,
)
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_counts import ClassCounts
from connectors.stores.sqlite.search_plan import Planner
from connectors.stores.sqlite.search_tables import COLUMNS, DAY, Column, table_of
from connectors.stores.sqlite.search_walk import Walk, Walker
from pipeline.model import Json
from pipeline.model.conditions import Condition
from pipeline.model.holding import holds
from pipeline.ports.search_fields import FieldType
from pipeline.ports.searching import Ask, Count, Facets, Histogram, Kind, Page

_ONE: Final = {
    Kind.INCIDENTS: """SELECT data FROM incident_heads JOIN incidents USING (id, revision)
        WHERE incident_heads.id = ?""",
    Kind.FINDINGS: "SELECT data FROM findings WHERE id = ? ORDER BY revision DESC LIMIT 1",
    Kind.NOTICES: "SELECT data FROM notices WHERE id = ?",
    Kind.AUDIT: "SELECT data FROM audit WHERE entry_id = ?",
    Kind.FAILURES: "SELECT data FROM failures WHERE id = ?",
}
_REVISIONS: Final = {
    Kind.INCIDENTS: "SELECT data FROM incidents WHERE id = ? ORDER BY revision",
    Kind.FINDINGS: "SELECT data FROM findings WHERE id = ? ORDER BY revision",
}
_COUNTED: Final = 50  # rows of an index for one document that a budget lets open
_TALLIED: Final = 2  # documents of a budget for one row that is counted by its values
_RANGES: Final = 400  # buckets that are counted one by one


class HeadSearch:
    """Answers for one kind, within the caller's transaction of reading."""

    def __init__(self, database: SqliteDatabase, kind: Kind) -> None:
        self._database = database
        self._kind = kind
        self._plan = Planner(database, kind)
        self._walker = Walker(database, self._plan)

    def page(self, ask: Ask) -> Page:
        """Give one page."""
        rows: list[bytes] = []
        opened, last = 0, ()
        exact = self._walker.filter(ask).exact
        with closing(self._places(ask)) as places:
            for place, there in places:
                if not there:
                    return Page(rows, cursor(ask, place), complete=False)
                if len(rows) == ask.limit:
                    return Page(rows, cursor(ask, last))
                if not exact and opened == ask.budget:
                    return Page(rows, cursor(ask, last), complete=False)
                data, document = self._document(str(place[-1]))
                opened, last = opened + 1, place
                if exact or self._fits(ask, document):
                    rows.append(data)
        return Page(rows)

    def every(self, ask: Ask) -> Iterator[bytes]:
        """Give all rows that fit, in order, as of the first; each document as it stands by then."""
        with closing(self._places(ask, bounded=False)) as places:
            for place, _ in places:
                found = self._standing(str(place[-1]))
                if found is not None and self._fits(ask, found[1]):
                    yield found[0]

    def one(self, row_id: str, where: Condition) -> bytes | None:
        """Give one document; None where there is none that fits."""
        found = self._standing(row_id)
        return found[0] if found is not None and holds(where, found[1]) else None

    def revisions(self, row_id: str) -> Sequence[bytes]:
        """Give every revision, oldest first."""
        if self._kind not in _REVISIONS:
            raise ValueError(f"{self._kind} have no revisions")
        return [data for (data,) in self._database.all(_REVISIONS[self._kind], row_id)]

    def count(self, ask: Ask) -> Count:
        """Count what fits; by classes or rows where they tell, else by opening what may fit."""
        whole, odd, complete = self._split(ask)
        found = self._count(whole)
        return Count(found.value + len(odd), found.exact and complete)

    def facets(self, ask: Ask, fields: Sequence[str], most: int) -> Facets:
        """Count the values of fields.

        Where neither classes nor rows tell, of so many of the newest as the budget allows.
        """
        whole, odd, complete = self._split(ask)
        counted, exact = self._values(whole, fields)
        for field, counts in tally(odd, fields).items():
            counted[field].update(counts)
        return as_facets(counted, most, exact=exact and complete)

    def histogram(self, ask: Ask, step: int) -> Histogram:
        """Count by time."""
        step = checked_step(step)
        whole, odd, complete = self._split(ask)
        counted, exact = self._times(whole, step)
        counted.update(own_time(self._kind, one) // step for one in odd)
        return as_histogram(ask, step, counted, exact=exact and complete)

    def _split(self, ask: Ask) -> tuple[Ask, list[Json], bool]:
        """Cut a span to whole milliseconds; give also what fits beside, and whether that is all."""
        ends = {end // MILLISECOND for end in (ask.begin, ask.end) if end and end % MILLISECOND}
        if not ends:
            return ask, [], True
        begin = None if ask.begin is None else -(-ask.begin // MILLISECOND) * MILLISECOND
        end = None if ask.end is None else ask.end // MILLISECOND * MILLISECOND
        odd: list[Json] = []
        complete = True
        for at in sorted(ends):
            beside = replace(ask, begin=at * MILLISECOND, end=(at + 1) * MILLISECOND, after="")
            documents, all_opened = self._opened(beside)
            odd += [one for one in documents if self._fits(ask, one)]
            complete &= all_opened
        return replace(ask, begin=begin, end=end), odd, complete

    def _count(self, ask: Ask) -> Count:
        of_classes = ClassCounts.of(self._database, self._walker, ask)
        if of_classes is not None:
            return Count(of_classes.count())
        walk = self._walk(ask)
        if walk is None:
            documents, complete = self._opened(ask)
            return Count(len(documents), complete)
        walk, complete = self._walker.newest(ask, walk)
        most = ask.budget * _COUNTED
        rows = walk.select(", ".join(walk.place) if walk.doubled else "1", end="LIMIT ?")
        query = f"SELECT count(*) FROM ({rows})"  # noqa: S608
        (count,) = self._database.all(query, *walk.given, most + 1)[0]
        return Count(min(count, most), complete and count <= most)

    def _values(self, ask: Ask, fields: Sequence[str]) -> tuple[dict[str, Counter[str]], bool]:
        """Count the values of fields; tell whether that is all."""
        columns = [self._counted(field) for field in fields]
        asked = [one for one in columns if one is not None]
        counted: dict[str, Counter[str]] = {field: Counter() for field in fields}
        if all(one is not None and one.classed for one in columns):
            of_classes = ClassCounts.of(self._database, self._walker, ask)
            if of_classes is not None:
                values = of_classes.values(asked)
                for number, times in of_classes.by_class().items():
                    _add(counted, asked, values[number], times)
                return counted, True
        walk = self._walk(ask)
        if walk is None or None in columns:
            documents, complete = self._opened(ask)
            return tally(documents, fields), complete
        walk, complete = self._walker.newest(ask, walk)
        names = ", ".join(f"d.{one.name}" for one in asked)
        what = ", ".join((*walk.place, names, "d.spelt"))
        by = ", ".join(f"{name} DESC" for name in walk.place)
        limit = max(1, ask.budget // _TALLIED)
        rows = self._database.all(
            walk.select(what, end=f"ORDER BY {by} LIMIT ?"), *walk.given, limit + 1
        )
        for row, times in Counter(row[2:] for row in rows[:limit]).items():
            _add(counted, asked, row, times)
        return counted, complete and len(rows) <= limit

    def _times(self, ask: Ask, step: int) -> tuple[Counter[int], bool]:
        """Count by bucket; tell whether that is all."""
        width = step // MILLISECOND
        of_classes = ClassCounts.of(self._database, self._walker, ask)
        if of_classes is not None:
            if (
                of_classes.found.all
                and width % DAY
                and (ranges := self._ranges(ask, step)) is not None
            ):
                return Counter(ranges), True
            if (times := of_classes.by_time(width)) is not None:
                return times, True
        walk = self._walk(ask)
        if walk is None:
            documents, complete = self._opened(ask)
            return Counter(own_time(self._kind, one) // step for one in documents), complete
        walk, complete = self._walker.newest(ask, walk)
        at = walk.place[0]
        once = f"{', '.join(walk.place)}, " if walk.doubled else ""
        rows = walk.select(f"{once}({at} - (({at} % ?) + ?) % ?) / ? AS bucket")
        query = f"SELECT bucket, count(*) FROM ({rows}) GROUP BY bucket"  # noqa: S608
        counted = self._database.all(query, width, width, width, width, *walk.given)
        return Counter(dict(counted)), complete

    def _ranges(self, ask: Ask, step: int) -> dict[int, int] | None:
        """Count all rows by time, bucket by bucket; None where the buckets are too many."""
        width, table = step // MILLISECOND, table_of(self._kind)
        span = self._plan.span(ask)
        query = f"SELECT min(d.at), max(d.at) FROM {table} AS d WHERE {span.sql}"  # noqa: S608
        (ends,) = self._database.all(query, *span.values)
        if ends[0] is None:
            return {}
        first, last = (end // width for end in ends)
        if last - first >= _RANGES:
            return None
        query = f"""SELECT count(*) FROM {table} AS d INDEXED BY {table}_at
            WHERE d.at >= ? AND d.at <= ?"""  # noqa: S608
        counted = {}
        for bucket in range(first, last + 1):
            inside = max(bucket * width, ends[0]), min((bucket + 1) * width - 1, ends[1])
            (counted[bucket],) = self._database.all(query, *inside)[0]
        return {bucket: count for bucket, count in counted.items() if count}

    def _walk(self, ask: Ask) -> Walk | None:
        """Choose a walk whose rows tell what fits; None where documents are to be opened."""
        if not self._walker.filter(ask).exact or self._plan.names(ask.where) is not None:
            return None
        return self._walker(ask)

    def _counted(self, field: str) -> Column | None:
        column = COLUMNS[self._kind].get(field)
        return None if column is None or column.type is FieldType.TIME else column

    def _opened(self, ask: Ask) -> tuple[list[Json], bool]:
        """Open what may fit, within the budget; tell whether that was all."""
        found: list[Json] = []
        opened = 0
        with closing(self._places(ask)) as places:
            for place, there in places:
                if not there or opened == ask.budget:
                    return found, False
                _, document = self._document(str(place[-1]))
                opened += 1
                if self._fits(ask, document):
                    found.append(document)
        return found, True

    def _fits(self, ask: Ask, document: Json) -> bool:
        return in_span(ask, own_time(self._kind, document)) and holds(ask.where, document)

    def _document(self, row_id: str) -> tuple[bytes, Json]:
        found = self._standing(row_id)
        if found is None:
            problem = KeyError(row_id)
            raise self._database.damaged(f"what is found of {self._kind}", problem) from problem
        return found

    def _standing(self, row_id: str) -> tuple[bytes, Json] | None:
        row = self._database.one(_ONE[self._kind], row_id)
        if row is None:
            return None
        data = self._whole(row_id, row[0])
        try:
            return data, orjson.loads(data)
        except ValueError as error:
            raise self._database.damaged(f"{self._kind} {row_id}", error) from error

    def _whole(self, row_id: str, data: bytes) -> bytes:
        return with_id(row_id, data) if self._kind is Kind.FAILURES else data

    def _places(
        self, ask: Ask, *, bounded: bool = True
    ) -> Generator[tuple[Place, bool], None, None]:
        """Give the places of what may fit, in order, behind the cursor."""
        order, after = order_of(ask), place_after(ask)
        names = self._plan.names(ask.where)
        if names is None:
            yield from self._walker.places(ask, order, after, bounded=bounded)
            return
        placed = {order.place(one) for one in self._named(names) if self._fits(ask, one)}
        behind = (one for one in placed if after is None or order.behind(one, after))
        for place in sorted(behind, reverse=order.descending):
            yield place, True

    def _named(self, names: tuple[str, ...]) -> Iterator[Json]:
        """Give the documents of these folded names."""
        for name in names:
            table = table_of(self._kind)
            others = self._database.all(f"SELECT id FROM {table} WHERE name = ?", name)  # noqa: S608
            for row_id in (name, *(one for (one,) in others)):
                found = self._standing(str(row_id))
                if found is not None:
                    yield found[1]


def _add(
    counted: Mapping[str, Counter[str]], columns: Sequence[Column], row: Sequence[Any], times: int
) -> None:
    """Count a row's values, with what is spelt otherwise at its end, so many times."""
    *values, spelt = row
    for column, value in zip(columns, values, strict=True):
        for text in _texts(column, value, spelt):
            counted[column.field][text] += times


@lru_cache(maxsize=16_384)
def _spelt(text: str) -> dict[str, str]:
    read: dict[str, str] = orjson.loads(text)
    return read


@lru_cache(maxsize=16_384)
def _listed(text: str) -> list[str]:
    read: list[str] = orjson.loads(text)
    return read


def _texts(column: Column, value: Any, spelt: str | None) -> Sequence[str]:
    """Give the texts by which a row is counted for a field."""
    if value is None:
        return ()
    if column.many:
        return _listed(value)
    return (_spelt(spelt).get(column.name, value) if spelt else str(value),)
