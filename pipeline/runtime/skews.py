"""How far the clocks of sources are off, as the last hours' records show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.model import NANOSECONDS, Event
from pipeline.normalize.clock_skew import ClockSkew, measured
from pipeline.runtime.catalogue import family

LOOKED_AT = 32  # events of a batch; a batch's records arrive together
GENERATION = 3600 * NANOSECONDS
MOST_SOURCES = 4096
MOST_SHOWN = 64
OFF = 2 * NANOSECONDS  # a clock that is off by less is right
Delays: TypeAlias = Mapping[tuple[str, str], ClockSkew]  # by object and source
_Generation = dict[tuple[str, str], ClockSkew]


def sampled(events: Sequence[Event]) -> Delays:
    """Look at some events of one batch, spread evenly over it."""
    return measured(events[:: len(events) // LOOKED_AT + 1])


@dataclass(slots=True)
class Skews:
    """Gathers delays by (object, source) in two generations, so that a mended clock shows."""

    _new: _Generation = field(default_factory=dict)
    _old: _Generation = field(default_factory=dict)
    _began: int = 0

    def note(self, at: int, delays: Delays) -> None:
        """Take in what events received at an instant showed."""
        if not delays:
            return
        if at - self._began >= GENERATION:
            self._old, self._new, self._began = self._new, {}, at
        for source, skew in delays.items():
            mine = self._new.get(source)
            if mine is not None:
                mine.merge(skew)
            elif len(self._new) < MOST_SOURCES:
                self._new[source] = skew

    def latest(self) -> dict[tuple[str, str], ClockSkew]:
        """Give what the two generations show together, by object and source."""
        found: _Generation = {}
        for generation in (dict(self._old), dict(self._new)):
            for source, skew in generation.items():
                found.setdefault(source, ClockSkew()).merge(skew)
        return found

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Give (source, skew, usual delay) of the clocks that are off, the worst first."""
        off = [
            (abs(skew.skew), f"{object_id}/{source_id}", skew)
            for (object_id, source_id), skew in self.latest().items()
            if skew.skew is not None and abs(skew.skew) >= OFF
        ]
        worst = sorted(off, key=lambda one: (-one[0], one[1]))[:MOST_SHOWN]
        return tuple((name, _seconds(skew.skew), _seconds(skew.median)) for _, name, skew in worst)


def _seconds(nanoseconds: int | None) -> str:
    return "-" if nanoseconds is None else f"{nanoseconds / NANOSECONDS:+.1f} s"


class SkewGauges(Collector):
    """The skew of the clocks that are off most."""

    def __init__(self, skews: Skews) -> None:
        self._skews = skews

    def describe(self) -> Iterator[Metric]:
        """Give the family without values."""
        yield _family()

    def collect(self) -> Iterator[Metric]:
        """Give what is known now; of more sources than are shown, those that are off most."""
        shown = _family()
        known = [(one, skew.skew) for one, skew in self._skews.latest().items()]
        by_size = sorted(known, key=lambda item: (-abs(item[1] or 0), item[0]))
        for (object_id, source_id), skew in by_size[:MOST_SHOWN]:
            if skew is not None:
                shown.add_metric([object_id, source_id], skew / NANOSECONDS)
        yield shown


def _family() -> GaugeMetricFamily:
    return family("saqshy_source_clock_skew_seconds")


def watch_skews(registry: CollectorRegistry, skews: Skews) -> None:
    """Show the gauges in a registry."""
    registry.register(SkewGauges(skews))
