"""A copy of a SQLite file as of one instant, made beside its writer, and that it is whole.

SQLite's own online backup in one step: it reads under one snapshot of the log, so that the writer
neither waits nor makes it begin anew.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from connectors.stores.sqlite.database import open_reading
from connectors.stores.sqlite.lock import WriterLock
from connectors.stores.sqlite.mapping import mapped
from pipeline.errors import StoreCorrupt, StoreError

BESIDE = ("-wal", "-shm", "-journal")


def copy_store(store: Path, to: Path) -> None:
    """Copy a store into a new file, durably; StoreError where it cannot, FileExistsError."""
    open_reading(store).close()
    os.close(os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with (
        mapped(store),
        closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, that may be read anywhere
    _sync(to)


def check_store(store: Path) -> None:
    """See that a file is a whole store of ours; StoreCorrupt where a page or an index is not."""
    open_reading(store).close()
    address = f"{store.absolute().as_uri()}?mode=ro"
    with mapped(store), closing(sqlite3.connect(address, uri=True)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    if found != ["ok"] or orphans:
        what = found[0] if found != ["ok"] else f"{len(orphans)} rows without their other half"
        raise StoreCorrupt(f"{store} is damaged ({what}): use another backup, and check the disk")


def put_in_place(made: Path, store: Path, aside: Path | None) -> None:
    """Put a checked copy where a store is to be, nobody writing it; an old one goes ``aside``.

    StoreError where a process has the store, or one is there and nothing says where it goes.
    """
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = WriterLock(store)
    try:
        if store.exists():
            if aside is None:
                raise StoreError(
                    f"there is a store {store} already: name another, or --replace, which keeps"
                    " the old one beside it"
                )
            for end in ("", *BESIDE):
                old = store.with_name(store.name + end)
                if old.exists():
                    old.replace(aside.with_name(aside.name + end))
        made.replace(store)
        _sync(store.parent)
    finally:
        lock.release()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
