"""Stores whose transactions are timed, and whose refusals are counted."""

import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from pipeline.errors import StoreError
from pipeline.ports import (
    Appended,
    AuditStore,
    CollectorStores,
    ContentStore,
    Database,
    Objects,
    Stores,
    Telemetry,
    Trail,
    Transacting,
)

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class TimedTransactions:
    """``ports.Transacting`` over another one."""

    inner: Transacting
    telemetry: Telemetry

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Time the transaction; a refusal is counted by its kind and goes on."""
        began = time.perf_counter()
        try:
            with self.inner.transaction():
                yield
        except StoreError as error:
            self.telemetry.store_refused(_WORDS.sub("_", type(error).__name__).lower())
            raise
        self.telemetry.stored(time.perf_counter() - began)

    def close(self) -> None:
        """Let go of the other."""
        self.inner.close()


@dataclass(frozen=True, slots=True)
class TimedDatabase:
    """``ports.Database`` over another one."""

    inner: Database
    telemetry: Telemetry

    def transaction(self) -> AbstractContextManager[None]:
        """Time the transaction; a refusal is counted by its kind and goes on."""
        return TimedTransactions(self.inner, self.telemetry).transaction()

    def still(self) -> AbstractContextManager[None]:
        """Let everything that this thread reads inside be as of one instant."""
        return self.inner.still()

    def close(self) -> None:
        """Let go of the other."""
        self.inner.close()


@dataclass(frozen=True, slots=True)
class TimedCollectorStores:
    """``ports.CollectorStores`` whose transactions are timed."""

    database: Transacting
    journal: Appended
    audit: AuditStore | Trail
    content: ContentStore
    state: Objects


def timed(stores: Stores, telemetry: Telemetry) -> Stores:
    """Give the same stores with their transactions timed."""
    return replace(stores, database=TimedDatabase(stores.database, telemetry))


def timed_collector(stores: CollectorStores, telemetry: Telemetry) -> CollectorStores:
    """Give a collector's stores with their transactions timed."""
    return TimedCollectorStores(
        database=TimedTransactions(stores.database, telemetry),
        journal=stores.journal,
        audit=stores.audit,
        content=stores.content,
        state=stores.state,
    )
