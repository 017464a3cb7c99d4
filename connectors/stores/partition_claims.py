"""Whose records of a partition's log count: those of whoever claimed it last, in the log's order.

A member of a group that was cut off, or stood still, for longer than its session has lost its
partitions and does not know it: what it had under way still arrives, behind what its successor
wrote. So whoever takes a partition over first claims it, with a record that names its own offset.
A claim counts only where it stands there, directly behind what its writer has read: then nothing
came between. Its offset is the epoch, which every record of that owner names in a header. A record
of an older epoch than one that stands before it does not count; one without a header, of a process
that makes no claims, counts where nobody has claimed yet.

What does not count is passed over by every reader, but a broker that compacts the log keeps it in
place of the older record of its key, which does count. Its key is therefore noted, and whoever owns
the partition writes its value again. That is to be done before the log is compacted
(``state_topics.UNCUT``: an hour).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.stores.partition_rows import Write

CLAIM = b"c\x00"
"""The key of claims; on disk its value is the epoch."""
NOBODY = -1  # the epoch before any claim, and of a record without a header
EPOCH = "epoch"  # the header
_PASSED = b"passed\x00"  # on disk, before the key of what was passed over
_Headers: TypeAlias = Mapping[str, bytes] | Iterable[tuple[str, bytes]] | None


@dataclass(frozen=True, slots=True)
class Kept:
    """One record as the log has it."""

    offset: int
    key: bytes
    value: bytes | None
    epoch: int = NOBODY


@dataclass(slots=True)
class Claims:
    """Who owns a partition's log up to where it was read: ``epoch`` of the claim that holds."""

    epoch: int = NOBODY

    def count(self, one: Kept) -> bool:
        """Tell whether the next record counts; one that claims directly behind begins an epoch."""
        epoch = one.epoch
        if one.key == CLAIM and epoch == NOBODY and one.value == claimed(one.offset):
            epoch = one.offset
        if epoch < self.epoch:
            return False
        self.epoch = epoch
        return True


@dataclass(frozen=True, slots=True)
class Taken:
    """What records do to a disk: changes in their order, and the epoch behind them."""

    changes: list[Write]
    epoch: int


def take(records: Sequence[Kept], epoch: int) -> Taken:
    """Give what the next records of a log do to a disk that stands in an epoch."""
    claims, changes = Claims(epoch), list[Write]()
    for one in records:
        if claims.count(one):
            if one.key != CLAIM:
                changes.append((one.key, one.value))
        else:
            changes.append((_PASSED + one.key, b""))
    if claims.epoch != NOBODY:
        changes.append((CLAIM, claimed(claims.epoch)))
    return Taken(changes, claims.epoch)


def claimed(offset: int) -> bytes:
    """Give the value of a claim that is to stand at an offset."""
    return b"%d" % offset


def epoch_of(headers: _Headers) -> int:
    """Give the epoch that a record names; NOBODY where it names none."""
    pairs: Iterable[Any] = headers.items() if isinstance(headers, Mapping) else headers or ()
    return next((int(value) for key, value in pairs if key == EPOCH), NOBODY)


def passed_over() -> tuple[bytes, bytes]:
    """Give between which keys of a disk those stand that were passed over."""
    return _PASSED, _PASSED[:-1] + b"\x01"


def unmarked(key: bytes) -> bytes:
    """Give the key that was passed over, of the key that says so."""
    return key.removeprefix(_PASSED)
