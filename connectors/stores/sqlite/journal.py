"""The journal: packed, compressed batches by position, and where each source stands."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from connectors.stores.compression import expand, squeeze
from connectors.stores.sqlite.database import SqliteDatabase
from pipeline.model import RawBatch, pack_batch, unpack_batch
from pipeline.ports import SourceTail

_SET_COUNTER = """INSERT INTO counters VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_SET_LISTENER_TAIL = """INSERT INTO listener_tails VALUES (?, ?, ?) ON CONFLICT (listener)
    DO UPDATE SET sequence = excluded.sequence, resume = excluded.resume"""
_SET_SOURCE_TAIL = """INSERT INTO source_tails VALUES (?, ?, ?, ?)
    ON CONFLICT (object_id, source_id)
    DO UPDATE SET sequence = excluded.sequence, resume = excluded.resume"""
_LISTENER_TAIL = "SELECT sequence, resume FROM listener_tails WHERE listener = ?"
_SOURCE_TAIL = "SELECT sequence, resume FROM source_tails WHERE object_id = ? AND source_id = ?"
_FRESH_BYTES = 16 * 1024 * 1024


class SqliteJournal:
    """``ports.Journal`` on a SQLite file.

    What was appended last is read once without unpacking it, where the file holds the same bytes.
    """

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._fresh: OrderedDict[bytes, RawBatch] = OrderedDict()
        self._fresh_size = 0
        self._fresh_lock = threading.Lock()

    def append(self, listener: str, batches: Sequence[RawBatch]) -> int:
        """Keep the batches durably in this order, known ids skipped; give the last position."""
        # Compression is done before the turn is taken: it is the longer part.
        packed = [squeeze(pack_batch(batch)) for batch in batches]
        for batch, data in zip(batches, packed, strict=True):
            self._remember(data, batch)
        with self._database.writing() as connection:
            before = last = self._counter("journal.last")
            for batch, data in zip(batches, packed, strict=True):
                added = connection.execute(
                    "INSERT OR IGNORE INTO journal VALUES (?, ?, ?)", (last + 1, batch.id, data)
                ).rowcount
                if not added:
                    continue
                last += 1
                stand = (batch.sequence, batch.resume)
                connection.execute(_SET_LISTENER_TAIL, (listener, *stand))
                connection.execute(_SET_SOURCE_TAIL, (batch.object_id, batch.source_id, *stand))
            if last > before:
                connection.execute(_SET_COUNTER, ("journal.last", last))
        return last

    def read(self, after: int, limit: int) -> Sequence[tuple[int, RawBatch]]:
        """Give batches behind a position, in order."""
        query = "SELECT position, data FROM journal WHERE position > ? ORDER BY position LIMIT ?"
        return [
            (position, self._unpacked(position, data))
            for position, data in self._database.all(query, after, limit)
        ]

    def tail(self, listener: str, object_id: str, source_id: str) -> SourceTail | None:
        """Give where (object, source), the listener or the journal itself stands."""
        if object_id or source_id:
            row = self._database.one(_SOURCE_TAIL, object_id, source_id)
        elif listener:
            row = self._database.one(_LISTENER_TAIL, listener)
        else:
            last = self._counter("journal.last")
            row = (last, "") if last else None
        return SourceTail(*row) if row else None

    def committed(self) -> int:
        """Give the position up to which outcomes are committed."""
        return self._counter("journal.committed")

    def commit(self, position: int) -> None:
        """Record, inside the outcome's transaction, that a batch is done."""
        with self._database.writing() as connection:
            connection.execute(_SET_COUNTER, ("journal.committed", position))

    def forget(self) -> None:
        """Let go of what is remembered of the last batches: what is read next is the file's."""
        with self._fresh_lock:
            self._fresh.clear()
            self._fresh_size = 0

    def _counter(self, name: str) -> int:
        row = self._database.one("SELECT value FROM counters WHERE name = ?", name)
        return row[0] if row else 0

    def _remember(self, data: bytes, batch: RawBatch) -> None:
        with self._fresh_lock:
            if data not in self._fresh:
                self._fresh[data] = batch
                self._fresh_size += sum(map(len, batch.records))
            while self._fresh_size > _FRESH_BYTES:
                _, oldest = self._fresh.popitem(last=False)
                self._fresh_size -= sum(map(len, oldest.records))

    def _unpacked(self, position: int, data: bytes) -> RawBatch:
        with self._fresh_lock:
            fresh = self._fresh.pop(data, None)
            if fresh is not None:
                self._fresh_size -= sum(map(len, fresh.records))
                return fresh
        try:
            return unpack_batch(expand(data))
        except (ValueError, KeyError, TypeError) as error:
            raise self._database.damaged(f"journal position {position}", error) from error
