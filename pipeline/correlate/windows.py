"""Sliding windows in event time: which events belong to one correlation finding.

Sigma correlation rules 2.1 say when a condition holds in a time frame, not when one finding ends
and the next begins. Decided here: a window ends at each event and reaches ``timespan`` back,
(t - timespan, t]; it qualifies when its count satisfies the condition; a finding is a maximal
chain of qualifying windows that overlap, and its events are all events inside them. So the result
follows from the set of events alone, whatever order they arrive in.
"""

import operator
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

KEPT_IDS = 50
MOST_ENTRIES = 20_000

OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "gte": operator.ge,
    "gt": operator.gt,
    "lte": operator.le,
    "lt": operator.lt,
    "eq": operator.eq,
    "neq": operator.ne,
}
CONFIRMED_BY_MORE = frozenset({"gte", "gt"})


@dataclass(frozen=True, slots=True)
class Window:
    """What a correlation rule counts: events, or distinct values where ``distinct``."""

    timespan: int  # nanoseconds
    operator: str
    count: int
    distinct: bool = False


@dataclass(slots=True)
class Entry:
    """One event in a group's window: its time, id, counted value, and whether its end qualifies."""

    time: int
    event_id: str
    value: str = ""
    qualifies: bool = False


@dataclass(slots=True)
class Chain:
    """A finding's stretch of events. ``gone`` counts members that are no longer kept as entries."""

    finding_id: str
    revision: int
    begin: int
    first_end: int
    last_end: int
    gone: int = 0
    gone_ids: list[str] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class WindowRow:
    """State of one (rule, group): entries by (time, id), and the findings that stand."""

    entries: list[Entry] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    evicted: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A maximal chain of overlapping qualifying windows among the entries kept."""

    begin: int
    first_end: int
    last_end: int
    low: int
    high: int


def _order(entry: Entry) -> tuple[int, str]:
    return entry.time, entry.event_id


def add_entry(row: WindowRow, entry: Entry) -> None:
    """Insert an event in its place, once; beyond the bound the oldest goes, and is counted."""
    at = bisect_left(row.entries, _order(entry), key=_order)
    if at < len(row.entries) and _order(row.entries[at]) == _order(entry):
        return
    row.entries.insert(at, entry)
    if len(row.entries) > MOST_ENTRIES:
        _let_go(row, row.entries[0])
        del row.entries[0]
        row.evicted += 1


def mark_windows(row: WindowRow, window: Window, watermark: int) -> None:
    """Decide for each end at or after the watermark whether its window qualifies.

    Ends before the watermark are settled. A condition that more data can refute is decided only
    when the watermark has passed the end, so call this before and after moving it.
    """
    holds = OPERATORS[window.operator]
    counts: dict[str, int] = {}
    low = 0
    for high, entry in enumerate(row.entries):
        counts[entry.value] = counts.get(entry.value, 0) + 1
        while row.entries[low].time <= entry.time - window.timespan:
            gone = row.entries[low].value
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
            low += 1
        if entry.time >= watermark:
            number = len(counts) if window.distinct else high - low + 1
            entry.qualifies = holds(number, window.count)


def stretches(row: WindowRow, window: Window, upto: int | None) -> list[Stretch]:
    """Give the chains among the entries, oldest first; ends after ``upto`` do not count."""
    found: list[Stretch] = []
    low = 0
    for high, entry in enumerate(row.entries):
        while row.entries[low].time <= entry.time - window.timespan:
            low += 1
        if not entry.qualifies or (upto is not None and entry.time > upto):
            continue
        last = found[-1] if found else None
        if last is not None and entry.time - last.last_end < window.timespan:
            found[-1] = Stretch(last.begin, last.first_end, entry.time, last.low, high)
        else:
            begin = row.entries[low].time
            found.append(Stretch(begin, entry.time, entry.time, low, high))
    return found


def touches(chain: Chain, stretch: Stretch, timespan: int) -> bool:
    """Tell whether a standing finding and a stretch are one chain of overlapping windows."""
    return (
        stretch.first_end - chain.last_end < timespan
        and chain.first_end - stretch.last_end < timespan
    )


def prune(row: WindowRow, window: Window, watermark: int) -> bool:
    """Let go of entries that no window ending at or after the watermark can reach.

    Tells whether anything went.
    """
    before = len(row.entries) + len(row.chains)
    keep = bisect_left(row.entries, watermark - window.timespan + 1, key=lambda entry: entry.time)
    for entry in row.entries[:keep]:
        _let_go(row, entry)
    del row.entries[:keep]
    row.chains = [chain for chain in row.chains if chain.last_end + window.timespan >= watermark]
    return before != len(row.entries) + len(row.chains)


def _let_go(row: WindowRow, entry: Entry) -> None:
    for chain in row.chains:
        if chain.begin <= entry.time <= chain.last_end:
            chain.gone += 1
            if len(chain.gone_ids) < KEPT_IDS:
                chain.gone_ids.append(entry.event_id)
            return


def members(row: WindowRow, chain: Chain, stretch: Stretch) -> tuple[int, list[str]]:
    """Count a finding's events and name the earliest by (time, id), up to the bound."""
    inside = row.entries[stretch.low : stretch.high + 1]
    ids = [*chain.gone_ids, *(entry.event_id for entry in inside[:KEPT_IDS])][:KEPT_IDS]
    return chain.gone + len(inside), ids
