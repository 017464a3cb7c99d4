"""How long is waited on a machine that others use, too: a bound, and what it costs here now."""

import resource
import subprocess
import sys
import time

WORK = "sum(range(3_000_000))"


def crowding() -> float:
    """Give how many seconds pass here now for one of work; 1 where nobody else is at work."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", WORK], check=True)
    passed = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return max(1.0, passed / used) if used else 1.0


class Patience:
    """So many seconds of a machine that is ours alone, from now on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began = time.monotonic()
        self._until = self._began + seconds

    def over(self) -> bool:
        """Tell whether they have passed; how crowded the machine is, is measured at their end."""
        if time.monotonic() <= self._until:
            return False
        self._until = self._began + self._seconds * crowding()
        return time.monotonic() > self._until
