"""How much a source may send: a token bucket for each, so that a noisy one does not stand for all.

Where the protocol can make a sender wait, everything is taken and the bucket goes into debt: the
sender then waits until it is paid. Where it cannot, what the bucket does not hold is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.model import NANOSECONDS
from pipeline.registry import Group
from pipeline.settings import ListenerSettings

OVER_QUOTA = "over_quota"
BURST_SECONDS = 10  # a burst that nobody states, in seconds of the rate


@dataclass(frozen=True, slots=True)
class Limit:
    """Records a second in the long run, and at once; a rate of 0 is no limit."""

    rate: int = 0
    burst: int = 0

    @property
    def depth(self) -> int:
        """Give the records that may come at once after a rest."""
        return self.burst or self.rate * BURST_SECONDS


def limits(listeners: Iterable[ListenerSettings]) -> dict[str, Limit]:
    """Give the limit that each listener sets for sources without one of their own."""
    return {one.name: Limit(one.quota_records_per_second, one.quota_burst) for one in listeners}


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: int


@dataclass(slots=True)
class Quotas:
    """The buckets of all sources, by (object, source).

    The registry's limit of a source counts, else its listener's (``listeners``). One thread at a
    time; ``now`` is in nanoseconds.
    """

    listeners: Mapping[str, Limit] = field(default_factory=dict)
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def limit(self, listener: str, group: Group) -> Limit:
        """Give the limit of a group's source."""
        if group.rate:
            return Limit(group.rate, group.burst)
        return self.listeners.get(listener, Limit())

    def room(self, key: tuple[str, str], limit: Limit, now: int) -> float:
        """Give how many records the source may send now; below 0 it owes."""
        bucket = self._buckets.get(key)
        if bucket is None:
            return float(limit.depth)
        earned = max(0, now - bucket.at) * limit.rate / NANOSECONDS
        return min(bucket.tokens + earned, float(limit.depth))

    def charge(self, key: tuple[str, str], limit: Limit, records: int, now: int) -> float:
        """Take so many records out of the bucket; give the seconds until the debt is paid."""
        left = self.room(key, limit, now) - records
        self._buckets[key] = _Bucket(left, now)
        return max(0.0, -left / limit.rate)
