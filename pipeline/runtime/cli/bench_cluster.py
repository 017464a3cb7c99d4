"""`saqshy bench pipeline --cluster`: what one event costs a worker, beside one machine alone.

What is compared is seconds of a core, of all threads of a process, from when a stream that warmed
it has been folded to when the measured stream has.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from connectors.stores.kafka.admin import Administration
from pipeline.model import Json, RawBatch
from pipeline.runtime.cli.bench_cluster_delay import delays
from pipeline.runtime.cli.bench_cluster_ground import FULL, Case, Ground, batches, ground
from pipeline.runtime.cli.bench_workers import Input, alone_each
from pipeline.runtime.cli.output import emit, show_table
from pipeline.runtime.knowledge import Knowledge, read_knowledge
from pipeline.runtime.logs import set_up_logging
from pipeline.settings import ClusterSettings, Settings

CASES = (
    Case("one worker"),
    Case("1 partition", partitions=1),
    Case("64 partitions", partitions=64),
    Case("10 objects, small batches", records=4, times=2),
    Case("10,000 objects, small batches", objects=10_000, records=4, times=2),
    Case("two workers, each batch of another object", objects=1000, workers=2, times=4),
    Case("two workers, one object", objects=1, workers=2, times=4),
)
WARMED = 40  # objects
WARMINGS = 2  # times the stream: with each, every worker has seen more of its values
IDLE_SECONDS = 5.0
MOST_WAITING = 0.125  # of a worker's seconds that count as spent on waiting for work
DELAY = len(CASES)  # the number of the case that tells how long the first word takes


@dataclass(frozen=True, slots=True)
class Cost:
    """What a case took: events, seconds of each worker's core, seconds by the wall.

    ``idle`` is what share of a core each worker uses when there is nothing to do.
    """

    case: Case
    events: int
    cpu: tuple[float, ...]
    wall: float
    idle: tuple[float, ...]

    @property
    def worked(self) -> tuple[float, ...]:
        """Give the seconds of each core but for those of waiting, at most an eighth of them.

        A loaded machine adds more of these; but who has no core when there is work does not wait.
        """
        return tuple(
            max(cpu * (1 - MOST_WAITING), cpu - idle * max(0.0, self.wall - cpu))
            for cpu, idle in zip(self.cpu, self.idle, strict=True)
        )

    @property
    def each(self) -> float:
        """Give the microseconds of a core that one event took."""
        return 1e6 * sum(self.worked) / self.events

    @property
    def rate(self) -> float:
        """Give the events a second that the busiest worker's core lets through."""
        return self.events / max(self.worked)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which brokers, else those of the settings, and which cases by number, else all."""

    brokers: Sequence[str] = ()
    cases: Sequence[int] = ()


def bench_cluster(settings: Settings, file: Path, asked: Asked, *, as_json: bool) -> None:
    """Measure every case on a file's lines, after one machine alone on the same."""
    cluster = settings.cluster or ClusterSettings()
    if asked.brokers:
        cluster = cluster.model_copy(update={"brokers": tuple(asked.brokers)})
    lines = file.read_bytes().splitlines()
    alone = alone_each(settings, Input(file, "", "auto", lines))
    rows: list[Json] = [{"case": "one machine alone", "us_per_event": round(alone, 1)}]
    with closing(Administration(cluster)) as administration:
        replication = min(len(administration.brokers()), cluster.replication or 1)
    cluster = cluster.model_copy(update={"replication": replication})
    known = read_knowledge(settings)
    # The client warns of what it cannot read of faust's members, at each look.
    set_up_logging(settings.log.model_copy(update={"level": "error"}))
    for number in asked.cases or range(DELAY + 1):
        if number == DELAY:
            rows.append(delays(settings, cluster, known, lines))
        else:
            rows.append(_row(measured(settings, cluster, known, CASES[number], lines), alone))
        if as_json:
            emit(rows[-1])
    if not as_json:
        heads = tuple(dict.fromkeys(name for row in rows for name in row))
        table = [tuple(str(row.get(name, "")) for name in heads) for row in rows]
        show_table(f"bench pipeline --cluster: {len(lines)} events", heads, table)


def _row(cost: Cost, alone: float) -> Json:
    full = cost.case.records == FULL  # as one machine alone has them
    return {
        "case": cost.case.name,
        "us_per_event": round(cost.each, 1),
        "rate_to_alone": round(alone / cost.each, 3) if full else None,
        "events_per_core_second": round(cost.rate),
        "cpu_seconds": [round(one, 2) for one in cost.cpu],
        "idle": [round(one, 3) for one in cost.idle],
        "wall_seconds": round(cost.wall, 1),
        "alone_us_per_event": round(alone, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def measured(
    settings: Settings,
    cluster: ClusterSettings,
    known: Knowledge,
    case: Case,
    lines: Sequence[bytes],
) -> Cost:
    """Measure one case on a stream."""
    with ground(settings, cluster, known, case.partitions) as made, ExitStack() as stack:
        workers = [stack.enter_context(made.worker(n)) for n in range(case.workers)]
        made.joined(workers)
        warming = Case("warming", objects=min(case.objects, WARMED), times=WARMINGS)
        _folded(made, list(batches(known, lines, warming, "warming")), workers)
        some = list(batches(known, lines, case, "stream"))
        cpu, wall = _spent(workers, lambda: _folded(made, some, workers))
        idle, rest = _spent(workers, lambda: threading.Event().wait(IDLE_SECONDS))
        events = len(lines) * case.times
        return Cost(case, events, cpu, wall, tuple(one / rest for one in idle))


def _folded(
    made: Ground, some: Sequence[RawBatch], workers: Sequence["subprocess.Popen[bytes]"]
) -> None:
    made.send(some)
    made.folded(workers)


def _spent(
    workers: Sequence["subprocess.Popen[bytes]"], work: Callable[[], object]
) -> tuple[tuple[float, ...], float]:
    """Give the seconds of a core that each worker uses meanwhile, and those by the wall."""
    before, began = [cpu_seconds(one.pid) for one in workers], time.perf_counter()
    work()
    wall = time.perf_counter() - began
    after = [cpu_seconds(one.pid) for one in workers]
    return tuple(last - first for last, first in zip(after, before, strict=True)), wall


def cpu_seconds(pid: int) -> float:
    """Give the seconds of a core that a process has used, by proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
