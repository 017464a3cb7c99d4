"""What is measured of terms: how many run and are overdue, met or missed, and what was to spare."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS
from pipeline.notify.clock import TermClock
from pipeline.ports import StateStore
from pipeline.runtime.catalogue import CATALOGUE, family
from pipeline.runtime.term_rows import TermRows

_HOUR, _DAY = 3600, 86_400
SPARE = (-7 * _DAY, -_DAY, -_HOUR, -600, -60, -10, 0, 60, 600, _HOUR, 6 * _HOUR, _DAY, 7 * _DAY)
"""Seconds: what lies below 0 was late."""


class TermFigures:
    """Counts clocks (``terms_tick.Figures``). Labels are names of the law pack, so bounded."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._met = _counter("saqshy_terms_met_total", registry)
        self._missed = _counter("saqshy_terms_missed_total", registry)
        self._reminded = _counter("saqshy_reminders_total", registry)
        spare = CATALOGUE["saqshy_term_spare_seconds"]
        self._spare = Histogram(
            spare.name, spare.help, spare.labels, buckets=SPARE, registry=registry
        )

    def met(self, clock: TermClock, *, late: bool) -> None:
        """Note a clock that was met."""
        self._met.labels(clock.leg, clock.duty_of, _word(late)).inc()
        if clock.spare is not None:
            self._spare.labels(clock.leg).observe(clock.spare / NANOSECONDS)

    def missed(self, clock: TermClock) -> None:
        """Note a clock whose term passed."""
        self._missed.labels(clock.leg, clock.duty_of).inc()

    def reminded(self, role: str, *, late: bool) -> None:
        """Note a reminder that was made."""
        self._reminded.labels(role, _word(late)).inc()


class TermGauges(Collector):
    """How many incidents have open clocks, how many are overdue; nothing where none can be read."""

    def __init__(self, states: Callable[[], Iterable[StateStore]]) -> None:
        self._states = states

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from _families()

    def collect(self) -> Iterator[Metric]:
        """Give what is known now."""
        try:
            tallies = [TermRows(state).tally() for state in self._states()]
        except StoreError:
            return  # saqshy_store_up tells it, and everything else is to be shown still
        watched, overdue = _families()
        watched.add_metric([], sum(one.open for one in tallies))
        overdue.add_metric([], sum(one.overdue for one in tallies))
        yield from (watched, overdue)


def watch_terms(registry: CollectorRegistry, states: Callable[[], Iterable[StateStore]]) -> None:
    """Show the gauges in a registry; in a cluster a process has a state for each partition."""
    registry.register(TermGauges(states))


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return family("saqshy_terms_open_incidents"), family("saqshy_terms_overdue")


def _counter(name: str, registry: CollectorRegistry) -> Counter:
    series = CATALOGUE[name]
    return Counter(name, series.help, series.labels, registry=registry)


def _word(late: bool) -> str:
    return "yes" if late else "no"
