"""`saqshy replay`: files through the whole pipeline, offline and deterministic."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.model import as_document, instant
from pipeline.runtime.bootstrap import System, offline
from pipeline.runtime.cli.options import AsJson, Config, Workers, with_workers
from pipeline.runtime.cli.output import (
    FOUND,
    USAGE,
    emit,
    messages,
    say,
    show_table,
    stop,
    told_errors,
)
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.replaying import Replayed, end_replay, replay_file

_WORDS = {
    "refused": "refused (unknown or not admitted)",
    "known": "already known",
    "unknown": "events of no known format (failures too)",
    "candidates": "candidates for a person",
    "notices": "notices due",
}
LINE_EVERY = 50  # batches between two lines where there is no terminal


def replay(
    files: Annotated[
        list[Path], typer.Argument(help="EVTX, NDJSON, JSON, syslog; packed, or in tar or zip.")
    ],
    config: Config = None,
    object_id: Annotated[
        str | None, typer.Option("--object", help="All records are of this object.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="auto, or a format's name.")] = "auto",
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Rules instead of the settings' ones.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Receive time, RFC 3339; default: each file's own date."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the five NDJSON files.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Keep the store here; default: a temporary one.")
    ] = None,
    workers: Workers = None,
    json: AsJson = False,
) -> None:
    """Replay files through the whole pipeline; nothing is sent.

    Example: saqshy replay events.ndjson --object kz-bank --out result
    """
    with told_errors():
        settings = with_workers(read_settings(config), workers)
        if rules:
            content = settings.content.model_copy(update={"paths": tuple(rules)})
            settings = settings.model_copy(update={"content": content})
        received = _instant(at)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
        with _store(store) as path, offline(settings, path) as system:
            total = Replayed()
            for file in files:
                with _progress(file) as tell:
                    total += replay_file(system, file, object_id, form, received, tell)
            end_replay(system, total.until)
            if out is not None:
                write_out(system, out)
            _summary(system, total, as_json=json)
        if total.failures:
            stop(FOUND, f"{total.failures} record(s) failed: see failures.ndjson, or dead-letters")


def _instant(at: str | None) -> int | None:
    if at is None:
        return None
    try:
        return instant(at)
    except ValueError as error:
        stop(USAGE, f"--at: {error}")


@contextmanager
def _store(path: Path | None) -> Iterator[Path]:
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="saqshy-replay-") as folder:
        yield Path(folder) / "replay.db"


@contextmanager
def _progress(file: Path) -> "Iterator[Tell]":
    if not messages.is_terminal:
        yield Tell(file.name)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} records"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=messages) as progress:
        yield Tell(file.name, progress)


class Tell:
    """Shows how far a replay is: a bar on a terminal, a line every so many batches elsewhere."""

    def __init__(self, name: str, progress: Progress | None = None) -> None:
        self._name, self._progress = name, progress
        self._task = progress.add_task(name, total=None) if progress else None
        self._batches = 0

    def __call__(self, done: Replayed) -> None:
        """Take note of what was done so far."""
        self._batches += 1
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done.records)
        elif self._batches % LINE_EVERY == 0:
            say(f"{self._name}: {done.records} records")


def write_out(system: System, folder: Path) -> None:
    """Write events, findings, incidents, notices and failures as NDJSON files into a folder."""
    stores = system.stores
    with (folder / "events.ndjson").open("wb") as file:
        for record in system.registry.objects():
            for document in stores.events.search(record.id, -(2**62), 2**62, 2**62):
                file.write(document.rstrip(b"\n") + b"\n")
    finding_ids: dict[str, None] = {}
    with (folder / "incidents.ndjson").open("wb") as file:
        for incident in stores.incidents.latest():
            file.write(orjson.dumps(as_document(incident), option=orjson.OPT_APPEND_NEWLINE))
            finding_ids |= dict.fromkeys(incident.finding_ids)
    with (folder / "findings.ndjson").open("wb") as file:
        for finding_id in finding_ids:
            finding = stores.incidents.finding(finding_id)
            if finding is not None:
                file.write(orjson.dumps(as_document(finding), option=orjson.OPT_APPEND_NEWLINE))
    with (folder / "notices.ndjson").open("wb") as file:
        for notice in stores.outbox.list():
            file.write(orjson.dumps(as_document(notice), option=orjson.OPT_APPEND_NEWLINE))
    with (folder / "failures.ndjson").open("wb") as file:
        for failure in stores.dead_letters.list():
            line = {"id": failure.id, **as_document(failure)}
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def _summary(system: System, total: Replayed, *, as_json: bool) -> None:
    stores = system.stores
    incidents = list(stores.incidents.latest())
    real = [one for one in incidents if one.state.value != "candidate"]
    counts = {
        "records": total.records,
        "refused": total.refused,
        "known": total.known,
        "events": total.events,
        "failures": total.failures,
        "unknown": total.unknown,
        "withheld": total.withheld,
        "incidents": len(real),
        "candidates": len(incidents) - len(real),
        "notices": sum(1 for _ in stores.outbox.list()),
    }
    if as_json:
        emit(counts)
    else:
        rows = [(_WORDS.get(name, name), str(count)) for name, count in counts.items()]
        show_table("replay", ("what", "count"), rows)
