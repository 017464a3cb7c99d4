"""Conditions as SQL over a kind's table: a filter that lets through at least what fits.

``d`` is a row of it. A filter is ``exact`` where it lets through nothing else; what is not, is
opened and asked once more. None of a filter's expressions is NULL: else NOT would lose rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.stores.asking import MILLISECOND
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_tables import (
    COLUMNS,
    Column,
    classes_of,
    names_of,
    table_of,
)
from pipeline.model.conditions import All, Among, Condition, Either, Like, Not, Present, Within
from pipeline.ports.search_fields import OWN_TIME, FieldType, type_of
from pipeline.ports.searching import Ask, Kind

_NAMES: Final = frozenset({"id", "entry_id"})
_MOST_VALUES: Final = 5_000  # of one condition
_DISTINCT: Final = 2_000  # of a field of several values, that stars are tried on
_LARGEST: Final = 2**53  # beyond it a number's text and value part
_NAME: Final = "ifnull(d.name, d.id)"
# Each value of an index, once: {0} the column, {1} its table, {2} what else must hold.
_VALUES = """WITH RECURSIVE found (value) AS (
        SELECT min({0}) FROM {1} WHERE {2} {0} > ''
        UNION ALL
        SELECT (SELECT min(next.{0}) FROM {1} AS next WHERE {2} next.{0} > found.value)
        FROM found WHERE value IS NOT NULL)
    SELECT value, value LIKE :like ESCAPE '\\' FROM found WHERE value IS NOT NULL LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Filter:
    """An SQL expression over ``d``, its values, and whether it lets through only what fits."""

    sql: str
    values: tuple[Any, ...] = ()
    exact: bool = True

    @property
    def all(self) -> bool:
        """Tell whether it lets everything through."""
        return self.sql == "1"

    @property
    def none(self) -> bool:
        """Tell whether it lets nothing through."""
        return self.sql == "0"


_TRUE, _FALSE, _UNKNOWN = Filter("1"), Filter("0"), Filter("1", exact=False)


@dataclass(frozen=True, slots=True)
class Planner:
    """Writes filters for one kind; ``classed``: over its table of classes, with that as ``d``."""

    database: SqliteDatabase
    kind: Kind
    classed: bool = False

    def __call__(self, condition: Condition) -> Filter:
        """Give the filter of a condition."""
        match condition:
            case All(of):
                return _joined(" AND ", [self(one) for one in of], _TRUE)
            case Either(of):
                return _joined(" OR ", [self(one) for one in of], _FALSE)
            case Not(of=one):
                inner = self(one)
                if inner.exact and (inner.all or inner.none):
                    return _FALSE if inner.all else _TRUE
                sql = f"NOT ({inner.sql})"
                return Filter(sql, inner.values) if inner.exact else _UNKNOWN
            case _:
                return self._leaf(condition)

    def span(self, ask: Ask) -> Filter:
        """Give the filter of a question's span of time."""
        if ask.begin is None and ask.end is None:
            return _TRUE
        span = Within(OWN_TIME[self.kind], ask.begin, ask.end, below=True)
        return self._within(span)

    def terms(self, condition: Condition) -> Iterator[tuple[Column, tuple[str, ...]]]:
        """Give (column, folded values) of the parts of a condition that an index answers."""
        if isinstance(condition, All):
            for one in condition.of:
                yield from self.terms(one)
        elif isinstance(condition, Among):
            column, values = self._texts(condition.field), _folded(condition.values)
            fits = values and "" not in values and len(values) <= _MOST_VALUES
            if column is not None and fits and not column.classed:
                yield column, values

    def names(self, condition: Condition) -> tuple[str, ...] | None:
        """Give the folded names of which a row must have one; None where none are asked for."""
        if isinstance(condition, All):
            return next((found for one in condition.of if (found := self.names(one))), None)
        if isinstance(condition, Among) and condition.field in _NAMES:
            return _folded(condition.values)
        return None

    def _leaf(self, condition: Among | Like | Within | Present) -> Filter:
        match condition:
            case Among(field, values):
                return self._among(field, values)
            case Like(field, parts):
                return self._like(field, parts)
            case Within():
                return self._within(condition)
            case Present():
                return _UNKNOWN

    def _among(self, field: str, values: tuple[str, ...]) -> Filter:
        if not values:
            return _FALSE
        if field in _NAMES:
            few = len(values) <= _MOST_VALUES and not self.classed
            return _named(values) if few else _UNKNOWN
        column, folded = self._texts(field), _folded(values)
        if column is None or "" in folded or len(folded) > _MOST_VALUES:
            return _UNKNOWN
        return _among_values(column, folded)

    def _like(self, field: str, parts: tuple[str, ...]) -> Filter:
        if not any(parts) or any("\0" in part for part in parts):
            return _UNKNOWN
        pattern = "%".join(_escaped(part.casefold()) for part in parts)
        if field in _NAMES:
            return self._name_like(parts, pattern)
        column = self._texts(field)
        if column is None:
            return _UNKNOWN
        if self.classed:
            return Filter(f"ifnull(d.{column.name} LIKE ? ESCAPE '\\', 0)", (pattern,))
        return self._by_value(column, parts, pattern)

    def _name_like(self, parts: tuple[str, ...], pattern: str) -> Filter:
        if self.classed:
            return _UNKNOWN
        if self._strange(names_of(self.kind), parts):
            return _FALSE
        return Filter(f"{_NAME} LIKE ? ESCAPE '\\'", (pattern,))

    def _by_value(self, column: Column, parts: tuple[str, ...], pattern: str) -> Filter:
        """Try a pattern on the values that there are, where these are few."""
        if column.lettered and self._strange(column.number, parts):
            return _FALSE
        if column.classed:
            name, table = column.name, classes_of(self.kind)
            query = f"SELECT DISTINCT {name} FROM {table} WHERE {name} LIKE ? ESCAPE '\\' LIMIT ?"  # noqa: S608
            rows = self.database.all(query, pattern, _DISTINCT)
            found = [(value, True) for (value,) in rows]
        else:
            whose = f"field = {column.number} AND" if column.many else ""
            name = "value" if column.many else column.name
            source = "search" if column.many else table_of(self.kind)
            asked = {"most": _DISTINCT, "like": pattern}
            with self.database.reading() as connection:
                query = _VALUES.format(name, source, whose)
                found = connection.execute(query, asked).fetchall()
        if len(found) < _DISTINCT:
            fitting = tuple(str(value) for value, fits in found if fits)
            return _among_values(column, fitting) if fitting else _FALSE
        if column.many:
            return _UNKNOWN
        return Filter(f"ifnull(d.{column.name} LIKE ? ESCAPE '\\', 0)", (pattern,))

    def _strange(self, field: int, parts: tuple[str, ...]) -> bool:
        """Tell whether a pattern has a letter that no value of a field has."""
        asked = {letter for part in parts for letter in part.casefold()}
        marks = ", ".join("?" * len(asked))
        query = f"SELECT count(*) FROM search_letters WHERE field = ? AND letter IN ({marks})"  # noqa: S608
        ((known,),) = self.database.all(query, field, *sorted(asked))
        return bool(known < len(asked))

    def _within(self, condition: Within) -> Filter:
        of = type_of(self.kind, condition.field)
        own = condition.field == OWN_TIME[self.kind]
        column = COLUMNS[self.kind].get(condition.field)
        if self.classed:
            return _UNKNOWN
        if of not in {FieldType.TIME, FieldType.NUMBER} or (column is None and not own):
            return _UNKNOWN
        ends = _milliseconds(condition) if of is FieldType.TIME else _numbers(condition)
        if ends is None:
            return _UNKNOWN
        name = f"d.{column.name}" if column is not None else "d.at"
        if not ends.tests:
            return _TRUE
        sql = " AND ".join(f"{name} {sign} ?" for sign, _ in ends.tests)
        return Filter(f"({sql})", tuple(value for _, value in ends.tests), ends.exact)

    def _texts(self, field: str) -> Column | None:
        """Give a text field's column; None where rows do not tell of it."""
        column = COLUMNS[self.kind].get(field)
        if column is None or not column.text or (self.classed and not column.classed):
            return None
        return column


@dataclass(frozen=True, slots=True)
class _Ends:
    tests: tuple[tuple[str, Any], ...]
    exact: bool


def _joined(sign: str, filters: Sequence[Filter], empty: Filter) -> Filter:
    # A constant in a query makes SQLite forget the rest of it, and so that an index fits.
    if empty is _TRUE and any(one.none for one in filters):
        return _FALSE
    filters = [one for one in filters if not one.none]
    if not filters:
        return empty
    sql = sign.join(f"({one.sql})" for one in filters)
    values = tuple(value for one in filters for value in one.values)
    return Filter(sql, values, all(one.exact for one in filters))


def _among_values(column: Column, values: tuple[str, ...]) -> Filter:
    marks = ", ".join("?" * len(values))
    if not column.many:
        return Filter(f"ifnull(d.{column.name} IN ({marks}), 0)", values)
    sql = f"""EXISTS (SELECT 1 FROM search WHERE field = ? AND value IN ({marks})
        AND at = d.at AND id = d.id)"""  # noqa: S608 (marks)
    return Filter(sql, (column.number, *values))


def _named(values: tuple[str, ...]) -> Filter:
    folded = _folded(values)
    marks = ", ".join("?" * len(folded))
    return Filter(f"{_NAME} IN ({marks})", folded)


def _folded(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({value.casefold() for value in values}))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _milliseconds(condition: Within) -> _Ends | None:
    """Give a range of times in milliseconds, exact where its ends are whole ones."""
    tests: list[tuple[str, Any]] = []
    exact = True
    least, most = condition.least, condition.most
    if least is not None:
        if not isinstance(least, int):
            return None
        begin = least + condition.above
        tests.append((">=", _bounded(begin // MILLISECOND)))
        exact &= begin % MILLISECOND == 0
    if most is not None:
        if not isinstance(most, int):
            return None
        end = most + (not condition.below)
        tests.append(("<=", _bounded((end - 1) // MILLISECOND)))
        exact &= end % MILLISECOND == 0
    return _Ends(tuple(tests), exact)


def _numbers(condition: Within) -> _Ends | None:
    tests = []
    for end, sign in (
        (condition.least, ">" if condition.above else ">="),
        (condition.most, "<" if condition.below else "<="),
    ):
        if end is not None:
            if abs(end) > _LARGEST:
                return None
            tests.append((sign, end))
    return _Ends(tuple(tests), exact=True)


def _bounded(moment: int) -> int:
    return min(max(moment, -(2**62)), 2**62)
