"""What a source usually sends in each hour of working days and of days of rest, in three kilobytes.

Counts are kept as levels: eight to each doubling, computed with whole numbers alone. Of each stream
48 hours are kept, each with the level it is judged by and the last seven that were seen.
"""

import base64
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from math import isqrt

HOURS = 48  # of a working day and a day of rest
KEPT = 7  # levels of an hour that are kept
WIDTH = KEPT + 1  # and the one that it is judged by, which stands first
NONE = 255
MOST_STREAMS = 5  # all events of the source, and of its first datasets


def _least(level: int) -> int:
    """Give the least count of a level: the smallest whole number not under 2^(level/8)."""
    root = isqrt(isqrt(isqrt(1 << level)))
    return root if root**8 == 1 << level else root + 1


_LEAST = tuple(map(_least, range(NONE - 1)))


def level_of(count: int) -> int:
    """Give the level of a count: 0 for none, then eight to each doubling, at most 254."""
    return bisect_right(_LEAST, count)


def count_of(level: int) -> int:
    """Give the least count of a level."""
    return _LEAST[level - 1] if level else 0


@dataclass(slots=True)
class VolumeRow:
    """State of one source's volume.

    ``streams`` are datasets, the first ("") all events; ``levels`` their hours as base64, and
    ``spread`` how far an hour usually lies from the same one before. ``began`` is the first hour
    learned. ``gaps`` are the longest silences of the last days in seconds. ``low`` counts by stream
    the hours in a row that were too low. ``finding``, ``since`` (an hour), ``hours`` (low ones),
    ``told`` and ``ended`` (hours) are of the drop told last, ``down`` the streams it names.
    ``relearn``: a person said that what comes now is usual.
    """

    began: int = 0
    streams: list[str] = field(default_factory=lambda: [""])
    levels: list[str] = field(default_factory=lambda: [empty()])
    spread: list[int] = field(default_factory=lambda: [0])
    gaps: list[int] = field(default_factory=list)
    low: dict[str, int] = field(default_factory=dict)
    down: list[str] = field(default_factory=list)
    finding: str = ""
    revision: int = 0
    since: int = 0
    hours: int = 0
    told: int = 0
    ended: int = 0
    relearn: bool = False

    @property
    def stands(self) -> bool:
        """Tell whether a drop stands."""
        return bool(self.finding) and not self.ended


def empty() -> str:
    """Give the hours of a stream of which nothing is known."""
    return base64.b64encode(bytes([NONE]) * (HOURS * WIDTH)).decode()


@dataclass(slots=True)
class Usual:
    """One stream's hours, unpacked."""

    levels: bytearray

    @classmethod
    def unpacked(cls, text: str) -> "Usual":
        """Read the hours of a row."""
        return cls(bytearray(base64.b64decode(text)))

    def packed(self) -> str:
        """Give the hours as a row keeps them."""
        return base64.b64encode(self.levels).decode()

    def judged_by(self, slot: int) -> int:
        """Give the level that an hour is judged by, ``NONE`` where nothing is known."""
        return self.levels[slot * WIDTH]

    def seen(self, slot: int) -> list[int]:
        """Give the last levels of an hour."""
        begin = slot * WIDTH + 1
        return [level for level in self.levels[begin : begin + KEPT] if level != NONE]

    def push(self, slot: int, level: int, *, learning: bool, may_fall: bool) -> None:
        """Take in what came in an hour.

        What it is judged by is the median; once learned it rises by at most a level each time, and
        falls by one only where it may: a slow decline is not learned as fast as it comes.
        """
        begin = slot * WIDTH
        kept = [*self.seen(slot), level][-KEPT:]
        self.levels[begin + 1 : begin + 1 + len(kept)] = bytes(kept)
        median = sorted(kept)[len(kept) // 2]
        before = self.levels[begin]
        if learning or before == NONE:
            self.levels[begin] = median
        elif median > before:
            self.levels[begin] = before + 1
        elif median < before and may_fall:
            self.levels[begin] = before - 1

    def differs(self, least: int) -> int:
        """Give how far an hour usually lies from the same hour before, where that is much enough.

        It is the median of the differences of neighbours, so that a slow decline does not count.
        """
        away = sorted(
            abs(level - before)
            for slot in range(HOURS)
            if least <= self.judged_by(slot) < NONE
            for before, level in pairwise(self.seen(slot))
        )
        return away[len(away) // 2] if away else 0
