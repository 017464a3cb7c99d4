"""Notices between the decision and the receipt."""

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from connectors.stores.sqlite.database import Row, SqliteDatabase
from pipeline.model import Notice, from_json, to_json

_PUT = """INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
    incident_id = excluded.incident_id, state = excluded.state, lane = excluded.lane,
    due_at = excluded.due_at, created_at = excluded.created_at,
    next_attempt_at = excluded.next_attempt_at, channel = excluded.channel, data = excluded.data"""
_DUE = """SELECT data FROM notices WHERE state IN ('pending', 'failed') AND next_attempt_at <= ?
    ORDER BY lane, due_at, created_at, id LIMIT ?"""
_DUE_THROUGH = """SELECT data FROM notices WHERE state IN ('pending', 'failed')
    AND next_attempt_at <= ? AND channel = ? ORDER BY lane, due_at, created_at, id LIMIT ?"""
_ALL = "SELECT data FROM notices ORDER BY created_at, id"
_OF = "SELECT data FROM notices WHERE incident_id = ? ORDER BY created_at, id"
_LAST = "SELECT data FROM notices ORDER BY created_at DESC, id DESC LIMIT ?"
_LAST_OF = """SELECT data FROM notices WHERE incident_id = ?
    ORDER BY created_at DESC, id DESC LIMIT ?"""


class SqliteOutbox:
    """``ports.Outbox`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put(self, notices: Sequence[Notice]) -> None:
        """Keep new notices and new states of known ones, by id."""
        rows = [
            (
                notice.id,
                notice.incident_id,
                notice.state.value,
                0 if notice.leg == "first" else 1,
                notice.due_at,
                notice.created_at,
                notice.next_attempt_at,
                notice.channel,
                to_json(notice),
            )
            for notice in notices
        ]
        with self._database.writing() as connection:
            connection.executemany(_PUT, rows)

    def due(self, now: int, limit: int, channel: str | None = None) -> Sequence[Notice]:
        """Give pending and failed notices whose next attempt is not after ``now``.

        First legs first, then by due time, creation and id.
        """
        if channel is None:
            rows = self._database.all(_DUE, now, limit)
        else:
            rows = self._database.all(_DUE_THROUGH, now, channel, limit)
        return [self._notice(data) for (data,) in rows]

    def get(self, notice_id: str) -> Notice | None:
        """Give one notice."""
        row = self._database.one("SELECT data FROM notices WHERE id = ?", notice_id)
        return self._notice(row[0]) if row else None

    def list(self, incident_id: str | None = None, last: int | None = None) -> Iterator[Notice]:
        """Give notices by creation and id; ``last``: only so many, from the end."""
        of = () if incident_id is None else (incident_id,)
        rows: Iterator[Row]
        if last is None:
            rows = self._database.rows(_OF if of else _ALL, *of)
        else:
            rows = reversed(self._database.all(_LAST_OF if of else _LAST, *of, last))
        for (data,) in rows:
            yield self._notice(data)

    def _notice(self, data: bytes) -> Notice:
        try:
            return from_json(Notice, data)
        except ValidationError as error:
            raise self._database.damaged("a notice", error) from error
