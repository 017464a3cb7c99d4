"""The time by which a notifier delivers: its machine's, but never before the cluster's.

What is due is due by the cluster's time, which one collector tells in ticks. A notifier whose clock
is behind would let what is due wait for as long as that clock is off, and record that it went out
earlier than it did.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.ports import Clock


@dataclass(frozen=True, slots=True)
class ClusterTime:
    """``ports.Clock`` over a machine's; ``told`` gives the newest tick, nanoseconds, 0 before."""

    machine: Clock
    told: Callable[[], int]

    def now(self) -> int:
        """Give nanoseconds since the epoch, UTC."""
        return max(self.machine.now(), self.told())

    def wait(self, seconds: float) -> None:
        """Sleep that long."""
        self.machine.wait(seconds)
