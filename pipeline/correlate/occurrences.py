"""Which rules occurred in a window, and in which order: the temporal correlation types.

Decided where the text (Sigma correlation rules 2.1) leaves it open:

- temporal counts the different rules that matched inside the window; an event that several of them
  match stands for each of them. Without a condition all must occur.
- temporal_ordered counts the longest run of rules that occurred in the order in which the
  correlation names them: times may be equal (many clocks have whole seconds), but each place needs
  an event of its own. More events never shorten that run, so nothing refutes it.
- a condition in words (draft of 2.2): rules that must occur, and that must not, in the window; of a
  temporal_ordered one the rules that must occur do so in the order in which they are written.
  A window of a condition with *not* begins at an event of a rule that must occur and reaches
  ``timespan`` forward, [t, t + timespan), since what must not follow can only be known then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.correlate.measures import Entry, Holds

NEVER = -(2**63)


class Occurred:
    """How many different rules matched; entries keep them as bits."""

    commutes = True

    def __init__(self, holds: Holds, rules: int) -> None:
        self._holds = holds
        self._counts = [0] * rules

    def enter(self, entry: Entry) -> None:
        """Note which rules matched the event."""
        _count(self._counts, entry[2], 1)

    def leave(self, entry: Entry) -> None:
        """Forget the event."""
        _count(self._counts, entry[2], -1)

    def holds(self) -> bool:
        """Compare the number of rules."""
        return self._holds(len(self._counts) - self._counts.count(0))


def _count(counts: list[int], mask: int, step: int) -> None:
    while mask:
        low = mask & -mask
        counts[low.bit_length() - 1] += step
        mask ^= low


class Run:
    """How long a run of rules in order ends in the window.

    ``_starts[n - 1][rule]`` is the latest instant at which a run of ``n`` rules begins that ends
    with that rule, so that what leaves the window costs nothing: its runs began too early.
    """

    def __init__(self, rules: Sequence[int]) -> None:
        self._rules = rules  # the bit of each place in the order
        size = len(rules)
        self._before = [[NEVER] * size for _ in range(size)]
        self._starts = self._before
        self._instant = self._begin = NEVER
        self._masks: list[int] = []

    def enter(self, entry: Entry) -> None:
        """Continue the runs that the event can continue."""
        time, mask = entry[0], entry[2]
        if time != self._instant:
            self._instant, self._masks, self._before = time, [], self._starts
        mine = sum(1 << at for at, bit in enumerate(self._rules) if mask >> bit & 1)
        # More events of one kind than there are places change nothing.
        if mine and self._masks.count(mine) < len(self._rules):
            self._masks.append(mine)
            self._starts = self._continued()

    def leave(self, entry: Entry) -> None:
        """Forget runs that began with the event or before it."""
        self._begin = entry[0]

    def longest(self) -> int:
        """Give the length of the longest run."""
        for length in range(len(self._starts), 0, -1):
            if max(self._starts[length - 1]) > self._begin:
                return length
        return 0

    def _continued(self) -> list[list[int]]:
        """Give the starts after this instant: any of its events may come before any other."""
        starts = [row[:] for row in self._before]
        if len(self._masks) == 1 and self._masks[0].bit_count() == 1:
            at = self._masks[0].bit_length() - 1
            self._improve(starts, at, at, 1)
            return starts
        places = range(len(self._rules))
        for first in places:
            filled: list[int] = []  # which event (by place in masks) stands for what is matched
            owner: dict[int, int] = {}
            for at in places[first:]:
                if not any(mask >> at & 1 for mask in self._masks):
                    continue
                if _assign(at, self._masks, owner, set()):
                    filled.append(at)
                for more in range(1, len(filled) + 1):
                    self._improve(starts, first, at, more)
        return starts

    def _improve(self, starts: list[list[int]], first: int, at: int, more: int) -> None:
        """Note runs that ``more`` events of this instant bring to ``at``, from before ``first``."""
        starts[more - 1][at] = max(starts[more - 1][at], self._instant)
        for length in range(1, len(starts) + 1 - more):
            start = max(self._before[length - 1][:first], default=NEVER)
            row = starts[length + more - 1]
            row[at] = max(row[at], start)


def _assign(at: int, masks: Sequence[int], owner: dict[int, int], tried: set[int]) -> bool:
    """Find an event of its own for a place, moving others where they have another (Kuhn)."""
    for number, mask in enumerate(masks):
        if mask >> at & 1 and number not in tried:
            tried.add(number)
            if number not in owner or _assign(owner[number], masks, owner, tried):
                owner[number] = at
                return True
    return False


class Ordered:
    """The longest run of rules in the order of the correlation."""

    commutes = False

    def __init__(self, holds: Holds, rules: int) -> None:
        self._holds = holds
        self._run = Run(range(rules))

    def enter(self, entry: Entry) -> None:
        """Continue runs."""
        self._run.enter(entry)

    def leave(self, entry: Entry) -> None:
        """Forget what began with it."""
        self._run.leave(entry)

    def holds(self) -> bool:
        """Compare the longest run."""
        return self._holds(self._run.longest())


@dataclass(frozen=True, slots=True)
class Alternative:
    """One branch of a condition in words, by the bits of its rules, in the order written."""

    occur: tuple[int, ...]
    absent: tuple[int, ...]


class Words:
    """Whether one of several alternatives holds."""

    def __init__(self, alternatives: Sequence[Alternative], rules: int, *, ordered: bool) -> None:
        self._alternatives = alternatives
        self._counts = [0] * rules
        self._runs = [Run(each.occur) for each in alternatives] if ordered else []
        self.commutes = not ordered

    def enter(self, entry: Entry) -> None:
        """Note which rules matched the event."""
        _count(self._counts, entry[2], 1)
        for run in self._runs:
            run.enter(entry)

    def leave(self, entry: Entry) -> None:
        """Forget the event."""
        _count(self._counts, entry[2], -1)
        for run in self._runs:
            run.leave(entry)

    def holds(self) -> bool:
        """Tell whether what must occur did, and what must not did not."""
        for at, each in enumerate(self._alternatives):
            there = all(self._counts[bit] for bit in each.occur)
            if not there or any(self._counts[bit] for bit in each.absent):
                continue
            if not self._runs or self._runs[at].longest() == len(each.occur):
                return True
        return False
