"""The form of every message of ours: a sign, a version, then what it holds, compressed.

The version lets old and new processes live side by side: what a reader does not know yet is told
as such (``newer``), to wait for the reader's own upgrade, and is never taken for damage. What is
not of ours has no sign. What unpacks to more than a bound is refused before it is unpacked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import orjson
import zstandard

from connectors.stores.compression import expand, squeeze
from pipeline.model import Json

VERSION = 1
OLDEST = 1  # what is as old is read as well: a version only ever adds what has a default
SIGN = b"\xa5"
HEAD = 2  # bytes before the tag: sign and version
MOST_MESSAGE = 15 * 1024 * 1024  # bytes of a value: below the topics' max.message.bytes
MOST_UNPACKED = 256 * 1024 * 1024  # bytes
_Noun = TypeVar("_Noun")


@dataclass(frozen=True, slots=True)
class Unread:
    """What a message is instead of what it should hold: a value, not an error.

    ``newer``: of a version that this process does not know; it waits for another process.
    ``broken``, ``oversized``: no process can read it; it belongs to the dead letters.
    """

    code: Literal["newer", "broken", "oversized"]
    detail: str


def framed(data: bytes, tag: bytes = b"") -> bytes:
    """Write a value: sign, version, tag (one byte or none), the data compressed."""
    return SIGN + bytes((VERSION,)) + tag + squeeze(data)


def unframed(value: bytes | None, read: Callable[[bytes], _Noun], skip: int = 0) -> _Noun | Unread:
    """Unpack a value behind its version and ``skip`` bytes of tag, and read it."""
    data = value or b""
    if data[:1] != SIGN or len(data) < HEAD:
        return Unread("broken", "bears no sign of ours" if data else "is empty")
    if not OLDEST <= data[1] <= VERSION:
        return _other(data[1])
    block = data[HEAD + skip :]
    try:
        size = zstandard.frame_content_size(block)
    except zstandard.ZstdError as error:
        return Unread("broken", f"is not compressed as ours: {error}")
    if not 0 <= size <= MOST_UNPACKED:
        return Unread("oversized", f"unpacks to {size} bytes (-1: it does not say)")
    return attempted(lambda: read(expand(block)))


def document_framed(document: bytes) -> bytes:
    """Write a JSON object as it is, with its version as the first key: others may read it."""
    return b'{"version":%d,%b' % (VERSION, document[1:])


def document_unframed(value: bytes | None, read: Callable[[bytes], _Noun]) -> _Noun | Unread:
    """Read what ``document_framed`` wrote."""
    data = value or b""
    if len(data) > MOST_UNPACKED:
        return Unread("oversized", f"has {len(data)} bytes")
    try:
        document: Json = orjson.loads(data)
        version = document.get("version")
    except (orjson.JSONDecodeError, AttributeError) as error:
        return Unread("broken", f"is no JSON object: {type(error).__name__}")
    if type(version) is not int:
        return Unread("broken", "names no version")
    if not OLDEST <= version <= VERSION:
        return _other(version)
    return attempted(lambda: read(data))


def attempted(read: Callable[[], _Noun]) -> _Noun | Unread:
    """Read what may be anything; what it is instead names no content."""
    try:
        return read()
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        # Pydantic's own errors are ValueErrors, and their text quotes the record.
        return Unread("broken", f"does not read: {type(error).__name__}")


def _other(version: int) -> Unread:
    """Tell of a version that is not read here; there never was one below the oldest."""
    code: Literal["newer", "broken"] = "newer" if version > VERSION else "broken"
    return Unread(code, f"is of version {version}, known is {VERSION}")
