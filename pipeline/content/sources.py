"""Rule files: found in folders, read whole, packed so that a revision can be read again exactly."""

import json
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
    """One rule file's name, as messages show it, and its bytes."""

    name: str
    data: bytes


def read_files(paths: Iterable[Path]) -> list[RuleFile]:
    """Read every rule file under the paths, by name; sibling ``.tests.yml`` files are no rules.

    ConfigurationError names every path that is absent or cannot be read.
    """
    problems: list[Problem] = []
    files: dict[str, RuleFile] = {}
    for path in paths:
        if not path.exists():
            problems.append(Problem(str(path), 0, "does not exist", "name a rule file or folder"))
            continue
        for found in _under(path):
            try:
                files[str(found)] = RuleFile(str(found), _read(found))
            except OSError as error:
                reason = error.strerror or str(error)
                problems.append(Problem(str(found), 0, f"cannot be read: {reason}"))
    if problems:
        raise ConfigurationError(problems)
    return [files[name] for name in sorted(files)]


def _under(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for found in path.rglob("*"):
        if found.suffix in _SUFFIXES and not found.name.endswith(_TESTS) and found.is_file():
            yield found


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(f"is larger than {MOST_BYTES} bytes")
    return data


def pack_files(files: Iterable[RuleFile]) -> bytes:
    """Write files as one compressed block: a line with names and lengths, then their bytes."""
    files = list(files)
    head = {"form": _FORM, "files": [[file.name, len(file.data)] for file in files]}
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
    for name, length in head["files"]:
        files.append(RuleFile(name, body[at : at + length]))
        at += length
    if at != len(body):
        raise ValueError(f"a bundle of {at} bytes carries {len(body)}")
    return files
