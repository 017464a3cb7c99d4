"""Hash chains, create-only by (chain, number)."""

from collections.abc import Iterator, Sequence

import orjson
from pydantic import ValidationError

from connectors.stores.sqlite.database import SqliteDatabase
from connectors.stores.sqlite.search_rows import put_rows
from pipeline.errors import IntegrityError
from pipeline.model import AuditEntry, from_json, to_json
from pipeline.model.checkpoint import ChainHead
from pipeline.ports.searching import Kind

_REMEMBERED = 10_000  # chains, with their newest entries
_HEAD = "SELECT data FROM audit WHERE chain = ? ORDER BY number DESC LIMIT 1"
_ALL = "SELECT data FROM audit ORDER BY chain, number"
_OF = "SELECT data FROM audit WHERE chain = ? ORDER BY number"
# One step down the index for each chain, however many entries it has.
_HEADS = """WITH RECURSIVE chains (name) AS (
        SELECT min(chain) FROM audit
        UNION ALL
        SELECT (SELECT min(chain) FROM audit WHERE chain > name) FROM chains
        WHERE name IS NOT NULL)
    SELECT chain, number, data FROM chains JOIN audit ON chain = name
    AND number = (SELECT max(number) FROM audit WHERE chain = name) ORDER BY chain"""


class SqliteAuditStore:
    """``ports.AuditStore`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._ends: dict[str, AuditEntry] = {}  # of chains that this process wrote on
        self._undone = 0

    def head(self, chain: str) -> AuditEntry | None:
        """Give the newest entry of a chain."""
        if self._database.inside and self._undone == self._database.undone:
            end = self._ends.get(chain)
            if end is not None:
                return end
        row = self._database.one(_HEAD, chain)
        return self._entry(row[0]) if row else None

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Keep entries; a taken (chain, number) or a known entry id raises IntegrityError."""
        with self._database.writing() as connection:
            for entry in entries:
                row = (entry.chain, entry.number, entry.entry_id, to_json(entry))
                query = "INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?)"
                if not connection.execute(query, row).rowcount:
                    raise IntegrityError(
                        f"number {entry.number} of audit chain {entry.chain!r} or its entry"
                        f" {entry.entry_id} is already in the store {self._database.path}: the"
                        " chain is append-only; find out which process made two"
                    )
            put_rows(self._database, Kind.AUDIT, ((one.entry_id, None, one) for one in entries))
            if self._undone != self._database.undone or len(self._ends) > _REMEMBERED:
                self._ends.clear()
                self._undone = self._database.undone
            self._ends.update((entry.chain, entry) for entry in entries)

    def read(self, chain: str | None = None) -> Iterator[AuditEntry]:
        """Give entries by chain and number."""
        of = () if chain is None else (chain,)
        for (data,) in self._database.rows(_OF if of else _ALL, *of):
            yield self._entry(data)

    def known(self, entry_id: str) -> bool:
        """Tell whether an entry of that id is in a chain."""
        return self._database.one("SELECT 1 FROM audit WHERE entry_id = ?", entry_id) is not None

    def heads(self) -> Sequence[ChainHead]:
        """Give where every chain ends, by chain."""
        try:
            return [
                ChainHead(chain, number, orjson.loads(data)["hash"])
                for chain, number, data in self._database.all(_HEADS)
            ]
        except (ValueError, KeyError) as error:
            raise self._database.damaged("an audit entry", error) from error

    def _entry(self, data: bytes) -> AuditEntry:
        try:
            return from_json(AuditEntry, data)
        except ValidationError as error:
            raise self._database.damaged("an audit entry", error) from error
