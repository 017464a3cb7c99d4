"""What may go over which line now: breakers and limits of every channel and party, in memory.

Their state is no outcome: a restart begins with closed breakers and full bursts, and what is down
is found to be down again after a few attempts.
"""

import threading
from dataclasses import dataclass, field

from pipeline.model import Notice
from pipeline.notify import Breaker, Bucket, Limit, Line
from pipeline.notify.breaker import CLOSED
from pipeline.notify.streaming import EVENT_STREAM


@dataclass(slots=True)
class Gates:
    """Asked by every thread that delivers; ``hands`` are a channel's, of which one stays free."""

    breaker: Breaker = field(default_factory=Breaker)
    limit: Limit = field(default_factory=Limit)
    hands: int = 32
    _lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def barred(self, channel: str | None, now: int, *, urgent: bool | None) -> tuple[str, ...]:
        """Give the parties that get nothing through a channel now, in a lane."""
        with self._guard:
            down = {
                party
                for (name, party), line in self._lines.items()
                if name == channel and self.breaker.bars(line, now, urgent=urgent is not False)
            }
            if urgent is False:
                full = self._buckets.items()
                down |= {party for party, bucket in full if self.limit.bars(bucket, now)}
            return tuple(sorted(down))

    def enter(self, notice: Notice, now: int) -> bool:
        """Let a notice go, and note it; False where it must stay for now."""
        party, urgent = notice.recipient.party_id, notice.urgent
        with self._guard:
            line = self._lines.get((notice.channel, party), Line())
            if self.breaker.bars(line, now, urgent=urgent):
                return False
            if not urgent and self.limit.a_minute and notice.kind != EVENT_STREAM:
                bucket = self._buckets.get(party)
                if self.limit.bars(bucket, now):
                    return False
                self._buckets[party] = self.limit.taken(bucket, now)
            self._lines[notice.channel, party] = self.breaker.entered(line, now)
            return True

    def answered(self, channel: str, party: str) -> None:
        """Note that a line works: it delivered, or rejected one notice."""
        with self._guard:
            self._lines[channel, party] = Line()

    def failed(self, channel: str, party: str, now: int) -> None:
        """Note that a line did not work."""
        with self._guard:
            line = self._lines.get((channel, party), Line())
            name = f"{channel}\x1f{party}"
            self._lines[channel, party] = self.breaker.failed(name, line, now)

    def states(self, now: int) -> list[tuple[str, str, str]]:
        """Give (channel, party, state) of each line that is not closed, sorted."""
        with self._guard:
            found = [(*of, self.breaker.state(line, now)) for of, line in self._lines.items()]
        return sorted(one for one in found if one[2] != CLOSED)
