"""Bundles of content, registry and pack by revision."""

from connectors.stores.compression import expand, squeeze
from connectors.stores.sqlite.database import SqliteDatabase

_GET = "SELECT data FROM bundles WHERE kind = ? AND revision = ?"


class SqliteContentStore:
    """``ports.ContentStore`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_bundle(self, kind: str, revision: str, data: bytes) -> None:
        """Keep a bundle; a revision names its content, so a known one is left as it is."""
        if self._database.one(_GET, kind, revision) is None:
            row = (kind, revision, squeeze(data))
            with self._database.writing() as connection:
                connection.execute("INSERT OR IGNORE INTO bundles VALUES (?, ?, ?)", row)

    def bundle(self, kind: str, revision: str) -> bytes | None:
        """Give a bundle's bytes."""
        row = self._database.one(_GET, kind, revision)
        if row is None:
            return None
        try:
            return expand(row[0])
        except ValueError as error:
            what = f"the {kind} bundle of revision {revision}"
            raise self._database.damaged(what, error) from error
