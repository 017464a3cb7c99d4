"""A spool in memory, for tests: what waits is gone with the process."""

from collections import deque
from collections.abc import Iterator, Sequence

from pipeline.errors import StoreFull
from pipeline.model import RawBatch, pack_batch
from pipeline.ports import Spooled


class MemorySpool:
    """``ports.Spool`` in memory, of at most ``most`` bytes."""

    def __init__(self, most: int = 2**30) -> None:
        self._most = most
        self._waiting: deque[tuple[Spooled, int]] = deque()

    @property
    def waiting(self) -> tuple[int, int]:
        """Give how many puts wait, and the bytes that they take."""
        return len(self._waiting), sum(size for _, size in self._waiting)

    def put(self, listener: str, batches: Sequence[RawBatch]) -> None:
        """Keep batches behind what waits; StoreFull where the bound is reached."""
        size = sum(len(pack_batch(batch)) for batch in batches)
        if self.waiting[1] + size > self._most:
            raise StoreFull(f"the spool in memory has reached its {self._most} bytes")
        self._waiting.append((Spooled(listener, tuple(batches)), size))

    def read(self) -> Iterator[Spooled]:
        """Give what waits, the oldest first, without taking it away."""
        for spooled, _ in self._waiting:
            yield spooled

    def drop(self) -> None:
        """Let go of the oldest: the journal has it."""
        self._waiting.popleft()

    def close(self) -> None:
        """Let go; safe to call twice."""
