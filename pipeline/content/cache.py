"""What pySigma made of each rule file, kept on disk by the hash of the file's bytes.

The cache is a convenience: a file of another version, or one whose bytes do not agree with their
own hash, is not read and will be written anew. It is replaced in one step, so that a reader sees
the old or the new one.
"""

import hashlib
import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from pipeline.content.parsing import PARSER

FORM = f"saqshy parsed rules 6, {PARSER}"
NAME = "rules.cache"
MOST_FILES = 50_000

Forms: TypeAlias = dict[str, list[dict[str, Any]]]


def read_cache(folder: Path) -> Forms:
    """Give the forms kept in a folder by file hash; none where they cannot be trusted."""
    try:
        data = (folder / NAME).read_bytes()
    except OSError:  # absent or out of reach: what it would say is parsed again
        return {}
    form, _, rest = data.partition(b"\n")
    digest, _, body = rest.partition(b"\n")
    if form != FORM.encode() or digest != _digest(body):
        return {}
    forms: Forms = orjson.loads(body)
    return forms


def write_cache(folder: Path, used: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Replace the cache: the forms used now, and of the others as many as there is room for.

    A folder that cannot be written makes every start slower and nothing else: a RuntimeWarning.
    """
    forms = dict(used)
    for digest in kept:
        if len(forms) >= MOST_FILES:
            break
        forms.setdefault(digest, kept[digest])
    body = _json(forms)
    path = folder / NAME
    fresh = folder / f"{NAME}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(b"\n".join((FORM.encode(), _digest(body), body)))
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):  # what failed first is what is told
            fresh.unlink()
        told = (
            f"{path}: cannot be written: {error.strerror or error}; rules are parsed at each start"
        )
        warnings.warn(f"{told} (name another cache folder)", RuntimeWarning, stacklevel=2)


def _json(forms: Forms) -> bytes:
    """Write forms; one that JSON cannot hold is parsed anew each time."""
    try:
        return orjson.dumps(forms)
    except TypeError:
        return orjson.dumps({digest: form for digest, form in forms.items() if _holds(form)})


def _holds(form: Any) -> bool:
    try:
        orjson.dumps(form)
    except TypeError:
        return False
    return True


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
