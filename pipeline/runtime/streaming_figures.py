"""What is measured of streams: what is owed and since when, and what was left out and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.model import NANOSECONDS, Recipient
from pipeline.runtime.catalogue import CATALOGUE, family
from pipeline.runtime.streaming import Lag


class StreamFigures:
    """Counts what streams leave out. Labels are roles of the law pack and reasons, so bounded."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        series = CATALOGUE["saqshy_event_stream_left_out_total"]
        self._left_out = Counter(series.name, series.help, series.labels, registry=registry)

    def left_out(self, recipient: Recipient, reasons: Mapping[str, int]) -> None:
        """Note what an attempt left out, by reason."""
        for reason, count in reasons.items():
            self._left_out.labels(recipient.role, reason).inc(count)

    def watch(self, lags: Callable[[], Sequence[Lag]], now: Callable[[], int]) -> None:
        """Show the lag of each stream."""
        self._registry.register(StreamGauges(lags, now))


class StreamGauges(Collector):
    """Records that are owed, as far as they are counted, and how long the oldest has waited."""

    def __init__(self, lags: Callable[[], Sequence[Lag]], now: Callable[[], int]) -> None:
        self._lags, self._now = lags, now

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from _families()

    def collect(self) -> Iterator[Metric]:
        """Give what is owed now."""
        records, seconds = _families()
        now = self._now()
        for lag in self._lags():
            records.add_metric([lag.role], lag.records)
            waited = max(0, now - lag.since) if lag.since else 0
            seconds.add_metric([lag.role], waited / NANOSECONDS)
        yield from (records, seconds)


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return family("saqshy_event_stream_lag_records"), family("saqshy_event_stream_lag_seconds")
