"""What one client may take of the interface: requests a second, bytes of a body."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.model import NANOSECONDS, Instant

MOST_CLIENTS = 10_000


@dataclass(frozen=True, slots=True)
class ApiLimits:
    """Bounds of the interface.

    ``a_second`` requests of one session on the average, ``at_once`` of them in a row; bodies of
    ``body_bytes``; ``streams`` live lists at once, ``streams_each`` of one session, each for
    ``stream_seconds`` at most (a client comes again by itself), looked at every ``look_seconds``;
    ``exports`` at once.
    """

    a_second: float = 20.0
    at_once: int = 60
    body_bytes: int = 256 * 1024
    streams: int = 400
    streams_each: int = 4
    stream_seconds: float = 300.0
    look_seconds: float = 0.3
    heartbeat_seconds: float = 15.0
    exports: int = 4


@dataclass(slots=True)
class Rates:
    """Token buckets by client; ``clock`` gives nanoseconds. Only so many are remembered."""

    limits: ApiLimits
    clock: Callable[[], Instant]
    _buckets: OrderedDict[str, tuple[float, Instant]] = field(default_factory=OrderedDict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, client: str) -> float:
        """Take one request of a client; give 0.0, or after how many seconds it may ask again."""
        now = self.clock()
        with self._turn:
            left, at = self._buckets.pop(client, (float(self.limits.at_once), now))
            gained = max(now - at, 0) / NANOSECONDS * self.limits.a_second
            left = min(left + gained, float(self.limits.at_once))
            allowed = left >= 1
            self._buckets[client] = (left - 1 if allowed else left, now)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
            return 0.0 if allowed else (1 - left) / self.limits.a_second


@dataclass(slots=True)
class Seats:
    """So many at once of something, and so many of each client."""

    most: int
    each: int
    _taken: dict[str, int] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def take(self, client: str) -> bool:
        """Take a seat; False where there is none."""
        with self._turn:
            own = self._taken.get(client, 0)
            if own >= self.each or sum(self._taken.values()) >= self.most:
                return False
            self._taken[client] = own + 1
            return True

    def until_gone(self, taker: object, client: str) -> None:
        """Give a seat back when its taker is gone: also one that never began."""
        weakref.finalize(taker, self._leave, client)

    def _leave(self, client: str) -> None:
        with self._turn:
            own = self._taken.get(client, 0) - 1
            if own > 0:
                self._taken[client] = own
            else:
                self._taken.pop(client, None)
