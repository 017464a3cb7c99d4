"""Threads that deliver what was claimed for them: as many as wait for answers, and no more.

No party has all hands, so that a slow recipient holds up nobody else: what is claimed for one that
has its share is parked. A channel that answers at once keeps one hand busy, and others would only
be in its way, so hands join in where those at work wait.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pipeline.model import Notice

RAMP_SECONDS = 0.002  # after which more hands join in
QUICK = 10  # notices in that time: who does as many waits for nobody


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt: the notice as it was claimed and as it came back, when, and how long it took.

    ``after`` is None where it was put back untried.
    """

    before: Notice
    after: Notice | None
    at: int
    seconds: float


class Hands:
    """Up to ``most`` threads that make attempts; every call but the hands' own is one thread's."""

    def __init__(self, attempt: Callable[[Notice], Attempted], most: int) -> None:
        self.most = most
        self._attempt = attempt
        self._share = max(1, most - 1)  # what one party has at the most
        self._pool = ThreadPoolExecutor(most)
        self._ready: deque[tuple[float, Notice]] = deque()
        self._parked: dict[str, deque[tuple[float, Notice]]] = {}
        self._having: Counter[str] = Counter()
        self._done: list[Attempted] = []
        self._working = 0
        self._in_hand = 0
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    @property
    def held(self) -> int:
        """Give how many notices are claimed whose outcome was not asked for yet."""
        with self._changed:
            parked = sum(map(len, self._parked.values()))
            return self._in_hand + len(self._ready) + len(self._done) + parked

    @property
    def ready(self) -> int:
        """Give how many of them wait for a hand, and for nothing else."""
        with self._changed:
            return len(self._ready)

    @property
    def free(self) -> int:
        """Give how many hands have nothing in them."""
        with self._changed:
            return self.most - self._in_hand

    def crowded(self) -> list[str]:
        """Give the parties that have their share of hands, sorted."""
        with self._changed:
            return sorted(one for one, count in self._having.items() if count >= self._share)

    def add(self, notices: Sequence[Notice]) -> None:
        """Take what was claimed."""
        now = time.monotonic()
        with self._changed:
            self._ready.extend((now, notice) for notice in notices)

    def run(self, seconds: float) -> None:
        """Let hands work until everything has its outcome, or for so long; raise what broke one."""
        end = time.monotonic() + seconds
        with self._changed:
            seen, more = len(self._done), 1
            while self._error is None and (self._ready or self._in_hand):
                for _ in range(min(more, self.most - self._working, len(self._ready))):
                    self._working += 1
                    self._pool.submit(self._work)
                left = end - time.monotonic()
                if left <= 0:
                    break
                ramps = self._ready and self._working < self.most
                self._changed.wait(min(left, RAMP_SECONDS) if ramps else left)
                quick = len(self._done) - seen >= QUICK * max(1, self._working)
                seen, more = len(self._done), 0 if quick else max(1, self._working)
            if self._error is not None:
                raise self._error

    def outcomes(self) -> list[Attempted]:
        """Give what came back since the last call."""
        with self._changed:
            done, self._done = self._done, []
            return done

    def put_back(self, seconds: float = 0.0) -> list[Notice]:
        """Give back what was claimed so long ago and is in no hand."""
        before = time.monotonic() - seconds
        with self._changed:
            queues = (self._ready, *self._parked.values())
            back = [notice for queue in queues for notice in _older(queue, before)]
            self._parked = {party: queue for party, queue in self._parked.items() if queue}
            return back

    def close(self) -> None:
        """Wait for what is in a hand, and end the threads."""
        self._pool.shutdown()

    def _work(self) -> None:
        one: Attempted | None = None
        party = ""
        while True:
            with self._changed:
                if one is not None:
                    self._finish(party, one)
                notice = self._next() if self._error is None else None
                if notice is None:
                    self._working -= 1
                    if not self._in_hand:
                        self._changed.notify_all()
                    return
                party = notice.recipient.party_id
            try:
                one = self._attempt(notice)
            except BaseException as error:  # noqa: BLE001 (whoever runs the hands raises it)
                with self._changed:
                    self._error = error
                    self._working -= 1
                    self._in_hand -= 1
                    self._changed.notify_all()
                return

    def _next(self) -> Notice | None:
        while self._ready:
            at, notice = self._ready.popleft()
            party = notice.recipient.party_id
            if self._having[party] < self._share:
                self._having[party] += 1
                self._in_hand += 1
                return notice
            self._parked.setdefault(party, deque()).append((at, notice))
        return None

    def _finish(self, party: str, one: Attempted) -> None:
        self._done.append(one)
        self._in_hand -= 1
        self._having[party] -= 1
        parked = self._parked.get(party)
        if parked:
            self._ready.appendleft(parked.popleft())
            if not parked:
                del self._parked[party]


def _older(queue: deque[tuple[float, Notice]], before: float) -> Iterator[Notice]:
    while queue and queue[0][0] <= before:
        yield queue.popleft()[1]
