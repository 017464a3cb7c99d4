"""Back up and bring back what indexers wrote: snapshots in a folder that all nodes share.

`/backup/saqshy/2026-11-22` is the snapshot `2026-11-22` of the repository `/backup/saqshy`. What
workers and notifiers keep is in Kafka: `saqshy cluster rebuild` makes it anew.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.stores.elasticsearch.snapshots import Snapshot, Snapshots
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from pipeline.errors import ConfigurationError, IntegrityError, Problem
from pipeline.incidents.trail import verify_trail
from pipeline.settings import ElasticsearchSettings, Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class IndicesKept:
    """A snapshot: its name, how many indices are in it, and of a return the trail's entries."""

    name: str
    indices: int
    entries: int | None = None


def take_snapshot(settings: Settings, folder: Path) -> IndicesKept:
    """Take one; ConfigurationError where the name is taken, StoreError where it is not whole."""
    with _opened(settings, folder) as (_, snapshots, name):
        if _named(snapshots, name) is not None:
            raise _problem(folder, "is there already", "name a new snapshot")
        return IndicesKept(name, len(snapshots.take(name).indices))


def look_at_snapshot(settings: Settings, folder: Path) -> IndicesKept:
    """Tell of one that is there; ConfigurationError where none is, IntegrityError where partial."""
    with _opened(settings, folder) as (_, snapshots, name):
        found = _there(snapshots, folder, name)
        if found.state != "SUCCESS":
            raise IntegrityError(f"{folder}: the snapshot is {found.state}: take another")
        return IndicesKept(name, len(found.indices))


def bring_back(settings: Settings, folder: Path) -> IndicesKept:
    """Bring one back where none of our indices stands, and verify the trail in it.

    IntegrityError where some stand, or the trail that came back was changed.
    """
    with _opened(settings, folder) as (store, snapshots, name):
        _there(snapshots, folder, name)
        indices = snapshots.restore(name)
        found = verify_trail([], store.audit.read())
        if found.breaks:
            raise IntegrityError(f"{folder}: the trail that came back breaks: {found.breaks[0]}")
        return IndicesKept(name, len(indices), found.entries)


@contextmanager
def _opened(settings: Settings, folder: Path) -> Iterator[tuple[ElasticStore, Snapshots, str]]:
    elastic, whole = _elastic(settings), folder.absolute()
    if not _NAME.fullmatch(whole.name):
        raise _problem(folder, "is no name of a snapshot", "lower case, digits, dots and dashes")
    store = open_elastic(elastic, refresh=True)
    try:
        snapshots = Snapshots(store.client, store.documents.names)
        snapshots.register(str(whole.parent))
        yield store, snapshots, whole.name
    finally:
        store.close()


def _elastic(settings: Settings) -> ElasticsearchSettings:
    if settings.elasticsearch is None:
        way_out = "add the section elasticsearch, or name --store FILE"
        raise ConfigurationError([Problem("settings", 0, "they name no Elasticsearch", way_out)])
    return settings.elasticsearch


def _there(snapshots: Snapshots, folder: Path, name: str) -> Snapshot:
    found = _named(snapshots, name)
    if found is None:
        raise _problem(folder, "there is no such snapshot", "see the folder's other names")
    return found


def _named(snapshots: Snapshots, name: str) -> Snapshot | None:
    return next((one for one in snapshots.list() if one.name == name), None)


def _problem(folder: Path, what: str, way_out: str) -> ConfigurationError:
    return ConfigurationError([Problem(str(folder), 0, what, way_out)])
