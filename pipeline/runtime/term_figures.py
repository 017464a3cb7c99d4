"""What is measured of terms: how many run and are overdue, met or missed, and what was to spare."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.model import NANOSECONDS
from pipeline.notify.clock import TermClock
from pipeline.ports import StateStore
from pipeline.runtime.term_rows import TermRows

_HOUR, _DAY = 3600, 86_400
SPARE = (-7 * _DAY, -_DAY, -_HOUR, -600, -60, -10, 0, 60, 600, _HOUR, 6 * _HOUR, _DAY, 7 * _DAY)
"""Seconds: what lies below 0 was late."""


class TermFigures:
    """Counts clocks (``terms_tick.Figures``). Labels are names of the law pack, so bounded."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._met = Counter(
            "saqshy_terms_met",
            "Terms that were met.",
            ("leg", "duty_of", "late"),
            registry=registry,
        )
        self._missed = Counter(
            "saqshy_terms_missed",
            "Terms that passed before they were met.",
            ("leg", "duty_of"),
            registry=registry,
        )
        self._spare = Histogram(
            "saqshy_term_spare_seconds",
            "What was left of a term when it was met; below zero it was late.",
            ("leg",),
            buckets=SPARE,
            registry=registry,
        )
        self._reminded = Counter(
            "saqshy_reminders",
            "Reminders that were made, and whether long after their time.",
            ("to", "late"),
            registry=registry,
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
    """How many incidents have open clocks, and how many clocks are overdue."""

    def __init__(self, state: StateStore) -> None:
        self._rows = TermRows(state)

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from _families()

    def collect(self) -> Iterator[Metric]:
        """Give what is known now."""
        tally = self._rows.tally()
        watched, overdue = _families()
        watched.add_metric([], tally.open)
        overdue.add_metric([], tally.overdue)
        yield from (watched, overdue)


def watch_terms(registry: CollectorRegistry, state: StateStore) -> None:
    """Show the gauges in a registry."""
    registry.register(TermGauges(state))


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily("saqshy_terms_open_incidents", "Incidents with terms that run."),
        GaugeMetricFamily("saqshy_terms_overdue", "Terms that have passed and are not met."),
    )


def _word(late: bool) -> str:
    return "yes" if late else "no"
