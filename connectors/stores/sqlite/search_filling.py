"""Rows to be found by, made anew: of a store of an earlier version, and of what was rewritten."""

from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from connectors.stores.asking import name_of, with_id
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_rows import put_rows
from pipeline.model.carried import Carried
from pipeline.ports.searching import Kind

_ALL: Final = {
    Kind.INCIDENTS: "SELECT data FROM incident_heads JOIN incidents USING (id, revision)",
    Kind.FINDINGS: """SELECT data FROM findings AS one WHERE revision =
        (SELECT max(revision) FROM findings AS other WHERE other.id = one.id)""",
    Kind.NOTICES: "SELECT data FROM notices",
    Kind.AUDIT: "SELECT data FROM audit",
    Kind.FAILURES: "SELECT data, id FROM failures",
}
_KEYS: Final = {
    Kind.INCIDENTS: " WHERE incident_heads.id = ?",
    Kind.FINDINGS: " AND id = ?",
    Kind.NOTICES: " WHERE id = ?",
    Kind.AUDIT: " WHERE entry_id = ?",
    Kind.FAILURES: " WHERE id = ?",
}
_FILLED: Final = "SELECT 1 FROM counters WHERE name = 'search.filled'"
_CHUNK: Final = 1_000


def fill(database: SqliteDatabase) -> None:
    """Make the rows of a store of an earlier version, in one transaction; else do nothing."""
    if database.one(_FILLED):
        return
    with database.transaction():
        for kind, query in _ALL.items():
            for documents in _chunks(database, query):
                changes = [(name_of(kind, orjson.loads(one)), None, one) for one in documents]
                put_rows(database, kind, changes)
        database.run("INSERT OR IGNORE INTO counters VALUES ('search.filled', 1)")


def found_anew(database: SqliteDatabase, place: str, rewritten: Sequence[Carried]) -> None:
    """Make the rows of rewritten documents anew; of another place there is nothing to be done."""
    if place not in set(_ALL):
        return
    kind = Kind(place)
    for row in rewritten:
        before = with_id(row.of, row.data) if kind is Kind.FAILURES else row.data
        row_id = name_of(kind, orjson.loads(before))
        put_rows(database, kind, [(row_id, before, None)])
        for documents in _chunks(database, _ALL[kind] + _KEYS[kind], row_id):
            put_rows(database, kind, [(row_id, None, one) for one in documents])


def _chunks(database: SqliteDatabase, query: str, *of: str) -> Iterator[list[bytes]]:
    with database.reading() as connection:
        cursor = connection.execute(query, of)
        while rows := cursor.fetchmany(_CHUNK):
            yield [with_id(row[1], row[0]) if len(row) > 1 else row[0] for row in rows]
