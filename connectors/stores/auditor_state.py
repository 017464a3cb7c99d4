"""What an auditor remembers between two looks: a small SQLite file of its own.

Nothing in it is history: where it is lost, one full examination makes it anew.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.stores.sqlite.database import Row
from connectors.stores.sqlite.mapping import mapped
from pipeline.errors import StoreError

VERSION = 1
_STATEMENTS = (
    "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS ends (
        chain TEXT PRIMARY KEY, number INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS covered (
        chain TEXT PRIMARY KEY, number INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS examined (
        incident_id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        mark INTEGER NOT NULL,
        owed INTEGER NOT NULL,
        next_at INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS examined_next ON examined (next_at) WHERE next_at > 0",
    """CREATE TABLE IF NOT EXISTS alarms (
        id TEXT PRIMARY KEY,
        incident_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        what TEXT NOT NULL,
        told INTEGER NOT NULL,
        data BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS alarms_of ON alarms (incident_id)",
    """CREATE TABLE IF NOT EXISTS in_force (
        at INTEGER NOT NULL, kind TEXT NOT NULL, revision TEXT NOT NULL,
        PRIMARY KEY (kind, at, revision)) WITHOUT ROWID""",
    f"PRAGMA user_version = {VERSION}",
)
_KEEP = """INSERT INTO examined VALUES (?, ?, ?, ?, ?) ON CONFLICT (incident_id) DO UPDATE SET
    revision = excluded.revision, mark = excluded.mark, owed = excluded.owed,
    next_at = excluded.next_at"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Up to where an incident was examined: revision, mark in the trail; and what followed.

    ``next_at`` is when something of it becomes overdue unless it leaves before; 0: nothing.
    """

    incident_id: str
    revision: int
    mark: int
    owed: int
    next_at: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing found wrong, as bytes, and whether a person was told of it."""

    id: str
    incident_id: str
    kind: str
    what: str
    data: bytes
    told: bool = False


class AuditorState:
    """An auditor's memory on a SQLite file, for one process and one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the auditor's state {path} cannot be kept there ({error.strerror}): give this"
                " user write access to the folder, or name another"
            ) from error
        with mapped(path):
            self._connection = sqlite3.connect(path, isolation_level=None)
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise StoreError(
                    f"the auditor's state {path} is of another version ({version}): remove it, and"
                    " one full examination makes it anew"
                )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            for statement in _STATEMENTS:
                self._connection.execute(statement)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let everything written inside be kept together or not at all."""
        with mapped(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def mark(self, name: str) -> str:
        """Give what is remembered under a name; "" where nothing is."""
        rows = self._all("SELECT value FROM marks WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def set_mark(self, name: str, value: str) -> None:
        """Remember something under a name."""
        self._do("INSERT OR REPLACE INTO marks VALUES (?, ?)", name, value)

    def ends(self) -> dict[str, tuple[int, str]]:
        """Give how far each chain was followed: number and hash of its last entry seen."""
        rows = self._all("SELECT chain, number, hash FROM ends")
        return {chain: (number, digest) for chain, number, digest in rows}

    def set_ends(self, ends: Mapping[str, tuple[int, str]]) -> None:
        """Remember how far chains were followed."""
        for chain, (number, digest) in ends.items():
            self._do("INSERT OR REPLACE INTO ends VALUES (?, ?, ?)", chain, number, digest)

    def covered(self) -> dict[str, tuple[int, str]]:
        """Give where the checkpoint seen last let each chain end: number and hash."""
        rows = self._all("SELECT chain, number, hash FROM covered")
        return {chain: (number, digest) for chain, number, digest in rows}

    def set_covered(self, ends: Mapping[str, tuple[int, str]]) -> None:
        """Remember where a checkpoint let chains end."""
        for chain, (number, digest) in ends.items():
            self._do("INSERT OR REPLACE INTO covered VALUES (?, ?, ?)", chain, number, digest)

    def keep(self, seen: Seen, alarms: Sequence[Alarm]) -> None:
        """Remember an incident's examination; alarms that it does not give any more are over."""
        row = (seen.incident_id, seen.revision, seen.mark, seen.owed, seen.next_at)
        self._do(_KEEP, *row)
        query = "SELECT id FROM alarms WHERE incident_id = ? AND told"
        told = {name for (name,) in self._all(query, seen.incident_id)}
        self._do("DELETE FROM alarms WHERE incident_id = ?", seen.incident_id)
        for one in alarms:
            self.raise_alarm(one, told=one.id in told)

    def raise_alarm(self, alarm: Alarm, *, told: bool = False) -> None:
        """Remember one alarm; one that is known stays as it is."""
        row = (alarm.id, alarm.incident_id, alarm.kind, alarm.what, int(told), alarm.data)
        self._do("INSERT OR IGNORE INTO alarms VALUES (?, ?, ?, ?, ?, ?)", *row)

    def end_alarms(self, what: str, standing: Sequence[str]) -> None:
        """Let go of alarms of a name that do not stand any more."""
        for (name,) in self._all("SELECT id FROM alarms WHERE what = ?", what):
            if name not in standing:
                self._do("DELETE FROM alarms WHERE id = ?", name)

    def alarms(self, *, untold: bool = False) -> list[Alarm]:
        """Give the alarms that stand, or those of which nobody was told yet."""
        query = "SELECT id, incident_id, kind, what, data, told FROM alarms"
        rows = self._all(
            f"{query} WHERE NOT told ORDER BY id" if untold else f"{query} ORDER BY id"
        )
        return [
            Alarm(name, of, kind, what, data, bool(told))
            for name, of, kind, what, data, told in rows
        ]

    def told(self, names: Sequence[str]) -> None:
        """Remember that a person was told of alarms."""
        for name in names:
            self._do("UPDATE alarms SET told = 1 WHERE id = ?", name)

    def counts(self) -> dict[tuple[str, str], int]:
        """Give how many alarms stand, by kind and what."""
        rows = self._all("SELECT kind, what, count(*) FROM alarms GROUP BY kind, what")
        return {(kind, what): count for kind, what, count in rows}

    def figures(self) -> tuple[int, int]:
        """Give how many incidents were examined, and how many notices they owe."""
        row = self._all("SELECT count(*), coalesce(sum(owed), 0) FROM examined")[0]
        return int(row[0]), int(row[1])

    def due(self, now: int, limit: int) -> list[str]:
        """Give incidents of which something may have become overdue."""
        query = "SELECT incident_id FROM examined WHERE next_at > 0 AND next_at <= ? LIMIT ?"
        return [name for (name,) in self._all(query, now, limit)]

    def after(self, incident_id: str, limit: int) -> list[str]:
        """Give examined incidents behind an id, by id: for looking at everything in turn."""
        query = "SELECT incident_id FROM examined WHERE incident_id > ? ORDER BY 1 LIMIT ?"
        return [name for (name,) in self._all(query, incident_id, limit)]

    def note_in_force(self, kind: str, at: int, revision: str) -> None:
        """Remember what came into force when."""
        self._do("INSERT OR IGNORE INTO in_force VALUES (?, ?, ?)", at, kind, revision)

    def in_force(self, kind: str, at: int) -> str:
        """Give the revision that was in force at an instant; "" where that is not known."""
        query = "SELECT revision FROM in_force WHERE kind = ? AND at <= ? ORDER BY at DESC LIMIT 1"
        rows = self._all(query, kind, at)
        return str(rows[0][0]) if rows else ""

    def forget(self) -> None:
        """Forget everything but of which alarms a person was told: all is examined anew."""
        for table in ("marks", "ends", "covered", "examined", "in_force"):
            self._do(f"DELETE FROM {table}")  # noqa: S608 (constants)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._connection.close()

    def _do(self, query: str, *values: object) -> None:
        with mapped(self.path):
            self._connection.execute(query, values)

    def _all(self, query: str, *values: object) -> list[Row]:
        with mapped(self.path):
            return self._connection.execute(query, values).fetchall()
