"""All rows of a SQLite store, for the removal of a record's content and for the proof of it.

What is overwritten is overwritten with zeros in the file (``secure_delete``), and the log that
still holds the old pages is cut off by ``settle``. A VACUUM beside that rewrites the file without
its freed pages: rows that were replaced long ago, before anybody knew, may stand there.
"""

from collections.abc import Iterator, Sequence

from connectors.stores.blocks import pack_lines
from connectors.stores.compression import expand, squeeze
from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.journal import SqliteJournal
from connectors.stores.sqlite.search_filling import found_anew
from pipeline.model.carried import Carried, Change

# Of each place: its table, the columns of ``of`` and ``key``, its content, whether compressed.
_PLACES: dict[str, tuple[str, str, str, str, bool]] = {
    "journal": ("journal", "batch_id", "''", "data", True),
    "events": ("event_blocks", "batch_id", "''", "data", True),
    "findings": ("findings", "id", "''", "data", False),
    "incidents": ("incidents", "id", "''", "data", False),
    "notices": ("notices", "id", "''", "data", False),
    "failures": ("failures", "id", "''", "data", False),
    "state": ("state", "object_id", "key", "value", False),
    "audit": ("audit", "chain", "''", "data", False),
    "bundles": ("bundles", "revision", "kind", "data", True),
}
# Rows of these tables have no row id, and are found by their whole key.
_BY_KEY = {"state": "object_id = ? AND key = ?", "bundles": "revision = ? AND kind = ?"}
_BLOCK = "UPDATE event_blocks SET count = ?, first_at = ?, last_at = ? WHERE rowid = ?"
_COUNT = "UPDATE counters SET value = value + ? WHERE name = 'events.count'"


class SqliteCarriers:
    """``ports.Carriers`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase, journal: SqliteJournal) -> None:
        self._database = database
        self._journal = journal

    def rows(self, place: str = "", of: str = "") -> Iterator[Carried]:
        """Give every row of a place, or of all places; with ``of`` only those of something."""
        for one in [place] if place else _PLACES:
            table, named, key, content, compressed = _PLACES[one]
            query = f"SELECT {named}, {key}, {content} FROM {table}"  # noqa: S608 (constants)
            if of:
                query = f"{query} WHERE {named} = ?"
            for row in self._database.rows(query, *((of,) if of else ())):
                yield _carried(one, row[0], row[1], row[2], compressed=compressed)

    def rewrite(self, place: str, change: Change, of: str = "") -> Sequence[bytes]:
        """Put another content in place of rows, in one transaction; None takes a row away."""
        table, of_column, key, content, compressed = _PLACES[place]
        where = f" WHERE {of_column} = ?" if of else ""
        row_id = "NULL" if place in _BY_KEY else "rowid"
        query = f"SELECT {row_id}, {of_column}, {key}, {content} FROM {table}{where}"  # noqa: S608
        before = []
        with self._database.writing() as connection:
            connection.execute("PRAGMA secure_delete = ON").fetchall()
            reading = connection.execute(query, (of,) if of else ())
            changes = []
            for number, name, of_key, data in reading:
                row = _carried(place, name, of_key, data, compressed=compressed)
                made = change(row)
                if made != row.data:
                    before.append(bytes(data))
                    changes.append((number, row, made))
            for number, row, made in changes:
                self._put(place, number, row, made)
            found_anew(self._database, place, [row for _, row, _ in changes])
        if place == "journal":
            self._journal.forget()
        return before

    def _put(self, place: str, number: int | None, row: Carried, made: bytes | None) -> None:
        table, _, _, content, compressed = _PLACES[place]
        found: tuple[object, ...] = (number,) if place not in _BY_KEY else (row.of, row.key)
        where = _BY_KEY.get(place, "rowid = ?")
        with self._database.writing() as connection:
            if place == "events":
                connection.execute(_COUNT, (_lines(made) - _lines(row.data),))
                gone = [(term, number) for term in pack_lines(row.of, "", row.data).terms]
                connection.executemany("DELETE FROM event_terms WHERE (term, block) = (?, ?)", gone)
                if made:
                    block = pack_lines(row.of, "", made)
                    values = (block.count, block.first_at, block.last_at, number)
                    connection.execute(_BLOCK, values)
                    terms = [(term, number) for term in block.terms]
                    connection.executemany("INSERT OR IGNORE INTO event_terms VALUES (?, ?)", terms)
            if made is None:
                connection.execute(f"DELETE FROM {table} WHERE {where}", found)  # noqa: S608
            else:
                data = squeeze(made) if compressed else made
                query = f"UPDATE {table} SET {content} = ? WHERE {where}"  # noqa: S608
                connection.execute(query, (data, *found))

    def settle(self, *, whole: bool = False) -> bool:
        """Cut off the log; with ``whole`` rewrite the file. False where a reader is in the way."""
        return self._database.settle(whole=whole)

    def files(self) -> Sequence[str]:
        """Give the paths of the file and what SQLite writes beside it."""
        path = self._database.path
        beside = [path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm", "-journal")]
        return [str(one) for one in (path, *beside) if one.exists()]


def _carried(place: str, of: str, key: str, data: bytes | str, *, compressed: bool) -> Carried:
    content = data if isinstance(data, bytes) else data.encode()
    return Carried(place, of, key, expand(content) if compressed else content)


def _lines(data: bytes | None) -> int:
    return data.count(b"\n") + 1 if data else 0
