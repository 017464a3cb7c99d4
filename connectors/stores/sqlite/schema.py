"""The tables of one store, their version, and what is refused at opening."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from connectors.stores.sqlite.search_tables import FORMER
from connectors.stores.sqlite.search_tables import STATEMENTS as _FOUND
from pipeline.errors import StoreError

VERSION = 7
# SQLite's field for whose file it is (https://www.sqlite.org/fileformat2.html, 1.3.13).
APPLICATION = int.from_bytes(b"Sqsy", "big")

_CHECKPOINTS = (
    "CREATE TABLE checkpoints (number INTEGER PRIMARY KEY, token TEXT NOT NULL)",
    """CREATE TABLE checkpoint_heads (
        checkpoint INTEGER NOT NULL REFERENCES checkpoints (number),
        chain TEXT NOT NULL,
        number INTEGER NOT NULL,
        hash TEXT NOT NULL,
        PRIMARY KEY (checkpoint, chain)) WITHOUT ROWID""",
    "CREATE INDEX checkpoint_heads_by_chain ON checkpoint_heads (chain, checkpoint)",
    *(
        f"""CREATE TRIGGER {table}_{name} BEFORE {work} ON {table}
        BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END"""
        for table in ("checkpoints", "checkpoint_heads")
        for name, work in (("unchanged", "UPDATE"), ("undeleted", "DELETE"))
    ),
)
# Who has which notice now, apart from the notices: a claim rewrites no letter. ``lost`` counts the
# claims before this one that ended without a record.
_CLAIMS = (
    """CREATE TABLE claims (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        until INTEGER NOT NULL,
        lost INTEGER NOT NULL) WITHOUT ROWID""",
)
# In the order of delivery, with the time to filter on: what is due is read without a sort, and
# without reading what waits behind another notice to the same recipient.
_WAITING = (
    """CREATE INDEX notices_waiting
        ON notices (channel, lane, due_at, created_at, id, next_attempt_at, attempts, party)
        WHERE head = 1""",
)
_HEADS = (
    *_CLAIMS,
    """INSERT INTO claims SELECT id, claim, 0,
        unrecorded - coalesce(json_extract(CAST(data AS TEXT), '$.tried.unrecorded'), 0)
        FROM notices WHERE claim <> ''""",
    "ALTER TABLE notices ADD COLUMN head INTEGER NOT NULL DEFAULT 0",
    """UPDATE notices AS one SET head = 1
        WHERE state IN ('pending', 'failed') AND NOT EXISTS (SELECT 1 FROM notices AS earlier
            WHERE earlier.state IN ('pending', 'failed')
            AND earlier.incident_id = one.incident_id AND earlier.role = one.role
            AND earlier.party = one.party
            AND (earlier.revision, earlier.created_at, earlier.due_at, earlier.id)
                < (one.revision, one.created_at, one.due_at, one.id))""",
    *(f"DROP INDEX notices_{name}" for name in ("waiting", "in_line", "claimed")),
    *(f"ALTER TABLE notices DROP COLUMN {it}" for it in ("claim", "claimed_until", "unrecorded")),
    *_WAITING,
)
# What people look for: of incidents, findings and others see ``search_tables``. Of blocks of events
# the terms that stand in them; ``indexed`` is 0 where they are not known, and such a block may hold
# anything.
_TERMS = (
    """CREATE TABLE event_terms (
        term INTEGER NOT NULL,
        block INTEGER NOT NULL,
        PRIMARY KEY (term, block)) WITHOUT ROWID""",
    "CREATE INDEX event_blocks_by_end ON event_blocks (last_at, first_at)",
    "CREATE INDEX event_blocks_by_begin ON event_blocks (first_at, last_at)",
)
_SEARCH = (*_FOUND, *_TERMS)
_SEARCHED = (*_SEARCH, "ALTER TABLE event_blocks ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0")
_ANEW = (*_FOUND, "DELETE FROM counters WHERE name = 'search.filled'")
# What a store of an earlier version lacks, by that version; its rows say what they said.
_LATER: dict[int, tuple[str, ...]] = {
    2: (*_CHECKPOINTS, *_HEADS, *_SEARCHED),
    3: (*_HEADS, *_SEARCHED),
    4: _SEARCHED,
    5: ("DROP TABLE search", *_ANEW),
    6: (*(f"DROP TABLE {table}" for table in FORMER), *_ANEW),
}

_STATEMENTS = (
    # Single numbers that must not be counted anew: the journal's last and committed position, and
    # how many events are kept.
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE journal (
        position INTEGER PRIMARY KEY,
        batch_id TEXT NOT NULL UNIQUE,
        data BLOB NOT NULL)""",
    """CREATE TABLE listener_tails (
        listener TEXT PRIMARY KEY,
        sequence INTEGER NOT NULL,
        resume TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE source_tails (
        object_id TEXT NOT NULL,
        source_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        resume TEXT NOT NULL,
        PRIMARY KEY (object_id, source_id)) WITHOUT ROWID""",
    """CREATE TABLE state (
        object_id TEXT NOT NULL,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (object_id, key)) WITHOUT ROWID""",
    """CREATE TABLE event_blocks (
        id INTEGER PRIMARY KEY,
        batch_id TEXT NOT NULL UNIQUE,
        object_id TEXT NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        data BLOB NOT NULL,
        indexed INTEGER NOT NULL DEFAULT 0)""",
    *_SEARCH,
    "INSERT INTO counters VALUES ('search.filled', 1)",
    "CREATE INDEX event_blocks_by_time ON event_blocks (object_id, first_at, batch_id, last_at)",
    """CREATE TABLE findings (
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (id, revision))""",
    """CREATE TABLE incidents (
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (id, revision))""",
    """CREATE TABLE incident_heads (
        id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        object_id TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        FOREIGN KEY (id, revision) REFERENCES incidents (id, revision)) WITHOUT ROWID""",
    "CREATE INDEX incident_heads_by_opening ON incident_heads (opened_at, id)",
    "CREATE INDEX incident_heads_by_object ON incident_heads (object_id, opened_at, id)",
    """CREATE TABLE notices (
        id TEXT PRIMARY KEY,
        incident_id TEXT NOT NULL,
        state TEXT NOT NULL,
        lane INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        next_attempt_at INTEGER NOT NULL,
        channel TEXT NOT NULL,
        role TEXT NOT NULL,
        party TEXT NOT NULL,
        revision INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        data BLOB NOT NULL,
        head INTEGER NOT NULL DEFAULT 0)""",
    *_CLAIMS,
    *_WAITING,
    "CREATE INDEX notices_by_creation ON notices (created_at, id)",
    "CREATE INDEX notices_by_incident ON notices (incident_id, created_at, id)",
    """CREATE TABLE audit (
        chain TEXT NOT NULL,
        number INTEGER NOT NULL,
        entry_id TEXT NOT NULL UNIQUE,
        data BLOB NOT NULL,
        PRIMARY KEY (chain, number))""",
    # The chain proves a change; the triggers keep our own hands from making one.
    """CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    """CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    *_CHECKPOINTS,
    """CREATE TABLE failures (
        id TEXT PRIMARY KEY,
        received_at INTEGER NOT NULL,
        data BLOB NOT NULL)""",
    "CREATE INDEX failures_by_time ON failures (received_at, id)",
    """CREATE TABLE bundles (
        kind TEXT NOT NULL,
        revision TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (kind, revision))""",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


def is_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Tell whether the file is still empty; StoreError where it is no store that we can use.

    A writer brings a store of an earlier version up to date with ``renew`` before it asks.
    """
    version = _number(connection, "PRAGMA user_version")
    entries = _number(connection, "SELECT count(*) FROM sqlite_master")
    if version == 0 and entries == 0:
        return True
    if _number(connection, "PRAGMA application_id") != APPLICATION:
        raise StoreError(
            f"the file {path} is another program's database: name another file as the store"
        )
    if version in _LATER:
        raise StoreError(
            f"the store {path} has schema version {version}, which an earlier Saqshy wrote: let"
            " this one's saqshy run open it once, and it is brought up to date"
        )
    if version != VERSION:
        raise StoreError(
            f"the store {path} has schema version {version}, and this Saqshy uses {VERSION}: run"
            " the Saqshy that wrote it, or start with a new file"
        )
    return False


def create(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty file, all or none."""
    _together(connection, _STATEMENTS)


def renew(connection: sqlite3.Connection) -> None:
    """Give a store of an earlier version the tables that it lacks; any other file is left alone."""
    if _number(connection, "PRAGMA application_id") != APPLICATION:
        return
    lacking = _LATER.get(_number(connection, "PRAGMA user_version"))
    if lacking is not None:
        _together(connection, (*lacking, f"PRAGMA user_version = {VERSION}"))


def _together(connection: sqlite3.Connection, statements: Iterable[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _number(connection: sqlite3.Connection, query: str) -> int:
    row: tuple[int] = connection.execute(query).fetchone()
    return row[0]
