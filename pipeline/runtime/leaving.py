"""Leave a command for a running system: a file in the spool folder beside its store.

``commands.Inbox`` takes it. Who leaves one needs nothing of what the system is made of.
"""

import os
from pathlib import Path

from pipeline.model import Command, to_json


def spool_of(store: Path) -> Path:
    """Give the spool folder of a store."""
    return store.with_name(f"{store.name}.commands")


def leave(folder: Path, command: Command) -> None:
    """Leave a command in a spool folder, durably; OSError where that cannot be done."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{command.given_at:020d}-{command.id}"
    part = folder / f".{name}"
    with part.open("xb") as file:
        file.write(to_json(command))
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / f"{name}.json")
