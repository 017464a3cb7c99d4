"""What stores and content hold, as gauges that are read when somebody asks for the metrics."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.content import Content
from pipeline.errors import StoreError
from pipeline.ports import Stores


class StoreGauges(Collector):
    """Positions of the journal, kept events and dead letters; ``saqshy_store_up`` 0 where it fails.

    A store that cannot be read is itself a fact to show, and no reason to show nothing.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def describe(self) -> Iterator[Metric]:
        """Give the families without values, so that registering reads nothing."""
        for name, text in _FAMILIES.items():
            yield GaugeMetricFamily(name, text)

    def collect(self) -> Iterator[Metric]:
        """Read the stores."""
        try:
            values = self._read()
        except StoreError:
            values = {"saqshy_store_up": 0.0}
        for name, value in values.items():
            yield GaugeMetricFamily(name, _FAMILIES[name], value=value)

    def _read(self) -> dict[str, float]:
        end = self._stores.journal.tail("", "", "")
        return {
            "saqshy_store_up": 1.0,
            "saqshy_journal_position": end.sequence if end else 0,
            "saqshy_journal_committed_position": self._stores.journal.committed(),
            "saqshy_events_kept": self._stores.events.count(),
            "saqshy_dead_letters": self._stores.dead_letters.count(),
        }


_FAMILIES = {
    "saqshy_store_up": "Whether the stores can be read.",
    "saqshy_journal_position": "Position of the batch journalled last.",
    "saqshy_journal_committed_position": "Position of the batch processed last.",
    "saqshy_events_kept": "Events in the store.",
    "saqshy_dead_letters": "Records that stand unresolved in the dead letters.",
}


def watch_stores(registry: CollectorRegistry, stores: Stores) -> None:
    """Show the stores' gauges in a registry."""
    registry.register(StoreGauges(stores))


class ContentGauges(Collector):
    """How many rules and correlations of the content in force can fire.

    What is left out as broken is counted apart, in ``saqshy_rules_quarantined``.
    """

    def __init__(self, content: Callable[[], Content]) -> None:
        self._content = content

    def describe(self) -> Iterator[Metric]:
        """Give the family without values."""
        yield _in_force()

    def collect(self) -> Iterator[Metric]:
        """Count what is in force now."""
        content = self._content()
        family = _in_force()
        family.add_metric(["rule"], len(content.rules))
        family.add_metric(["correlation"], len(content.correlations))
        yield family


def _in_force() -> GaugeMetricFamily:
    return GaugeMetricFamily("saqshy_rules_in_force", "Rules in force.", labels=["kind"])


def watch_content(registry: CollectorRegistry, content: Callable[[], Content]) -> None:
    """Show the gauges of the content in force, which may change while it runs, in a registry."""
    registry.register(ContentGauges(content))
