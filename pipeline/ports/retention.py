"""Letting go of what is old: periods that go as a whole, and what of them must stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch of time that is kept and goes as a whole; ``end`` in nanoseconds, outside it."""

    kind: str  # events | failures
    name: str
    end: int
    count: int
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Held:
    """A span [begin, end) in nanoseconds whose events stay; of one object, or ("") of all."""

    object_id: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What must stay: events that open incidents refer to, and spans under a legal hold."""

    event_ids: frozenset[str] = frozenset()
    held: tuple[Held, ...] = ()


class Periods(Protocol):
    """A store's periods."""

    def periods(self) -> Sequence[Period]:
        """Give every period that is kept, the oldest first."""

    def bound(self, period: Period, kept: Kept) -> int:
        """Give how many of a period's documents must stay."""

    def let_go(self, period: Period, kept: Kept) -> int:
        """Delete a period but for what must stay; give how many stay."""

    def freed(self, kept: Kept, before: int, *, dry: bool) -> int:
        """Delete what stayed once, is older than ``before``, and is held by nothing any more.

        Give how many those are; with ``dry`` they stay.
        """
