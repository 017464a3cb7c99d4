"""Failures that stand unresolved."""

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_rows import put_rows
from pipeline.model import Failure, Instant, from_json, to_json
from pipeline.ports.searching import Kind

_PUT = """INSERT INTO failures VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET
    received_at = excluded.received_at, data = excluded.data"""


class SqliteDeadLetters:
    """``ports.DeadLetters`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put(self, failures: Sequence[Failure]) -> None:
        """Keep failures by id; the same one again overwrites."""
        rows = [(failure.id, failure.received_at, to_json(failure)) for failure in failures]
        with self._database.writing() as connection:
            newest = {failure.id: failure for failure in failures}
            changes = [(one, self._standing(one), failure) for one, failure in newest.items()]
            connection.executemany(_PUT, rows)
            put_rows(self._database, Kind.FAILURES, changes)

    def list(self) -> Iterator[Failure]:
        """Give failures by receive time and id."""
        for (data,) in self._database.rows("SELECT data FROM failures ORDER BY received_at, id"):
            try:
                yield from_json(Failure, data)
            except ValidationError as error:
                raise self._database.damaged("a dead letter", error) from error

    def resolve(self, failure_id: str) -> None:
        """Take a failure off the list: a replay succeeded. An unknown id changes nothing."""
        with self._database.writing() as connection:
            put_rows(
                self._database, Kind.FAILURES, [(failure_id, self._standing(failure_id), None)]
            )
            connection.execute("DELETE FROM failures WHERE id = ?", (failure_id,))

    def _standing(self, failure_id: str) -> Instant | None:
        row = self._database.one("SELECT received_at FROM failures WHERE id = ?", failure_id)
        return row[0] if row else None

    def count(self) -> int:
        """Give how many stand unresolved."""
        row = self._database.one("SELECT count(*) FROM failures")
        return row[0] if row else 0
