"""Files that are whole or not there, and on the disk before anybody is told."""

import os
import threading
from pathlib import Path


def write_whole(file: Path, body: bytes, now: int) -> None:
    """Write beside and rename, with both the file and its name on the disk before returning."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    part = file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        os.utime(part, ns=(now, now))
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
