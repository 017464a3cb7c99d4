"""The transaction of one partition: kept by its log before anybody learns of it, or undone.

Reads and writes are one thread's at a time, as with the stores in memory, of which this is one
whose rows stand in a log. What the log may or may not have taken nobody knows: a failed commit
undoes the transaction and closes the stores, and what is true is read anew from the log.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from connectors.stores.partition_log import PartitionLog
from connectors.stores.partition_rows import Ordered, Write
from connectors.stores.tables import MemoryDatabase


class PartitionDatabase(MemoryDatabase):
    """``ports.Database`` of a partition; ``keep`` has the log keep writes, StoreError else."""

    def __init__(self, disk: Ordered, keep: Callable[[Sequence[Write]], None]) -> None:
        super().__init__()
        self.rows = PartitionLog(disk)
        self.committed: Callable[[], None] = _nobody_waits
        self.undone: list[Callable[[], None]] = []
        """What must be read anew where a transaction failed."""
        self.done: list[Callable[[], None]] = []
        """What a committed transaction leaves to be forgotten."""
        self._keep = keep
        self._kept(self.rows.opened())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let all writes inside be kept together or not at all; nests into the outer one."""
        wrote = False
        with self.turn:
            try:
                with super().transaction():
                    yield
                    if self._depth == 1 and not self._spoilt:
                        wrote = self._commit()
            except BaseException:
                if not self._depth:
                    self.rows.undo()
                    for forget in self.undone:
                        forget()
                raise
            for settled in () if self._depth else self.done:
                settled()
        if wrote:
            self.committed()

    def put(self, key: bytes, value: bytes | None) -> None:
        """Change a row, in a transaction of its own where there is none; None removes."""
        with self.transaction():
            self.rows.put(key, value)

    def get(self, key: bytes) -> bytes | None:
        """Give a row."""
        with self.turn:
            self.check()
            return self.rows.get(key)

    def items(self, begin: bytes, end: bytes, limit: int = 0) -> list[tuple[bytes, bytes]]:
        """Give up to ``limit`` (0: all) rows with keys in [begin, end), in their order."""
        with self.turn:
            self.check()
            found = []
            for pair in self.rows.items(begin, end):
                found.append(pair)
                if len(found) == limit:
                    break
            return found

    def _commit(self) -> bool:
        writes = self.rows.step()
        if writes:
            self._kept(writes)
        return bool(writes)

    def _kept(self, writes: list[Write]) -> None:
        try:
            self._keep(writes)
            self.rows.written(writes)
        except BaseException:
            self._closed = True
            raise


class PartitionState:
    """``ports.StateStore`` of a partition."""

    def __init__(self, database: PartitionDatabase) -> None:
        self._database = database

    def load(self, object_id: str) -> Mapping[str, bytes]:
        """Give all rows of one object, by key."""
        prefix = named("state", object_id, "")
        found = self._database.items(prefix, after(prefix))
        return {key[len(prefix) :].decode(): value for key, value in found}

    def save(self, object_id: str, rows: Mapping[str, bytes | None]) -> None:
        """Write changed rows; None removes."""
        with self._database.transaction():
            for key, value in rows.items():
                self._database.put(named("state", object_id, key), value)

    def between(
        self, object_id: str, begin: str, end: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Give up to ``limit`` rows of one object with keys in [begin, end), in their order."""
        prefix = named("state", object_id, "")
        if limit <= 0 or begin >= end:
            return []
        found = self._database.items(prefix + begin.encode(), prefix + end.encode(), limit)
        return [(key[len(prefix) :].decode(), value) for key, value in found]

    def objects(self) -> Sequence[str]:
        """Give every object that has state, sorted."""
        found, at = [], named("state", "")
        while rows := self._database.items(at, after(named("state", "")), 1):
            name = rows[0][0].split(b"\x00", 2)[1].decode("utf-8", "surrogatepass")
            found.append(name)
            at = named("state", name) + b"\x01"
        return found


def named(table: str, *parts: str) -> bytes:
    """Give the key of a row: its table and the parts of its name, parted by zeros."""
    return "\x00".join((table, *parts)).encode("utf-8", "surrogatepass")


def after(prefix: bytes) -> bytes:
    """Give the first key behind all that begin with a prefix that ends with a zero."""
    return prefix[:-1] + b"\x01"


def _nobody_waits() -> None:
    """Wake nobody."""
