"""What stands in files and folders, without reading it: whether something was changed there."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

State: TypeAlias = tuple[tuple[str, int, int, int], ...]


def state_of(paths: Iterable[Path]) -> State:
    """Give path, size, time of the last change and inode of every file, sorted.

    What cannot be looked at is absent. Hidden files (an editor's, a checkout's) do not count.
    The time is the status change's: it also follows a file that was replaced with an old date.
    """
    found = {entry for path in paths for entry in _under(str(path))}
    return tuple(sorted(found))


def _under(path: str) -> Iterator[tuple[str, int, int, int]]:
    try:
        if os.path.isdir(path):  # noqa: PTH112 (thousands of files every few seconds)
            with os.scandir(path) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        yield from _under(entry.path)
            return
        stat = os.stat(path)  # noqa: PTH116 (as above)
    except OSError:  # reading it will say what is wrong
        return
    yield path, stat.st_size, stat.st_ctime_ns, stat.st_ino
