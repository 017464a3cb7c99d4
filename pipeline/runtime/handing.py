"""Hand a command to the running system, and look for what came of it.

On one machine it goes into the spool folder beside the store; where the settings name a cluster
into the topic from which the collector that gives the time journals it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipeline.errors import StoreError
from pipeline.model import AuditEntry, Command, from_json
from pipeline.model.conditions import Among
from pipeline.ports import Stores
from pipeline.runtime.leaving import leave_again, spool_of
from pipeline.runtime.reading import in_cluster, reading
from pipeline.settings import Settings

PAUSE, PAUSE_IN_CLUSTER = 0.1, 0.5  # seconds between two looks
ADMINISTRATION = "administration"
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Answers:
    """What is kept by now; ``entry`` gives what the audit trail says of a command.

    It takes the command's id and the object that the command is about, "" for none.
    """

    stores: Stores
    entry: Callable[[str, str], AuditEntry | None]


def hand_over(settings: Settings, store: Path | None, asked: Command) -> None:
    """Leave a command durably; OSError or StoreError where that cannot be done.

    ConfigurationError, and nothing is left, where the settings name half of a cluster: nobody could
    look for what came of it.
    """
    if not in_cluster(settings, store):
        leave_again(spool_of(store or settings.store.path), asked)
        return
    from connectors.stores.kafka.asked import AskedOut  # noqa: PLC0415 (an extra)
    from pipeline.runtime.cluster.indexing_wiring import wanted  # noqa: PLC0415 (an extra)

    cluster, _ = wanted(settings)
    with closing(AskedOut(cluster)) as out:
        out(asked)


def awaited(
    settings: Settings,
    store: Path | None,
    find: Callable[[Answers], _Found],
    wait: float,
) -> _Found | None:
    """Give what is found, as soon as it is not None; None after ``wait`` seconds without it."""
    end = time.monotonic() + wait
    if not in_cluster(settings, store):
        return _until(end, PAUSE, lambda: _of_file(store or settings.store.path, find))
    with _of_cluster(settings) as kept:
        return _until(end, PAUSE_IN_CLUSTER, lambda: find(kept))


def _until(end: float, pause: float, look: Callable[[], _Found | None]) -> _Found | None:
    while True:
        found = look()
        if found is not None or time.monotonic() >= end:
            return found
        time.sleep(pause)


def _of_file(path: Path, find: Callable[[Answers], _Found]) -> _Found | None:
    try:
        with reading(None, path) as stores:
            return find(Answers(stores, lambda name, of: _entry(stores, name, of)))
    except StoreError:  # no system has made it yet
        return None


def _entry(stores: Stores, command_id: str, object_id: str) -> AuditEntry | None:
    name = f"command:{command_id}"
    if not stores.audit.known(name):
        return None
    for chain in dict.fromkeys((object_id or ADMINISTRATION, ADMINISTRATION)):
        for entry in stores.audit.read(chain):
            if entry.entry_id == name:
                return entry
    return None


@contextmanager
def _of_cluster(settings: Settings) -> Iterator[Answers]:
    from pipeline.ports.searching import Ask, Kind  # noqa: PLC0415 (with the next)
    from pipeline.runtime.cluster.looking import cluster_kept  # noqa: PLC0415 (an extra)
    from pipeline.web.acts import answers_named  # noqa: PLC0415 (much to import for one machine)

    with cluster_kept(settings) as kept:

        def entry(command_id: str, _object_id: str) -> AuditEntry | None:
            named = Among("entry_id", answers_named(command_id, kept.parts()))
            rows = kept.search.page(Ask(Kind.AUDIT, named, limit=1)).rows
            return from_json(AuditEntry, rows[0]) if rows else None

        yield Answers(kept.stores, entry)
