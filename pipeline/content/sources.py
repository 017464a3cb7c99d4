"""Rule files: found in folders, read whole, packed so that a revision can be read again exactly."""

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from pipeline.errors import ConfigurationError, Problem

MOST_BYTES = 4 * 1024 * 1024
MOST_BUNDLE = 1024 * 1024 * 1024
_SUFFIXES = (".yml", ".yaml")
_TESTS = (".tests.yml", ".tests.yaml")
_FORM = "saqshy content 1"


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One rule file's name, as messages show it, and its bytes; or why it has none: ``fault``."""

    name: str
    data: bytes
    fault: str = ""


def read_files(paths: Iterable[Path]) -> list[RuleFile]:
    """Read every rule file under the paths, by name; sibling ``.tests.yml`` files are no rules.

    Links to folders are followed once, so that a loop ends; what begins with a dot is passed over.
    A file or folder that cannot be read has its ``fault``. ConfigurationError names every path that
    is absent: then it is the configuration that is wrong, not a rule.
    """
    problems: list[Problem] = []
    files: dict[str, RuleFile] = {}
    for path in paths:
        if path.exists():
            files |= {found: _read(found) for found in _under(str(path))}
        else:
            problems.append(Problem(str(path), 0, "does not exist", "name a rule file or folder"))
    if problems:
        raise ConfigurationError(problems)
    return [files[name] for name in sorted(files)]


def _under(path: str) -> Iterator[str]:
    """Give the rule files under a path, and folders that cannot be looked into."""
    if not Path(path).is_dir():
        yield path
        return
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        place = os.path.realpath(folder)
        if place in seen:
            continue
        seen.add(place)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name, reverse=True)
        except OSError:
            yield folder
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                waiting.append(entry.path)
            elif entry.name.endswith(_SUFFIXES) and not entry.name.endswith(_TESTS):
                yield entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere: told where it is read
        return False


def _read(path: str) -> RuleFile:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would never end
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return RuleFile(path, b"", "is no plain file")
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        return RuleFile(path, b"", f"cannot be read: {error.strerror or error}")
    if len(data) > MOST_BYTES:
        return RuleFile(path, b"", f"is larger than {MOST_BYTES} bytes")
    return RuleFile(path, data)


def pack_files(files: Iterable[RuleFile]) -> bytes:
    """Write files as one compressed block: a line with names and lengths, then their bytes."""
    files = list(files)
    named = [[file.name, len(file.data), *([file.fault] if file.fault else [])] for file in files]
    head = {"form": _FORM, "files": named}
    line = json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogateescape")
    body = b"".join(file.data for file in files)
    return zstandard.ZstdCompressor(level=3).compress(line + b"\n" + body)


def unpack_files(data: bytes) -> list[RuleFile]:
    """Read what ``pack_files`` wrote; raises ValueError where the bytes are not that."""
    try:
        whole = zstandard.ZstdDecompressor().decompress(data, max_output_size=MOST_BUNDLE)
    except zstandard.ZstdError as error:
        raise ValueError(f"the bundle does not decompress: {error}") from error
    line, _, body = whole.partition(b"\n")
    head = json.loads(line.decode("utf-8", "surrogateescape"))
    if not isinstance(head, dict) or head.get("form") != _FORM:
        raise ValueError(f"the bundle is not of the form {_FORM!r}")
    files, at = [], 0
    for name, length, *fault in head["files"]:
        files.append(RuleFile(name, body[at : at + length], *fault))
        at += length
    if at != len(body):
        raise ValueError(f"a bundle of {at} bytes carries {len(body)}")
    return files
