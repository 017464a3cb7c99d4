"""`saqshy bench pipeline`: how fast this machine runs the whole chain, as ratios in one run."""

import gc
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from pipeline.runtime.bootstrap import offline
from pipeline.runtime.cli.bench_correlate import bench_correlate
from pipeline.runtime.cli.bench_match import bench_match
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, show_table, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.replaying import Replayed, replay_file

bench = typer.Typer(help="Benchmarks.", no_args_is_help=True)


@bench.callback()
def _group() -> None:
    """Keep each benchmark a command of its own."""


@bench.command("pipeline")
def bench_pipeline(
    file: Annotated[Path, typer.Argument(help="NDJSON of Windows events.")],
    object_id: Annotated[str, typer.Option("--object", help="Whose events they are.")],
    rules: Annotated[list[Path] | None, typer.Option("--rules", help="Rule folders.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Time bytes to committed incidents, beside orjson.loads of the same lines.

    Example: saqshy bench pipeline events.ndjson --object kz-bank --rules sigma/rules
    """
    with told_errors():
        settings = read_settings(config)
        if rules:
            content = settings.content.model_copy(update={"paths": tuple(rules)})
            settings = settings.model_copy(update={"content": content})
        lines = file.read_bytes().splitlines()
        parse, whole = [], []
        done = Replayed()
        for _ in range(rounds):
            parse.append(_parsing(lines))
            with (
                tempfile.TemporaryDirectory(prefix="saqshy-bench-") as folder,
                offline(settings, Path(folder) / "bench.db") as system,
            ):
                gc.collect()
                started = time.process_time()
                done = replay_file(system, file, object_id, "auto", None, lambda _: None)
                whole.append(time.process_time() - started)
        _show(lines, parse, whole, done, as_json=json)


def _parsing(lines: Sequence[bytes]) -> float:
    started = time.process_time()
    for line in lines:
        orjson.loads(line)
    return time.process_time() - started


def _show(
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
        "records": len(lines),
        "events": done.events,
        "failures": done.failures,
        "lost": done.known,
        "events_per_cpu_second": round(done.events / seconds),
        "cpu_seconds_median": round(seconds, 3),
        "cpu_seconds_spread": [round(min(whole), 3), round(max(whole), 3)],
        "ratio_to_orjson_loads": round(statistics.median(ratios), 4),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "machine": f"{platform.machine()} {platform.python_implementation()} "
        f"{platform.python_version()}",
    }
    if as_json:
        emit(result)
    else:
        show_table("bench pipeline", ("what", "value"), [(k, str(v)) for k, v in result.items()])
    if done.events != len(lines):
        stop(FOUND, f"{len(lines) - done.events} record(s) did not become events")


bench.command("correlate")(bench_correlate)
bench.command("match")(bench_match)
