"""The change log: what commands recorded, one hash-linked line a change, only ever appended to.

A line holds whole revisions of objects and parties with author, reason and time. Its hash covers
all of it and the hash of the line before, so that a changed, removed or reordered line shows. A
line without its end was never acknowledged (a kill while it was written): it is left out, and the
next change takes its place.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pipeline.documents import Document, Place
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, instant, rfc3339

LOG = "changes.ndjson"
_KEYS = frozenset(
    {"number", "recorded_at", "author", "reason", "objects", "parties", "previous", "hash"}
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One change as it is told to the log: documents of revisions without ``change``."""

    recorded_at: int
    author: str
    reason: str
    objects: Sequence[Mapping[str, Any]] = ()
    parties: Sequence[Mapping[str, Any]] = ()


def line_hash(line: Json) -> str:
    """Give the SHA-256 that a line must carry: over all of it but the hash, keys sorted."""
    body = {key: value for key, value in line.items() if key != "hash"}
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def document_of_log(file: str, data: bytes) -> Document:
    """Read a log into objects and parties; ConfigurationError with every line that is broken."""
    found: dict[str, list[Any]] = {"objects": [], "parties": []}
    places: dict[Place, int] = {}
    problems: list[Problem] = []
    for number, line in _lines(file, data, problems):
        change = {key: line[key] for key in ("author", "reason", "recorded_at")}
        for key, held in found.items():
            for item in line[key]:
                held.append({**item, "change": change})
                places[key, len(held) - 1] = number
    if problems:
        raise ConfigurationError(problems)
    return Document(file, found, places)


def _lines(file: str, data: bytes, problems: list[Problem]) -> Iterator[tuple[int, Json]]:
    """Give the whole lines whose links hold; what does not hold becomes a problem."""
    previous = ""
    for number, raw in enumerate(_whole(data).splitlines(), 1):
        line = _line(raw)
        if line is None:
            message = "is no line of a change log"
            problems.append(Problem(file, number, message, _WAY_OUT))
            return
        if line["number"] != number or line["previous"] != previous:
            message = "does not follow the line before it: one was removed, added or moved"
            problems.append(Problem(file, number, message, _WAY_OUT))
            return
        if line["hash"] != line_hash(line):
            message = "was changed after it was written: its hash does not fit"
            problems.append(Problem(file, number, message, _WAY_OUT))
            return
        previous = line["hash"]
        yield number, line


_WAY_OUT = "bring the file back from a backup; changes are made by commands alone"


def _line(raw: bytes) -> Json | None:
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(line, dict) or line.keys() != _KEYS:
        return None
    lists = all(
        isinstance(line[key], list) and all(isinstance(item, dict) for item in line[key])
        for key in ("objects", "parties")
    )
    texts = all(isinstance(line[key], str) for key in ("recorded_at", "author", "reason", "hash"))
    return line if lists and texts else None


def _whole(data: bytes) -> bytes:
    """Give what ends with a line end: the rest was never acknowledged."""
    return data[: data.rfind(b"\n") + 1]


def record_change(folder: Path, recorded: Recorded, seen: str | None = None) -> Json:
    """Append a change to a folder's log, durably and whole or not at all; give its line.

    ``seen`` is the hash of the last line on which the change was made: ConfigurationError where
    another came between, or where the log does not hold. OSError where it cannot be written.
    """
    path = folder / LOG
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    with os.fdopen(handle, "r+b") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        data = log.read()
        problems: list[Problem] = []
        lines = [line for _, line in _lines(str(path), data, problems)]
        last = lines[-1]["hash"] if lines else ""
        if not problems and seen is not None and seen != last:
            message = "another change was recorded meanwhile"
            problems.append(Problem(str(path), len(lines), message, "look at it, and try again"))
        if problems:
            raise ConfigurationError(problems)
        line: Json = {
            "number": len(lines) + 1,
            "recorded_at": rfc3339(_after(recorded.recorded_at, lines)),
            "author": recorded.author,
            "reason": recorded.reason,
            "objects": list(recorded.objects),
            "parties": list(recorded.parties),
            "previous": last,
        }
        line["hash"] = line_hash(line)
        log.seek(len(_whole(data)))
        log.truncate()
        log.write(orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
        log.flush()
        os.fsync(log.fileno())
    _sync_folder(folder)
    return line


def _after(at: int, lines: Sequence[Json]) -> int:
    """Give a time after the last line's: a clock that went back must not reorder the history."""
    return max(at, instant(lines[-1]["recorded_at"]) + 1) if lines else at


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def log_head(folder: Path) -> str:
    """Give the hash of the last line of a folder's log, "" where there is none."""
    try:
        data = (folder / LOG).read_bytes()
    except FileNotFoundError:
        return ""
    problems: list[Problem] = []
    lines = [line for _, line in _lines(str(folder / LOG), data, problems)]
    if problems:
        raise ConfigurationError(problems)
    return str(lines[-1]["hash"]) if lines else ""
