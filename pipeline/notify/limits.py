"""How many notices a recipient is sent in a while; first notices are not counted and never wait.

A token bucket: ``burst`` at once, then so many a minute. Pure: time is an argument.
"""

from dataclasses import dataclass

from pipeline.model import NANOSECONDS

_MINUTE = 60 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left of a burst, as of an instant."""

    left: float
    at: int


@dataclass(frozen=True, slots=True)
class Limit:
    """So many notices ``a_minute`` (0: no limit), and ``burst`` at once."""

    a_minute: float = 60.0
    burst: int = 60

    def left(self, bucket: Bucket | None, now: int) -> Bucket:
        """Give a bucket as it stands now; a clock that was put back fills nothing."""
        if bucket is None:
            return Bucket(self.burst, now)
        passed = max(0, now - bucket.at)
        return Bucket(min(self.burst, bucket.left + passed * self.a_minute / _MINUTE), now)

    def bars(self, bucket: Bucket | None, now: int) -> bool:
        """Tell whether the recipient has had enough for now."""
        return self.a_minute > 0 and self.left(bucket, now).left < 1

    def taken(self, bucket: Bucket | None, now: int) -> Bucket:
        """Give the bucket after one notice."""
        stands = self.left(bucket, now)
        return Bucket(stands.left - 1, now)
