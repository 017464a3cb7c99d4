"""The one table that turns what sqlite3 raises into Saqshy's errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import IntegrityError, SaqshyError, StoreCorrupt, StoreError, StoreFull

_FULL = (
    StoreFull,
    "has no room left: free space on its disk, or raise its quota; nothing acknowledged is lost",
)
_CORRUPT = (
    StoreCorrupt,
    "is damaged or no Saqshy store: keep a copy of it, restore the last backup, and check the disk",
)
_LOCKED = (
    StoreError,
    "is locked by another program: end that program (a backup tool, an open sqlite3 shell)",
)
_BARRED = (
    StoreError,
    "cannot be opened or written: give this user read and write access to it and to its folder",
)

# By SQLite's extended code where one says more, else by the primary code (its lowest byte).
# ENOSPC arrives as SQLITE_FULL; a quota or a limit on file size as a failed write.
_TABLE: dict[int, tuple[type[SaqshyError], str]] = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_WRITE: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_NOTADB: _CORRUPT,
    sqlite3.SQLITE_IOERR_SHORT_READ: _CORRUPT,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CANTOPEN: _BARRED,
    sqlite3.SQLITE_READONLY: _BARRED,
    sqlite3.SQLITE_PERM: _BARRED,
    sqlite3.SQLITE_IOERR: (StoreError, "could not be read or written: check the disk"),
    sqlite3.SQLITE_CONSTRAINT: (IntegrityError, "already holds another content under this key"),
}
_OTHER = (StoreError, "refused the work")


def translated(error: sqlite3.Error, path: Path) -> SaqshyError:
    """Give the Saqshy error for one of sqlite3's: what, where, the way out, SQLite's own words."""
    # Errors of the module itself (a closed connection) carry no code.
    code = getattr(error, "sqlite_errorcode", 0)
    kind, text = _TABLE.get(code) or _TABLE.get(code & 0xFF) or _OTHER
    return kind(f"the store {path} {text} ({error})")


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Let sqlite3's errors leave the block as Saqshy's."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error
