"""Leave a command for a running system: a file in the spool folder beside its store.

``commands.Inbox`` takes it. Who leaves one needs nothing of what the system is made of.
"""

import os
from pathlib import Path

from pipeline.model import Command, to_json


def spool_of(store: Path) -> Path:
    """Give the spool folder of a store."""
    return store.with_name(f"{store.name}.commands")


def leave_again(folder: Path, command: Command) -> None:
    """Leave a command that may have been left before, wholly or by half; OSError as ``leave``."""
    try:
        leave(folder, command)
    except FileExistsError:
        if not folder.is_dir():
            raise
        (folder / f".{_name(command)}").unlink(missing_ok=True)  # a kill left half of it
        leave(folder, command)


def leave(folder: Path, command: Command) -> None:
    """Leave a command in a spool folder, durably; OSError where that cannot be done."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = _name(command)
    part = folder / f".{name}"
    with part.open("xb") as file:
        file.write(to_json(command))
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / f"{name}.json")


def _name(command: Command) -> str:
    return f"{command.given_at:020d}-{command.id}"
