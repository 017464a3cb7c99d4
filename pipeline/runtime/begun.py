"""The batch that is being matched, noted where the next process finds it.

A record that ends the process in native code (a fault, no memory left) is met again by whoever
comes next, and ends that one too. So a batch is noted before it is matched and no more after it:
what is noted when a process begins is what the one before it died over. The kernel keeps what was
written for a process that is killed, so nothing is synced.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import structlog

from pipeline.errors import StoreError

MOST_KEPT = 32  # batches that processes died over; the oldest go first
log = structlog.get_logger("saqshy.matching")


@dataclass(slots=True)
class Begun:
    """One process's note, in a file of its own; ``died_over`` names batches, the oldest first."""

    path: Path
    died_over: list[str] = field(default_factory=list)
    _file: int = -1
    _trouble: str = ""

    @classmethod
    def opened(cls, path: Path) -> "Begun":
        """Open the note, and read what the process before left; StoreError where it cannot."""
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            line, _, _ = os.pread(file, 1 << 16, 0).partition(b"\n")
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from error
        begun, kept = _read(line)
        if begun:
            log.warning("matching.died_over", batch=begun)
            kept = [*(one for one in kept if one != begun), begun]
        made = cls(path, kept[-MOST_KEPT:], file)
        made._write("")
        return made

    @contextmanager
    def __call__(self, batch_id: str) -> Iterator[None]:
        """Note a batch for as long as the block runs."""
        self._write(batch_id)
        try:
            yield
        finally:
            self._write("")

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, batch_id: str) -> None:
        """Write the first line in one piece; a full disk must not stop detection."""
        line = orjson.dumps([batch_id, self.died_over]) + b"\n"
        trouble = ""
        try:
            os.pwrite(self._file, line, 0)
        except OSError as error:
            trouble = str(error.strerror)
        if trouble and trouble != self._trouble:
            log.warning("matching.unnoted", path=str(self.path), error=trouble)
        self._trouble = trouble


def _read(line: bytes) -> tuple[str, list[str]]:
    """Read a line; what is not one of ours says nothing."""
    try:
        begun, kept = orjson.loads(line)
        return str(begun), list(map(str, kept))
    except (ValueError, TypeError):
        if line:
            log.warning("matching.note_unread")
        return "", []
