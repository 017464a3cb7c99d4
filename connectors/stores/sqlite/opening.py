"""A SQLite file as the stores of one runtime."""

from pathlib import Path

from connectors.stores.sqlite.audit import SqliteAuditStore
from connectors.stores.sqlite.carriers import SqliteCarriers
from connectors.stores.sqlite.checkpoints import SqliteCheckpointStore
from connectors.stores.sqlite.content import SqliteContentStore
from connectors.stores.sqlite.database import open_reading, open_writing
from connectors.stores.sqlite.dead_letters import SqliteDeadLetters
from connectors.stores.sqlite.events import SqliteEventStore
from connectors.stores.sqlite.incidents import SqliteIncidentStore
from connectors.stores.sqlite.journal import SqliteJournal
from connectors.stores.sqlite.outbox import SqliteOutbox
from connectors.stores.sqlite.search_filling import fill
from connectors.stores.sqlite.state import SqliteStateStore
from pipeline.ports import Stores


def open_sqlite(path: Path, *, readonly: bool = False) -> Stores:
    """Open (and where it is missing make) the store at ``path``, as its only writing process.

    With ``readonly`` it opens beside the writer, for commands that only look; writes raise
    StoreError. Raises StoreError where the store is in use, of another version or no store at all,
    and StoreCorrupt where it is damaged.
    """
    database = open_reading(path) if readonly else open_writing(path)
    if not readonly:
        try:
            fill(database)
        except BaseException:
            database.close()
            raise
    journal = SqliteJournal(database)
    return Stores(
        database=database,
        journal=journal,
        state=SqliteStateStore(database),
        events=SqliteEventStore(database),
        incidents=SqliteIncidentStore(database),
        outbox=SqliteOutbox(database),
        audit=SqliteAuditStore(database),
        dead_letters=SqliteDeadLetters(database),
        content=SqliteContentStore(database),
        carriers=SqliteCarriers(database, journal),
        checkpoints=SqliteCheckpointStore(database),
    )
