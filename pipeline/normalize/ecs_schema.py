"""The Elastic Common Schema as the normaliser needs it: which field exists, what may stand in it.

The table is data (``rules/taxonomies/ecs/fields.txt``), read once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import Any

from pipeline.errors import ConfigurationError, Problem
from pipeline.normalize.ecs_categories import categories
from pipeline.normalize.moments import moment
from pipeline.normalize.taxonomy import taxonomy_path

_TEXTS = frozenset({"keyword", "wildcard", "match_only_text", "constant_keyword"})
_CATEGORIZATION = frozenset({"event.kind", "event.category", "event.type", "event.outcome"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type in the schema, and whether the schema asks for a list.

    ``plain``: any text fits as it is.
    """

    type: str
    many: bool
    plain: bool


@cache
def fields() -> dict[str, Field]:
    """Give every field by its dotted name; ConfigurationError where the table is broken."""
    path, found = taxonomy_path("fields.txt"), {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise ConfigurationError([Problem(str(path), 0, reason, "reinstall saqshy")]) from error
    for line in lines:
        if not line.startswith("#"):
            name, _, kind = line.partition(" ")
            type_name, many = kind.removesuffix("[]"), kind.endswith("[]")
            plain = type_name in _TEXTS and not many and name not in _CATEGORIZATION
            found[name] = Field(type_name, many, plain)
    return found


@cache
def parents() -> frozenset[str]:
    """Give every dotted name under which the schema has fields."""
    found = set()
    for name in fields():
        parts = name.split(".")
        found |= {".".join(parts[:size]) for size in range(1, len(parts))}
    return frozenset(found)


@cache
def _allowed() -> dict[str, frozenset[str]]:
    known = categories()
    return {
        "event.kind": known.kind,
        "event.outcome": known.outcome,
        "event.type": known.type,
        "event.category": frozenset(known.category),
    }


def fitting(name: str, value: Any) -> Any:
    """Give a value as the field takes it, converted where nothing is lost; None where it cannot.

    A number becomes a keyword's text, digits become a number, a single value a list where the
    schema asks for one, a list of one a single value where it does not.
    """
    field = fields().get(name)
    if field is None:
        return None
    if field.plain and type(value) is str:
        return value
    fit = _FITS[field.type]
    if not isinstance(value, list):
        fitted = [fit(value)]
    elif not field.many and len(value) != 1:
        return value if fit is _object and value and all(map(_object, value)) else None
    else:
        fitted = [fit(item) for item in value]
    if name.endswith(".port") and not all(one is None or 0 <= one < 65_536 for one in fitted):
        return None
    allowed = _allowed()[name] if name in _CATEGORIZATION else None
    if not fitted or None in fitted or (allowed is not None and not allowed.issuperset(fitted)):
        return None
    return fitted if field.many else fitted[0]


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return number(value) if isinstance(value, str) else None


def _real(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        real = float(value)
    except ValueError:
        return None
    return real if math.isfinite(real) else None


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _date(value: Any) -> Any:
    return value if isinstance(value, str | int) and moment(value, UTC) is not None else None


def _address(value: Any) -> str | None:
    return address(value) if isinstance(value, str) else None


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else None


_FITS: dict[str, Callable[[Any], Any]] = {
    "boolean": _truth,
    "constant_keyword": _text,
    "date": _date,
    "double": _real,
    "flattened": _object,
    "float": _real,
    "geo_point": _object,
    "integer": _whole,
    "ip": _address,
    "keyword": _text,
    "long": _whole,
    "match_only_text": _text,
    "nested": _object,
    "object": _object,
    "scaled_float": _real,
    "wildcard": _text,
}


def number(text: str) -> int | None:
    """Read a decimal or 0x-hexadecimal whole number of 64 bits; None where it is none."""
    if not text.isascii() or len(text) > 20:
        return None
    if text.isdecimal() and len(text) < 19:
        return int(text)
    try:
        whole = int(text, 16) if text[:2] in ("0x", "0X") else int(text)
    except ValueError:
        return None
    return whole if -(2**63) <= whole < 2**64 and "_" not in text else None


@lru_cache(maxsize=8192)
def address(text: str) -> str | None:
    """Give an IP address in its usual form, an IPv4 one out of its IPv6 mapping; else None."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
