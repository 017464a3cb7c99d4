"""What is known of each source of an object: sequence, event time, silence; the watermark.

The watermark of an object is the least event time that its active sources may still deliver: each
source's newest event time less its allowed lateness. A tick makes a source idle that sent nothing
for as long as its lateness; idle sources hold nothing back. The watermark never goes back.
Silence of a source is an event of its own (Informatization Law 1(29-1): constant observation).
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.model import NANOSECONDS
from pipeline.model.rows import Rows


@dataclass(frozen=True, slots=True)
class SourceTiming:
    """What the registry says of a source: allowed lateness and longest silence, nanoseconds."""

    lateness: int = 300 * NANOSECONDS
    silence: int | None = None


class Attention(NamedTuple):
    """Whether a source's silence says anything at an instant.

    ``watched``: it is registered, with an object that is attested open. ``planned``: work was
    announced for this time.
    """

    watched: bool = True
    planned: bool = False


@dataclass(slots=True)
class SourceRow:
    """State of one source: what was applied, its newest event, when it was first and last heard.

    ``paused_at`` is since when its silence says nothing (planned work, or nobody watches it; 0:
    not now), and ``excused`` how much of the standing silence was so. ``gap`` is the longest
    silence of this day and ``limit`` the learned one, 0 while nothing is learned; ``learned`` says
    that the silence that stands is told by it. ``counts`` are this hour's events (``volume``), and
    ``partial`` says that they are not a whole hour's. All times are nanoseconds.
    """

    sequence: int = 0
    newest: int = 0
    heard_at: int = 0
    idle: bool = False
    silent_finding: str = ""
    silent_revision: int = 0
    silent_since: int = 0
    silent_noticed: int = 0
    since: int = 0
    paused_at: int = 0
    excused: int = 0
    gap: int = 0
    limit: int = 0
    learned: bool = False
    counts: list[int] = field(default_factory=list)
    partial: bool = True


@dataclass(slots=True)
class ObjectRow:
    """State of one object: its watermark, what could not be counted, its last tick.

    ``evicted`` counts the entries of correlation windows that were let go for want of room, and
    ``forgotten`` the hosts whose repeats were. ``hour`` is the hour that is counted now, by the
    epoch; ``partial`` says that we did not listen to all of it.
    """

    watermark: int = 0
    too_late: int = 0
    evicted: int = 0
    ticked_at: int = 0
    forgotten: int = 0
    hour: int = 0
    partial: bool = True


def late_matches(state: Rows) -> int:
    """Give how many matches of an object came too late for their windows."""
    whole = state.get(ObjectRow, "object")
    return whole.too_late if whole is not None else 0


def evicted_entries(state: Rows) -> int:
    """Give how many entries of an object's windows were let go for want of room."""
    whole = state.get(ObjectRow, "object")
    return whole.evicted if whole is not None else 0


def forgotten_repeats(state: Rows) -> int:
    """Give how many hosts' repeats of a rule were let go for want of room."""
    whole = state.get(ObjectRow, "object")
    return whole.forgotten if whole is not None else 0


def watermark(sources: list[tuple[SourceRow, SourceTiming]], standing: int) -> int:
    """Give the object's watermark from its sources; never less than the one that stands."""
    heard = [(row, timing) for row, timing in sources if row.newest]
    if not heard:
        return standing
    active = [row.newest - timing.lateness for row, timing in heard if not row.idle]
    # Where every source is idle nothing is waited for: what was heard is settled.
    return max(standing, min(active) if active else max(row.newest for row, _ in heard) + 1)
