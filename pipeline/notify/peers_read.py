"""A bundle of another operations centre, read within bounds: types, ids and marks.

What is known is taken (STIX 2.1, sections 4-7), everything else refuses the bundle: an object
without a TLP mark that may be shared with us, or one whose id is none.
"""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.model import Json
from pipeline.notify.exports.stix import TLP
from pipeline.notify.peers import MARKS

MOST_OBJECTS = 10_000
SHARED = frozenset({TLP[mark] for mark in MARKS})
OWNED = frozenset({"attack-pattern", "incident", "indicator", "observed-data", "relationship"})
"""Types whose objects belong to the centre that sent them first."""
_PLAIN = frozenset({
    "autonomous-system", "domain-name", "email-addr", "extension-definition", "file", "identity",
    "ipv4-addr", "ipv6-addr", "mac-addr", "marking-definition", "url", "user-account",
})  # fmt: skip
_ID = re.compile(r"[a-z0-9-]{3,60}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FEED = frozenset({"identity", "indicator", "marking-definition"})


class NoBundle(ValueError):
    """The bytes are no bundle that may be taken; its text quotes nothing of them."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as taken."""

    id: str
    objects: tuple[Json, ...]

    @property
    def owned(self) -> tuple[str, ...]:
        """Give the ids that belong to their sender."""
        return tuple(one["id"] for one in self.objects if one["type"] in OWNED)

    def of(self, kind: str) -> tuple[Json, ...]:
        """Give the objects of a type."""
        return tuple(one for one in self.objects if one["type"] == kind)

    def feed(self) -> bytes | None:
        """Write what a feed of indicators needs; None where there is no indicator."""
        if not self.of("indicator"):
            return None
        held = [one for one in self.objects if one["type"] in _FEED]
        return orjson.dumps({"type": "bundle", "id": self.id, "objects": held})


def read_bundle(content: bytes) -> Bundle:
    """Read a bundle; NoBundle where it is none, or holds what may not be taken."""
    try:
        document: Any = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise NoBundle("it is no JSON") from error
    objects = document.get("objects") if isinstance(document, dict) else None
    if not isinstance(objects, list) or document.get("type") != "bundle":
        raise NoBundle("it is no STIX bundle")
    if not 1 <= len(objects) <= MOST_OBJECTS:
        raise NoBundle(f"a bundle holds 1 to {MOST_OBJECTS} objects")
    name = document.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise NoBundle("its id is none")
    for number, one in enumerate(objects):
        _check(one, number)
    return Bundle(name, tuple(objects))


def _check(one: Any, number: int) -> None:
    if not isinstance(one, dict):
        raise NoBundle(f"object {number} is none")
    kind, name = one.get("type"), one.get("id")
    if kind not in OWNED | _PLAIN:
        raise NoBundle(f"object {number} is of a type that is not exchanged")
    if not isinstance(name, str) or not _ID.fullmatch(name) or name.split("--")[0] != kind:
        raise NoBundle(f"object {number} has no id of its type")
    marks = one.get("object_marking_refs", [])
    if not isinstance(marks, list) or not all(isinstance(mark, str) for mark in marks):
        raise NoBundle(f"object {number} has marks that are none")
    if kind in OWNED and (not marks or not SHARED.issuperset(marks)):
        raise NoBundle(f"object {number} has no TLP mark under which it may be shared")
