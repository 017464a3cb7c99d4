"""State of one group of one correlation rule: its entries, and the findings that stand.

Decided where the text (Sigma correlation rules 2.1) leaves it open: a window ends at the instant of
an event and reaches ``timespan`` back, without the instant at its beginning: (t - timespan, t]. All
events of the instant are in it. A finding is a maximal chain of overlapping windows that qualify,
two of them overlapping where their ends lie less than ``timespan`` apart; its events are all events
inside those windows. So the result follows from the set of events alone.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.correlate.measures import Entry, Measure

KEPT_IDS = 50


@dataclass(slots=True)
class Share:
    """What one object has of a chain: its finding, as it was told last.

    ``gone`` counts members that are no longer kept as entries; ``gone_ids`` are the earliest.
    """

    finding_id: str
    revision: int = 0
    first: int = 0
    last: int = 0
    count: int = 0
    gone: int = 0
    gone_ids: list[str] = field(default_factory=list)
    affected: int = 1


@dataclass(slots=True)
class Chain:
    """A maximal chain of qualifying windows: its first and last end, and each object's share.

    Within one object there is one share, under "".
    """

    first_end: int
    last_end: int
    campaign: str = ""
    shares: dict[str, Share] = field(default_factory=dict)

    def covers(self, time: int, timespan: int) -> bool:
        """Tell whether an instant lies inside the chain's windows."""
        return self.first_end - timespan < time <= self.last_end


@dataclass(slots=True)
class WindowRow:
    """State of one (rule, group): entries by (time, id), chains by when they were opened.

    ``settled``: windows that end before it are decided for good (rules that wait alone).
    """

    entries: list[tuple[int, str, int | str | None, dict[str, Any] | None]] = field(
        default_factory=list
    )
    chains: tuple[Chain, ...] = ()
    settled: int = 0


@dataclass(slots=True)
class TallyRow:
    """How much one rule keeps of an object, and how many groups or entries it had to let go."""

    entries: int = 0
    evicted: int = 0


class Sweep:
    """A window sliding over a row's entries: ``entries[low:high]`` are inside its measure."""

    __slots__ = ("high", "low", "measure")

    def __init__(self, measure: Measure, low: int) -> None:
        self.measure = measure
        self.low = self.high = low

    def advance(self, entries: Sequence[Entry], end: int, timespan: int) -> None:
        """Slide on to the window that ends at an instant."""
        measure, high, low = self.measure, self.high, self.low
        while high < len(entries) and entries[high][0] <= end:
            measure.enter(entries[high])
            high += 1
        begin = end - timespan
        while low < high and entries[low][0] <= begin:
            measure.leave(entries[low])
            low += 1
        self.low, self.high = low, high

    def inserted(self, entries: Sequence[Entry], at: int, timespan: int) -> bool:
        """Take note that an entry was put in at a place; False where this cannot go on."""
        if at >= self.high:
            return True
        newest = entries[self.high][0]  # what was the last one inside, moved by one
        time = entries[at][0]
        if not self.measure.commutes and time != newest:
            return False
        if time > newest - timespan:
            self.measure.enter(entries[at])
        else:
            self.low += 1
        self.high += 1
        return True

    def cut(self, entries: Sequence[Entry], count: int) -> None:
        """Take note that the oldest entries are about to be removed."""
        while self.low < min(count, self.high):
            self.measure.leave(entries[self.low])
            self.low += 1
        self.high = max(self.high - count, 0)
        self.low = max(self.low - count, 0)


def insert(row: WindowRow, entry: Entry) -> int:
    """Put an entry in its place and give the place; -1 - place where the event is there already."""
    entries = row.entries
    at = bisect_left(entries, entry[:2])
    if at < len(entries) and entries[at][:2] == entry[:2]:
        return -1 - at
    entries.insert(at, entry)
    return at


def from_instant(row: WindowRow, time: int) -> int:
    """Give the place of the first entry at or after an instant."""
    return bisect_left(row.entries, (time,))


def join(row: WindowRow, ends: Sequence[int], timespan: int) -> list[tuple[Chain, Chain]]:
    """Bring qualifying ends into the row's chains; give (survivor, swallowed) of those that met."""
    met: list[tuple[Chain, Chain]] = []
    chain: Chain | None = None
    for end in ends:
        if chain is not None and chain.first_end <= end <= chain.last_end:
            continue
        near = [
            one
            for one in row.chains
            if end - one.last_end < timespan and one.first_end - end < timespan
        ]
        if not near:
            chain = Chain(end, end)
            row.chains = (*row.chains, chain)
            continue
        chain, *others = near
        chain.first_end = min(chain.first_end, end)
        chain.last_end = max(chain.last_end, end)
        for other in others:
            chain.first_end = min(chain.first_end, other.first_end)
            chain.last_end = max(chain.last_end, other.last_end)
            met.append((chain, other))
        if others:
            row.chains = tuple(one for one in row.chains if not any(one is gone for gone in others))
    return met


def let_go(row: WindowRow, count: int, timespan: int, owner: str) -> None:
    """Remove the oldest entries; members of findings are remembered by number and first ids.

    ``owner`` is the key of ``carried`` that says whose an entry is, "" within one object.
    """
    for entry in row.entries[:count] if row.chains else ():
        for chain in row.chains:
            if chain.covers(entry[0], timespan):
                share = chain.shares.get(entry[3][owner] if owner and entry[3] else "")
                if share is not None:
                    share.gone += 1
                    if len(share.gone_ids) < KEPT_IDS:
                        share.gone_ids.append(entry[1])
                break
    del row.entries[:count]


def outlived(row: WindowRow, timespan: int, mark: int) -> int:
    """Give how many entries no window that ends at or after the watermark can reach."""
    if not row.entries or row.entries[0][0] > mark - timespan:
        return 0
    return from_instant(row, mark - timespan + 1)


def close(row: WindowRow, timespan: int, mark: int) -> None:
    """Forget chains that no window ending at or after the watermark can join."""
    if any(chain.last_end + timespan <= mark for chain in row.chains):
        row.chains = tuple(one for one in row.chains if one.last_end + timespan > mark)
