"""How far an indexer is behind: messages of each topic, and the age of what is not written yet."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.runtime.catalogue import family


class IndexingLag(Collector):
    """Read when somebody asks, so that the age grows while nothing can be written.

    ``now`` gives seconds since the epoch, as do the times at which messages were sent.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._behind: dict[str, int] = {}
        self._writing: Mapping[str, float] = {}
        self._written: dict[str, float] = {}

    def behind(self, topic: str, messages: int) -> None:
        """Note how many messages of a topic are not read yet."""
        self._behind[topic] = messages

    def begun(self, oldest: Mapping[str, float]) -> None:
        """Note what is being written: by topic, when its oldest message was sent."""
        self._writing = dict(oldest)

    def ended(self) -> None:
        """Note that it is written."""
        self._written.update(self._writing)
        self._writing = {}

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from _families()

    def collect(self) -> Iterator[Metric]:
        """Give what is known now."""
        messages, seconds = _families()
        writing, written = self._writing, dict(self._written)
        for topic, behind in sorted(self._behind.items()):
            messages.add_metric([topic], behind)
            # What is not read yet came after what was written last, so it is no older.
            oldest = writing.get(topic, written.get(topic) if behind else None)
            age = 0.0 if oldest is None else max(0.0, self._now() - oldest)
            seconds.add_metric([topic], age)
        yield from (messages, seconds)


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return family("saqshy_indexer_lag_messages"), family("saqshy_indexer_lag_seconds")
