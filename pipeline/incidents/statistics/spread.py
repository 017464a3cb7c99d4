"""Durations and their quantiles: what is unknown and what still runs stand apart, never as zero."""

from array import array
from dataclasses import dataclass, field

from pipeline.model import NANOSECONDS

_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations in seconds. A quantile is a duration that occurred (nearest rank), or None.

    ``count`` are known, ``unknown`` cannot be told, ``open`` still run (censored): the longest of
    these has run for ``open_longest_seconds``.
    """

    count: int = 0
    unknown: int = 0
    open: int = 0
    p50_seconds: float | None = None
    p90_seconds: float | None = None
    p95_seconds: float | None = None
    max_seconds: float | None = None
    open_longest_seconds: float | None = None


@dataclass(slots=True)
class Durations:
    """Gathers durations (nanoseconds), eight bytes each; their order changes nothing."""

    values: "array[int]" = field(default_factory=lambda: array("q"))
    unknown: int = 0
    open: int = 0
    longest: int = 0

    def add(self, begin: int, end: int) -> None:
        """Add one from begin to end; where clocks disagree and it ends before, it is unknown."""
        if end < begin:
            self.unknown += 1
        else:
            self.values.append(end - begin)

    def runs(self, begin: int, now: int) -> None:
        """Note one that has not ended."""
        self.open += 1
        self.longest = max(self.longest, now - begin)

    def spread(self) -> Spread:
        """Give the quantiles of what was gathered."""
        ordered = sorted(self.values)
        return Spread(
            count=len(ordered),
            unknown=self.unknown,
            open=self.open,
            p50_seconds=quantile(ordered, 50),
            p90_seconds=quantile(ordered, 90),
            p95_seconds=quantile(ordered, 95),
            max_seconds=quantile(ordered, 100),
            open_longest_seconds=self.longest / NANOSECONDS if self.open else None,
        )


def quantile(ordered: list[int], percent: int) -> float | None:
    """Give the least value (seconds) that so many percent do not exceed; None of nothing.

    ``ordered`` are nanoseconds in ascending order. Nearest rank: no value is made up between two.
    """
    if not ordered:
        return None
    rank = -(-percent * len(ordered) // _PERCENT)  # rounded up
    return ordered[max(rank, 1) - 1] / NANOSECONDS
