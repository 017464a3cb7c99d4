"""A file of the version before is found in as a new one is."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from connectors.stores.memory import open_memory
from connectors.stores.memory_search import MemorySearch
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.search import open_search
from pipeline.model.conditions import Among
from pipeline.ports.searching import Ask, Kind
from tests.connectors.stores.searched import LARGE, fill
from tests.connectors.stores.test_search import check_answers

_KINDS = [kind for kind in Kind if kind is not Kind.EVENTS]
_WITHOUT_CLASSES = (
    "DROP TABLE search_letters",
    *(f"DROP TABLE search_{kind}_{one}" for kind in _KINDS for one in ("classes", "days")),
)
_FIFTH = (
    *_WITHOUT_CLASSES,
    "DROP TABLE search",
    *(f"DROP TABLE search_{kind}" for kind in _KINDS),
    """CREATE TABLE search (field INTEGER NOT NULL, value NOT NULL, at INTEGER NOT NULL,
        id TEXT NOT NULL, raw TEXT, PRIMARY KEY (field, value, at, id)) WITHOUT ROWID""",
    "INSERT INTO search VALUES (100, '', 1, 'incident-1', NULL)",
    "PRAGMA user_version = 5",
)
_SIXTH = (
    *_WITHOUT_CLASSES,
    *(f"DELETE FROM search_{kind}" for kind in _KINDS),
    "INSERT INTO search VALUES (117, 'gone', 1, 'incident-1')",
    "PRAGMA user_version = 6",
)


@pytest.mark.parametrize("before", [_FIFTH, _SIXTH], ids=["5", "6"])
def test_rows_of_an_earlier_version_are_made_anew(tmp_path: Path, before: Sequence[str]) -> None:
    """After the first opening every kind answers as one who opens every row."""
    path = tmp_path / "saqshy.db"
    memory, stores = open_memory(), open_sqlite(path)
    for one in (memory, stores):
        fill(one)
    stores.database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in before:
            connection.execute(statement)
    open_sqlite(path).database.close()
    with closing(open_search(path)) as search:
        for kind in Kind:
            check_answers(search, MemorySearch(memory), Ask(kind, limit=20, budget=LARGE))
        ask = Ask(Kind.INCIDENTS, Among("state", ("closed",)), budget=LARGE)
        check_answers(search, MemorySearch(memory), ask)
    memory.database.close()
