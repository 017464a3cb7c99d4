"""Which rows of a kind's table a question goes through, in which order, and how many of them.

Where the classes of rows tell what fits, the rows of each class that does, side by side in order.
Else the fewest rows that one index names, or all of the kind by time. These are gone through in
windows that grow, so that a question that hardly any row fits ends within its budget.
"""

import heapq
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.stores.asking import MILLISECOND, Order, Place
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_plan import Filter, Planner
from connectors.stores.sqlite.search_tables import (
    COLUMNS,
    DAY,
    Column,
    classes_of,
    days_of,
    table_of,
)
from pipeline.model.conditions import Among, Condition
from pipeline.ports.search_fields import OWN_TIME
from pipeline.ports.searching import Ask

MANY: Final = 10_000  # rows of an index beyond which rows are gone through by time
ROWS_FOR_ONE: Final = 5  # rows gone through for one document that a budget lets open
_CLASSED_FOR_ONE: Final = 25  # of those that an index tells all about
_SIDE_BY_SIDE: Final = 300  # classes whose rows are read side by side
_FIRST_WINDOW: Final = 2_000
_UNBOUNDED: Final = 2**62


@dataclass(frozen=True, slots=True)
class Walk:
    """What a question goes through: FROM and WHERE without the filter, and the filter.

    ``place`` names own time and id. ``whole``: nearly every row fits, or there are few of them.
    ``doubled``: a row may come twice. ``timely``: rows come by time.
    """

    source: str
    test: str
    values: tuple[Any, ...]
    filter: Filter
    place: tuple[str, ...] = ("d.at", "d.id")
    whole: bool = False
    doubled: bool = False
    timely: bool = False

    def select(self, what: str, more: str = "1", end: str = "") -> str:
        """Write the query of what fits, its values: ``given``, then those of ``more``."""
        where = f"{self.test} AND {self.filter.sql} AND {more}"
        once = "DISTINCT " if self.doubled else ""
        return f"SELECT {once}{what} FROM {self.source} WHERE {where} {end}"  # noqa: S608

    @property
    def given(self) -> tuple[Any, ...]:
        """Give the values of its query."""
        return (*self.values, *self.filter.values)


@dataclass(frozen=True, slots=True)
class Walker:
    """Chooses walks, and goes along them, within the caller's transaction of reading."""

    database: SqliteDatabase
    plan: Planner

    def classes(self, condition: Condition) -> Filter:
        """Give the filter of a condition over the table of classes: those whose rows may fit."""
        return replace(self.plan, classed=True)(condition)

    def of_classes(self, found: Filter) -> Filter:
        """Give a filter of classes as one of their rows."""
        if found.all or found.none:
            return found
        table = classes_of(self.plan.kind)
        sql = f"d.class IN (SELECT d.class FROM {table} AS d WHERE {found.sql})"  # noqa: S608
        return Filter(sql, found.values, found.exact)

    def filter(self, ask: Ask) -> Filter:
        """Give the filter of a whole question."""
        span, where = self.plan.span(ask), self._where(ask.where)
        if where.none or (span.all and where.all):
            return where
        both = (*span.values, *where.values)
        return Filter(f"({span.sql}) AND ({where.sql})", both, span.exact and where.exact)

    def _where(self, condition: Condition) -> Filter:
        classes = self.of_classes(self.classes(condition))
        if classes.none or classes.exact:
            return classes
        rows = self.plan(condition)
        if rows.none or classes.all:
            return rows
        both = (*classes.values, *rows.values)
        return Filter(f"({classes.sql}) AND ({rows.sql})", both, rows.exact)

    def __call__(self, ask: Ask) -> Walk:
        """Choose the fewest rows of a term or of classes, else all of the kind by time."""
        span, found = self.plan.span(ask), self.filter(ask)
        best, least = self.by_time(ask), MANY
        if found.none:
            return best
        timely = ask.sort in ("", OWN_TIME[ask.kind])
        for column, values in self.plan.terms(ask.where):
            walk = self._of_term(column, values, span, found)
            query = f"SELECT 1 FROM {walk.source} WHERE {walk.test} LIMIT ?"  # noqa: S608
            counted = f"SELECT count(*) FROM ({query})"  # noqa: S608
            (size,) = self.database.all(counted, *walk.values, least)[0]
            alone = timely and isinstance(ask.where, Among) and len(values) == 1
            if size < least or alone:
                best, least = replace(walk, whole=True), size
        classes = self.of_classes(self.classes(ask.where))
        if not classes.all and self.held(ask, classes, least) < least:
            source = f"{table_of(ask.kind)} AS d INDEXED BY {table_of(ask.kind)}_class"
            test = f"{classes.sql} AND {span.sql}"
            best = Walk(source, test, (*classes.values, *span.values), found, whole=True)
        return best

    def held(self, ask: Ask, classes: Filter, most: int) -> int:
        """Count the rows of classes on the days of a question, as far as ``most``."""
        tests = [classes.sql.replace("d.class", "class", 1)]
        values = [*classes.values]
        for end, sign in ((ask.begin, ">="), (ask.end, "<=")):
            if end is not None:
                tests.append(f"day {sign} ?")
                values.append(end // (DAY * MILLISECOND))
        where = " AND ".join(tests)
        query = f"SELECT count FROM {days_of(ask.kind)} WHERE {where} LIMIT ?"  # noqa: S608
        counted = f"SELECT ifnull(sum(count), 0) FROM ({query})"  # noqa: S608
        return int(self.database.all(counted, *values, most)[0][0])

    def by_time(self, ask: Ask) -> Walk:
        """Go through all rows by their time."""
        span, found, table = self.plan.span(ask), self.filter(ask), table_of(ask.kind)
        source = f"{table} AS d INDEXED BY {table}_at"
        whole = self.plan(ask.where).all
        return Walk(source, span.sql, span.values, found, whole=whole, timely=True)

    def ordered(self, ask: Ask, order: Order) -> Walk:
        """Choose for a page: rows come in its order, or are few enough to be sorted."""
        walk = self(ask)
        if not order.sort or (walk.whole and not walk.timely):
            return walk
        column = COLUMNS[ask.kind][order.sort]
        source = f"{table_of(ask.kind)} AS d INDEXED BY {column.index}"
        found = self.filter(ask)
        return Walk(source, "1", (), found, whole=found.all)

    def places(
        self, ask: Ask, order: Order, after: Place | None, *, bounded: bool = True
    ) -> Generator[tuple[Place, bool], None, None]:
        """Give (place, whether a row is there) of what fits, in order.

        Where the budget ends before all is gone through, the last place given has no row.
        """
        if self.filter(ask).none:
            return
        numbers = self._side_by_side(ask, order) if bounded else None
        if numbers is not None:
            yield from self._merged(ask, order, after, numbers)
            return
        walk = self.ordered(ask, order)
        names = walk.place
        if order.sort:
            names = (f"d.{COLUMNS[ask.kind][order.sort].name}", *names)
        way = "DESC" if order.descending else "ASC"
        by = f"ORDER BY {', '.join(f'{name} {way}' for name in names)}"
        free = walk.whole or not bounded
        left = _UNBOUNDED if free else ask.budget * self._rows_for_one(ask)
        width = _UNBOUNDED if free else _FIRST_WINDOW
        while True:
            width = min(width, left)
            begin, given = _beside(names, after, "<" if order.descending else ">")
            end = None if free else self._end(walk, (names, by), (begin, given), width)
            until, last = _beside(names, end, ">=" if order.descending else "<=")
            query = walk.select(", ".join(names), f"{begin} AND {until}", by)
            for row in self.database.rows(query, *walk.given, *given, *last):
                yield row, True
            if end is None:
                return
            left -= width
            if left <= 0:
                yield end, False
                return
            after, width = end, width * 10

    def _side_by_side(self, ask: Ask, order: Order) -> list[int] | None:
        """Give the classes all of whose rows fit; None where rows are gone through otherwise."""
        found = self.classes(ask.where)
        if order.sort or found.all or not found.exact:
            return None
        query = f"SELECT d.class FROM {classes_of(ask.kind)} AS d WHERE {found.sql} LIMIT ?"  # noqa: S608
        rows = self.database.all(query, *found.values, _SIDE_BY_SIDE + 1)
        return [number for (number,) in rows] if len(rows) <= _SIDE_BY_SIDE else None

    def _merged(
        self, ask: Ask, order: Order, after: Place | None, numbers: list[int]
    ) -> Generator[tuple[Place, bool], None, None]:
        """Give the places of the rows of these classes, in order; read only as far as asked."""
        span, table, names = self.plan.span(ask), table_of(ask.kind), ("d.at", "d.id")
        way, sign = ("DESC", "<") if order.descending else ("ASC", ">")
        begin, given = _beside(names, after, sign)
        query = f"""SELECT d.at, d.id FROM {table} AS d INDEXED BY {table}_class
            WHERE d.class = ? AND {span.sql} AND {begin} ORDER BY d.at {way}, d.id {way}"""  # noqa: S608
        with ExitStack() as stack:
            rows = [
                stack.enter_context(
                    closing(self.database.rows(query, number, *span.values, *given))
                )
                for number in numbers
            ]
            for place in heapq.merge(*rows, reverse=order.descending):
                yield place, True

    def _rows_for_one(self, ask: Ask) -> int:
        return _CLASSED_FOR_ONE if self.classes(ask.where).exact else ROWS_FOR_ONE

    def newest(self, ask: Ask, walk: Walk) -> tuple[Walk, bool]:
        """Give a walk along as many rows as a budget allows; tell whether that is all."""
        if walk.whole:
            return walk, True
        by = "ORDER BY d.at DESC, d.id DESC"
        rows = ask.budget * self._rows_for_one(ask)
        end = self._end(walk, (walk.place, by), ("1", ()), rows)
        if end is None:
            return walk, True
        test = f"{walk.test} AND (d.at, d.id) >= (?, ?)"
        return replace(walk, test=test, values=(*walk.values, *end)), False

    def _end(
        self,
        walk: Walk,
        order: tuple[tuple[str, ...], str],
        begin: tuple[str, tuple[Any, ...]],
        width: int,
    ) -> Place | None:
        """Give the place of the row that is so many rows on; None where there are not so many."""
        (names, by), (test, given) = order, begin
        columns = ", ".join(names)
        query = f"SELECT {columns} FROM {walk.source} WHERE {walk.test} AND {test} {by}"  # noqa: S608
        return self.database.one(f"{query} LIMIT 1 OFFSET ?", *walk.values, *given, width - 1)

    @staticmethod
    def _of_term(column: Column, values: tuple[str, ...], span: Filter, found: Filter) -> Walk:
        table = table_of(column.kind)
        marks = "= ?" if len(values) == 1 else f"IN ({', '.join('?' * len(values))})"
        if column.many:
            source = f"search AS t CROSS JOIN {table} AS d INDEXED BY {table}_at"
            source += " ON d.at = t.at AND d.id = t.id"
            test = f"t.field = ? AND t.value {marks} AND {span.sql.replace('d.at', 't.at')}"
            given = (column.number, *values, *span.values)
            return Walk(source, test, given, found, ("t.at", "t.id"), doubled=len(values) > 1)
        source = f"{table} AS d INDEXED BY {column.index}"
        test = f"d.{column.name} {marks} AND {span.sql}"
        return Walk(source, test, (*values, *span.values), found)


def _beside(names: tuple[str, ...], place: Place | None, sign: str) -> tuple[str, tuple[Any, ...]]:
    if place is None:
        return "1", ()
    return f"({', '.join(names)}) {sign} ({', '.join('?' * len(place))})", tuple(place)
