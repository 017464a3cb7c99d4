"""Keyed state of one partition, told to a log: an observation's changes are written whole or not.

What one step changed goes into the log (a changelog topic) as one entry an object, behind those of
before; after so many entries, or bytes, the rows themselves follow and the entries go. A reader of
the log that sees any beginning of it finds the state after a whole number of steps: entries are
applied over the rows in their order, and rows are written only behind the entry that has them.

Keys: ``w`` or ``r``, the object's id and the row's key (or the entry's number), parted by zeros.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import orjson

from connectors.stores.compression import expand, squeeze
from pipeline.errors import StoreCorrupt

ENTRIES = 64  # of an object, after which its rows are written themselves
ENTRY_BYTES = 512 * 1024  # of them together, after which they are too
_END = b"\x00"
Write: TypeAlias = tuple[bytes, bytes | None]
VERSION = 2  # of the state's form, and of what stands in its rows; 2: its log is claimed
_VERSION_KEY = b"v" + _END
VERSIONED: Write = (_VERSION_KEY, b"%d" % VERSION)
_Changes: TypeAlias = dict[str, bytes | None]


class Ordered(Protocol):
    """Bytes by key, read in the order of keys."""

    def items(self, begin: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Give what stands in [begin, end), in order."""

    def first(self, begin: bytes) -> bytes | None:
        """Give the first key that is not before ``begin``."""

    def write(self, changes: Sequence[Write]) -> None:
        """Put and (None) remove, all or nothing."""


class OrderedMemory:
    """``Ordered`` in memory."""

    def __init__(self) -> None:
        self._keys: list[bytes] = []
        self._values: dict[bytes, bytes] = {}

    def items(self, begin: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Give what stands in [begin, end), in order."""
        at, to = bisect_left(self._keys, begin), bisect_left(self._keys, end)
        return iter([(key, self._values[key]) for key in self._keys[at:to]])

    def first(self, begin: bytes) -> bytes | None:
        """Give the first key that is not before ``begin``."""
        at = bisect_left(self._keys, begin)
        return self._keys[at] if at < len(self._keys) else None

    def write(self, changes: Sequence[Write]) -> None:
        """Put and (None) remove."""
        for key, value in changes:
            if value is None:
                if self._values.pop(key, None) is not None:
                    del self._keys[bisect_left(self._keys, key)]
                continue
            if key not in self._values:
                insort(self._keys, key)
            self._values[key] = value


@dataclass(slots=True)
class PartitionRows:
    """``ports.StateStore`` of one partition, over what stands on disk and what is on its way.

    A step: ``save`` what changed, ``step`` gives its writes; once the log has them all, in their
    order, ``written`` puts them on disk, oldest step first.
    """

    disk: Ordered
    _open: dict[str, _Changes] = field(default_factory=dict)
    _ahead: list[list[Write]] = field(default_factory=list)
    _tails: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _objects: set[str] | None = None
    _versioned: bool = False

    def __post_init__(self) -> None:
        self._versioned = stands_as_ours(self.disk)

    def load(self, object_id: str) -> Mapping[str, bytes]:
        """Give all rows of one object, by key, as the last step left them."""
        rows = dict(self._stood(object_id))
        for _, changes in self._entries(object_id):
            _apply(rows, changes)
        _apply(rows, self._open.get(object_id, {}))
        return dict(sorted(rows.items()))

    def save(self, object_id: str, rows: Mapping[str, bytes | None]) -> None:
        """Note changed rows of this step; None removes."""
        self._open.setdefault(object_id, {}).update(rows)
        self._known().add(object_id)

    def between(
        self, object_id: str, begin: str, end: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Give up to ``limit`` rows of one object with keys in [begin, end), in their order."""
        rows = self.load(object_id).items()
        return [(key, value) for key, value in rows if begin <= key < end][:limit]

    def objects(self) -> Sequence[str]:
        """Give every object that has state, sorted."""
        return sorted(self._known())

    def step(self) -> list[Write]:
        """End a step: give what the log must have of it, in this order.

        The state that is no object's ("") comes last: it says what has come to pass for all.
        """
        writes: list[Write] = []
        for object_id in sorted(self._open, key=lambda name: not name):
            writes += self._told(object_id, self._open[object_id])
        self._open = {}
        if writes and not self._versioned:
            writes.insert(0, VERSIONED)
            self._versioned = True
        if writes:
            self._ahead.append(writes)
        return writes

    def undo(self) -> None:
        """Forget what this step saved."""
        self._open = {}
        self._objects = None

    def written(self, writes: Sequence[Write]) -> None:
        """Put a step's writes on disk: the log has them; steps come in their order."""
        if not writes:
            return
        if self._ahead[0] is not writes:
            raise StoreCorrupt("a step was written before the one ahead of it")
        self.disk.write(writes)
        del self._ahead[0]

    def _told(self, object_id: str, changes: _Changes) -> list[Write]:
        entry = _packed(changes)
        first, number, size = self._tail(object_id)
        size += len(entry)
        writes: list[Write] = [(_entry_key(object_id, number), entry)]
        if number - first + 1 < ENTRIES and size < ENTRY_BYTES:
            self._tails[object_id] = first, number + 1, size
            return writes
        merged: _Changes = {}
        for _, earlier in self._entries(object_id):
            merged |= earlier
        merged |= changes
        writes += [(_row_key(object_id, key), value) for key, value in sorted(merged.items())]
        writes += [(_entry_key(object_id, each), None) for each in range(first, number + 1)]
        self._tails[object_id] = number + 1, number + 1, 0
        return writes

    def _tail(self, object_id: str) -> tuple[int, int, int]:
        """Give an object's first entry, the number of the next, and how many bytes they take."""
        if object_id not in self._tails:
            entries = list(self._read(object_id))
            first = entries[0][0] if entries else 0
            after = entries[-1][0] + 1 if entries else 0
            self._tails[object_id] = first, after, sum(len(data) for _, data in entries)
        return self._tails[object_id]

    def _stood(self, object_id: str) -> Iterator[tuple[str, bytes]]:
        """Give the rows as they stand themselves, with those that are on their way."""
        prefix = _row_key(object_id, "")
        rows = dict(self.disk.items(prefix, prefix[:-1] + b"\x01"))
        for key, value in self._coming(prefix):
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
        for key, data in rows.items():
            yield key[len(prefix) :].decode(), data

    def _entries(self, object_id: str) -> Iterator[tuple[int, _Changes]]:
        for number, data in self._read(object_id):
            yield number, _unpacked(data)

    def _read(self, object_id: str) -> Iterator[tuple[int, bytes]]:
        prefix = b"w\x00" + object_id.encode() + _END
        entries = dict(self.disk.items(prefix, prefix[:-1] + b"\x01"))
        for key, value in self._coming(prefix):
            if value is None:
                entries.pop(key, None)
            else:
                entries[key] = value
        for key in sorted(entries):
            yield int(key[len(prefix) :]), entries[key]

    def _coming(self, prefix: bytes) -> Iterator[Write]:
        for writes in self._ahead:
            for key, value in writes:
                if key.startswith(prefix):
                    yield key, value

    def _known(self) -> set[str]:
        if self._objects is None:
            found = {one for kind in (b"r", b"w") for one in self._on_disk(kind)}
            for writes in self._ahead:
                told = (key for key, value in writes if value and key != VERSIONED[0])
                found |= {key.split(_END, 2)[1].decode() for key in told}
            self._objects = found
        return self._objects

    def _on_disk(self, kind: bytes) -> Iterator[str]:
        key = self.disk.first(kind + _END)
        while key is not None and key.startswith(kind + _END):
            name = key.split(_END, 2)[1]
            yield name.decode()
            key = self.disk.first(kind + _END + name + b"\x01")


def stands_as_ours(disk: Ordered) -> bool:
    """Tell whether a state is of this version; StoreCorrupt where it is newer than this process.

    What is older, or names none, is to be named anew with the next step.
    """
    for _, value in disk.items(_VERSION_KEY, _VERSION_KEY + _END):
        if int(value) > VERSION:
            raise StoreCorrupt(
                f"this state is of version {int(value)}, known is {VERSION}: a newer process has"
                " written it; upgrade this one (nothing of it was read or changed)"
            )
        return int(value) == VERSION
    return False


def _apply(rows: dict[str, bytes], changes: Mapping[str, bytes | None]) -> None:
    for key, value in changes.items():
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value


def _row_key(object_id: str, key: str) -> bytes:
    return b"r\x00" + object_id.encode() + _END + key.encode()


def _entry_key(object_id: str, number: int) -> bytes:
    return b"w\x00" + object_id.encode() + _END + b"%016d" % number


def _packed(changes: _Changes) -> bytes:
    texts = {key: value if value is None else value.decode() for key, value in changes.items()}
    return squeeze(orjson.dumps(texts))


def _unpacked(data: bytes) -> _Changes:
    try:
        texts = orjson.loads(expand(data))
        return {key: None if text is None else text.encode() for key, text in texts.items()}
    except (ValueError, AttributeError) as error:
        raise StoreCorrupt(f"an entry of the state's log does not read: {error}") from error
