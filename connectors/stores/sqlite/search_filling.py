"""Rows to be found by, made anew: of a store of an earlier version, and of what was rewritten."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import orjson
from pydantic import ValidationError

from connectors.stores.asking import name_of, own_time, with_id
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_rows import Noun, put_rows
from pipeline.model import AuditEntry, Failure, Finding, Incident, Notice, from_json
from pipeline.model.carried import Carried
from pipeline.ports.searching import Kind

_NOUNS: Final[Mapping[Kind, type[Noun]]] = {
    Kind.INCIDENTS: Incident,
    Kind.FINDINGS: Finding,
    Kind.NOTICES: Notice,
    Kind.AUDIT: AuditEntry,
    Kind.FAILURES: Failure,
}

_ALL: Final = {
    Kind.INCIDENTS: """SELECT incident_heads.id, data FROM incident_heads
        CROSS JOIN incidents USING (id, revision)""",
    Kind.FINDINGS: """SELECT id, data FROM findings AS one WHERE revision =
        (SELECT max(revision) FROM findings AS other WHERE other.id = one.id)""",
    Kind.NOTICES: "SELECT id, data FROM notices",
    Kind.AUDIT: "SELECT entry_id, data FROM audit",
    Kind.FAILURES: "SELECT id, data FROM failures",
}
_KEYS: Final = {
    Kind.INCIDENTS: " WHERE incident_heads.id = ?",
    Kind.FINDINGS: " AND id = ?",
    Kind.NOTICES: " WHERE id = ?",
    Kind.AUDIT: " WHERE entry_id = ?",
    Kind.FAILURES: " WHERE id = ?",
}
# In about the order of their times: rows and what finds them are then written one behind another.
_IN_ORDER: Final = {
    Kind.INCIDENTS: " ORDER BY opened_at, incident_heads.id",
    Kind.FINDINGS: " ORDER BY one.rowid",
    Kind.NOTICES: " ORDER BY created_at, id",
    Kind.AUDIT: " ORDER BY rowid",
    Kind.FAILURES: " ORDER BY received_at, id",
}
_ROOM: Final = 262_144  # KiB of pages held while all is filled
_FILLED: Final = "SELECT 1 FROM counters WHERE name = 'search.filled'"
_CHUNK: Final = 1_000


def fill(database: SqliteDatabase) -> None:
    """Make the rows of a store of an earlier version, in one transaction; else do nothing."""
    if database.one(_FILLED):
        return
    with database.writing() as connection:
        (usual,) = connection.execute("PRAGMA cache_size").fetchone()
        connection.execute(f"PRAGMA cache_size = -{_ROOM}")
        for kind, query in _ALL.items():
            for nouns in _chunks(database, kind, query + _IN_ORDER[kind]):
                put_rows(database, kind, [(name, None, one) for name, one in nouns])
        database.run("INSERT OR IGNORE INTO counters VALUES ('search.filled', 1)")
        connection.execute(f"PRAGMA cache_size = {usual}")


def found_anew(database: SqliteDatabase, place: str, rewritten: Sequence[Carried]) -> None:
    """Make the rows of rewritten documents anew; of another place there is nothing to be done."""
    if place not in set(_ALL):
        return
    kind = Kind(place)
    for row in rewritten:
        before = orjson.loads(with_id(row.of, row.data) if kind is Kind.FAILURES else row.data)
        row_id = name_of(kind, before)
        put_rows(database, kind, [(row_id, own_time(kind, before), None)])
        for nouns in _chunks(database, kind, _ALL[kind] + _KEYS[kind], row_id):
            put_rows(database, kind, [(name, None, one) for name, one in nouns])


def _chunks(
    database: SqliteDatabase, kind: Kind, query: str, *of: str
) -> Iterator[list[tuple[str, Noun]]]:
    with database.reading() as connection:
        cursor = connection.execute(query, of)
        while rows := cursor.fetchmany(_CHUNK):
            try:
                yield [(name, from_json(_NOUNS[kind], data)) for name, data in rows]
            except ValidationError as error:
                raise database.damaged(f"one of {kind}", error) from error
