"""Rows of one partition by key, told to a log: a transaction's changes are written whole or not.

What a transaction changed goes into the log (a changelog topic) as one entry, behind those of
before; after so many entries, or bytes, the rows themselves follow and the entries go. A reader of
the log that sees any beginning of it finds the rows after a whole number of transactions: entries
are applied over the rows in their order, and rows are written only behind the entry that has them.
An entry that is too large for a message is several, of which all must be there.

Each opening begins an epoch: what somebody who has lost the partition still writes bears an older
one, and is not read. Keys: ``r`` and the row's key, ``w`` and the entry's number, ``e``, or ``v``:
the version of all this, of which a newer one is not read.
"""

import struct
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from connectors.stores.compression import expand, squeeze
from connectors.stores.partition_rows import VERSIONED, Ordered, Write, stands_as_ours
from pipeline.errors import StoreCorrupt

ENTRIES = 64  # after which the rows are written themselves
ENTRY_BYTES = 1024 * 1024  # of them together, after which they are too
PART_BYTES = 4 * 1024 * 1024  # of an entry in one message
_EPOCH = b"e\x00"
_PART = struct.Struct(">HH")
_LENGTHS = struct.Struct(">IQ")
_ABSENT = 0
_SMALL = 512  # bytes of a row that are not worth compressing
_PLAIN, _SQUEEZED = b"p", b"z"
_Changes: TypeAlias = dict[bytes, bytes | None]


@dataclass(slots=True)
class PartitionLog:
    """Rows by key as the last transaction left them, and what the open one changes.

    ``step`` ends a transaction and gives what the log must have of it, in this order; once it has
    all of it ``written`` puts it on disk. A new one begins with ``opened``, used alike.
    """

    disk: Ordered
    _open: _Changes = field(default_factory=dict)
    _ahead: _Changes = field(default_factory=dict)  # in entries, not in rows yet
    _keys: list[bytes] = field(default_factory=list)  # of both, sorted
    _entries: list[bytes] = field(default_factory=list)
    _size: int = 0
    _epoch: int = 0
    _number: int = 0

    def __post_init__(self) -> None:
        stands_as_ours(self.disk)
        stands = next((value for _, value in self.disk.items(_EPOCH, _EPOCH + b"\x00")), b"0")
        self._epoch = int(stands)
        parts: list[bytes] = []
        for key, data in self.disk.items(b"w\x00", b"w\x01"):
            self._entries.append(key)
            epoch, self._number = int(key[2:10]), int(key[10:])
            if epoch < int(stands):
                continue
            self._epoch = max(self._epoch, epoch)
            number, count = _PART.unpack(data[: _PART.size])
            parts = [*parts, data[_PART.size :]] if number == len(parts) else []
            if number == 0:
                parts = [data[_PART.size :]]
            if parts and len(parts) == count:
                self._ahead |= _unpacked(b"".join(parts))
                parts = []
        self._keys = sorted(self._ahead)

    def get(self, key: bytes) -> bytes | None:
        """Give a row; None where there is none."""
        for changes in (self._open, self._ahead):
            if key in changes:
                return changes[key]
        name = b"r\x00" + key
        return next((_row(data) for _, data in self.disk.items(name, name + b"\x00")), None)

    def items(self, begin: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Give the rows with keys in [begin, end), in their order, as they stand now."""
        at, to = bisect_left(self._keys, begin), bisect_left(self._keys, end)
        over = iter([(key, self._newest(key)) for key in self._keys[at:to]])
        over_key, over_value = next(over, (None, None))
        for name, data in self.disk.items(b"r\x00" + begin, b"r\x00" + end):
            key = name[2:]
            while over_key is not None and over_key < key:
                if over_value is not None:
                    yield over_key, over_value
                over_key, over_value = next(over, (None, None))
            if over_key == key:
                continue
            yield key, _row(data)
        while over_key is not None:
            if over_value is not None:
                yield over_key, over_value
            over_key, over_value = next(over, (None, None))

    def put(self, key: bytes, value: bytes | None) -> None:
        """Note a changed row; None removes."""
        if key not in self._open and key not in self._ahead:
            insort(self._keys, key)
        self._open[key] = value

    def opened(self) -> list[Write]:
        """Give what begins an epoch: the rows as entries have them, and the end of those."""
        self._epoch += 1
        self._number = 0
        return [VERSIONED, *self._merged()]

    def step(self) -> list[Write]:
        """End a transaction; nothing where it changed nothing."""
        if not self._open:
            return []
        entry = _packed(self._open)
        count = -(-len(entry) // PART_BYTES)
        writes: list[Write] = []
        for number in range(count):
            self._number += 1
            key = b"w\x00%08d%012d" % (self._epoch, self._number)
            part = entry[number * PART_BYTES : (number + 1) * PART_BYTES]
            writes.append((key, _PART.pack(number, count) + part))
            self._entries.append(key)
        self._size += len(entry)
        self._ahead |= self._open
        self._open = {}
        if len(self._entries) >= ENTRIES or self._size >= ENTRY_BYTES:
            writes += self._merged()
        return writes

    def undo(self) -> None:
        """Forget what the open transaction changed."""
        self._open = {}
        self._keys = sorted(self._ahead)

    def written(self, writes: list[Write]) -> None:
        """Put a step's writes on disk: the log has them."""
        self.disk.write(writes)
        if not self._entries:
            self._ahead = {}
            self._keys = sorted(self._open)

    def _merged(self) -> list[Write]:
        rows = self._ahead.items()
        writes: list[Write] = [(b"r\x00" + key, _stored(value)) for key, value in rows]
        writes.append((_EPOCH, b"%d" % self._epoch))
        writes += [(key, None) for key in self._entries]
        self._entries, self._size = [], 0
        return writes

    def _newest(self, key: bytes) -> bytes | None:
        return self._open[key] if key in self._open else self._ahead[key]


def _stored(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    return _PLAIN + value if len(value) < _SMALL else _SQUEEZED + squeeze(value)


def _row(data: bytes) -> bytes:
    try:
        return expand(data[1:]) if data[:1] == _SQUEEZED else data[1:]
    except ValueError as error:
        raise StoreCorrupt(f"a row of the state does not read: {error}") from error


def _packed(changes: Mapping[bytes, bytes | None]) -> bytes:
    parts = []
    for key, value in changes.items():
        size = _ABSENT if value is None else len(value) + 1
        parts += [_LENGTHS.pack(len(key), size), key, value or b""]
    return squeeze(b"".join(parts))


def _unpacked(data: bytes) -> _Changes:
    changes: _Changes = {}
    try:
        text, at = expand(data), 0
        while at < len(text):
            key_size, size = _LENGTHS.unpack_from(text, at)
            at += _LENGTHS.size
            key, at = text[at : at + key_size], at + key_size
            value = None if size == _ABSENT else text[at : at + size - 1]
            at += max(size - 1, 0)
            changes[key] = value
    except (ValueError, struct.error) as error:
        raise StoreCorrupt(f"an entry of the state's log does not read: {error}") from error
    return changes
