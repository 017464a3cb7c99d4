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

from pipeline.model import RawBatch
from pipeline.runtime.bootstrap import System, offline
from pipeline.runtime.cli.bench_assess import bench_assess
from pipeline.runtime.cli.bench_correlate import bench_correlate
from pipeline.runtime.cli.bench_ingest import bench_ingest, peak_memory_mb
from pipeline.runtime.cli.bench_match import bench_match
from pipeline.runtime.cli.bench_notify import bench_notify
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, show_table, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.replaying import Replayed, replay_file
from pipeline.settings import Settings

_WARMING = 500

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
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Time bytes to committed incidents, beside orjson.loads of the same lines (NDJSON).

    With `--stage ingest` bytes to events, for each file, beside orjson.loads of as many bytes.
    Nothing is remembered of values at a round's start; indexes of rules stand.
    Example: saqshy bench pipeline events.ndjson --object kz-bank --rules sigma/rules
    """
    with told_errors():
        if stage is Stage.INGEST:
            bench_ingest(files, form, rounds, as_json=json)
            return
        settings = read_settings(config)
        if rules:
            content = settings.content.model_copy(update={"paths": tuple(rules)})
            settings = settings.model_copy(update={"content": content})
        for file in files:
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
            _warm(system, lines, form)
            gc.collect()
            parse.append(_parsing(lines))
            started = time.process_time()
            done = replay_file(system, file, object_id or None, form, None, lambda _: None)
            whole.append(time.process_time() - started)
    _show(file.name, lines, parse, whole, done, as_json=as_json)


def _warm(system: System, lines: Sequence[bytes], form: str) -> None:
    """Let the indexes of the stream's rules be built; what values gave is forgotten again."""
    stamp = system.collector.revisions
    chain = system.engine.chain(stamp)
    for at in range(0, len(lines), _WARMING):
        records = tuple(lines[at : at + _WARMING])
        chain.observe(RawBatch("warm", "", "", 1, 0, 2**62, 2**62, form, records))
    chain.matcher.forget()


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
bench.command("match")(bench_match)
bench.command("notify")(bench_notify)
