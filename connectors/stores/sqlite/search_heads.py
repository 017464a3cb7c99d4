"""Questions to what is found by rows of ``search``: pages, counts, facets, histograms."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson

from connectors.stores.asking import (
    MILLISECOND,
    Order,
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
from connectors.stores.sqlite.search_plan import Filter, Planner
from connectors.stores.sqlite.search_rows import NUMBERS
from pipeline.model import Json
from pipeline.model.conditions import All, Condition
from pipeline.model.holding import holds
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
_FEW: Final = 2_000  # rows that are sorted, or opened, sooner than a longer way is gone
_COUNTED: Final = 50  # rows of an index for one that is opened


@dataclass(frozen=True, slots=True)
class _Driver:
    """The rows that are gone through: FROM and WHERE of ``d``, and whether rows come twice."""

    where: str
    values: tuple[Any, ...]
    few: bool = False
    doubled: bool = False


class HeadSearch:
    """Answers for one kind, within the caller's transaction of reading."""

    def __init__(self, database: SqliteDatabase, kind: Kind) -> None:
        self._database = database
        self._kind = kind
        self._plan = Planner(database, kind)

    def page(self, ask: Ask) -> Page:
        """Give one page."""
        rows: list[bytes] = []
        opened, last = 0, ()
        exact = self._filter(ask).exact
        with closing(self._places(ask)) as places:
            for place in places:
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
        with closing(self._places(ask)) as places:
            for place in places:
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
        """Count what fits; by rows alone where they tell, else by opening what may fit."""
        found = self._filter(ask)
        if not found.exact:
            documents, all_opened = self._opened(ask)
            return Count(len(documents), all_opened)
        driver = self._driver(ask, found)
        most = ask.budget * _COUNTED
        what = "DISTINCT d.at, d.id" if driver.doubled else "1"
        query = (
            f"SELECT count(*) FROM (SELECT {what} FROM search AS d WHERE {driver.where} LIMIT ?)"  # noqa: S608
        )
        (count,) = self._database.all(query, *driver.values, most + 1)[0]
        return Count(min(count, most), count <= most)

    def facets(self, ask: Ask, fields: Sequence[str], most: int) -> Facets:
        """Count the values of fields."""
        found = self._filter(ask)
        numbers = [NUMBERS.get((self._kind, field)) for field in fields]
        few = self._driver(ask, found).few
        if not found.exact or few or None in numbers:
            documents, all_opened = self._opened(ask)
            return as_facets(tally(documents, fields), most, exact=all_opened)
        counted = {}
        for field, number in zip(fields, numbers, strict=True):
            query = f"""SELECT coalesce(raw, value), count(*) FROM search AS d
                WHERE field = ? AND {found.sql} GROUP BY 1"""  # noqa: S608
            rows = self._database.all(query, number, *found.values)
            counted[field] = {str(value): count for value, count in rows}
        return as_facets(counted, most)

    def histogram(self, ask: Ask, step: int) -> Histogram:
        """Count by time."""
        step = checked_step(step)
        found = self._filter(ask)
        if not found.exact:
            documents, all_opened = self._opened(ask)
            counts: dict[int, int] = {}
            for document in documents:
                bucket = own_time(self._kind, document) // step
                counts[bucket] = counts.get(bucket, 0) + 1
            return as_histogram(ask, step, counts, exact=all_opened)
        width = step // MILLISECOND
        driver = self._driver(ask, found)
        rows = f"SELECT DISTINCT at, id FROM search AS d WHERE {driver.where}"  # noqa: S608
        query = f"""SELECT (at - ((at % ?) + ?) % ?) / ? AS bucket, count(*)
            FROM ({rows}) GROUP BY bucket"""  # noqa: S608
        counted = self._database.all(query, width, width, width, width, *driver.values)
        return as_histogram(ask, step, dict(counted), exact=True)

    def _opened(self, ask: Ask) -> tuple[list[Json], bool]:
        """Open what may fit, within the budget; tell whether that was all."""
        found: list[Json] = []
        with closing(self._places(ask)) as places:
            for place in islice(places, ask.budget):
                _, document = self._document(str(place[-1]))
                if self._fits(ask, document):
                    found.append(document)
            return found, next(places, None) is None

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

    def _filter(self, ask: Ask) -> Filter:
        span, where = self._plan.span(ask), self._plan(ask.where)
        if span.all and where.all:
            return where
        both = (*span.values, *where.values)
        return Filter(f"({span.sql}) AND ({where.sql})", both, span.exact and where.exact)

    def _driver(self, ask: Ask, found: Filter) -> _Driver:
        """Choose what is gone through: the fewest rows of a term, else all of the kind."""
        base = _Driver(
            f"d.field = ? AND d.value = '' AND {found.sql}",
            (NUMBERS[self._kind, ""], *found.values),
        )
        span = self._plan.span(ask)
        best, least = base, _FEW * _COUNTED
        for condition in _parts(ask.where):
            term = self._plan.term(condition)
            if term is None:
                continue
            number, values = term
            marks = ", ".join("?" * len(values))
            of = f"d.field = ? AND d.value IN ({marks}) AND {span.sql}"
            query = f"SELECT count(*) FROM (SELECT 1 FROM search AS d WHERE {of} LIMIT ?)"  # noqa: S608
            (size,) = self._database.all(query, number, *values, *span.values, least)[0]
            few, single = size < _FEW, len(values) == 1
            if size < least and (few or single):
                best, least = _Driver(
                    f"d.field = ? AND d.value IN ({marks}) AND {found.sql}",
                    (number, *values, *found.values), few, not single,
                ), size  # fmt: skip
        return best

    def _places(self, ask: Ask) -> Generator[Place, None, None]:
        """Give the places of what may fit, in order, behind the cursor."""
        order, after = order_of(ask), place_after(ask)
        found = self._filter(ask)
        driver = self._driver(ask, found)
        if driver.few:
            yield from self._sorted(order, after, driver)
            return
        if order.sort:
            number = NUMBERS[self._kind, order.sort]
            driver = _Driver(f"d.field = ? AND {found.sql}", (number, *found.values))
        columns = ("d.value, " if order.sort else "") + "d.at, d.id"
        way = "DESC" if order.descending else "ASC"
        ordered = ", ".join(f"{name} {way}" for name in columns.split(", "))
        where, values = driver.where, driver.values
        if after is not None:
            sign = "<" if order.descending else ">"
            where = f"{where} AND ({columns}) {sign} ({', '.join('?' * len(after))})"
            values = (*values, *after)
        query = f"SELECT {columns} FROM search AS d WHERE {where} ORDER BY {ordered}"  # noqa: S608
        yield from self._database.rows(query, *values)

    def _sorted(
        self, order: Order, after: Place | None, driver: _Driver
    ) -> Generator[Place, None, None]:
        """Sort few rows; what they are sorted by stands in their documents."""
        query = f"SELECT DISTINCT d.at, d.id FROM search AS d WHERE {driver.where}"  # noqa: S608
        places: list[Place] = self._database.all(query, *driver.values)  # type: ignore[assignment]
        if order.sort:
            places = [order.place(self._document(str(row_id))[1]) for _, row_id in places]
        chosen = (one for one in places if after is None or order.behind(one, after))
        yield from sorted(chosen, reverse=order.descending)


def _parts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, All):
        for one in condition.of:
            yield from _parts(one)
    else:
        yield condition
