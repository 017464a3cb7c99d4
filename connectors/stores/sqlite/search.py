"""Questions of people to a SQLite store, asked beside its writer."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from connectors.stores.sqlite.database import SqliteDatabase, open_reading
from connectors.stores.sqlite.mapping import mapped
from connectors.stores.sqlite.search_event_counts import EventCounts
from connectors.stores.sqlite.search_events import EventSearch
from connectors.stores.sqlite.search_heads import HeadSearch
from pipeline.model.conditions import EVERYTHING, Condition
from pipeline.ports.searching import Ask, Count, Facets, Histogram, Kind, Page


class SqliteSearch:
    """``ports.searching.Search`` on a SQLite file; each answer is as of one instant."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._events = EventSearch(database)
        self._counts = EventCounts(database, self._events)
        self._marking = threading.Lock()
        self._watcher = database.watcher()

    def page(self, ask: Ask) -> Page:
        """Give one page."""
        with self._database.still():
            if ask.kind is Kind.EVENTS:
                return self._events.page(ask)
            return self._heads(ask.kind).page(ask)

    def every(self, ask: Ask) -> Iterator[bytes]:
        """Give all rows that fit, in order, as of the first.

        What is read holds a state of the file: read on, or close what was given.
        """
        of = self._events if ask.kind is Kind.EVENTS else self._heads(ask.kind)
        return of.every(ask)

    def one(self, kind: Kind, row_id: str, where: Condition = EVERYTHING) -> bytes | None:
        """Give one document; None where there is none that fits."""
        with self._database.still():
            of = self._events if kind is Kind.EVENTS else self._heads(kind)
            return of.one(row_id, where)

    def revisions(self, kind: Kind, row_id: str) -> Sequence[bytes]:
        """Give every revision of a finding or incident, oldest first."""
        if kind is Kind.EVENTS:
            raise ValueError(f"{kind} have no revisions")
        return self._heads(kind).revisions(row_id)

    def count(self, ask: Ask) -> Count:
        """Count what fits."""
        with self._database.still():
            return self._counting(ask.kind).count(ask)

    def facets(self, ask: Ask, fields: Sequence[str], most: int = 20) -> Facets:
        """Count the values of fields."""
        with self._database.still():
            return self._counting(ask.kind).facets(ask, fields, most)

    def histogram(self, ask: Ask, step: int) -> Histogram:
        """Count by time."""
        with self._database.still():
            return self._counting(ask.kind).histogram(ask, step)

    def mark(self) -> str:
        """Give a value that changes with every commit of the writer."""
        with self._marking, mapped(self._database.path):
            (version,) = self._watcher.execute("PRAGMA data_version").fetchone()
        return str(version)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        with self._marking:
            self._watcher.close()
        self._database.close()

    def _heads(self, kind: Kind) -> HeadSearch:
        return HeadSearch(self._database, kind)

    def _counting(self, kind: Kind) -> EventCounts | HeadSearch:
        return self._counts if kind is Kind.EVENTS else self._heads(kind)


def open_search(path: Path) -> SqliteSearch:
    """Open a store for questions beside its writer; StoreError where there is none."""
    return SqliteSearch(open_reading(path))


@contextmanager
def searching(path: Path) -> Iterator[SqliteSearch]:
    """Open a store for questions, for a block."""
    with closing(open_search(path)) as search:
        yield search
