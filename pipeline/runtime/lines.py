"""Lines to recipients that do not work, as gauges for a scrape and as words for the status page."""

from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pipeline.notify.breaker import HALF_OPEN, OPEN
from pipeline.runtime.catalogue import family
from pipeline.runtime.gates import Gates

NAME = "saqshy_delivery_lines_not_closed"


class LineGauges(Collector):
    """How many lines of each channel are open or half-open."""

    def __init__(self, gates: Gates, now: Callable[[], int]) -> None:
        self._gates, self._now = gates, now

    def describe(self) -> Iterator[Metric]:
        """Give the family without values."""
        yield family(NAME)

    def collect(self) -> Iterator[Metric]:
        """Count lines by channel and state."""
        shown = family(NAME)
        counted = Counter((channel, state) for channel, _, state in self._gates.states(self._now()))
        for labels, count in sorted(counted.items()):
            shown.add_metric(labels, count)
        yield shown


def watch_lines(registry: CollectorRegistry, gates: Gates, now: Callable[[], int]) -> None:
    """Let a registry show the lines that do not work."""
    registry.register(LineGauges(gates, now))


def broken_lines(gates: Gates, now: int) -> Iterator[str]:
    """Say which recipients are not reached, one sentence each."""
    words = {OPEN: "is tried again after a while", HALF_OPEN: "is being tried again"}
    for channel, party, state in gates.states(now):
        yield f"channel {channel} does not reach {party or 'its recipient'}: it {words[state]}"
