"""What is kept of the clocks: for each incident with open ones a row, found by when it is due.

The rows are state of no object (``TERMS``): a tick reads those whose time has come and no others,
so that it costs what is due and not what is open, a restart reads nothing, and a second scheduler
sees what the first one wrote. Nothing in them decides: what is owed follows from history each time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.model import from_json, to_json
from pipeline.model.rows import Rows
from pipeline.notify.duty import Taken
from pipeline.ports import StateStore

TERMS = "@terms"
"""The name under which these rows stand in the state store."""
_DUE, _WATCH, _TAKEN, _TALLY = "due", "watch", "taken", "tally"
_EARLIEST, _WIDTH = 10**19, 20  # added, so that every instant is a number of twenty digits
_AFTER = "~"  # behind every digit and quote


@dataclass(slots=True)
class WatchRow:
    """An incident whose clocks run.

    ``next_at`` is when to look at it, ``until`` when its next reminder is due (0: none is), and
    ``told`` up to when it was looked at. ``waits`` names the notices that would settle every clock.
    ``acknowledged`` and ``words`` are what people said, by clock ("" for all of them). ``counted``
    are the clocks that figures have: met, or (``missed``) overdue.
    """

    incident: str
    object_id: str
    next_at: int = 0
    until: int = 0
    told: int = 0
    waits: list[str] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """How many incidents have open clocks, and how many clocks are overdue."""

    open: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class TermRows:
    """Reads and writes the rows in a state store; call inside a transaction to write."""

    state: StateStore

    def due(self, now: int, most: int) -> list[str]:
        """Give the incidents to look at by an instant, those that wait longest first."""
        begin, end = f'["{_DUE}","', f'["{_DUE}","{_digits(now)}{_AFTER}'
        return [_last(key) for key, _ in self.state.between(TERMS, begin, end, most)]

    def watch(self, incident: str) -> WatchRow | None:
        """Give an incident's row; None where none of its clocks is open."""
        data = self._one(_WATCH, incident)
        return from_json(WatchRow, data) if data else None

    def watched(self, page: int = 1000) -> Iterator[WatchRow]:
        """Give every row, by incident."""
        begin, end = f'["{_WATCH}","', f'["{_WATCH}"{_AFTER}'
        while True:
            found = self.state.between(TERMS, begin, end, page)
            yield from (from_json(WatchRow, data) for _, data in found)
            if len(found) < page:
                return
            begin = found[-1][0] + " "

    def coming(self, until: int, most: int) -> list[WatchRow]:
        """Give the rows to look at by an instant, the earliest first."""
        found = (self.watch(incident) for incident in self.due(until, most))
        return [row for row in found if row is not None]

    def put(self, row: WatchRow, before: WatchRow | None) -> None:
        """Keep a row; ``before`` is what stood there."""
        changes: dict[str, bytes | None] = {}
        if before is not None and before.next_at != row.next_at:
            changes[Rows.key(_DUE, _digits(before.next_at), row.incident)] = None
        changes[Rows.key(_DUE, _digits(row.next_at), row.incident)] = b""
        changes[Rows.key(_WATCH, row.incident)] = to_json(row)
        self.state.save(TERMS, changes)
        self._count(row, before)

    def drop(self, row: WatchRow) -> None:
        """Forget a row whose clocks are all over."""
        due = Rows.key(_DUE, _digits(row.next_at), row.incident)
        self.state.save(TERMS, {due: None, Rows.key(_WATCH, row.incident): None})
        self._count(None, row)

    def taken(self, level: str) -> Taken | None:
        """Give who took over a level's duty last."""
        data = self._one(_TAKEN, level)
        return from_json(Taken, data) if data else None

    def take(self, level: str, taken: Taken) -> None:
        """Note who took over."""
        self.state.save(TERMS, {Rows.key(_TAKEN, level): to_json(taken)})

    def tally(self) -> Tally:
        """Give the counts of all rows."""
        data = self._one(_TALLY)
        return from_json(Tally, data) if data else Tally()

    def _count(self, row: WatchRow | None, before: WatchRow | None) -> None:
        more = (row is not None) - (before is not None)
        late = _missed(row) - _missed(before)
        if more or late:
            tally = self.tally()
            tally.open += more
            tally.overdue += late
            self.state.save(TERMS, {Rows.key(_TALLY): to_json(tally)})

    def _one(self, kind: str, *parts: str) -> bytes | None:
        key = Rows.key(kind, *parts)
        found: Sequence[tuple[str, bytes]] = self.state.between(TERMS, key, f"{key} ", 1)
        return found[0][1] if found else None


def _missed(row: WatchRow | None) -> int:
    return len(row.missed) if row is not None else 0


def _digits(instant: int) -> str:
    return str(instant + _EARLIEST).zfill(_WIDTH)


def _last(key: str) -> str:
    return key.rpartition('","')[2].removesuffix('"]')
