"""Rules of others into a folder of ours: what would change, and a manifest of where they are from.

What somebody changed here since the last import is never overwritten unasked; what the source no
longer has stays and is told.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.content.rule_tests import SUFFIX
from pipeline.errors import ConfigurationError, Problem

MANIFEST = "saqshy-import.json"
FORM = "saqshy import 1"
_RULE = re.compile(rb"^(detection|correlation|filter|logsource|action)\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does to a folder, by relative path.

    ``changed`` differ from what the last import brought and are replaced; ``edited`` were changed
    here and are kept; ``removed`` are no longer in the source.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    edited: tuple[str, ...]
    same: tuple[str, ...]
    removed: tuple[str, ...]

    def written(self, *, force: bool) -> tuple[str, ...]:
        """Give what is written; with ``force`` also over what was edited here."""
        return (*self.new, *self.changed, *(self.edited if force else ()))


def rules_among(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the rule files among YAML files, and the tests beside them."""
    rules = {
        name: data
        for name, data in files.items()
        if not name.endswith(SUFFIX) and _RULE.search(data)
    }
    stems = {str(PurePosixPath(name).with_suffix("")) for name in rules}
    tests = {
        name: data
        for name, data in files.items()
        if name.endswith(SUFFIX) and name.removesuffix(SUFFIX) in stems
    }
    return dict(sorted((rules | tests).items()))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a folder's manifest; ConfigurationError where it is none, {} where there is none."""
    path = folder / MANIFEST
    try:
        data: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problem = Problem(str(path), 0, f"cannot be read: {error}", "name another folder with --to")
        raise ConfigurationError([problem]) from error
    form = data.get("form") if isinstance(data, dict) else None
    if form != FORM or not isinstance(data.get("files"), dict):
        problem = Problem(str(path), 0, f"is not of the form {FORM!r}", "name another folder")
        raise ConfigurationError([problem])
    return data


def plan_import(folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Plan:
    """Compare files with what a folder holds; ConfigurationError where one cannot stand there."""
    known: Mapping[str, str] = manifest.get("files", {})
    kinds: dict[str, list[str]] = {"new": [], "changed": [], "edited": [], "same": []}
    problems = []
    for name, data in files.items():
        if problem := _cannot_stand(folder, name):
            problems.append(problem)
            continue
        path = folder / name
        present = path.read_bytes() if path.exists() else None
        if present is None:
            kind = "new"
        elif present == data:
            kind = "same"
        else:
            kind = "changed" if known.get(name) == digest(present) else "edited"
        kinds[kind].append(name)
    if problems:
        raise ConfigurationError(problems)
    gone = [name for name in known if name not in files and (folder / name).exists()]
    return Plan(
        **{kind: tuple(names) for kind, names in kinds.items()}, removed=tuple(sorted(gone))
    )


def carry_out(
    folder: Path, files: Mapping[str, bytes], names: Iterable[str], manifest: Mapping[str, Any]
) -> None:
    """Write the named files and then the manifest, each in one step; raises OSError."""
    for name in names:
        _write(folder / name, files[name])
    text = json.dumps({"form": FORM, **manifest}, ensure_ascii=False, indent=2)
    _write(folder / MANIFEST, text.encode("utf-8", "surrogateescape") + b"\n")


def digest(data: bytes) -> str:
    """Give the SHA-256 of a file's bytes, as the manifest keeps it."""
    return hashlib.sha256(data).hexdigest()


def _cannot_stand(folder: Path, name: str) -> Problem | None:
    path = folder / name
    way_out = "remove it, or name another folder with --to"
    for part in (path, *path.parents):
        if part == folder:
            break
        if part.is_symlink():
            return Problem(str(part), 0, "is a link: nothing is written through it", way_out)
        if part.exists() and part.is_dir() == (part == path):
            return Problem(str(part), 0, "stands where an imported file should", way_out)
    return None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):  # what failed first is what is told
            fresh.unlink()
        raise
