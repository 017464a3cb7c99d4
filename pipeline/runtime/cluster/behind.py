"""How many messages each kind of process of the cluster has yet to read, asked of the brokers."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.asked import GROUP
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import Topics
from pipeline.settings import ClusterSettings

READS = {
    "worker": ("raw", "observations", "centre"),
    "notifier": ("outcomes",),
    "indexer": ("events", "failures", "outcomes", "notices", "audit"),
    "collector": ("asked",),  # of what people asked; sources have no offsets here
}
ASKED_FOR = 10.0  # seconds
Bounds = Mapping[str, list[tuple[int, int]]]
Committed = Mapping[tuple[str, int], int]


@dataclass(slots=True)
class Behind:
    """Messages that wait, by kind of process, remembered for ten seconds; from any thread."""

    ask: Callable[[], Mapping[str, int]]
    elapsed: Callable[[], float] = time.monotonic
    _known: tuple[float, Mapping[str, int]] | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Mapping[str, int]:
        """Give them; StoreError where no broker answers."""
        with self._turn:
            now = self.elapsed()
            if self._known is None or now - self._known[0] >= ASKED_FOR:
                self._known = now, self.ask()
            return self._known[1]


def asked_behind(cluster: ClusterSettings) -> Mapping[str, int]:
    """Ask the brokers; StoreError where none answers, or a right is missing."""
    topics = Topics(cluster.prefix)
    wanted = sorted({topics(name) for names in READS.values() for name in names})
    with closing(Administration(cluster)) as administration, Reading(cluster) as reading:
        bounds = {name: list(reading.bounds(name)) for name in wanted}
        found = {kind: administration.committed(_group(cluster, kind)) for kind in READS}
    return {kind: waiting(bounds, found[kind], map(topics, names)) for kind, names in READS.items()}


def waiting(bounds: Bounds, committed: Committed, topics: Iterable[str]) -> int:
    """Count what a group has not committed; where it committed nothing all that is there."""
    return sum(
        max(0, end - max(begin, committed.get((name, number), 0)))
        for name in topics
        for number, (begin, end) in enumerate(bounds[name])
    )


def _group(cluster: ClusterSettings, kind: str) -> str:
    return f"{cluster.prefix}{GROUP}" if kind == "collector" else cluster.group(kind)
