"""How far a process of the cluster is behind the topics that it reads."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pipeline.runtime.catalogue import family


def untold(_seconds: float) -> None:
    """Tell nobody how long it took to keep a step of state."""


@dataclass(slots=True)
class Progress:
    """The last message taken of each partition: its place, and when it was sent."""

    _last: dict[tuple[str, int], tuple[int, float]] = field(default_factory=dict)

    def note(self, messages: Iterable[Any]) -> None:
        """Note messages (topic, partition, offset, timestamp in seconds) that were taken."""
        for one in messages:
            self._last[one.topic, one.partition] = one.offset, one.timestamp

    def last(self) -> dict[tuple[str, int], tuple[int, float]]:
        """Give offset and timestamp by topic and partition."""
        return dict(self._last)


class ProgressGauges(Collector):
    """Lag in messages and seconds of the partitions that a faust application has now."""

    def __init__(
        self, app: Any, progress: Progress, shorter: Callable[[str], str], now: Callable[[], float]
    ) -> None:
        self._app, self._progress, self._shorter, self._now = app, progress, shorter, now

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield family("saqshy_topic_lag_messages")
        yield family("saqshy_topic_lag_seconds")

    def collect(self) -> Iterator[Metric]:
        """Ask the consumer where its partitions end, and compare."""
        behind: Counter[str] = Counter()
        age: dict[str, float] = {}
        for (topic, partition), (offset, sent) in self._progress.last().items():
            end = self._end(topic, partition)
            if end is None:
                continue
            name, left = self._shorter(topic), max(0, end - offset - 1)
            behind[name] += left
            waited = max(0.0, self._now() - sent) if left else 0.0
            age[name] = max(age.get(name, 0.0), waited)
        messages, seconds = (
            family("saqshy_topic_lag_messages"),
            family("saqshy_topic_lag_seconds"),
        )
        for name in sorted(behind):
            messages.add_metric([name], behind[name])
            seconds.add_metric([name], age[name])
        yield from (messages, seconds)

    def _end(self, topic: str, partition: int) -> int | None:
        """Give where a partition ends; None where it is another process's by now."""
        consumer = self._app.consumer
        mine = [one for one in consumer.assignment() if one == (topic, partition)]
        end = consumer.highwater(mine[0]) if mine else None
        return None if end is None else int(end)


def watch_progress(
    registry: CollectorRegistry, app: Any, progress: Progress, shorter: Callable[[str], str]
) -> None:
    """Show the gauges in a registry; ``shorter`` names a topic without the cluster's prefix."""
    registry.register(ProgressGauges(app, progress, shorter, time.time))
