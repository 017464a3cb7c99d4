"""How far a source's clock is off, told by when its records arrive.

A record arrives after it was written, so a clock that runs ahead shows as records from the future,
one that lags as a delay that no record falls below. What the network adds is never negative and
hardly anything in most batches: a low quantile of receive time minus event time is the skew, the
median the usual delay. Kept as counts in buckets whose width grows with the delay: a bounded state
that is the same in whatever order and in how many parts it was gathered.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, floor, log

from pipeline.model import NANOSECONDS, Event, TimeConfidence

# Times that the record itself gave. An assumed zone that is wrong shows as a skew of whole hours,
# which is what one wants to see; a receive time that stands in for an event time shows nothing.
MEASURED = frozenset(
    {TimeConfidence.EXACT, TimeConfidence.ZONE_ASSUMED, TimeConfidence.YEAR_ASSUMED}
)
LOW = 0.05  # of the delays lie below the skew: a few broken times move nothing
_FINEST = NANOSECONDS // 1000  # delays below a millisecond are none
_GROWTH = log(1.1)  # a bucket is a tenth wider than the one before: a value is right to 5 %
_LAST = floor(log(100 * 366 * 86_400_000) / _GROWTH) + 1  # a century; what is beyond counts as it


@dataclass(slots=True)
class ClockSkew:
    """Delays (receive time minus event time, nanoseconds) of one source, at most 680 counts.

    ``least`` is the smallest delay, negative where a record came from the future; None before any.
    ``buckets`` counts delays by the tenth of their size.
    """

    count: int = 0
    least: int | None = None
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, event_time: int, received_at: int, confidence: TimeConfidence) -> None:
        """Count one event, unless its time is none of its own."""
        if confidence not in MEASURED:
            return
        delay = received_at - event_time
        self.count += 1
        self.least = delay if self.least is None else min(self.least, delay)
        bucket = _bucket(delay)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def merge(self, other: "ClockSkew") -> None:
        """Add what was counted elsewhere, or before."""
        self.count += other.count
        if other.least is not None:
            self.least = other.least if self.least is None else min(self.least, other.least)
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    def quantile(self, share: float) -> int | None:
        """Give the delay below which a share of all lie, to 5 % or a millisecond; None of none."""
        left = share * self.count
        for bucket in sorted(self.buckets):
            left -= self.buckets[bucket]
            if left <= 0:
                return _delay(bucket)
        return None

    @property
    def skew(self) -> int | None:
        """Give how far the clock lags (positive) or runs ahead (negative), in nanoseconds."""
        return self.quantile(LOW)

    @property
    def median(self) -> int | None:
        """Give the usual delay, in nanoseconds."""
        return self.quantile(0.5)


def measured(events: Iterable[Event]) -> dict[tuple[str, str], ClockSkew]:
    """Give the skew that a batch's events show, by object and source id."""
    found: dict[tuple[str, str], ClockSkew] = {}
    for event in events:
        key = event.object_id, event.source_id
        skew = found.get(key)
        if skew is None:
            skew = found[key] = ClockSkew()
        skew.add(event.time, event.received_at, event.time_confidence)
    return found


def _bucket(delay: int) -> int:
    if abs(delay) < _FINEST:
        return 0
    bucket = min(floor(log(abs(delay) / _FINEST) / _GROWTH), _LAST) + 1
    return bucket if delay > 0 else -bucket


def _delay(bucket: int) -> int:
    """Give the middle of a bucket."""
    if bucket == 0:
        return 0
    size = round(exp((abs(bucket) - 0.5) * _GROWTH) * _FINEST)
    return size if bucket > 0 else -size
