"""Create-only rows by (id, revision): what findings and incidents have in common."""

from collections.abc import Sequence
from typing import Literal

import orjson

from connectors.stores.sqlite.database import SqliteDatabase
from pipeline.errors import IntegrityError

_PUT = {
    "findings": "INSERT OR IGNORE INTO findings VALUES (?, ?, ?)",
    "incidents": "INSERT OR IGNORE INTO incidents VALUES (?, ?, ?)",
}
_GET = {
    "findings": "SELECT data FROM findings WHERE id = ? AND revision = ?",
    "incidents": "SELECT data FROM incidents WHERE id = ? AND revision = ?",
}


def put_revisions(
    database: SqliteDatabase,
    table: Literal["findings", "incidents"],
    rows: Sequence[tuple[str, int, bytes]],
) -> None:
    """Keep (id, revision, JSON) rows; IntegrityError where one is known with other content.

    New rows, the rule, cost one statement. Only where some were known are those compared, and as
    JSON values: the order of keys is no content.
    """
    with database.writing() as connection:
        if connection.executemany(_PUT[table], rows).rowcount == len(rows):
            return
        for noun_id, revision, data in rows:
            (kept,) = connection.execute(_GET[table], (noun_id, revision)).fetchone()
            if kept != data and orjson.loads(kept) != orjson.loads(data):
                raise IntegrityError(
                    f"revision {revision} of {table[:-1]} {noun_id} is already in the store"
                    f" {database.path} with another content: it is kept as it was; find out which"
                    " process made two"
                )
