"""Read the files of a registry into plain data with lines: YAML, NDJSON, CSV and the change log."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from pipeline.documents import MOST_BYTES, Document, Place, read_yaml
from pipeline.errors import ConfigurationError, Problem
from pipeline.registry.change_log import LOG, document_of_log
from pipeline.registry.flat import rows_of_csv

YAML = frozenset({".yml", ".yaml"})
_SINGLE = ("marks", "roster")
_OTHERS = {"party": "parties", "duty": "duties"}
SUFFIXES = YAML | {".ndjson", ".csv"}


def registry_files(paths: Iterable[Path], problems: list[Problem]) -> Iterator[Path]:
    """Give the files of files and folders; a folder without any is a problem."""
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
            if not found:
                message = "holds no *.yml, no *.ndjson and no *.csv file"
                problems.append(Problem(str(path), 0, message, "run saqshy init for an example"))
            yield from found
        else:
            yield path


def read_document(file: Path) -> Document:
    """Read one file by its suffix; ConfigurationError with every broken line."""
    if file.name == LOG:
        return document_of_log(str(file), bytes_of(file))
    if file.suffix == ".ndjson":
        return _ndjson(str(file), bytes_of(file))
    if file.suffix == ".csv":
        return rows_of_csv(str(file), bytes_of(file))
    return read_yaml(file)


def bytes_of(file: Path) -> bytes:
    """Read a file of at most 256 MiB; ConfigurationError where that cannot be done."""
    try:
        if file.stat().st_size > MOST_BYTES * 4:
            raise ConfigurationError([Problem(str(file), 0, "is larger than 256 MiB", "split it")])
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError([Problem(str(file), 0, f"cannot be read: {reason}")]) from error


def _ndjson(file: str, data: bytes) -> Document:
    """Read one object a line; ``{"party": …}``, ``{"duty": …}``, ``{"marks": …}`` say so."""
    found: dict[str, Any] = {"objects": [], "parties": [], "duties": []}
    places: dict[Place, int] = {}
    problems: list[Problem] = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            problems.append(Problem(file, number, f"is not JSON: {error.msg}"))
            continue
        key = "objects"
        if isinstance(item, dict) and len(item) == 1:
            ((name, inner),) = item.items()
            if name in _SINGLE:
                found[name] = inner
                places[name,] = number
                continue
            if name in _OTHERS:
                key, item = _OTHERS[name], inner
        found[key].append(item)
        places[key, len(found[key]) - 1] = number
    if problems:
        raise ConfigurationError(problems)
    return Document(file, found, places)
