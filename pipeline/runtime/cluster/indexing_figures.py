"""What an indexer tells of itself: batches, items by what became of them, lag, waiting."""

import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pipeline.runtime.catalogue import CATALOGUE
from pipeline.runtime.cluster.indexing_lag import IndexingLag
from pipeline.runtime.version_gauges import watch_versions

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)


class IndexingFigures:
    """The series of one indexer, in a registry of their own.

    Results of items: written, known, plain (kept in its plain form), refused, clash, busy.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        of = {name: (name, one.help, one.labels) for name, one in CATALOGUE.items()}
        self.batches = Histogram(
            *of["saqshy_indexer_batch_seconds"], buckets=_SECONDS, registry=registry
        )
        self._items = Counter(*of["saqshy_indexer_items_total"], registry=registry)
        self._waiting = Gauge(*of["saqshy_indexer_store_waiting"], registry=registry)
        self._held = Gauge(*of["saqshy_indexer_partitions_held"], registry=registry)
        self._lag = IndexingLag(time.time)
        registry.register(self._lag)
        watch_versions(registry, lambda: None)
        self._uncommitted = Counter(*of["saqshy_indexer_commits_failed_total"], registry=registry)
        for result in ("written", "known", "plain", "refused", "clash", "busy"):
            self._items.labels(result)

    def items(self, result: str, count: int) -> None:
        """Count items of one result."""
        if count:
            self._items.labels(result).inc(count)

    def waiting(self, *, waits: bool) -> None:
        """Tell whether the store is being waited for."""
        self._waiting.set(waits)

    def held(self, partitions: int) -> None:
        """Tell how many partitions wait for a newer process."""
        self._held.set(partitions)

    def lag(self, topic: str, messages: int) -> None:
        """Tell how far a topic's end is away."""
        self._lag.behind(topic, messages)

    def begun(self, oldest: Mapping[str, float]) -> None:
        """Tell what is being written: by topic, when its oldest message was sent (in seconds)."""
        self._lag.begun(oldest)

    def ended(self) -> None:
        """Tell that it is written."""
        self._lag.ended()

    def uncommitted(self) -> None:
        """Count a commit that failed."""
        self._uncommitted.inc()

    def value(self, result: str) -> float:
        """Give how many items had a result."""
        found = self.registry.get_sample_value("saqshy_indexer_items_total", {"result": result})
        return found or 0.0
