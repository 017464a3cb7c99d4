"""What is written of a noun so that it is found, in the transaction of what it tells of.

Only what changes is written: of a later revision the columns whose values are others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

import orjson

from connectors.stores.asking import MILLISECOND
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_classes import Classes, classes_in, moved
from connectors.stores.sqlite.search_tables import COLUMNS, Column, names_of, table_of
from pipeline.model import AuditEntry, Failure, Finding, Incident, Instant, Notice
from pipeline.model.holding import text_of
from pipeline.ports.search_fields import OWN_TIME, FieldType
from pipeline.ports.searching import Kind

Noun: TypeAlias = AuditEntry | Failure | Finding | Incident | Notice
# A name, the own time of the row that stands (None: there is none), what is to be found now (None:
# nothing).
Change: TypeAlias = tuple[str, Instant | None, Noun | None]
Row: TypeAlias = Sequence[Any]
Term: TypeAlias = tuple[int, str, int, str]

_CLASS: Final = 4  # the place of the class, behind at, id, name, spelt
_FIRST: Final = 5  # columns before those of fields
_PUT_TERM = "INSERT OR IGNORE INTO search VALUES (?, ?, ?, ?)"
_DROP_TERM = "DELETE FROM search WHERE field = ? AND value = ? AND at = ? AND id = ?"


class _Way(Enum):
    """How a column's value is made."""

    TEXT = auto()
    NUMBER = auto()
    TIME = auto()
    SEVERAL = auto()


class _Table:
    """How rows of one kind are made and written."""

    def __init__(self, kind: Kind) -> None:
        columns = tuple(COLUMNS[kind].values())
        names = ("at", "id", "name", "spelt", "class", *(one.name for one in columns))
        one = "WHERE at = ? AND id = ?"
        self.name = table_of(kind)
        self.names = names
        marks = ", ".join("?" * len(names))
        self.put = f"INSERT INTO {self.name} VALUES ({marks})"  # noqa: S608
        self.drop = f"DELETE FROM {self.name} {one}"  # noqa: S608
        self.stands = f"SELECT * FROM {self.name} {one}"  # noqa: S608
        self.change = f"UPDATE {self.name} SET {{}} {one}"  # noqa: S608
        self._values = attrgetter(OWN_TIME[kind], *map(_attribute, columns))
        self._plan = tuple((_way(one), one.name, "".join(one.steps[2:])) for one in columns)
        placed = list(enumerate(columns, _FIRST))
        self._many = [(at, one.number) for at, one in placed if one.many]
        self._classed = [(at, one.name) for at, one in placed if one.classed]
        self.classed = tuple(name for _, name in self._classed)
        self.lettered = [(at, one.number) for at, one in placed if one.lettered]
        self.names_number = names_of(kind)

    def row(self, classes: Classes, row_id: str, noun: Noun) -> Row:
        """Give the row of a noun; its class is made where it is new."""
        at, *values = self._values(noun)
        folded = row_id.casefold()
        name = None if folded == row_id else folded
        made: list[Any] = [at // MILLISECOND, row_id, name, None, 0]
        spelt: dict[str, str] = {}
        for (way, name, rest), value in zip(self._plan, values, strict=True):
            if way is _Way.TEXT:
                text, raw = _folded(value)
                made.append(text)
                if raw is not None:
                    spelt[name] = raw
            elif way is _Way.NUMBER:
                made.append(value)
            elif way is _Way.TIME:
                made.append(value // MILLISECOND)
            else:
                several = tuple([getattr(one, rest) for one in value]) if rest else value
                made.append(_several(several))
        own: dict[str, str] = {}
        if spelt:
            made[3] = orjson.dumps(spelt).decode()
            own = {name: spelt[name] for name in self.classed if name in spelt}
        made[_CLASS] = classes.number(tuple([made[at] for at, _ in self._classed]), own)
        return made

    def terms(self, row: Row) -> list[Term]:
        """Give the rows of ``search`` of a row."""
        at, row_id = row[0], row[1]
        return [
            (number, value, at, row_id)
            for place, number in self._many
            if row[place]
            for value in _each(row[place])
        ]


def put_rows(database: SqliteDatabase, kind: Kind, changes: Iterable[Change]) -> None:
    """Write what changed."""
    table = _TABLES[kind]
    work = _Work([], set(), set(), [])
    classes = classes_in(database, kind, table.classed)
    with database.writing() as connection:
        for row_id, stood, noun in changes:
            row = table.row(classes, row_id, noun) if noun is not None else ()
            old = None
            if stood is not None:
                old = database.one(table.stands, stood // MILLISECOND, row_id)
            work.add(table, old, row)
            if old is None or not (sets := _differing(old, row)):
                continue
            if row:
                query = table.change.format(", ".join(f"{table.names[at]} = ?" for at in sets))
                connection.execute(query, (*(row[at] for at in sets), *old[:2]))
            else:
                connection.execute(table.drop, old[:2])
        if work.new:
            connection.executemany(table.put, work.new)
        if gone := sorted(work.gone - work.made):
            connection.executemany(_DROP_TERM, gone)
        if made := sorted(work.made - work.gone):
            connection.executemany(_PUT_TERM, made)
        classes.count(moved((row[_CLASS], row[0], more) for row, more in work.counted))
        there = [row for row, more in work.counted if more > 0]
        classes.spell(table.names_number, (row[2] or row[1] for row in there))
        for place, number in table.lettered:
            classes.spell(number, (row[place] for row in there))


@dataclass(frozen=True, slots=True)
class _Work:
    """What is written together: new rows, terms that are gone, and terms that are there.

    ``counted``: rows that are there now, and such as are no more.
    """

    new: list[Row]
    gone: set[Term]
    made: set[Term]
    counted: list[tuple[Row, int]]

    def add(self, table: _Table, old: Row | None, row: Row) -> None:
        """Take one row's work, without the change of a row that stands."""
        if old is not None:
            self.gone.update(table.terms(old))
            self.counted.append((old, -1))
        elif row:
            self.new.append(row)
        if row:
            self.made.update(table.terms(row))
            self.counted.append((row, 1))


def _differing(old: Row, row: Row) -> Sequence[int]:
    """Give the places whose values are others; all where there is no row any more."""
    if not row:
        return range(len(old))
    return [at for at, value in enumerate(row) if value != old[at]]


def _attribute(column: Column) -> str:
    """Give the attribute of a field: of a route's legs the route, whose members have the rest."""
    return ".".join(column.steps[:2]) if column.many else column.field


def _way(column: Column) -> "_Way":
    if column.many:
        return _Way.SEVERAL
    if column.text:
        return _Way.TEXT
    return _Way.TIME if column.type is FieldType.TIME else _Way.NUMBER


@lru_cache(maxsize=16_384)
def _several(values: tuple[object, ...]) -> str | None:
    """Give the texts of a field of several values as JSON, each once; None for no text."""
    texts = list(dict.fromkeys(text for one in values if (text := text_of(one))))
    return orjson.dumps(texts).decode() if texts else None


@lru_cache(maxsize=16_384)
def _each(texts: str) -> tuple[str, ...]:
    """Give the folded texts of such a field."""
    return tuple(sorted({str(one).casefold() for one in orjson.loads(texts)}))


@lru_cache(maxsize=65_536)
def _folded(value: object) -> tuple[str | None, str | None]:
    """Give a value's text folded, and the text itself where that is another; None for no text."""
    text = text_of(value)
    folded = text.casefold()
    return folded or None, None if folded == text else text


_TABLES: Final[Mapping[Kind, _Table]] = {kind: _Table(kind) for kind in COLUMNS}
