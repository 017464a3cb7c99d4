"""`saqshy bench pipeline`: how fast this machine runs the whole chain, as ratios in one run."""

import gc
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from pipeline.runtime.bootstrap import offline
from pipeline.runtime.cli.bench_assess import bench_assess
from pipeline.runtime.cli.bench_cluster import Asked, bench_cluster
from pipeline.runtime.cli.bench_correlate import bench_correlate
from pipeline.runtime.cli.bench_index import bench_index
from pipeline.runtime.cli.bench_ingest import bench_ingest, peak_memory_mb
from pipeline.runtime.cli.bench_match import bench_match
from pipeline.runtime.cli.bench_notify import bench_notify
from pipeline.runtime.cli.bench_search import bench_search
from pipeline.runtime.cli.bench_workers import Input, bench_workers, warm
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, show_table, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.replaying import Replayed, replay_file
from pipeline.settings import Settings

bench = typer.Typer(help="Benchmarks.", no_args_is_help=True)


@bench.callback()
def _group() -> None:
    """Keep each benchmark a command of its own."""


class Stage(StrEnum):
    """How much of the pipeline is measured."""

    ALL = "all"
    INGEST = "ingest"


@bench.command("pipeline")
def bench_pipeline(
    files: Annotated[list[Path], typer.Argument(help="Files of records.", metavar="FILE...")],
    stage: Annotated[Stage, typer.Option(help="Bytes to incidents, or bytes to events.")] = (
        Stage.ALL
    ),
    object_id: Annotated[str, typer.Option("--object", help="Whose events they are.")] = "",
    form: Annotated[str, typer.Option("--format", help="Their format.")] = "auto",
    rules: Annotated[list[Path] | None, typer.Option("--rules", help="Rule folders.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Matching processes, beside all in one process.")
    ] = 1,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Workers on the settings' brokers, beside one alone.")
    ] = False,
    brokers: Annotated[
        list[str] | None, typer.Option("--broker", help="HOST:PORT, instead of the settings'.")
    ] = None,
    cases: Annotated[
        list[int] | None, typer.Option("--case", help="Only these cases of --cluster, from 0.")
    ] = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Time bytes to committed incidents, beside orjson.loads of the same lines (NDJSON).

    With `--workers 2` by the wall, in one process and with so many that match, in turns.
    With `--cluster` workers in seconds of a core, in topics that are dropped at the end.
    With `--stage ingest` bytes to events, for each file, beside orjson.loads of as many bytes.
    Nothing is remembered of values at a round's start; indexes of rules stand.
    Example: saqshy bench pipeline events.ndjson --object kz-bank --rules sigma/rules
    """
    with told_errors():
        if stage is Stage.INGEST:
            bench_ingest(files, form, rounds, as_json=json)
            return
        settings = read_settings(config).model_copy(update={"workers": 1})
        if rules:
            content = settings.content.model_copy(update={"paths": tuple(rules)})
            settings = settings.model_copy(update={"content": content})
        for file in files:
            if cluster:
                bench_cluster(settings, file, Asked(brokers or (), cases or ()), as_json=json)
                continue
            if workers > 1:
                given = Input(file, object_id, form, file.read_bytes().splitlines())
                bench_workers(settings, given, workers, rounds, as_json=json)
                continue
            _whole(settings, file, object_id, form, rounds, as_json=json)


def _whole(
    settings: Settings, file: Path, object_id: str, form: str, rounds: int, *, as_json: bool
) -> None:
    lines = file.read_bytes().splitlines()
    parse, whole = [], []
    done = Replayed()
    for _ in range(rounds):
        with (
            tempfile.TemporaryDirectory(prefix="saqshy-bench-") as folder,
            offline(settings, Path(folder) / "bench.db") as system,
        ):
            warm(system, Input(file, object_id, form, lines))
            gc.collect()
            parse.append(_parsing(lines))
            started = time.process_time()
            done = replay_file(system, file, object_id or None, form, None, lambda _: None)
            whole.append(time.process_time() - started)
    _show(file.name, lines, parse, whole, done, as_json=as_json)


def _parsing(lines: Sequence[bytes]) -> float:
    started = time.process_time()
    for line in lines:
        orjson.loads(line)
    return time.process_time() - started


def _show(
    name: str,
    lines: Sequence[bytes],
    parse: Sequence[float],
    whole: Sequence[float],
    done: Replayed,
    *,
    as_json: bool,
) -> None:
    seconds = statistics.median(whole)
    ratios = [mine / theirs for mine, theirs in zip(parse, whole, strict=True)]
    result = {
        "file": name,
        "records": len(lines),
        "events": done.events,
        "failures": done.failures,
        "lost": done.known,
        "events_per_cpu_second": round(done.events / seconds),
        "cpu_seconds_median": round(seconds, 3),
        "cpu_seconds_spread": [round(min(whole), 3), round(max(whole), 3)],
        "ratio_to_orjson_loads": round(statistics.median(ratios), 4),
        "peak_memory_mb": peak_memory_mb(),
        "machine": f"{platform.machine()} {platform.python_implementation()} "
        f"{platform.python_version()}",
    }
    if as_json:
        emit(result)
    else:
        show_table("bench pipeline", ("what", "value"), [(k, str(v)) for k, v in result.items()])
    if done.events != len(lines):
        stop(FOUND, f"{len(lines) - done.events} record(s) did not become events")


bench.command("assess")(bench_assess)
bench.command("correlate")(bench_correlate)
bench.command("index")(bench_index)
bench.command("match")(bench_match)
bench.command("notify")(bench_notify)
bench.command("search")(bench_search)
