"""Reminders by the journalled time: a tick makes what is due, once, in order, however late.

What is owed follows from history (``notify.clock``, ``notify.reminders``); kept is only when to
look at which incident (``term_rows``). Rows, notices and audit entries are of the engine's one
transaction, so that a kill leaves all of a tick or nothing; an id that is in the outbox is not made
again, whoever made it. A tick looks at a bounded number of incidents, those that wait longest
first; the next one goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from pipeline.incidents import Revised
from pipeline.model import ENDING, Incident, Notice, NoticeState, RawBatch
from pipeline.notify.changes import announced
from pipeline.notify.clock import Past, TermClock, clocks_of
from pipeline.notify.reminders import Reminder
from pipeline.ports import Stores
from pipeline.runtime.duty_pages import duty_pages
from pipeline.runtime.folded import Folded
from pipeline.runtime.notice_drafts import notice_draft
from pipeline.runtime.term_answers import TermAnswers
from pipeline.runtime.term_rows import TermRows, WatchRow

DAY = 86_400 * 10**9
MOST = 250  # incidents that one tick looks at: about half a second where all have to be reminded
_DONE = (NoticeState.SENT, NoticeState.ACKNOWLEDGED)


class Figures(Protocol):
    """Where clocks are counted, after the commit."""

    def met(self, clock: TermClock, *, late: bool) -> None:
        """Note a clock that was met."""

    def missed(self, clock: TermClock) -> None:
        """Note a clock whose term passed."""

    def reminded(self, role: str, *, late: bool) -> None:
        """Note a reminder that was made."""


@dataclass(frozen=True, slots=True)
class View:
    """An incident as its clocks stand: the revision last announced, clocks, reminders owed."""

    incident: Incident
    clocks: Sequence[TermClock]
    reminders: Sequence[Reminder]


@dataclass(slots=True)
class TermsTick:
    """Keeps the clocks of all incidents and makes their reminders; one thread at a time.

    ``at_once``: within how many nanoseconds *at once* counts as met, by policy. ``most``: how many
    incidents a tick looks at.
    """

    stores: Stores
    figures: Figures
    at_once: int
    most: int = MOST
    _after: list[Callable[[], None]] = field(default_factory=list)

    @property
    def rows(self) -> TermRows:
        """Give the rows in the store."""
        return TermRows(self.stores.state)

    def follow(self, answers: TermAnswers | None, parts: Sequence[Folded]) -> None:
        """Note what new revisions and notices mean for the clocks; inside the transaction."""
        for part in parts if answers is not None else ():
            made: dict[str, list[Notice]] = {}
            for notice in part.notices:
                made.setdefault(notice.incident_id, []).append(notice)
            for item in part.revised:
                mine = made.get(item.incident.id, [])
                if answers is not None and (mine or _changed(item)):
                    self._follow(answers, item, mine)

    def tick(self, answers: TermAnswers | None, batch: RawBatch) -> Folded:
        """Make the reminders whose time has come by a tick, in order of their time."""
        if answers is None or batch.source_id == ENDING:
            return Folded()
        now = batch.received_at
        made: list[Notice] = []
        for name in self.rows.due(now, self.most):
            row = self.rows.watch(name)
            if row is not None and not self._all_met(row):
                made += self._look(answers, row, now)
        for page in duty_pages(answers, self.rows.taken, now):
            if self.stores.outbox.get(page.id) is None:
                made.append(page)
        made.sort(key=lambda one: (one.due_at, one.id))
        return Folded(notices=made, drafts=[notice_draft(one, now) for one in made])

    def replan(self, answers: TermAnswers, row: WatchRow) -> None:
        """Note when to look again after somebody said something that the row now holds."""
        view = self.view(answers, row)
        if view is not None:
            self._plan(row, view, row.told, frozenset())

    def view(self, answers: TermAnswers, row: WatchRow) -> View | None:
        """Read how an incident's clocks stand; None where there is no such incident."""
        history = self.stores.incidents.history(row.incident)
        if not history:
            return None
        return _view(answers, row, history, list(self.stores.outbox.list(row.incident)))

    def settled(self) -> None:
        """Count what the committed transaction did."""
        after, self._after = self._after, []
        for each in after:
            each()

    def forget(self) -> None:
        """Let go of what a failed transaction did."""
        self._after.clear()

    def _follow(self, answers: TermAnswers, item: Revised, made: Sequence[Notice]) -> None:
        incident = item.incident
        row = self.rows.watch(incident.id) or WatchRow(incident.id, incident.object_id)
        if item.previous is None:
            view: View | None = _view(answers, row, [incident], made)
        else:
            view = self.view(answers, row)
        if view is not None:
            self._plan(row, view, incident.changed_at, frozenset())

    def _look(self, answers: TermAnswers, row: WatchRow, now: int) -> list[Notice]:
        """Give the reminders of one incident that are owed by now and not made yet."""
        view = self.view(answers, row)
        if view is None:
            self.rows.drop(row)
            return []
        made = [
            answers.write(reminder, view.incident, now)
            for reminder in view.reminders
            if reminder.at <= now and self._not_made(reminder)
        ]
        for notice in made:
            late = bool(notice.payload.get("late"))
            self._after.append(partial(self.figures.reminded, notice.recipient.role, late=late))
        row.told = max(row.told, now)
        self._plan(row, view, now, frozenset(one.id for one in made))
        return made

    def _all_met(self, row: WatchRow) -> bool:
        """Tell whether every clock was met before any reminder was due; then the row is done."""
        if not row.waits or row.missed:
            return False
        notices: list[Notice] = []
        for name in row.waits:
            notice = self.stores.outbox.get(name)
            if notice is None or notice.state not in _DONE or notice.receipt is None:
                return False
            if row.until and notice.receipt.received_at >= row.until:
                return False
            notices.append(notice)
        for clock in clocks_of(Past((), notices), lambda _incident, _sent: ()):
            self._count_met(clock)
        self.rows.drop(row)
        return True

    def _plan(self, row: WatchRow, view: View, now: int, made: frozenset[str]) -> None:
        """Note when to look at an incident again; forget it when its clocks are over."""
        before = self.rows.watch(row.incident)
        self._count(row, view.clocks, now)
        running = [clock for clock in view.clocks if not clock.over]
        ahead = [
            one.at
            for one in view.reminders
            if one.at > row.told or (one.id not in made and self._not_made(one))
        ]
        if not running and not ahead:
            if before is not None:
                self.rows.drop(before)
            return
        limits = [
            limit + 1
            for clock in running
            if clock.id not in row.missed and (limit := clock.limit(self.at_once)) is not None
        ]
        row.until = min(ahead, default=0)
        row.next_at = min([*ahead, *limits], default=max(now, row.told) + DAY)
        waits = [clock.notice_id for clock in running if clock.notice_id]
        row.waits = waits if len(waits) == len(running) else []
        self.rows.put(row, before)

    def _not_made(self, reminder: Reminder) -> bool:
        return self.stores.outbox.get(reminder.id) is None

    def _count(self, row: WatchRow, clocks: Sequence[TermClock], now: int) -> None:
        missed = []
        for clock in clocks:
            state = clock.state(now, self.at_once)
            if state == "missed":
                if clock.id not in row.missed:
                    self._after.append(partial(self.figures.missed, clock))
                missed.append(clock.id)
            elif state in ("met", "late") and clock.id not in row.counted:
                row.counted.append(clock.id)
                self._count_met(clock)
        row.missed = missed

    def _count_met(self, clock: TermClock) -> None:
        late = clock.state(0, self.at_once) == "late"
        self._after.append(partial(self.figures.met, clock, late=late))


def clocks_held(stores: Stores, answers: TermAnswers, row: WatchRow) -> Sequence[TermClock]:
    """Read the clocks of an incident with a row, for whoever only looks."""
    notices = list(stores.outbox.list(row.incident))
    return clocks_of(Past(stores.incidents.history(row.incident), notices, row.words), answers.dues)


def _view(
    answers: TermAnswers, row: WatchRow, history: Sequence[Incident], notices: Sequence[Notice]
) -> View:
    clocks = clocks_of(Past(history, notices, row.words), answers.dues)
    told = next((one for one in reversed(history) if announced(one)), history[-1])
    return View(told, clocks, answers.chains(told, row.acknowledged)(clocks))


def _changed(item: Revised) -> bool:
    """Tell whether a revision can start, meet or end a clock."""
    now, before = item.incident, item.previous
    return (
        before is None
        or bool(now.actor)
        or now.state is not before.state
        or announced(now) is not announced(before)
    )
