"""Kinds of events that are new for their object, for a person to look at (1(30), second limb).

The law calls an event also what shows a situation that was not known before. In its learning
period an object, and each source that comes later, teaches what is usual; after it a kind that was
never seen waits in the object's review queue with its first hour's count. A day tells at most
``novel_a_day`` of them and counts the rest, which are told another day if they still come. What no
parser takes waits there from the start, one line a source. Nothing here is a finding: it pages
nobody, but that it waits for too long is an alarm.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.correlate.kinds import Epoch, known, learn, name_of, shown
from pipeline.correlate.presence import SourceRow
from pipeline.correlate.watching import Watching
from pipeline.model import NANOSECONDS, Observation
from pipeline.model.rows import Rows

UNPARSED = "saqshy.unknown/-"  # the kind of what no parser takes
OTHERS = "other/other"  # kinds beyond the bound of an observation
MOST_WAITING = 200  # of one object
MOST_REMEMBERED = 8192
DAY = 86_400 * NANOSECONDS
FIRST = 3600 * NANOSECONDS  # in which a new kind's events are counted


@dataclass(slots=True)
class NoveltyRow:
    """State of one object's queue. ``day`` is a day of the epoch, ``told`` what it told of kinds.

    ``more`` counts, by day, the events of kinds that were not told for want of room, for a week.
    ``waiting`` is how many wait, ``oldest`` since when the first of them does.
    """

    began: int = 0
    day: int = 0
    told: int = 0
    more: list[tuple[int, int]] = field(default_factory=list)
    waiting: int = 0
    oldest: int = 0


@dataclass(slots=True)
class NovelRow:
    """One line of the queue: a new kind (``novel``) or what no parser takes (``unparsed``).

    ``kind`` is its text, ``count`` its events (of a new kind: in its first hour), ``batch`` where
    the first of them came; ``counted`` says that the hour is over. ``quiet_until``: a person
    accepted it until then, and it waits no more.
    """

    what: str
    kind: str
    source: str
    first_at: int
    last_at: int
    count: int
    batch: str
    counted: bool = False
    quiet_until: int = 0


@dataclass(frozen=True, slots=True)
class Novelty:
    """Looks at the kinds of a batch; what was seen before costs a comparison of sets."""

    watching: Watching

    def __call__(self, state: Rows, source: SourceRow, seen: Observation) -> None:
        """Take in the kinds of one observation."""
        epoch = Epoch.at(seen.received_at, self.watching.numbers.forget_days * DAY)
        memory = state.scratch.get("kinds")
        if memory is None or memory[0] != epoch or len(memory[1]) > MOST_REMEMBERED:
            memory = state.scratch["kinds"] = (epoch, set())
        remembered: set[str] = memory[1]
        if seen.counts.keys() <= remembered:
            return
        row = state.get(NoveltyRow, "novelty")
        if row is None:
            row = NoveltyRow(began=seen.received_at)
            state.put(row, "novelty")
        for kind in seen.counts:  # in the order of their first events, however batches are cut
            if kind in remembered:
                continue
            if kind == UNPARSED:
                self._unparsed(state, row, seen)
            elif kind == OTHERS:
                self._more(state, row, seen, seen.counts[kind])
            elif self._settled(state, row, source, seen, (kind, epoch)):
                remembered.add(kind)

    def _settled(
        self,
        state: Rows,
        row: NoveltyRow,
        source: SourceRow,
        seen: Observation,
        of: tuple[str, Epoch],
    ) -> bool:
        """Take in a kind; True where its next event brings nothing new."""
        kind, epoch = of
        text = shown(kind)
        name = name_of(state.object_id, text)
        count, at = seen.counts[kind], seen.received_at
        waits = state.get(NovelRow, "novel", name)
        if waits is not None and not waits.counted:
            if at - waits.first_at < FIRST:
                waits.count += count
                waits.last_at = max(waits.last_at, at)
            else:
                waits.counted = True
            state.put(waits, "novel", name)
            return waits.counted
        if waits is not None or known(state, name, epoch):
            return True
        days = self.watching.numbers.learning_days
        if at - max(row.began, source.since) < days * DAY:
            return learn(state, name, epoch)
        self._turn(row, at)
        full = row.told >= self.watching.numbers.novel_a_day or row.waiting >= MOST_WAITING
        if full or not learn(state, name, epoch):
            self._more(state, row, seen, count)
            return False
        row.told += 1
        line = NovelRow("novel", text, seen.source_id, at, at, count, seen.batch_id)
        self._wait(state, row, name, line)
        return False

    def _unparsed(self, state: Rows, row: NoveltyRow, seen: Observation) -> None:
        name = name_of(state.object_id, f"{UNPARSED} {seen.source_id}")
        at, count = seen.received_at, seen.counts[UNPARSED]
        line = state.get(NovelRow, "novel", name)
        if line is not None and line.quiet_until <= at and line.quiet_until:
            line = None
        if line is not None:
            line.count += count
            line.last_at = max(line.last_at, at)
            state.put(line, "novel", name)
        elif row.waiting < MOST_WAITING:
            line = NovelRow("unparsed", UNPARSED, seen.source_id, at, at, count, seen.batch_id)
            self._wait(state, row, name, line)
        else:
            self._more(state, row, seen, count)

    def _wait(self, state: Rows, row: NoveltyRow, name: str, line: NovelRow) -> None:
        state.put(line, "novel", name)
        row.waiting += 1
        row.oldest = min(row.oldest or line.first_at, line.first_at)
        state.put(row, "novelty")

    def _turn(self, row: NoveltyRow, at: int) -> None:
        day = at // DAY
        if day > row.day:
            row.day, row.told = day, 0

    def _more(self, state: Rows, row: NoveltyRow, seen: Observation, count: int) -> None:
        day = seen.received_at // DAY
        lines = dict(row.more)
        lines[day] = lines.get(day, 0) + count
        row.more = sorted(lines.items())[-7:]
        state.put(row, "novelty")


def waiting(state: Rows) -> Iterator[tuple[str, NovelRow]]:
    """Give (name, line) of what waits for a person, by name."""
    for (name,), line in state.all(NovelRow, "novel"):
        if not line.quiet_until:
            yield name, line


def accept(state: Rows, name: str, at: int, quiet: int) -> NovelRow | None:
    """Take a line off the queue: a person looked at it; None where none of that name waits.

    A kind is known from now on. A source of what no parser takes is quiet for so many nanoseconds.
    """
    line = state.get(NovelRow, "novel", name)
    row = state.get(NoveltyRow, "novelty")
    if line is None or line.quiet_until or row is None:
        return None
    if line.what == "unparsed":
        line.quiet_until = at + quiet
        state.put(line, "novel", name)
    else:
        state.drop("novel", name)
    left = [one.first_at for _, one in waiting(state)]
    row.waiting, row.oldest = len(left), min(left, default=0)
    state.put(row, "novelty")
    return line
