"""Open what a system keeps for a command that only looks: without the wiring, slow to import.

On one machine a file; where the settings name a cluster what its indexers wrote, and its brokers.
What only the cluster's partitions have is refused by name: an empty answer would say that there is
nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import ConfigurationError, Problem
from pipeline.ports import Stores
from pipeline.runtime.configuration import read_settings
from pipeline.settings import Settings


def in_cluster(settings: Settings, store: Path | None) -> bool:
    """Tell whether a cluster is asked: the settings name one, and no file was named."""
    named = settings.cluster is not None or settings.elasticsearch is not None
    return store is None and named


@contextmanager
def reading(config: Path | None, store: Path | None) -> Iterator[Stores]:
    """Open what is kept for reading only, beside a running system.

    StoreError where it does not answer, ConfigurationError where a cluster is named by half.
    """
    if store is None:
        with reading_of(read_settings(config), None) as stores:
            yield stores
        return
    with _file(store) as stores:
        yield stores


@contextmanager
def reading_of(settings: Settings, store: Path | None) -> Iterator[Stores]:
    """Open what settings name, or a file; as ``reading``."""
    if not in_cluster(settings, store):
        with _file(store or settings.store.path) as stores:
            yield stores
        return
    from pipeline.runtime.cluster.looking import cluster_kept  # noqa: PLC0415 (an extra)

    with cluster_kept(settings) as kept:
        yield kept.stores


@contextmanager
def _file(path: Path) -> Iterator[Stores]:
    stores = open_sqlite(path, readonly=True)
    try:
        yield stores
    finally:
        stores.database.close()


def one_machine(settings: Settings, store: Path | None, what: str, way_out: str) -> Path:
    """Give the store's file for what is done there alone; ConfigurationError in a cluster."""
    if in_cluster(settings, store):
        raise ConfigurationError([Problem(what, 0, NOT_HERE, f"{way_out}, or name --store FILE")])
    return store or settings.store.path


NOT_HERE = "the settings name a cluster, which does not do this from here"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is kept where no command reads it; every use raises ConfigurationError."""

    what: str
    way_out: str

    def __getattr__(self, name: str) -> Any:
        raise ConfigurationError([Problem(self.what, 0, ELSEWHERE, self.way_out)])


ELSEWHERE = "the cluster's partitions keep this, and no command reads it there"
