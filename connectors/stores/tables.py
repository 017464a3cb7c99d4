"""Rows in memory, and the transaction that puts them back as they were when it fails."""

import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from pipeline.errors import StoreError

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Undo: TypeAlias = tuple[dict[Any, Any], Any, Any]

_ABSENT = object()


class MemoryDatabase:
    """The transaction that binds the stores (``ports.Database``): one thread's at a time."""

    def __init__(self) -> None:
        self.turn = threading.RLock()
        self.changes = 0  # rows written or taken away, ever
        self._undo: list[_Undo] = []
        self._depth = 0
        self._spoilt = False
        self._closed = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let all writes inside stand together or not at all; nests into the outer one."""
        with self.turn:
            self.check()
            if self._depth and self._spoilt:
                raise StoreError(f"the store in memory takes nothing more: {_SPOILT}")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._spoilt = True
                self._end()
                raise
            if self._end():
                raise StoreError(f"the store in memory took nothing: {_SPOILT}")

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let everything read inside be as of one instant: nobody else writes meanwhile."""
        with self.turn:
            self.check()
            yield

    def remember(self, rows: dict[Any, Any], key: object) -> None:
        """Note what stands under a key before it changes."""
        self._undo.append((rows, key, rows.get(key, _ABSENT)))
        self.changes += 1

    def check(self) -> None:
        """Refuse work on a closed store."""
        if self._closed:
            raise StoreError("the store in memory is closed")

    def close(self) -> None:
        """End all use; safe to call twice."""
        with self.turn:
            self._closed = True

    def _end(self) -> bool:
        self._depth -= 1
        if self._depth:
            return False
        spoilt, self._spoilt = self._spoilt, False
        undo, self._undo = self._undo, []
        for rows, key, value in reversed(undo) if spoilt else ():
            if value is _ABSENT:
                rows.pop(key, None)
            else:
                rows[key] = value
        return spoilt


_SPOILT = "a part of this transaction failed before, and all of it is undone"


class Table(MutableMapping[_Key, _Value]):
    """Rows by key that a failed transaction puts back as they were."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._rows: dict[_Key, _Value] = {}

    def __setitem__(self, key: _Key, value: _Value) -> None:
        with self._database.transaction():
            self._database.remember(self._rows, key)
            self._rows[key] = value

    def __delitem__(self, key: _Key) -> None:
        with self._database.transaction():
            self._database.remember(self._rows, key)
            del self._rows[key]

    def __getitem__(self, key: _Key) -> _Value:
        with self._database.turn:
            self._database.check()
            return self._rows[key]

    def __iter__(self) -> Iterator[_Key]:
        with self._database.turn:
            self._database.check()
            return iter(list(self._rows))

    def __len__(self) -> int:
        with self._database.turn:
            self._database.check()
            return len(self._rows)

    def snapshot(self) -> list[tuple[_Key, _Value]]:
        """Give all rows as they stand now."""
        with self._database.turn:
            self._database.check()
            return list(self._rows.items())
