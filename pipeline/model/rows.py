"""Keyed state of one object: typed rows that remember which of them changed."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

import orjson

from pipeline.model.wire import from_json, to_json

_Row = TypeVar("_Row")


class Rows:
    """All state of one object: rows of dataclasses by (kind, key), written only when changed.

    ``types`` maps each kind to its dataclass. A row is found by its kind and the parts of its key;
    ``changes`` gives what a store must write, and ``settled`` forgets it after the commit.
    """

    def __init__(self, object_id: str, types: Mapping[str, type], stored: Mapping[str, bytes]):
        self.object_id = object_id
        self._types = types
        self._rows: dict[str, dict[str, Any]] = {kind: {} for kind in types}
        self._changed: dict[str, Any] = {}
        for key, data in stored.items():
            kind = orjson.loads(key)[0]
            self._rows[kind][key] = from_json(types[kind], data)

    @staticmethod
    def _key(kind: str, parts: tuple[str, ...]) -> str:
        return orjson.dumps([kind, *parts]).decode()

    def get(self, row: type[_Row], kind: str, *parts: str) -> _Row | None:
        """Give a row, or None where there is none; ``row`` is the kind's dataclass."""
        if self._types[kind] is not row:
            raise TypeError(f"rows of kind {kind!r} are {self._types[kind].__name__}")
        return cast("_Row | None", self._rows[kind].get(self._key(kind, parts)))

    def put(self, row: object, kind: str, *parts: str) -> None:
        """Keep a row (also one changed in place) and note the change."""
        key = self._key(kind, parts)
        self._rows[kind][key] = row
        self._changed[key] = row

    def drop(self, kind: str, *parts: str) -> None:
        """Remove a row; nothing happens where there is none."""
        key = self._key(kind, parts)
        if self._rows[kind].pop(key, None) is not None:
            self._changed[key] = None

    def all(self, row: type[_Row], kind: str) -> Iterator[tuple[tuple[str, ...], _Row]]:
        """Give (key parts, row) of one kind in the order of their keys."""
        if self._types[kind] is not row:
            raise TypeError(f"rows of kind {kind!r} are {self._types[kind].__name__}")
        for key in sorted(self._rows[kind]):
            yield tuple(orjson.loads(key)[1:]), self._rows[kind][key]

    def count(self, kind: str) -> int:
        """Give how many rows of a kind there are."""
        return len(self._rows[kind])

    def changes(self) -> dict[str, bytes | None]:
        """Give what changed since the last ``settled``: key to bytes, None for removed."""
        return {key: None if row is None else to_json(row) for key, row in self._changed.items()}

    def settled(self) -> None:
        """Forget the changes: they are committed."""
        self._changed.clear()
