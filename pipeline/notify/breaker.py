"""A circuit breaker a line (a channel to one party): who does not answer is not asked by everyone.

::

    closed ── so many failures in a row ─▶ open ── its wait is over ─▶ half-open (one goes)
      ▲                                     ▲                              │
      └────────────── an answer ────────────┼────────────── a failure ─────┘

While a line is open its notices stay where they are, untried and uncounted. A first notice may
knock at an open line at once, since the fact must go, but not more often than the probe's interval:
a thousand of them do not wait for the same silence one after another. Pure: time is an argument,
and the wait's jitter depends on the line and on how often it failed.
"""

from dataclasses import dataclass, field, replace

from pipeline.model import NANOSECONDS
from pipeline.notify.backoff import Backoff

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"


@dataclass(frozen=True, slots=True)
class Line:
    """Failures in a row, until when nobody is asked, and when a first notice knocked last."""

    failed: int = 0
    open_until: int = 0
    knocked_at: int = 0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Opens after ``failures`` in a row; ``wait`` grows with them; ``probe_seconds`` apart."""

    failures: int = 5
    wait: Backoff = field(default_factory=lambda: Backoff(first_seconds=2.0, most_seconds=60.0))
    probe_seconds: float = 1.0

    def state(self, line: Line, now: int) -> str:
        """Give ``closed``, ``open`` or ``half_open``."""
        if line.failed < self.failures:
            return CLOSED
        # A wait that is longer than any is of a clock that has been put back.
        return OPEN if now < line.open_until <= now + self.wait.longest else HALF_OPEN

    def bars(self, line: Line, now: int, *, urgent: bool) -> bool:
        """Tell whether nothing may go over a line now."""
        if self.state(line, now) != OPEN:
            return False
        since = now - line.knocked_at
        return not urgent or 0 <= since < self._probe

    def entered(self, line: Line, now: int) -> Line:
        """Give the line with one notice on its way; where it is not closed that is the probe."""
        state = self.state(line, now)
        if state == CLOSED:
            return line
        if state == OPEN:
            return replace(line, knocked_at=now)
        return replace(line, knocked_at=now, open_until=now + self._probe)

    def failed(self, name: str, line: Line, now: int) -> Line:
        """Give the line after a failure; ``name`` tells lines apart."""
        failed = line.failed + 1
        beyond = failed - self.failures + 1
        until = now + self.wait.after(name, beyond) if beyond > 0 else 0
        return replace(line, failed=failed, open_until=until)

    @property
    def _probe(self) -> int:
        return int(self.probe_seconds * NANOSECONDS)
