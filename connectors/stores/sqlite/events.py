"""Events as one compressed block a batch, found by batch or by object and time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice

from connectors.stores.blocks import in_time, pack_events, pick, storable, wanted
from connectors.stores.compression import expand
from connectors.stores.sqlite.database import SqliteDatabase
from pipeline.model import Event, RawBatch

_PUT = """INSERT INTO event_blocks (batch_id, object_id, first_at, last_at, count, data, indexed)
    VALUES (?, ?, ?, ?, ?, ?, 1)"""
_PUT_TERM = "INSERT OR IGNORE INTO event_terms VALUES (?, ?)"
_SUM = """INSERT INTO counters VALUES ('events.count', ?)
    ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"""
_IN_TIME = """SELECT first_at, batch_id, data FROM event_blocks
    WHERE object_id = ? AND first_at <= ? AND last_at >= ? ORDER BY first_at, batch_id"""


class SqliteEventStore:
    """``ports.EventStore`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def add(self, batch: RawBatch, events: Sequence[Event]) -> None:
        """Keep the events of one batch; the same batch again overwrites."""
        block = pack_events(batch.id, batch.object_id, events) if events else None
        with self._database.writing() as connection:
            query = "SELECT count FROM event_blocks WHERE batch_id = ?"
            known = connection.execute(query, (batch.id,)).fetchone()
            if known:
                connection.execute("DELETE FROM event_blocks WHERE batch_id = ?", (batch.id,))
            if block:
                row = (batch.id, block.object_id, block.first_at, block.last_at)
                at = connection.execute(_PUT, (*row, block.count, block.data)).lastrowid
                connection.executemany(_PUT_TERM, [(term, at) for term in block.terms])
            more = (block.count if block else 0) - (known[0] if known else 0)
            if more:
                connection.execute(_SUM, (more,))

    def get(self, event_ids: Iterable[str]) -> Mapping[str, bytes]:
        """Give the documents of events by id, as JSON; unknown ids are absent."""
        found: dict[str, bytes] = {}
        for batch_id, indices in wanted(event_ids).items():
            query = "SELECT data FROM event_blocks WHERE batch_id = ?"
            row = self._database.one(query, batch_id)
            if row is None:
                continue
            try:
                lines = pick(row[0], indices)
            except (ValueError, KeyError, TypeError) as error:
                raise self._database.damaged(f"the events of batch {batch_id}", error) from error
            found.update((indices[index], line) for index, line in lines.items())
        return found

    def of_batch(self, batch_id: str) -> Sequence[bytes]:
        """Give the documents of one batch as JSON, by the index of their records."""
        row = self._database.one("SELECT data FROM event_blocks WHERE batch_id = ?", batch_id)
        if row is None:
            return ()
        try:
            return expand(row[0]).split(b"\n")
        except ValueError as error:
            raise self._database.damaged(f"the events of batch {batch_id}", error) from error

    def search(self, object_id: str, begin: int, end: int, limit: int) -> Iterator[bytes]:
        """Give documents of one object with event time in [begin, end), oldest first."""
        rows = self._database.rows(_IN_TIME, object_id, storable(end - 1), storable(begin))
        with closing(rows):
            try:
                yield from islice(in_time(rows, begin, end), limit)
            except (ValueError, KeyError, TypeError) as error:
                what = f"the events of object {object_id}"
                raise self._database.damaged(what, error) from error

    def count(self) -> int:
        """Give how many events are kept."""
        row = self._database.one("SELECT value FROM counters WHERE name = 'events.count'")
        return row[0] if row else 0
