"""What was written to a store, for a process beside its writer that only reads."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from connectors.stores.sqlite.database import Row
from connectors.stores.sqlite.mapping import mapped
from connectors.stores.sqlite.schema import is_new
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.model import AuditEntry, Incident, Notice, from_json
from pipeline.model.checkpoint import ChainHead, Checkpoint
from pipeline.ports import Added

_BUSY_SECONDS = 5.0
_ADDED = {
    "audit": "SELECT rowid, data FROM audit WHERE rowid > ? ORDER BY rowid LIMIT ?",
    "incidents": "SELECT rowid, id FROM incidents WHERE rowid > ? ORDER BY rowid LIMIT ?",
    "notices": "SELECT rowid, incident_id FROM notices WHERE rowid > ? ORDER BY rowid LIMIT ?",
}
_REVISIONS = "SELECT data FROM incidents WHERE id = ? ORDER BY revision"
_NOTICES = "SELECT data FROM notices WHERE incident_id = ? ORDER BY created_at, id"
_CHECKPOINTS = "SELECT number, token FROM checkpoints WHERE number > ? ORDER BY number LIMIT ?"
_MOVED = "SELECT chain, number, hash FROM checkpoint_heads WHERE checkpoint = ? ORDER BY chain"
_ENTRY = "SELECT data FROM audit WHERE chain = ? AND number = ?"
_TOLD = "SELECT data FROM audit WHERE entry_id >= ? AND entry_id < ?"


class SqliteTrace:
    """``ports.Trace`` and ``ports.CheckpointTrace`` on a SQLite file, for one thread.

    It has one connection of its own. Marks are row ids, which a VACUUM may give anew: whoever keeps
    one checks what stands there.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise StoreError(f"there is no store {path}: name the file that saqshy run writes")
        self.path = path
        with mapped(path):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=_BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            if is_new(self._connection, path):
                self._connection.close()
                raise StoreError(f"the store {path} is empty: saqshy run has not begun to fill it")

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let everything read inside be as of one instant."""
        with mapped(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with mapped(self.path):
                self._connection.execute("ROLLBACK")

    def added(self, place: str, after: int, limit: int) -> Sequence[Added]:
        """Give rows behind a mark, as they were added."""
        rows = self._rows(_ADDED[place], after, limit)
        if place != "audit":
            return [Added(mark, incident_id) for mark, incident_id in rows]
        entries = ((mark, self._entry(data)) for mark, data in rows)
        return [Added(mark, _incident_of(entry), entry) for mark, entry in entries]

    def written(self, incident_id: str) -> tuple[Sequence[Incident], Sequence[Notice]]:
        """Give an incident's revisions, oldest first, and its notices by creation and id."""
        try:
            return (
                [from_json(Incident, data) for (data,) in self._rows(_REVISIONS, incident_id)],
                [from_json(Notice, data) for (data,) in self._rows(_NOTICES, incident_id)],
            )
        except ValidationError as error:
            raise self._damaged(f"incident {incident_id} or its notices") from error

    def told(self, subject: str) -> Sequence[AuditEntry]:
        """Give the audit trail's entries about an incident or a notice, by number."""
        found = [
            self._entry(data)
            for kind in ("incident", "notice")
            for (data,) in self._rows(_TOLD, f"{kind}:{subject}:", f"{kind}:{subject};")
        ]
        return sorted(found, key=lambda entry: (entry.chain, entry.number))

    def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Give up to ``limit`` checkpoints behind a number, in order."""
        return [
            Checkpoint(number, token, tuple(ChainHead(*row) for row in self._rows(_MOVED, number)))
            for number, token in self._rows(_CHECKPOINTS, after, limit)
        ]

    def entry(self, chain: str, number: int) -> AuditEntry | None:
        """Give the entry at a place of the audit trail; None where there is none."""
        return next((self._entry(data) for (data,) in self._rows(_ENTRY, chain, number)), None)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._connection.close()

    def _rows(self, query: str, *values: object) -> list[Row]:
        with mapped(self.path):
            return self._connection.execute(query, values).fetchall()

    def _entry(self, data: bytes) -> AuditEntry:
        try:
            return from_json(AuditEntry, data)
        except ValidationError as error:
            raise self._damaged("an audit entry") from error

    def _damaged(self, what: str) -> StoreCorrupt:
        return StoreCorrupt(
            f"{what} in the store {self.path} does not decode: keep a copy of the file, restore"
            " the last backup, and check the disk"
        )


def _incident_of(entry: AuditEntry) -> str:
    if entry.kind == "incident":
        return entry.subject
    return str(entry.detail.get("incident", "")) if entry.kind == "notice" else ""
