"""Keyed state of the stateful stages, clustered by object: one object's rows load in one pass."""

from collections.abc import Mapping, Sequence

from connectors.stores.sqlite.database import SqliteDatabase

_PUT = """INSERT INTO state VALUES (?, ?, ?)
    ON CONFLICT (object_id, key) DO UPDATE SET value = excluded.value"""
_BETWEEN = """SELECT key, value FROM state WHERE object_id = ? AND key >= ? AND key < ?
    ORDER BY key LIMIT ?"""
# From each object to the next: DISTINCT would read every row of every object.
_OBJECTS = """WITH RECURSIVE held (object_id) AS (
        SELECT min(object_id) FROM state
        UNION ALL
        SELECT (SELECT min(object_id) FROM state WHERE object_id > held.object_id) FROM held
        WHERE held.object_id IS NOT NULL)
    SELECT object_id FROM held WHERE object_id IS NOT NULL"""


class SqliteStateStore:
    """``ports.StateStore`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def load(self, object_id: str) -> Mapping[str, bytes]:
        """Give all rows of one object, by key."""
        query = "SELECT key, value FROM state WHERE object_id = ? ORDER BY key"
        return dict(self._database.all(query, object_id))

    def save(self, object_id: str, rows: Mapping[str, bytes | None]) -> None:
        """Write changed rows; None removes."""
        kept = [(object_id, key, value) for key, value in rows.items() if value is not None]
        gone = [(object_id, key) for key, value in rows.items() if value is None]
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM state WHERE object_id = ? AND key = ?", gone)
            connection.executemany(_PUT, kept)

    def between(
        self, object_id: str, begin: str, end: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Give up to ``limit`` rows of one object with keys in [begin, end), in their order."""
        return self._database.all(_BETWEEN, object_id, begin, end, limit)

    def objects(self) -> Sequence[str]:
        """Give every object that has state, sorted."""
        return [object_id for (object_id,) in self._database.all(_OBJECTS)]
