"""Keyed state of one object: typed rows that remember which of them changed."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

import orjson

from pipeline.model.wire import from_json, to_json

_Row = TypeVar("_Row")


class Rows:
    """All state of one object: rows of dataclasses by (kind, key), written only when changed.

    ``types`` maps each kind to its dataclass. A row is found by its kind and the parts of its key,
    and read from its bytes when first asked for; ``changes`` gives what a store must write, and
    ``settled`` forgets it after the commit. ``scratch`` holds what a stage derives from the rows to
    be quick; it is never stored, and goes with them. ``unsaved`` tells whether anything changed
    since who keeps the rows said otherwise.
    """

    def __init__(self, object_id: str, types: Mapping[str, type], stored: Mapping[str, bytes]):
        self.object_id = object_id
        self.scratch: dict[str, Any] = {}
        self._types = types
        self._rows: dict[str, dict[str, Any]] = {kind: {} for kind in types}
        self._changed: dict[str, Any] = {}
        self.unsaved = False
        for key, data in stored.items():
            self._rows[key[2 : key.index('"', 2)]][key] = data

    @staticmethod
    def key(kind: str, *parts: str) -> str:
        """Give the key of a row: a JSON list of its kind and parts."""
        return orjson.dumps([kind, *parts]).decode()

    def get(self, row: type[_Row], kind: str, *parts: str) -> _Row | None:
        """Give a row, or None where there is none; ``row`` is the kind's dataclass."""
        if self._types[kind] is not row:
            raise TypeError(f"rows of kind {kind!r} are {self._types[kind].__name__}")
        return cast("_Row | None", self.at(kind, self.key(kind, *parts)))

    def at(self, kind: str, key: str) -> Any:
        """Give the row that ``key`` names, or None; for stages that keep a key at hand."""
        found = self._rows[kind].get(key)
        if type(found) is bytes:
            found = self._rows[kind][key] = from_json(self._types[kind], found)
        return found

    def put(self, row: object, kind: str, *parts: str) -> None:
        """Keep a row (also one changed in place) and note the change."""
        self.keep(row, kind, self.key(kind, *parts))

    def keep(self, row: object, kind: str, key: str) -> None:
        """Keep a row under a key at hand and note the change."""
        self._rows[kind][key] = row
        self._changed[key] = row
        self.unsaved = True

    def drop(self, kind: str, *parts: str) -> None:
        """Remove a row; nothing happens where there is none."""
        self.remove(kind, self.key(kind, *parts))

    def remove(self, kind: str, key: str) -> None:
        """Remove the row that ``key`` names; nothing happens where there is none."""
        if self._rows[kind].pop(key, None) is not None:
            self._changed[key] = None
            self.unsaved = True

    def all(self, row: type[_Row], kind: str) -> Iterator[tuple[tuple[str, ...], _Row]]:
        """Give (key parts, row) of one kind in the order of their keys."""
        if self._types[kind] is not row:
            raise TypeError(f"rows of kind {kind!r} are {self._types[kind].__name__}")
        for key in sorted(self._rows[kind]):
            yield tuple(orjson.loads(key)[1:]), cast("_Row", self.at(kind, key))

    def keys(self, kind: str) -> list[str]:
        """Give the keys of a kind, in no order that means anything."""
        return list(self._rows[kind])

    def count(self, kind: str) -> int:
        """Give how many rows of a kind there are."""
        return len(self._rows[kind])

    def restore(self, stored: Mapping[str, bytes]) -> None:
        """Let go of what changed, in place: the rows are what a store has of them."""
        for rows in self._rows.values():
            rows.clear()
        self._changed.clear()
        self.unsaved = False
        self.scratch.clear()
        for key, data in stored.items():
            self._rows[key[2 : key.index('"', 2)]][key] = data

    def changes(self) -> dict[str, bytes | None]:
        """Give what changed since the last ``settled``: key to bytes, None for removed."""
        return {key: None if row is None else to_json(row) for key, row in self._changed.items()}

    def settled(self) -> None:
        """Forget the changes: they are committed."""
        self._changed.clear()
