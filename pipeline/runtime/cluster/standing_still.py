"""Whether time stands still in a partition: a tick waits that does not come through everywhere.

What lies behind such a tick is held back, and no lag shows it: it was read, and is kept.
"""

import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pipeline.runtime.catalogue import family

LONG_SECONDS = 600.0


@dataclass(slots=True)
class StandingStill:
    """By partition: the first tick that waits, and since when this process has seen it."""

    now: Callable[[], float] = time.monotonic
    _since: dict[Hashable, tuple[tuple[str, int], float]] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Give for how long the tick has waited that waits longest; 0 where none does."""
        return max((self.now() - since for _, since in list(self._since.values())), default=0.0)

    @property
    def trouble(self) -> str:
        """Say which tick waits too long; "" where none does."""
        for (clock, number), since in list(self._since.values()):
            waited = self.now() - since
            if waited > LONG_SECONDS:
                return (
                    f"tick {number} of {clock} has not come through every partition of raw for"
                    f" {waited / 60:.0f} minutes, and what lies behind it is held back: see that a"
                    " collector gives the time, and where raw waits"
                )
        return ""

    def note(self, place: Hashable, tick: tuple[str, int] | None) -> None:
        """Note the first tick (clock, number) that waits in a partition, if one does."""
        if tick is None:
            self._since.pop(place, None)
        elif place not in self._since or self._since[place][0] != tick:
            self._since[place] = tick, self.now()

    def forget(self) -> None:
        """Let go of everything: the partitions are another's."""
        self._since.clear()


class StandingStillGauge(Collector):
    """How long the first tick waits, read when somebody asks."""

    def __init__(self, standing: StandingStill) -> None:
        self._standing = standing

    def describe(self) -> Iterator[Metric]:
        """Give the family without values."""
        yield family("saqshy_tick_waits_seconds")

    def collect(self) -> Iterator[Metric]:
        """Ask what was noted."""
        shown = family("saqshy_tick_waits_seconds")
        shown.add_metric([], self._standing.seconds)
        yield shown


def watch_standing_still(registry: CollectorRegistry, standing: StandingStill) -> None:
    """Show in a registry how long time stands still."""
    registry.register(StandingStillGauge(standing))
