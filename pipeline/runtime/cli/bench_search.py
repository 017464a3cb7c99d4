"""`saqshy bench search`: how soon lists, one incident and a search over a day are answered."""

import os
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.ports.searching import Ask, Kind
from pipeline.runtime.cli.bench_ingest import peak_memory_mb
from pipeline.runtime.cli.bench_search_ground import Amounts, Ground, elastic_ground, sqlite_ground
from pipeline.runtime.cli.bench_search_live import live
from pipeline.runtime.cli.bench_search_questions import Measured, questions
from pipeline.runtime.cli.bench_search_readers import beside_readers
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.configuration import read_settings

_COLUMNS = ("p50", "p95", "p99", "cpu_p50", "cpu_p95", "goal")


class Kept(StrEnum):
    """Where rows are kept."""

    SQLITE = "sqlite"
    ELASTICSEARCH = "elasticsearch"


LIVE_MS = 1_000
PAGE_MS: Mapping[Kept, int] = {Kept.SQLITE: 150, Kept.ELASTICSEARCH: 250}


def bench_search(
    store: Annotated[Kept, typer.Option(help="Where rows are kept.")] = Kept.SQLITE,
    incidents: Annotated[int, typer.Option(min=100, help="Incidents in the store.")] = 20_000,
    events: Annotated[int, typer.Option(min=1_000, help="Events in the store.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=2, help="Times that each question is asked.")] = 40,
    keep: Annotated[
        Path | None, typer.Option("--file", help="Make the file here, or use what was made here.")
    ] = None,
    readers: Annotated[
        int, typer.Option(min=0, help="People who read by `saqshy web` while events are kept.")
    ] = 0,
    seconds: Annotated[
        int, typer.Option(min=1, help="A stretch with readers, and one without, four times.")
    ] = 10,
    changes: Annotated[
        int, typer.Option("--live", min=0, help="Commits that a live list is to tell of.")
    ] = 0,
    report: Annotated[
        Path | None, typer.Option(help="Write the figures, dated, into this folder.")
    ] = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Make a store, and time pages, one incident, and searches over a day; p95 against the goals.

    Ends with 1 where a goal is missed. The goals are for 1,000,000 incidents and 10 million events.
    Elasticsearch is the settings' one, with indices of their own, dropped at the end. With
    --readers events are kept with and without readers, in turns: what reading costs. With --live a
    list is listened to: after how many milliseconds it tells of a commit.
    Example: saqshy bench search --incidents 1000000 --events 10000000 --file /tmp/large.db
    """
    amounts = Amounts(incidents, events)
    with told_errors(), ExitStack() as stack:
        path = keep or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bench.db"
        ground = stack.enter_context(_ground(store, path, amounts, config))
        figures = {
            name: timed(one, rounds)
            for name, one in questions(ground.search, PAGE_MS[store]).items()
        }
        missed = [name for name, one in figures.items() if one["p95"] > one["goal"]]
        result: dict[str, object] = {"store": store.value, **_size(ground)}
        if store is Kept.SQLITE:
            result |= _served(path, readers, seconds, changes)
        result |= {"questions": figures, "missed": missed, **_machine()}
        if report is not None:
            say(f"wrote {_reported(report, result, figures)}")
        _show(result, figures, as_json=json)
        if missed:
            stop(FOUND, f"slower than the goal: {', '.join(missed)}")


def _ground(
    store: Kept, path: Path, amounts: Amounts, config: Path | None
) -> AbstractContextManager[Ground]:
    if store is Kept.SQLITE:
        return sqlite_ground(path, amounts, say)
    return elastic_ground(read_settings(config).elasticsearch, amounts, say)


def _size(ground: Ground) -> dict[str, object]:
    return {
        "incidents": ground.search.count(Ask(Kind.INCIDENTS, budget=10**9)).value,
        "events": ground.search.count(Ask(Kind.EVENTS, budget=10**9)).value,
        "made_in_seconds": round(ground.made, 1),
        "bytes": ground.size,
    }


def _machine() -> dict[str, object]:
    return {
        "load": [round(one, 1) for one in os.getloadavg()],
        "peak_memory_mb": peak_memory_mb(),
        "machine": f"{platform.machine()} {platform.python_version()}, {os.cpu_count()} cores",
    }


def _served(path: Path, readers: int, seconds: int, changes: int) -> dict[str, object]:
    """Measure the file as `saqshy web` serves it, as far as that is asked for."""
    told: dict[str, object] = {}
    if readers:
        told["readers"] = beside_readers(path, readers, seconds)
    if changes:
        told["live"] = _told_after(live(path, changes))
    return told


def _told_after(spent: Sequence[float]) -> dict[str, object]:
    wall = [one * 1_000 for one in spent]
    most = {"commits": len(wall), "most": round(max(wall), 1), "goal": LIVE_MS}
    return {"p50": _at(wall, 0.5), "p95": _at(wall, 0.95), **most}


def timed(one: Measured, rounds: int) -> dict[str, float]:
    """Ask so often; give percentiles in milliseconds, by the wall and of this process's core."""
    one.work(0)
    wall, cores = [], []
    for number in range(1, rounds + 1):
        started, began = time.perf_counter(), time.thread_time()
        one.work(number)
        wall.append((time.perf_counter() - started) * 1_000)
        cores.append((time.thread_time() - began) * 1_000)
    return {
        "p50": _at(wall, 0.5),
        "p95": _at(wall, 0.95),
        "p99": _at(wall, 0.99),
        "cpu_p50": _at(cores, 0.5),
        "cpu_p95": _at(cores, 0.95),
        "goal": float(one.goal),
    }


def _at(spent: Sequence[float], part: float) -> float:
    return round(sorted(spent)[min(len(spent) - 1, int(len(spent) * part))], 1)


def _show(
    result: Mapping[str, object], figures: Mapping[str, Mapping[str, float]], *, as_json: bool
) -> None:
    if as_json:
        emit(result)
        return
    rows = [(name, *(str(one[key]) for key in _COLUMNS)) for name, one in figures.items()]
    show_table("bench search (milliseconds)", ("question", *_COLUMNS), rows)
    rest = [(name, str(value)) for name, value in result.items() if name != "questions"]
    show_table("bench search", ("what", "value"), rest)


def _reported(
    folder: Path, result: Mapping[str, object], figures: Mapping[str, Mapping[str, float]]
) -> Path:
    now = datetime.now(UTC)
    rows = [
        f"| {name} | {' | '.join(f'{one[key]:g}' for key in _COLUMNS)} |"
        for name, one in figures.items()
    ]
    told = [f"- {name}: {value}" for name, value in result.items() if name != "questions"]
    lines = [
        f"# bench search, {now:%Y-%m-%d %H:%M} UTC", "",
        *told, "",
        "Milliseconds by the wall, and of a core of the asking process.", "",
        f"| question | {' | '.join(_COLUMNS)} |", f"|{' --- |' * (len(_COLUMNS) + 1)}", *rows, "",
    ]  # fmt: skip
    path = folder / f"search-{now:%Y-%m-%dT%H%M%SZ}-{result['store']}.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
