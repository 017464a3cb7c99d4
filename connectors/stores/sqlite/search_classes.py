"""What is written beside a kind's rows: their classes, how many are of a day, letters of values.

A class is never taken away, so that its number may be remembered; by whom else it was made does not
matter. What was remembered of a transaction that was undone is forgotten.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_tables import DAY, classes_of, days_of
from pipeline.ports.searching import Kind

_REMEMBERED: Final = 50_000  # classes of a kind
_PUT_LETTER: Final = "INSERT OR IGNORE INTO search_letters VALUES (?, ?)"


class Classes:
    """The classes of one kind in one file, as its writer knows them."""

    def __init__(self, database: SqliteDatabase, kind: Kind, columns: Sequence[str]) -> None:
        table, days = classes_of(kind), days_of(kind)
        marks = ", ".join("?" * (len(columns) + 2))
        self._database = database
        self._known = f"SELECT class FROM {table} WHERE said = ?"  # noqa: S608
        names = ", ".join(("said", "spelt", *columns))
        self._make = f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING class"  # noqa: S608
        self._count = f"""INSERT INTO {days} VALUES (?, ?, ?) ON CONFLICT (class, day)
            DO UPDATE SET count = count + excluded.count"""  # noqa: S608
        self._empty = f"DELETE FROM {days} WHERE class = ? AND day = ? AND count = 0"  # noqa: S608
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._letters: dict[int, set[str]] = {}
        self._undone = database.undone

    def number(self, values: tuple[Any, ...], spelt: Mapping[str, str]) -> int:
        """Give the number of a class, which is made where it is new; within a transaction."""
        self._fresh()
        key = (values, *sorted(spelt.items())) if spelt else values
        number = self._numbers.get(key)
        if number is None:
            if len(self._numbers) >= _REMEMBERED:
                self._numbers.clear()
            number = self._numbers[key] = self._numbered(values, spelt)
        return number

    def count(self, moved: Mapping[tuple[int, int], int]) -> None:
        """Add to how many rows a class has of a day: (class, day) to the difference."""
        rows = [(*place, more) for place, more in moved.items() if more]
        if not rows:
            return
        with self._database.writing() as connection:
            connection.executemany(self._count, rows)
            if gone := [(number, day) for number, day, more in rows if more < 0]:
                connection.executemany(self._empty, gone)

    def spell(self, field: int, texts: Iterable[str | None]) -> None:
        """Keep the letters of a field's folded texts."""
        self._fresh()
        known = self._letters.setdefault(field, set())
        new = {letter for text in texts if text and not known.issuperset(text) for letter in text}
        if new := new - known:
            with self._database.writing() as connection:
                connection.executemany(_PUT_LETTER, [(field, letter) for letter in sorted(new)])
            known |= new

    def _numbered(self, values: tuple[Any, ...], spelt: Mapping[str, str]) -> int:
        said = orjson.dumps([values, spelt], option=orjson.OPT_SORT_KEYS).decode()
        row = self._database.one(self._known, said)
        if row is None:
            raw = orjson.dumps(spelt).decode() if spelt else None
            row = self._database.one(self._make, said, raw, *values)
        if row is None:
            raise self._database.damaged("a class of rows", KeyError(said))
        return int(row[0])

    def _fresh(self) -> None:
        if self._undone != self._database.undone:
            self._numbers.clear()
            self._letters.clear()
            self._undone = self._database.undone


def classes_in(database: SqliteDatabase, kind: Kind, columns: Sequence[str]) -> Classes:
    """Give what is remembered of the classes of a kind in an open file."""
    if kind not in database.remembered:
        database.remembered[kind] = Classes(database, kind, columns)
    held: Classes = database.remembered[kind]
    return held


def moved(places: Iterable[tuple[int, int, int]]) -> Counter[tuple[int, int]]:
    """Add up (class, time in milliseconds, difference) by class and day."""
    counted: Counter[tuple[int, int]] = Counter()
    for number, at, more in places:
        counted[number, at // DAY] += more
    return counted
