"""`saqshy bench pipeline --workers N`: matching in processes of its own, beside all in one."""

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model import RawBatch
from pipeline.runtime.bootstrap import System, offline
from pipeline.runtime.cli.output import FOUND, emit, show_table, stop
from pipeline.runtime.cores.pool import Pool
from pipeline.runtime.knowledge import read_knowledge
from pipeline.runtime.replaying import replay_file
from pipeline.settings import Settings

WARMING = 500


@dataclass(frozen=True, slots=True)
class Run:
    """One replay: seconds by the wall, and of a core for the folding process and each other."""

    events: int
    wall: float
    folding: float
    matching: tuple[float, ...] = ()
    memory: tuple[int, ...] = ()

    @property
    def cpu(self) -> float:
        """Give the seconds of a core of all processes."""
        return self.folding + sum(self.matching)

    def least(self, cores: int) -> float:
        """Give the seconds that so many cores need that have nothing else to do."""
        return max(self.cpu / cores, self.folding, *self.matching)


@dataclass(frozen=True, slots=True)
class Input:
    """What is replayed, and as whose."""

    file: Path
    object_id: str
    form: str
    lines: Sequence[bytes]


def bench_workers(
    settings: Settings, given: Input, workers: int, rounds: int, *, as_json: bool
) -> None:
    """Replay a file in one process and in 1 + ``workers``, round after round, and compare."""
    alone, pooled = [], []
    for _ in range(rounds):
        alone.append(_run(settings.model_copy(update={"workers": 1}), given))
        pooled.append(_run(settings.model_copy(update={"workers": workers}), given))
    cores = os.cpu_count() or 1
    ratios = [one.wall / many.wall for one, many in zip(alone, pooled, strict=True)]
    cpu = [one.cpu / many.least(cores) for one, many in zip(alone, pooled, strict=True)]
    best = pooled[ratios.index(max(ratios))]
    result = {
        "file": given.file.name,
        "workers": workers,
        "cores": cores,
        "load": round(os.getloadavg()[0], 2),
        "events": best.events,
        "events_per_second_alone": round(max(one.events / one.wall for one in alone)),
        "events_per_second": round(max(many.events / many.wall for many in pooled)),
        "ratio": [round(one, 2) for one in ratios],
        "ratio_best": round(max(ratios), 2),
        "ratio_by_cpu_seconds": round(statistics.median(cpu), 2),
        "cpu_seconds_alone": round(statistics.median(one.cpu for one in alone), 3),
        "cpu_seconds": round(statistics.median(many.cpu for many in pooled), 3),
        "cpu_seconds_folding": round(best.folding, 3),
        "cpu_seconds_matching": [round(one, 3) for one in best.matching],
        "memory_mb_matching": [round(one / 2**20) for one in best.memory],
    }
    if as_json:
        emit(result)
    else:
        rows = [(name, str(value)) for name, value in result.items()]
        show_table("bench pipeline: workers", ("what", "value"), rows)
    if {one.events for one in (*alone, *pooled)} != {len(given.lines)}:
        stop(FOUND, "not every record became an event, in each of the rounds")


def alone_each(settings: Settings, given: Input) -> float:
    """Give the microseconds of a core that one event takes in one process that knows its values."""
    known = read_knowledge(settings)
    first = given.object_id or next(record.id for record in known.registry.objects())
    run = _run(settings, replace(given, object_id=first), forget=False)
    return 1e6 * run.cpu / run.events


def _run(settings: Settings, given: Input, *, forget: bool = True) -> Run:
    with (
        tempfile.TemporaryDirectory(prefix="saqshy-bench-") as folder,
        offline(settings, Path(folder) / "bench.db") as system,
    ):
        warm(system, given, forget=forget)
        gc.collect()
        before = _matching(system)
        began, cpu = time.perf_counter(), time.process_time()
        done = replay_file(
            system, given.file, given.object_id or None, given.form, None, lambda _: None
        )
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        after = _matching(system)
        spent = tuple(last - first for last, first in zip(after, before, strict=True))
        return Run(done.events, wall, cpu, spent, _memory(system))


def warm(system: System, given: Input, *, forget: bool = True) -> None:
    """Let the indexes of the stream's rules be built; what values gave is forgotten again."""
    stamp, lines = system.collector.revisions, given.lines
    parts = [
        RawBatch(
            "warm", "", "", 1, 0, 2**62, 2**62, given.form, tuple(lines[at : at + WARMING]),
            revisions=stamp,
        )
        for at in range(0, len(lines), WARMING)
    ]  # fmt: skip
    ahead, chain = system.engine.ahead, system.engine.chain(stamp)
    if isinstance(ahead, Pool):
        ahead.prepare(system.reloader.knowledge, parts)
        return
    for part in parts:
        chain.observe(part)
    if forget:
        chain.matcher.forget()


def _matching(system: System) -> tuple[float, ...]:
    """Give the seconds of a core that each matching process has used."""
    ahead = system.engine.ahead
    if not isinstance(ahead, Pool):
        return ()
    return tuple(ahead.work.figures.cpu_seconds(place) for place in range(ahead.workers))


def _memory(system: System) -> tuple[int, ...]:
    ahead = system.engine.ahead
    if not isinstance(ahead, Pool):
        return ()
    return tuple(use.memory_bytes for use in ahead.work.figures.used.values())
