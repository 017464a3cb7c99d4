"""Notices on their way: how many wait, for how long, and when the next one is due."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS
from pipeline.ports import Outbox
from pipeline.registry.moments import LATEST
from pipeline.runtime.catalogue import family

MOST_COUNTED = 500
_NAMES = (
    "saqshy_notices_waiting",
    "saqshy_notices_oldest_waiting_seconds",
    "saqshy_notices_due_in_seconds",
)


class OutboxGauges(Collector):
    """Read when somebody asks; nothing is shown of an outbox that cannot be read."""

    def __init__(self, outboxes: Callable[[], Iterable[Outbox]], now: Callable[[], int]) -> None:
        self._outboxes = outboxes
        self._now = now

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from map(family, _NAMES)

    def collect(self) -> Iterator[Metric]:
        """Count what waits, the most urgent first."""
        try:
            waiting = [
                notice for one in self._outboxes() for notice in one.due(LATEST, MOST_COUNTED)
            ]
        except StoreError:
            return
        now = self._now()
        count, oldest, due = map(family, _NAMES)
        states = Counter((one.channel, one.state.value) for one in waiting)
        for labels, number in sorted(states.items()):
            count.add_metric(labels, number)
        oldest.add_metric(
            [], max((now - one.created_at for one in waiting), default=0) / NANOSECONDS
        )
        if waiting:
            due.add_metric([], (min(one.due_at for one in waiting) - now) / NANOSECONDS)
        yield from (count, oldest, due)


def watch_outboxes(
    registry: CollectorRegistry, outboxes: Callable[[], Iterable[Outbox]], now: Callable[[], int]
) -> None:
    """Show the gauges in a registry; a notifier has an outbox for each partition."""
    registry.register(OutboxGauges(outboxes, now))
