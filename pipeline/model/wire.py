"""The one JSON form of every noun: stored, sent and shown alike; identities."""

import hashlib
from typing import Any, TypeAlias, TypeVar

from pydantic import TypeAdapter

Json: TypeAlias = dict[str, Any]
_Noun = TypeVar("_Noun")


def identity(*parts: str | int) -> str:
    """Derive a deterministic id of 32 hexadecimal digits from its parts, in their order."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(noun: type) -> TypeAdapter[Any]:
    adapter = _ADAPTERS.get(noun)
    if adapter is None:
        adapter = _ADAPTERS[noun] = TypeAdapter(noun)
    return adapter


def to_json(noun: object) -> bytes:
    """Write a noun in its one JSON form, UTF-8, keys in the order of its fields."""
    return _adapter(type(noun)).dump_json(noun)


def from_json(noun: type[_Noun], data: bytes | str) -> _Noun:
    """Read a noun from its JSON form; raises pydantic's ValidationError where it does not fit."""
    result: _Noun = _adapter(noun).validate_json(data)
    return result


def as_document(noun: object) -> Json:
    """Give a noun as plain JSON values, for NDJSON, templates and hashing."""
    result: Json = _adapter(type(noun)).dump_python(noun, mode="json")
    return result
