"""Leave the same act once: a key that its author chose names the command that stands for it.

The commands of keys stand in a folder of their own (beside those that wait, where they wait here),
each a file by the hash of its key, made whole or not at all; one process at a time looks there. A
retry after a kill in between leaves the same command again, which the running system knows by its
id and skips.
"""

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS, Command, from_json, identity, to_json
from pipeline.runtime.leaving import leave

KEYS, LEFT, LOCK = "keys", ".left", ".lock"
LASTING = 24 * 3600 * NANOSECONDS
MOST = 10_000  # keys that are kept; the oldest go first


@dataclass(frozen=True, slots=True)
class LeaveOnce:
    """Leaves commands in a spool folder, or by ``send``; a key lasts a day."""

    folder: Path
    send: Callable[[Command], None] | None = None

    def __call__(self, command: Command, key: str) -> Command:
        """Leave a command, "" without a key; give the one that stands. OSError, StoreError."""
        if not key:
            self._send(command)
            return command
        keys = self.folder / KEYS
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (keys / LOCK).open("wb") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # ends with the file, or with the process
            return self._leave(keys / identity("key", key), command)

    def _leave(self, path: Path, command: Command) -> Command:
        stands = _read(path)
        if stands is not None and command.given_at - stands.given_at >= LASTING:
            _forget(path)
            stands = None
        if stands is None:
            _bound(path.parent)
            _keep(path, command)
            stands = command
        left = path.with_suffix(LEFT)
        if not left.exists():
            try:
                self._send(stands)
            except FileExistsError as error:  # a kill left a part of it
                Path(error.filename).unlink()
                self._send(stands)
            left.touch()
        return stands

    def _send(self, command: Command) -> None:
        if self.send is not None:
            self.send(command)
        else:
            leave(self.folder, command)


def _forget(path: Path) -> None:
    path.with_suffix(LEFT).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _bound(keys: Path) -> None:
    """Drop the oldest of too many keys."""
    held = [one for one in keys.iterdir() if not one.suffix and not one.name.startswith(".")]
    if len(held) >= MOST:
        for path in sorted(held, key=lambda one: one.stat().st_mtime_ns)[: MOST // 10]:
            _forget(path)


def _keep(path: Path, command: Command) -> None:
    """Keep a key's command, whole or not at all."""
    part = path.with_name(f".{path.name}")
    with part.open("wb") as file:
        file.write(to_json(command))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _read(path: Path) -> Command | None:
    try:
        return from_json(Command, path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StoreError(f"{path} is no command: take it away") from error
