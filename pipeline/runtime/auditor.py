"""The auditor: a process beside a running system that reads its history, and nothing else of it.

It looks again and again. Each look follows the audit trail from where it was followed last,
examines the incidents that were touched, those of which something may be overdue by now, and a few
others in turn, so that what was changed without a trace is found as well. A look at everything
follows every chain from its beginning. What it remembers is its own, and can be thrown away.

Where history is written in several places side by side, what does not fit together is looked at
until it fits, or has stood for ``Settling.seconds``.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from connectors.stores.auditor_state import Alarm, AuditorState, Seen
from pipeline.audit import (
    Allowance,
    ChainEnd,
    Chronicle,
    Discrepancy,
    Examine,
    Follower,
    Wanted,
    chain_cut,
    chain_rewritten,
    wanted_notices,
)
from pipeline.model import AuditEntry, to_json
from pipeline.ports import ContentStore, Trace
from pipeline.runtime.auditor_books import BookShelf
from pipeline.runtime.auditor_checkpoints import CheckpointLook

READ = 1_000  # rows at once
TOGETHER = 100  # incidents examined as of one instant: a longer look would hold up the log's end
_IN_FORCE = {"registry_in_force": "registry", "pack_in_force": "pack"}
_PLACES = ("audit", "incidents", "notices")


@dataclass(frozen=True, slots=True)
class Look:
    """What one look did and found.

    ``entries`` followed and incidents ``examined`` in it; ``alarms`` that stand, by kind, and how
    many ``incidents`` were ever examined and how many notices they ``owed``.
    """

    at: int
    entries: int
    examined: int
    alarms: tuple[tuple[str, int], ...]
    incidents: int
    owed: int
    everything: bool

    @property
    def standing(self) -> int:
        """Give how many alarms stand."""
        return sum(count for _, count in self.alarms)


@dataclass(slots=True)
class _Followed:
    """What following the trail gave."""

    touched: dict[str, None] = field(default_factory=dict)
    entries: int = 0
    found: list[Discrepancy] = field(default_factory=list)


def _fit() -> None:
    """Find nothing against a look."""


@dataclass(slots=True)
class Settling:
    """What is not told yet: it may be that its other half is on its way.

    A discrepancy counts once it has stood for ``seconds`` (0: at once) of ``elapsed``, a clock
    that never jumps. ``fit`` raises StoreError where what is behind is not worth a look.
    """

    seconds: float = 0.0
    fit: Callable[[], None] = _fit
    elapsed: Callable[[], float] = time.monotonic
    _since: dict[str, dict[str, float]] = field(default_factory=dict)

    def waiting(self) -> list[str]:
        """Give the incidents of which something is not told yet."""
        return sorted(self._since)

    def stood(
        self, incident_id: str, found: Sequence[Discrepancy], known: Iterable[str]
    ) -> list[Discrepancy]:
        """Give what counts by now of an incident's examination; ``known`` ids count at once."""
        if not self.seconds:
            return list(found)
        now, before = self.elapsed(), self._since.pop(incident_id, {})
        since = {one.id: before.get(one.id, now) for one in found if one.id not in known}
        young = {name: begun for name, begun in since.items() if now - begun < self.seconds}
        if young:
            self._since[incident_id] = young
        return [one for one in found if one.id not in young]


class Auditor:
    """Look at a store; for one thread. ``in_turn``: how many others each look examines.

    ``checkpoints`` follows those of the trail, where somebody makes them; ``settling`` is for a
    store that is not of one instant.
    Alarms of an incident are over when an examination does not give them again. Those of the trail
    itself stand until the memory is thrown away: that a chain was cut is seen only once.
    """

    def __init__(
        self,
        trace: Trace,
        content: ContentStore,
        state: AuditorState,
        allowance: Allowance,
        in_turn: int = 50,
        checkpoints: CheckpointLook | None = None,
        settling: Settling | None = None,
    ) -> None:
        self.state = state
        self.settling = settling or Settling()
        self._checkpoints = checkpoints
        self._trace = trace
        self._in_turn = in_turn
        self._examine = Examine(BookShelf(content, state.in_force), allowance)

    def look(self, now: int, *, everything: bool = False) -> Look:
        """Examine what is new, what may be overdue at ``now`` (ns), and some in turn.

        ``everything``, and the first look of all: every chain and every incident anew.
        """
        self.settling.fit()
        everything = everything or not self._known_place()
        known = self.state.ends()
        seen = self._checkpoints.begin() if self._checkpoints is not None else (0, "")
        if everything:
            with self.state.together():
                self.state.forget()
        if self._checkpoints is not None:
            self._checkpoints.open()
        followed = self._follow(known if everything else {})
        if self._checkpoints is not None:
            followed.found += self._checkpoints.look(now, seen)
        waiting = self.state.due(now, READ)
        waiting += self.settling.waiting()
        names = list(dict.fromkeys([*followed.touched, *waiting, *self._next_in_turn()]))
        with self.state.together():
            for one in followed.found:
                self.state.raise_alarm(_alarm(one))
        for begin in range(0, len(names), TOGETHER):
            self._examined(names[begin : begin + TOGETHER], now)
        counts: dict[str, int] = {}
        for (kind, _), count in self.state.counts().items():
            counts[kind] = counts.get(kind, 0) + count
        alarms = tuple(sorted(counts.items()))
        return Look(now, followed.entries, len(names), alarms, *self.state.figures(), everything)

    def owed(self, incident_id: str) -> tuple[Chronicle, dict[str, Wanted]]:
        """Give an incident's chronicle and every notice that it owes, by its id."""
        with self._trace.still():
            chronicle = self._chronicle(incident_id)
            return chronicle, wanted_notices(chronicle, self._examine.library)

    def close(self) -> None:
        """Let go of both files; safe to call twice."""
        self._trace.close()
        self.state.close()

    def _known_place(self) -> bool:
        """Tell whether the entry that was seen last still stands where it was seen."""
        mark = self.state.mark("audit")
        if not mark:
            return False
        with self._trace.still():
            rows = self._trace.added("audit", int(mark) - 1, 1)
        entry = rows[0].entry if rows else None
        seen = self.state.mark("seen")
        return entry is not None and rows[0].mark == int(mark) and entry.hash == seen

    def _follow(self, known: dict[str, tuple[int, str]]) -> _Followed:
        """Follow the trail and what was added beside it; ``known`` are ends seen before."""
        result = _Followed()
        follower = Follower({chain: ChainEnd(*end) for chain, end in self.state.ends().items()})
        for place in _PLACES:
            mark = int(self.state.mark(place) or 0)
            while True:
                with self._trace.still():
                    rows = self._trace.added(place, mark, READ)
                if not rows:
                    break
                mark = rows[-1].mark
                with self.state.together():
                    for row in rows:
                        if row.incident_id:
                            result.touched[row.incident_id] = None
                        if row.entry is not None:
                            result.found += follower.see(row.entry)
                            result.found += _compared(row.entry, known)
                            self._note(row.entry)
                            result.entries += 1
                    self.state.set_mark(place, str(mark))
                    self.state.set_ends(
                        {chain: (end.number, end.hash) for chain, end in follower.moved()}
                    )
        result.found += [
            chain_cut(chain, number)
            for chain, (number, _) in sorted(known.items())
            if follower.ends.get(chain, ChainEnd()).number < number
        ]
        return result

    def _note(self, entry: AuditEntry) -> None:
        self.state.set_mark("seen", entry.hash)
        if self._checkpoints is not None:
            self._checkpoints.note(entry)
        kind = _IN_FORCE.get(entry.kind)
        if kind is not None:
            self.state.note_in_force(kind, entry.at, entry.subject)

    def _next_in_turn(self) -> list[str]:
        names = self.state.after(self.state.mark("turn"), self._in_turn)
        self.state.set_mark("turn", names[-1] if 0 < len(names) == self._in_turn else "")
        return names

    def _chronicle(self, incident_id: str) -> Chronicle:
        revisions, notices = self._trace.written(incident_id)
        return Chronicle(incident_id, tuple(revisions), tuple(notices), self._trace.told)

    def _examined(self, names: Iterable[str], now: int) -> None:
        with self._trace.still(), self.state.together():
            known = {one.id for one in self.state.alarms()} if self.settling.seconds else set()
            for name in names:
                chronicle = self._chronicle(name)
                found = self._examine(chronicle, now)
                seen = Seen(
                    incident_id=name,
                    revision=len(chronicle.revisions),
                    mark=int(self.state.mark("audit") or 0),
                    owed=found.owed,
                    next_at=found.next_at,
                )
                stood = self.settling.stood(name, found.discrepancies, known)
                self.state.keep(seen, [_alarm(one) for one in stood])


def _compared(entry: AuditEntry, known: dict[str, tuple[int, str]]) -> list[Discrepancy]:
    number, digest = known.get(entry.chain, (0, ""))
    if entry.number == number and entry.hash != digest:
        return [chain_rewritten(entry)]
    return []


def _alarm(found: Discrepancy) -> Alarm:
    return Alarm(found.id, found.incident_id, found.kind, found.what, to_json(found))
