"""When to try again: exponential, capped, with jitter that depends on the notice's id only."""

import hashlib
from dataclasses import dataclass

from pipeline.model import NANOSECONDS


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds before the second attempt, the cap, and after how many attempts to give up.

    ``rejections``: after how many answers that this very notice is rejected. A line that is down or
    a certificate that has expired is mended one day; a rejected letter stays what it is.
    """

    first_seconds: float = 1.0
    most_seconds: float = 300.0
    attempts: int = 1000
    rejections: int = 12

    def after(self, notice_id: str, attempts: int) -> int:
        """Give the wait in nanoseconds after that many attempts: half to all of the doubled step.

        The other half is spread over the notices by a hash, so that a receiver that comes back
        is not met by all of them at once, and a replay waits as long as the original did.
        """
        doublings = min(attempts - 1, 60)  # 2**60 steps of any length are above every cap
        step = min(self.first_seconds * 2.0**doublings, self.most_seconds)
        return int(step * (0.5 + spread(notice_id, attempts) / 2) * NANOSECONDS)

    def slowly(self, notice_id: str, attempts: int) -> int:
        """Give the wait in nanoseconds after a refusal: about the cap, a person must look."""
        share = 0.5 + spread(notice_id, attempts) / 2
        return int(self.most_seconds * share * NANOSECONDS)

    def spent(self, attempts: int, rejected: int = 0) -> bool:
        """Tell whether no attempt is left."""
        return attempts >= self.attempts or rejected >= self.rejections

    @property
    def longest(self) -> int:
        """Give the longest wait in nanoseconds: what waits longer, another clock has planned."""
        return int(self.most_seconds * NANOSECONDS)


def spread(notice_id: str, attempts: int) -> float:
    """Give a share from 0 to 1 that depends on its arguments alone."""
    digest = hashlib.sha256(f"{notice_id}\x1f{attempts}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
