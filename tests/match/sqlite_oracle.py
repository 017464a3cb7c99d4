"""pySigma's SQLite backend as an oracle: rules as queries, events as rows of their Sigma fields.

It shares pySigma's parser with the product and nothing else: fields and log sources come from
``flat_events``, the test of a value is SQLite's.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from sigma.backends.sqlite.sqlite import sqliteBackend
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from tests.match.flat_events import LogSource

EVERYTHING = "every_value"
_HEAD = "SELECT * FROM logs WHERE "


class Row(Protocol):
    """An event that can be asked about."""

    @property
    def number(self) -> int:
        """Give the number that verdicts name it by."""

    @property
    def raw(self) -> Mapping[str, Any]:
        """Give everything that keywords are sought in."""

    def is_of(self, source: LogSource) -> bool:
        """Tell whether rules of that log source speak of it."""

    def fields_for(self, source: LogSource) -> Mapping[str, Any]:
        """Give its fields under the names that rules of that log source use."""


@dataclass(frozen=True, slots=True)
class Query:
    """One rule as conditions of SQLite, one for each of the rule's conditions."""

    rule_id: str
    fields: tuple[str, ...]
    conditions: tuple[str, ...]


@dataclass(slots=True)
class Converted:
    """Every rule by log source, and the reasons for those that could not be converted."""

    by_source: dict[LogSource, list[Query]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Tell how many rules were converted."""
        return sum(map(len, self.by_source.values()))


def convert(paths: Iterable[Path]) -> Converted:
    """Convert rule files of one document each."""
    converted = Converted()
    untyped: Any = sqliteBackend
    backend = untyped(fulltext_field=EVERYTHING, collate_nocase=True)
    for path in paths:
        rule = SigmaRule.from_yaml(path.read_text(encoding="utf-8"))
        try:
            queries = backend.convert_rule(rule)
        except SigmaError as error:
            converted.reasons[f"{type(error).__name__}: {error}"] += 1
            continue
        assert all(query.startswith(_HEAD) for query in queries)
        source = LogSource(*(
            (part or "").lower()
            for part in (rule.logsource.product, rule.logsource.category, rule.logsource.service)
        ))  # fmt: skip
        converted.by_source.setdefault(source, []).append(
            Query(
                str(rule.id),
                tuple(backend.required_fields(rule)),
                tuple(query.removeprefix(_HEAD) for query in queries),
            )
        )
    return converted


def verdicts(converted: Converted, events: Sequence[Row]) -> set[tuple[str, int]]:
    """Give each rule that matches an event, with the event's number."""
    found: set[tuple[str, int]] = set()
    for source, queries in converted.by_source.items():
        rows = [event for event in events if event.is_of(source)]
        if not rows:
            continue
        for part in _without_clashes(queries):
            columns = sorted({name for query in part for name in query.fields} - {EVERYTHING})
            with closing(sqlite3.connect(":memory:")) as database:
                database.create_function("REGEXP", 2, _search, deterministic=True)
                _fill(database, source, columns, rows)
                found |= _asked(database, part)
    return found


def _without_clashes(queries: Iterable[Query]) -> list[list[Query]]:
    """Part queries so that no two names of a part differ by case alone: columns know no case."""
    parts: list[tuple[dict[str, str], list[Query]]] = []
    for query in queries:
        names = {name.lower(): name for name in query.fields}
        fitting = (
            (known, part)
            for known, part in parts
            if all(known.get(folded, name) == name for folded, name in names.items())
        )
        known, part = next(fitting, ({}, []))
        if not part:
            parts.append((known, part))
        known.update(names)
        part.append(query)
    return [part for _, part in parts]


def _asked(database: sqlite3.Connection, queries: Iterable[Query]) -> set[tuple[str, int]]:
    return {
        (query.rule_id, row[0])
        for query in queries
        for condition in query.conditions
        for row in database.execute(f"SELECT event FROM logs WHERE {condition}")
    }


def _fill(
    database: sqlite3.Connection,
    source: LogSource,
    columns: Sequence[str],
    rows: Iterable[Row],
) -> None:
    named = ", ".join(f"`{name}` TEXT COLLATE NOCASE" for name in columns)
    database.execute(
        f"CREATE TABLE logs (event INTEGER, {EVERYTHING} TEXT{', ' if named else ''}{named})"
    )
    marks = ", ".join("?" * (len(columns) + 2))
    database.executemany(
        f"INSERT INTO logs VALUES ({marks})",
        (_row(event, event.fields_for(source), columns) for event in rows),
    )


def _row(event: Row, fields: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    values = "\n".join(_texts(event.raw))
    return [event.number, values, *(_text(fields.get(name)) for name in columns)]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    text = _text(value)
    return [] if text is None else [text]


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _search(pattern: str, value: str | None) -> bool:
    return value is not None and _compiled(pattern).search(value) is not None
