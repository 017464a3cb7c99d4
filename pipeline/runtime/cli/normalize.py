"""`saqshy normalize`: what the normaliser makes of each record."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from pipeline.model import RawBatch, RecordNote, identity, instant
from pipeline.normalize import (
    FORMATS,
    RECORD_BYTES,
    Framed,
    Normalized,
    Normalizer,
    Profile,
    in_batches,
    read_records,
    read_stream,
    unknown_format,
)
from pipeline.normalize.moments import EARLIEST
from pipeline.runtime.cli.output import FOUND, USAGE, emit, stop, told_errors

BATCH = 500


def normalize(
    file: Annotated[
        Path | None, typer.Argument(help="EVTX, JSON, XML, CSV, syslog; default: standard input.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="auto, or a format's name.")] = "auto",
    zone: Annotated[str, typer.Option(help="Zone of times that name none.")] = "Asia/Almaty",
    at: Annotated[
        str | None,
        typer.Option(
            "--at", help="Receive time, RFC 3339; default: now; the file's date resolves years."
        ),
    ] = None,
    record_bytes: Annotated[int, typer.Option(min=1024, help="Longest record.")] = RECORD_BYTES,
) -> None:
    """Print one JSON line for each record: an Event, or {"failure": ...}; exit 1 for any failure.

    Example: saqshy normalize /var/log/auth.log --zone Asia/Almaty
    """
    with told_errors():
        if form not in FORMATS:
            problem = unknown_format(form, "--format")
            stop(USAGE, str(problem))
        profile = Profile(format=form, zone=_zone(zone))
        normalizer = Normalizer(lambda _object, _source: profile)
        received_at, reference_at = _times(at, file)
        failures = 0
        for begin, bare in _batches(file, form, record_bytes):
            batch = replace(bare, received_at=received_at, reference_at=reference_at)
            failures += _print(normalizer(batch), begin)
    if failures:
        stop(FOUND, f"{failures} record(s) could not be read; each line says why")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        stop(USAGE, f"--zone: there is no zone {name!r}; name one as Asia/Almaty or UTC")


def _times(at: str | None, file: Path | None) -> tuple[int, int]:
    """Give receive time and reference time: a file's own date resolves a missing year."""
    if at is not None:
        try:
            return instant(at), instant(at)
        except ValueError as error:
            stop(USAGE, f"--at: {error}")
    now = time.time_ns()
    date = file.stat().st_mtime_ns if file is not None and file.is_file() else 0
    return now, date if date >= EARLIEST else now


def _batches(file: Path | None, form: str, record_bytes: int) -> Iterator[tuple[int, RawBatch]]:
    """Give the batches of the input with the index of each one's first record."""
    if file is None:
        records = read_stream(sys.stdin.buffer, form, record_bytes)
    else:
        records = read_records(file, form, record_bytes)
    begin = 0
    for framed in in_batches(records, BATCH):
        yield begin, _batch(framed, begin, form)
        begin += len(framed)


def _batch(framed: list[Framed], begin: int, form: str) -> RawBatch:
    notes = (
        RecordNote(index, one.note_kind, one.note_detail)
        for index, one in enumerate(framed)
        if one.note_kind
    )
    return RawBatch(
        id=identity("normalize", begin),
        object_id="",
        source_id="",
        sequence=1,
        previous=0,
        received_at=0,
        reference_at=0,
        format=form,
        records=tuple(one.data for one in framed),
        notes=tuple(notes),
        preamble=framed[0].preamble,
    )


def _print(normalized: Normalized, begin: int) -> int:
    """Print a batch's events and failures in the order of the records; gives the failures."""
    lines: dict[int, dict[str, Any]] = {
        event.index: {"index": begin + event.index, **event.document()}
        for event in normalized.events
    }
    for failure in normalized.failures:
        said = {"code": failure.code.value, "detail": failure.detail}
        lines[failure.index] = {"index": begin + failure.index, "failure": said}
    for index in sorted(lines):
        emit(lines[index])
    return len(normalized.failures)
