"""Open a store for a command that only looks: without the wiring, which takes seconds to import."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.stores.sqlite import open_sqlite
from pipeline.ports import Stores
from pipeline.runtime.configuration import read_settings


@contextmanager
def reading(config: Path | None, store: Path | None) -> Iterator[Stores]:
    """Open a store for reading only, beside a running system."""
    path = store or read_settings(config).store.path
    stores = open_sqlite(path, readonly=True)
    try:
        yield stores
    finally:
        stores.database.close()
