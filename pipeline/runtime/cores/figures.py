"""What is shown of matching processes: how many live, what was lost, what waits, what each uses."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.runtime.catalogue import counted_family, family
from pipeline.runtime.cores.wire import Use

REASONS = ("killed", "hung")


@dataclass(slots=True)
class Figures:
    """What the threads note; each process by the number of its place, from 0."""

    alive: dict[int, int] = field(default_factory=dict)  # the process's id
    used: dict[int, Use] = field(default_factory=dict)
    ended: Counter[int] = field(default_factory=Counter)  # milliseconds used by those before it
    lost: Counter[str] = field(default_factory=Counter)
    batches: Counter[int] = field(default_factory=Counter)
    ready: int = 0  # processes that ever were

    def cpu_seconds(self, place: int) -> float:
        """Give what the processes of a place have used of a core since the start."""
        use = self.used.get(place)
        return self.ended[place] / 1000 + (use.cpu_seconds if use else 0.0)

    def begun(self, place: int, pid: int) -> None:
        """Note that a process is ready."""
        self.ready += 1
        self.alive[place] = pid

    def gone(self, place: int, why: str) -> None:
        """Note that a process was lost."""
        self.lost[why] += 1
        self.left(place)

    def left(self, place: int) -> None:
        """Note that a process has ended."""
        self.ended[place] = round(1000 * self.cpu_seconds(place))
        self.alive.pop(place, None)
        self.used.pop(place, None)


class FigureGauges(Collector):
    """The figures, read when somebody asks for the metrics."""

    def __init__(self, figures: Figures, waiting: Callable[[], int], places: int) -> None:
        self._figures, self._waiting, self._places = figures, waiting, places

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from (*_gauges(), *_counters())

    def collect(self) -> Iterator[Metric]:
        """Give what is known now."""
        figures = self._figures
        alive, queue, memory = _gauges()
        lost, batches, cpu = _counters()
        alive.add_metric([], len(figures.alive))
        queue.add_metric([], self._waiting())
        for why in REASONS:
            lost.add_metric([why], figures.lost[why])
        for place in range(self._places):
            use = figures.used.get(place)
            batches.add_metric([str(place)], figures.batches[place])
            cpu.add_metric([str(place)], figures.cpu_seconds(place))
            memory.add_metric([str(place)], use.memory_bytes if use else 0)
        yield from (alive, queue, memory, lost, batches, cpu)


def _gauges() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
    return (
        family("saqshy_matching_processes"),
        family("saqshy_matching_queue_batches"),
        family("saqshy_matching_memory_bytes"),
    )


def _counters() -> tuple[CounterMetricFamily, CounterMetricFamily, CounterMetricFamily]:
    return (
        counted_family("saqshy_matching_lost_total"),
        counted_family("saqshy_matching_batches_total"),
        counted_family("saqshy_matching_cpu_seconds_total"),
    )


def watch_matching(
    registry: CollectorRegistry, figures: Figures, waiting: Callable[[], int], places: int
) -> None:
    """Show the figures in a registry."""
    registry.register(FigureGauges(figures, waiting, places))
