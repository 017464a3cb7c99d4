"""One writing process a store: a lock on a sidecar file that the kernel lets go of on any death."""

import fcntl
import os
import weakref
from pathlib import Path

from pipeline.errors import StoreError

_held: "weakref.WeakSet[WriterLock]" = weakref.WeakSet()


class WriterLock:
    """An exclusive ``flock`` on ``<store>.lock``, held until ``release`` or the process's end.

    The sidecar stays on disk; only the lock counts. It is not SQLite's own lock, which would shut
    out readers, and no file whose mere presence locks, which a kill -9 would leave behind.
    """

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(store.name + ".lock")
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"the lock file {self.path} cannot be opened ({error.strerror}): give this user"
                " write access to the folder"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._descriptor, 32).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise StoreError(
                f"the store {store} is in use by another Saqshy process ({holder or 'unknown'}):"
                " end that one first, or give this one a store of its own"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"process {os.getpid()}\n".encode(), 0)
        _held.add(self)

    def release(self) -> None:
        """Let go of the lock; safe to call twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _let_go_in_child() -> None:
    # A forked worker shares the open file, and with it the lock: were it to outlive a killed
    # parent, no new process could open the store. Closing its copy leaves the parent's lock alone.
    for lock in list(_held):
        lock.release()


os.register_at_fork(after_in_child=_let_go_in_child)
