"""What stores and content hold, as gauges that are read when somebody asks for the metrics."""

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.content import Content
from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS
from pipeline.ports import Stores
from pipeline.runtime.catalogue import family


class StoreGauges(Collector):
    """Positions of the journal, kept events and dead letters; ``saqshy_store_up`` 0 where it fails.

    A store that cannot be read is itself a fact to show, and no reason to show nothing.
    """

    def __init__(self, stores: Stores, now: Callable[[], int]) -> None:
        self._stores = stores
        self._now = now

    def describe(self) -> Iterator[Metric]:
        """Give the families without values, so that registering reads nothing."""
        yield from map(family, _OF_STORES)

    def collect(self) -> Iterator[Metric]:
        """Read the stores."""
        try:
            values = self._read()
        except StoreError:
            values = {"saqshy_store_up": 0.0}
        for name, value in values.items():
            shown = family(name)
            shown.add_metric([], value)
            yield shown

    def _read(self) -> dict[str, float]:
        journal = self._stores.journal
        end, done = journal.tail("", "", ""), journal.committed()
        waiting = journal.read(done, 1)
        age = max(0, self._now() - waiting[0][1].received_at) / NANOSECONDS if waiting else 0.0
        return {
            "saqshy_store_up": 1.0,
            "saqshy_journal_position": end.sequence if end else 0,
            "saqshy_journal_committed_position": done,
            "saqshy_oldest_unprocessed_seconds": age,
            "saqshy_events_kept": self._stores.events.count(),
            "saqshy_dead_letters": self._stores.dead_letters.count(),
        }


_OF_STORES = (
    "saqshy_store_up",
    "saqshy_journal_position",
    "saqshy_journal_committed_position",
    "saqshy_oldest_unprocessed_seconds",
    "saqshy_events_kept",
    "saqshy_dead_letters",
)


def watch_stores(
    registry: CollectorRegistry, stores: Stores, now: Callable[[], int] = time.time_ns
) -> None:
    """Show the stores' gauges in a registry."""
    registry.register(StoreGauges(stores, now))


class ContentGauges(Collector):
    """How many rules and correlations of the content in force can fire, and how many are left out.

    Nothing is shown while none is in force.
    """

    def __init__(self, content: Callable[[], Content | None]) -> None:
        self._content = content

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from _of_content()

    def collect(self) -> Iterator[Metric]:
        """Count what is in force now."""
        content = self._content()
        if content is None:
            return
        in_force, left_out = _of_content()
        in_force.add_metric(["rule"], len(content.rules))
        in_force.add_metric(["correlation"], len(content.correlations))
        left_out.add_metric([], len(content.quarantined))
        yield from (in_force, left_out)


def _of_content() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return family("saqshy_rules_in_force"), family("saqshy_rules_quarantined")


def watch_content(registry: CollectorRegistry, content: Callable[[], Content | None]) -> None:
    """Show the gauges of the content in force, which may change while it runs, in a registry."""
    registry.register(ContentGauges(content))
