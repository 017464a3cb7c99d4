"""`saqshy bench notify`: how soon who must know is told, under load and after a restart."""

import gc
import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli.bench_ingest import peak_memory_mb
from pipeline.runtime.cli.bench_notify_clocks import time_ticks
from pipeline.runtime.cli.bench_notify_flow import delays, flowing, send, waited
from pipeline.runtime.cli.bench_notify_recovery import time_recovery
from pipeline.runtime.cli.options import AsJson
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.telemetry import set_up_logging
from pipeline.settings import LogSettings

FIRST_MS, TICK_MS, RECOVERY_SECONDS = 500, 50, 5


class Part(StrEnum):
    """What is measured."""

    ALL = "all"
    FIRST = "first"
    TICK = "tick"
    RECOVERY = "recovery"


def bench_notify(
    part: Annotated[Part, typer.Option(help="What is measured.")] = Part.ALL,
    rate: Annotated[int, typer.Option(min=1, help="Findings a second.")] = 1_000,
    seconds: Annotated[int, typer.Option(min=1, help="For so long.")] = 10,
    findings: Annotated[int, typer.Option(min=1, help="Findings of one incident.")] = 10,
    incidents: Annotated[int, typer.Option(min=1, help="Open incidents with terms.")] = 100_000,
    ticks: Annotated[int, typer.Option(min=2)] = 100,
    pending: Annotated[int, typer.Option(min=1, help="Notices at a restart.")] = 100_000,
    ncc: Annotated[
        bool, typer.Option("--ncc", help="First notices also to the reference receiver, by HTTPS.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Time findings to first notices, ticks over open incidents, and a restart over the outbox.

    A finding counts from its commit to the hand-over of the notice to its channel. Ends with 1
    where a notice was lost. Example: saqshy bench notify --part first --ncc
    """
    set_up_logging(LogSettings(level="warning"))
    with told_errors(), tempfile.TemporaryDirectory(prefix="saqshy-bench-") as folder:
        result: dict[str, object] = {}
        lost = 0
        measures: dict[Part, Callable[[Path], tuple[dict[str, object], int]]] = {
            Part.FIRST: partial(_first, count=rate * seconds, each=findings, rate=rate, ncc=ncc),
            Part.TICK: partial(_ticks, incidents=incidents, ticks=ticks),
            Part.RECOVERY: partial(_recovery, pending=pending),
        }
        for name, measure in measures.items():
            if part in {Part.ALL, name}:
                gc.collect()
                place = Path(folder) / name.value
                place.mkdir()
                found, missing = measure(place)
                result |= {f"{name.value}_{key}": value for key, value in found.items()}
                lost += missing
        result["lost"] = lost
        result["peak_memory_mb"] = peak_memory_mb()
        result["machine"] = _machine()
        if json:
            emit(result)
        else:
            rows = [(name, str(value)) for name, value in result.items()]
            show_table("bench notify", ("what", "value"), rows)
        if lost:
            stop(FOUND, f"{lost} first notice(s) were never handed over")


def _first(
    folder: Path, *, count: int, each: int, rate: int, ncc: bool
) -> tuple[dict[str, object], int]:
    batches = max(1, count // each)
    with flowing(folder, batches, ncc=ncc) as flow:
        with flow.running():
            say(f"{batches} incidents of {each} finding(s) at {rate} findings a second")
            journalled, sent = send(flow, batches, each, rate)
            waited(flow, journalled, say)
        found = delays(flow)
        committed = flow.committed
        span = max(committed.at.values(), default=0.0) - min(committed.at.values(), default=0.0)
        result: dict[str, object] = {
            "goal_p99_milliseconds": FIRST_MS,
            "findings": committed.findings,
            "notices": len(found),
            "findings_per_second_offered": round(batches * each / sent) if sent else 0,
            "findings_per_second_committed": round(committed.findings / span) if span else 0,
            "over_https": ncc,
            **_milliseconds(found),
        }
        return result, len(committed.at) - len(found)


def _ticks(folder: Path, *, incidents: int, ticks: int) -> tuple[dict[str, object], int]:
    spent = time_ticks(folder, incidents, ticks, say)
    return {"goal_milliseconds": TICK_MS, "incidents": incidents, **_milliseconds(spent)}, 0


def _recovery(folder: Path, *, pending: int) -> tuple[dict[str, object], int]:
    found = time_recovery(folder, pending, say)
    return {
        "goal_seconds": RECOVERY_SECONDS,
        "notices": pending,
        "seconds_to_first": round(found.first, 3),
        "seconds_to_last_handed": round(found.handed, 2),
        "seconds_to_last_recorded": round(found.recorded, 2),
        "cpu_seconds": round(found.cpu, 2),
        "microseconds_each": round(found.recorded / pending * 1e6, 1),
    }, 0


def _milliseconds(spent: Sequence[float]) -> dict[str, float]:
    if not spent:
        return {}
    ordered = sorted(spent)
    return {
        "milliseconds_median": round(statistics.median(ordered) * 1e3, 2),
        "milliseconds_p99": round(ordered[int(len(ordered) * 0.99)] * 1e3, 2),
        "milliseconds_least": round(ordered[0] * 1e3, 2),
        "milliseconds_most": round(ordered[-1] * 1e3, 2),
    }


def _machine() -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{platform.machine()}, {os.cpu_count()} cores, load {load}, {python}"
