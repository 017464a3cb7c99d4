"""One JSON object from a record's bytes: decoded once, bounded in depth."""

import json
from typing import Any, TypeAlias

import orjson

from pipeline.model import FailureCode, Json
from pipeline.normalize.parsed import Refusal
from pipeline.normalize.text import decode

# Real events nest to about 20 (Kubernetes audit); writing JSON again fails beyond 254.
DEPTH = 64

_TOO_DEEP = Refusal(
    FailureCode.TOO_DEEP,
    f"nests deeper than {DEPTH} levels: flatten it at the sender, or send the inner document",
)


# One JSON object, notes on how it had to be read, and whether it holds objects of its own. A plain
# tuple: a class of its own costs a tenth of decoding the record.
Decoded: TypeAlias = tuple[Json, tuple[str, ...], bool]


def read_object(record: bytes) -> Decoded | Refusal:
    """Decode a record that must be one JSON object."""
    try:
        document = orjson.loads(record)
    except orjson.JSONDecodeError as error:
        return _read_dirty(record, error)
    return _checked(document, ())


def _checked(document: Any, notes: tuple[str, ...]) -> Decoded | Refusal:
    if type(document) is not dict:
        return Refusal(
            FailureCode.SYNTAX,
            "is JSON, but no object: send one object a line, or an array of objects as a file",
        )
    inner = [v for v in document.values() if type(v) is dict or type(v) is list]
    if not inner:
        return document, notes, False
    if _deeper(inner):
        return _TOO_DEEP
    return document, notes, dict in map(type, inner)


def _deeper(level: list[Any]) -> bool:
    """Tell whether objects and lists of a first level reach below ``DEPTH``."""
    for _ in range(DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def _read_dirty(record: bytes, error: orjson.JSONDecodeError) -> Decoded | Refusal:
    """Try again as what JSON senders get wrong: a byte order mark, NULs, encoding, surrogates."""
    if not record.strip(b" \t\r\n\x00"):
        return empty()
    if "depth limit" in error.msg:
        return _TOO_DEEP
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    text = text.removeprefix("\ufeff").strip("\x00")
    try:
        return _checked(orjson.loads(text), notes)
    except orjson.JSONDecodeError as again:
        if "surrogate" in again.msg:
            return _without_surrogates(text, notes)
        return _refusal(again, text)


def _without_surrogates(text: str, notes: tuple[str, ...]) -> Decoded | Refusal:
    """Replace halves of surrogate pairs, which JSON can write and no UTF-8 can hold."""
    try:
        loose = json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace")
        return _checked(orjson.loads(loose), (*notes, "lone_surrogate"))
    except (ValueError, RecursionError):
        return Refusal(FailureCode.SYNTAX, "is not JSON: half a surrogate pair, and more")


def empty() -> Refusal:
    """Refuse a record without content."""
    return Refusal(FailureCode.EMPTY, "is empty: nothing to do, unless the source should say more")


def _refusal(error: orjson.JSONDecodeError, text: str) -> Refusal:
    if error.pos >= len(text.rstrip()):
        return Refusal(
            FailureCode.TRUNCATED,
            f"is JSON that ends too early, after {len(text)} characters: raise the sender's "
            "message size, or send it over a transport that does not cut",
        )
    return Refusal(
        FailureCode.SYNTAX,
        f"is not JSON: {error.msg} at character {error.pos}; fix the sender, or set the source's "
        "format in the registry if this is no JSON source",
    )
