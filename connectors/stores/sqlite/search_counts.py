"""What a question about fields of few values counts: by classes and days, and rows at the ends.

A day that lies in the question's span whole is counted before; of the days at its ends the rows are
counted by an index.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from connectors.stores.asking import MILLISECOND
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_plan import Filter
from connectors.stores.sqlite.search_tables import DAY, Column, classes_of, days_of, table_of
from connectors.stores.sqlite.search_walk import Walker
from pipeline.ports.searching import Ask

_ROWS_FOR_ONE: Final = 50  # rows of an index for one document that a budget lets open
_FEW: Final = 2_000  # classes, beyond which rows are gone through by time
_FURTHEST: Final = 2**62  # milliseconds: what SQLite counts with
_Span: TypeAlias = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """Counts for one question whose span ends at whole milliseconds; ``found`` are its classes."""

    database: SqliteDatabase
    walker: Walker
    ask: Ask
    found: Filter

    @classmethod
    def of(cls, database: SqliteDatabase, walker: Walker, ask: Ask) -> "ClassCounts | None":
        """Give what counts for a question; None where classes do not tell, or ends are long."""
        found = walker.classes(ask.where)
        made = cls(database, walker, ask, found)
        return made if found.exact and made._short() else None

    def count(self) -> int:
        """Count all that fits."""
        return sum(self.by_class().values())

    def by_class(self) -> Counter[int]:
        """Count what fits by class."""
        counted: Counter[int] = Counter()
        if self.found.none:
            return counted
        days, ends = _parts(self.ask)
        if days is not None:
            counted.update(self._of_days("class", days))
        for end in ends:
            counted.update(self._of_rows("d.class", end))
        return counted

    def values(self, columns: Sequence[Column]) -> Mapping[int, tuple[Any, ...]]:
        """Give (values, spelt) of each class that fits, by its number."""
        names = "".join(f"d.{one.name}, " for one in columns)
        query = f"""SELECT d.class, {names}d.spelt FROM {classes_of(self.ask.kind)} AS d
            WHERE {self.found.sql}"""  # noqa: S608
        rows = self.database.all(query, *self.found.values)
        return {number: tuple(values) for number, *values in rows}

    def by_time(self, step: int) -> Counter[int] | None:
        """Count what fits by bucket, of ``step`` milliseconds; None where that is too much."""
        counted: Counter[int] = Counter()
        if self.found.none:
            return counted
        days, ends = _parts(self.ask)
        if step % DAY:
            if days is not None and self._held(days) > self.ask.budget * _ROWS_FOR_ONE:
                return None
            days, ends = None, [_whole(self.ask)]
        if days is not None:
            for day, count in self._of_days("day", days).items():
                counted[day * DAY // step] += count
        bucket = f"(d.at - ((d.at % {step}) + {step}) % {step}) / {step}"
        for end in ends:
            counted.update(self._of_rows(bucket, end))
        return counted

    def _short(self) -> bool:
        """Tell whether the days at the ends have few enough rows to go through them."""
        if self.found.none:
            return True
        held = 0
        for first, last in _parts(self.ask)[1]:
            days = tuple(None if at is None else at // DAY for at in (first, last))
            held += self._held((days[0], days[1]))
        return held <= self.ask.budget * _ROWS_FOR_ONE

    def _held(self, days: _Span) -> int:
        """Count all rows of days, whatever their class, where rows are gone through by time."""
        return sum(self._of_days("class", days).values())

    def _of_days(self, by: str, days: _Span) -> dict[int, int]:
        classes = self._classes()
        tests, values = _between("day", days)
        query = f"""SELECT {by}, sum(count) FROM {days_of(self.ask.kind)}
            WHERE {classes.sql.replace("d.class", "class", 1)} AND {tests} GROUP BY {by}"""  # noqa: S608
        return dict(self.database.all(query, *classes.values, *values))

    def _of_rows(self, by: str, span: _Span) -> dict[int, int]:
        classes, table = self._classes(), table_of(self.ask.kind)
        tests, values = _between("d.at", span)
        index = f"{table}_class" if self._few() else f"{table}_at"
        query = f"""SELECT {by} AS part, count(*) FROM {table} AS d INDEXED BY {index}
            WHERE {classes.sql} AND {tests} GROUP BY part"""  # noqa: S608
        return dict(self.database.all(query, *classes.values, *values))

    def _few(self) -> bool:
        if self.found.all:
            return False
        query = f"SELECT 1 FROM {classes_of(self.ask.kind)} AS d WHERE {self.found.sql} LIMIT ?"  # noqa: S608
        return len(self.database.all(query, *self.found.values, _FEW + 1)) <= _FEW

    def _classes(self) -> Filter:
        return self.walker.of_classes(self.found)


def _whole(ask: Ask) -> _Span:
    """Give the first and the last millisecond of a question's span."""
    first = None if ask.begin is None else _bounded(ask.begin // MILLISECOND)
    last = None if ask.end is None else _bounded(ask.end // MILLISECOND - 1)
    return first, last


def _bounded(at: int) -> int:
    return min(max(at, -_FURTHEST), _FURTHEST)


def _parts(ask: Ask) -> tuple[_Span | None, list[_Span]]:
    """Give the days of a question's span, None where it has no whole one; what is left of it."""
    first, last = _whole(ask)
    begin = None if first is None else -(-first // DAY)
    end = None if last is None else (last + 1) // DAY - 1
    if begin is not None and end is not None and begin > end:
        return None, [(first, last)]
    ends: list[_Span] = []
    if first is not None and begin is not None and first < begin * DAY:
        ends.append((first, begin * DAY - 1))
    if last is not None and end is not None and (end + 1) * DAY <= last:
        ends.append(((end + 1) * DAY, last))
    return (begin, end), ends


def _between(name: str, span: _Span) -> tuple[str, list[int]]:
    tests = [
        f"{name} {sign} ?" for at, sign in zip(span, (">=", "<="), strict=True) if at is not None
    ]
    return " AND ".join(tests) or "1", [at for at in span if at is not None]
