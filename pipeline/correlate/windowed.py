"""Correlation rules over an object's state: which groups changed, which findings follow."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from pipeline.content import Content
from pipeline.correlate.deciding import next_end, prompt_ends, settled_ends
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.measures import Entry
from pipeline.correlate.plan import OBJECT, Feed, Plan, feeds_of, group_of, key_of, plans_of
from pipeline.correlate.presence import ObjectRow
from pipeline.correlate.room import Kept, Limits, Room
from pipeline.correlate.telling import Telling
from pipeline.correlate.window_row import (
    Sweep,
    TallyRow,
    WindowRow,
    close,
    insert,
    join,
    let_go,
    outlived,
)
from pipeline.model import Finding, Match
from pipeline.model.rows import Rows

KINDS = ("window", "delayed")
LOOKED_AT = 16  # rows that a step looks at anyway, beside two for each that it made


@dataclass(slots=True)
class Touched:
    """A row that a step put entries in: the least and the greatest of their times."""

    row: WindowRow
    first: int
    last: int


@dataclass(slots=True)
class Scratch:
    """What is derived from an object's rows to be quick, for the plans of one content.

    ``due`` are heaps by plan of (watermark at which a row is to be looked at, key).
    """

    owner: "Windowed"
    whole: ObjectRow
    tallies: list[TallyRow]
    due: list[list[tuple[int, str]]]
    registered: dict[str, int] = field(default_factory=dict)
    sweeps: dict[str, Sweep] = field(default_factory=dict)
    hand: Iterator[str] = field(default_factory=lambda: iter(()))
    made: int = 0
    changed: set[int] = field(default_factory=set)

    @property
    def kept(self) -> int:
        """Give how many entries the object's rows hold."""
        return sum(tally.entries for tally in self.tallies)


Step = dict[int, dict[str, Touched]]


@dataclass(frozen=True, slots=True)
class Windowed:
    """The correlation rules of one scope of one content.

    ``alone`` are the rules that give findings themselves.
    """

    content: Content
    evidence: Evidence
    scope: str = "object"
    limits: Limits = field(default_factory=Limits)
    plans: Sequence[Plan] = field(init=False)
    feeds: Mapping[str, tuple[Feed, ...]] = field(init=False)
    numbers: Mapping[str, int] = field(init=False)
    alone: frozenset[str] = field(init=False)
    telling: Telling = field(init=False)

    def __post_init__(self) -> None:
        plans = plans_of(self.content, self.scope)
        numbers = {plan.shape: number for number, plan in enumerate(plans)}
        alone = frozenset(filter(self.content.speaks_alone, self.content.rules))
        object.__setattr__(self, "plans", plans)
        object.__setattr__(self, "feeds", feeds_of(self.content, plans))
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "alone", alone)
        object.__setattr__(self, "telling", Telling(self.evidence, self.scope == "centre"))

    def apply(self, state: Rows, whole: ObjectRow, matches: Iterable[Match]) -> list[Finding]:
        """Take a batch's matches; give the findings that are certain now.

        An event older than the watermark is beyond its source's lateness: it is counted too late.
        """
        scratch = self._scratch(state, whole)
        step: Step = {}
        for match in matches:
            feeds = self.feeds.get(match.rule_id)
            if feeds is not None:
                for feed in feeds:
                    self._take(state, scratch, step, feed, match, whole.watermark)
        return self._decide(state, scratch, step, None) if step else []

    def settle(self, state: Rows, whole: ObjectRow, horizon: int) -> list[Finding]:
        """Decide what only the watermark can, after it moved, and let go what it has passed.

        ``horizon`` is how far time has passed where every source is idle: what must not follow
        has not followed then, though no event says so.
        """
        scratch = self._scratch(state, whole)
        findings = self._decide(state, scratch, {}, (whole.watermark, horizon))
        self._look_at_some(state, scratch)
        if scratch.kept > self.limits.object:
            whole.evicted += self._room(state, scratch).of_object(self.plans, scratch.tallies)
            scratch.changed.update(range(len(self.plans)))
        for number in sorted(scratch.changed):
            plan = self.plans[number]
            state.put(scratch.tallies[number], "tally", plan.shape)
        scratch.changed.clear()
        return findings

    def _take(
        self, state: Rows, scratch: Scratch, step: Step, feed: Feed, match: Match, mark: int
    ) -> None:
        """Put a match into its group, once; nothing where it belongs to none, or came too late."""
        fields = match.fields
        key = key_of(feed, fields)
        value: Any = feed.mask if feed.value is None else feed.value(fields)
        if key is None or value is None:
            return
        if match.time < mark:
            scratch.whole.too_late += 1
            return
        plan = feed.plan
        rows = step.get(feed.number)
        if rows is None:
            rows = step[feed.number] = {}
        touched = rows.get(key)
        row: WindowRow | None = state.at(plan.kind, key) if touched is None else touched.row
        if row is None:
            row = WindowRow()
            scratch.made += 1
        carried = (
            {name: fields.get(given) for name, given in feed.carried} if feed.carried else None
        )
        if not self._put(scratch, feed, key, row, (match.time, match.event_id, value, carried)):
            return
        if touched is None:
            rows[key] = Touched(row, match.time, match.time)
        elif match.time > touched.last:
            touched.last = match.time
        elif match.time < touched.first:
            touched.first = match.time

    def _put(self, scratch: Scratch, feed: Feed, key: str, row: WindowRow, entry: Entry) -> bool:
        """Put an entry in its row and its sweep; False where that changes nothing."""
        plan, entries = feed.plan, row.entries
        if not entries or entries[-1][0] < entry[0]:
            at = len(entries)
            entries.append(entry)
        else:
            at = insert(row, entry)
            if at < 0:
                scratch.sweeps.pop(key, None)
                return self._again(row, -1 - at, feed)
        scratch.tallies[feed.number].entries += 1
        if row.settled and entry[0] + plan.shift < row.settled:
            row.settled = entry[0] + plan.shift  # it was settled by the clock alone
            scratch.sweeps.pop(key, None)
        elif not plan.counts:
            sweep = scratch.sweeps.get(key)
            if sweep is not None and not sweep.inserted(entries, at, plan.timespan):
                del scratch.sweeps[key]
        return True

    def _again(self, row: WindowRow, at: int, feed: Feed) -> bool:
        """Take an event that is there already: another rule matched it too, or nothing is new."""
        time, event_id, value, carried = row.entries[at]
        if not feed.plan.rule.type.startswith("temporal") or not isinstance(value, int):
            return False
        row.entries[at] = (time, event_id, value | feed.mask, carried)
        return value | feed.mask != value

    def _decide(
        self, state: Rows, scratch: Scratch, step: Step, marks: tuple[int, int] | None
    ) -> list[Finding]:
        """Decide plan after plan, so that each sees where those that it refers to held.

        ``marks`` are watermark and horizon where those that wait for them are decided too.
        """
        findings: list[Finding] = []
        for number, plan in enumerate(self.plans):
            if number in step:
                findings += self._touched(state, scratch, step, number)
            if marks is not None and plan.kind == "delayed":
                due, mark = scratch.due[number], max(marks) if plan.shift else marks[0]
                while due and due[0][0] <= mark:
                    at, key = heappop(due)
                    if scratch.registered.get(key) == at:
                        findings += self._settle(state, scratch, step, number, key, mark)
            if scratch.tallies[number].entries > self.limits.rule:
                room = self._room(state, scratch)
                scratch.whole.evicted += room.of_rule(plan, scratch.tallies[number])
                scratch.changed.add(number)
        return findings

    def _touched(self, state: Rows, scratch: Scratch, step: Step, number: int) -> list[Finding]:
        """Decide the rows of a plan that a step put entries in, or note when they are decided."""
        plan, rows, findings = self.plans[number], step[number], []
        oldest = scratch.whole.watermark - plan.timespan
        scratch.changed.add(number)
        for key in sorted(rows):
            row = rows[key].row
            state.keep(row, plan.kind, key)
            if len(row.entries) < plan.need and not row.chains:
                if row.entries[0][0] <= oldest:
                    self._trim(scratch, number, key, row, scratch.whole.watermark)
            elif plan.kind == "window":
                findings += self._prompt(state, scratch, step, number, key, rows[key])
            else:
                self._register(scratch, number, key, row)
        return findings

    def _prompt(
        self, state: Rows, scratch: Scratch, step: Step, number: int, key: str, touched: Touched
    ) -> list[Finding]:
        """Decide at once what more data can only confirm."""
        plan, row = self.plans[number], touched.row
        ends, sweep = prompt_ends(row, plan, scratch.sweeps.get(key), touched.first, touched.last)
        if sweep is not None:
            scratch.sweeps[key] = sweep
        elif scratch.sweeps:
            scratch.sweeps.pop(key, None)
        if plan.heard and ends:
            inside = set(ends)
            self._occur(state, scratch, step, plan, key, [e for e in row.entries if e[0] in inside])
        findings: list[Finding] = []
        if not plan.silent and (ends or row.chains):
            met = join(row, ends, plan.timespan)
            findings = self.telling(state, plan, key, row, met)
        self._trim(scratch, number, key, row, scratch.whole.watermark)
        return findings

    def _settle(
        self, state: Rows, scratch: Scratch, step: Step, number: int, key: str, mark: int
    ) -> list[Finding]:
        """Decide the windows of a row that the watermark has passed; let it go when it is done."""
        plan = self.plans[number]
        row: WindowRow = state.at(plan.kind, key)
        found, sweep = settled_ends(row, plan, scratch.sweeps.get(key), mark)
        findings: list[Finding] = []
        if found and plan.heard:
            held = []
            for at, end in found:
                time = row.entries[at][0]
                same = [entry for entry in row.entries[at:] if entry[0] == time]
                held += [(end, *entry[1:]) for entry in same]
            self._occur(state, scratch, step, plan, key, held)
        if found and not plan.silent:
            join(row, [end for _, end in found], plan.timespan)
            findings = self.telling(state, plan, key, row, [])
        if sweep is not None:
            scratch.sweeps[key] = sweep
        self._trim(scratch, number, key, row, mark)
        if not row.entries and not row.chains:
            self._remove(state, scratch, number, key, row)
            return findings
        state.keep(row, plan.kind, key)
        if len(row.entries) < LOOKED_AT:
            scratch.sweeps.pop(key, None)
        del scratch.registered[key]
        self._register(scratch, number, key, row)
        return findings

    def _occur(
        self,
        state: Rows,
        scratch: Scratch,
        step: Step,
        plan: Plan,
        key: str,
        held: Sequence[Any],
    ) -> None:
        """Let a correlation occur, for those that refer to it, at events where it holds."""
        named = group_of(plan, key)
        for feed in self.feeds[plan.rule.id]:
            for time, event_id, _, carried in held:
                match = Match(plan.rule.id, event_id, time, "", {**(carried or {}), **named})
                self._take(state, scratch, step, feed, match, 0)

    def _register(self, scratch: Scratch, number: int, key: str, row: WindowRow) -> None:
        """Note at which watermark a row that waits is to be looked at next."""
        plan = self.plans[number]
        end = next_end(row, plan)
        if end is not None:
            at = end + 1
        else:
            newest = row.entries[-1][0] if row.entries else 0
            at = max([newest, *(chain.last_end for chain in row.chains)]) + plan.timespan
        if scratch.registered.get(key, at + 1) > at:
            scratch.registered[key] = at
            heappush(scratch.due[number], (at, key))

    def _trim(self, scratch: Scratch, number: int, key: str, row: WindowRow, mark: int) -> bool:
        """Let go of what no window can reach, and of the oldest where a group is too large.

        Tells whether entries went.
        """
        plan = self.plans[number]
        count = outlived(row, plan.timespan, mark)
        over = len(row.entries) - count - self.limits.group
        if over > 0:
            count += over
            scratch.whole.evicted += over
            scratch.tallies[number].evicted += over
        if count:
            sweep = scratch.sweeps.get(key)
            if sweep is not None:
                sweep.cut(row.entries, count)
            let_go(row, count, plan.timespan, OBJECT if self.scope == "centre" else "")
            scratch.tallies[number].entries -= count
            scratch.changed.add(number)
        if row.chains:
            close(row, plan.timespan, mark)
        return count > 0

    def _remove(self, state: Rows, scratch: Scratch, number: int, key: str, row: WindowRow) -> None:
        state.remove(self.plans[number].kind, key)
        scratch.tallies[number].entries -= len(row.entries)
        scratch.changed.add(number)
        scratch.registered.pop(key, None)
        scratch.sweeps.pop(key, None)

    def _look_at_some(self, state: Rows, scratch: Scratch) -> None:
        """Look at some rows in turn and remove those that nothing can reach any more.

        Two for each that was made: so the rows that are done never outnumber those that are not.
        """
        most, scratch.made = LOOKED_AT + 2 * scratch.made, 0
        for _ in range(min(most, state.count("window"))):
            key = next(scratch.hand, None)
            if key is None:
                scratch.hand = iter(state.keys("window"))
                key = next(scratch.hand)
            number = self.numbers.get(_shape_of(key))
            if number is None or self.plans[number].kind != "window":
                state.remove("window", key)  # the rule was edited, or left
            else:
                self._reached(state, scratch, number, key)

    def _reached(self, state: Rows, scratch: Scratch, number: int, key: str) -> WindowRow | None:
        """Give a row, or None where nothing can reach it any more: then it is removed."""
        plan = self.plans[number]
        row: WindowRow | None = state.at(plan.kind, key)
        if row is None:
            return None
        newest = row.entries[-1][0] if row.entries else 0
        mark = scratch.whole.watermark
        ends = [chain.last_end for chain in row.chains]
        if max([newest, *ends]) + plan.timespan <= mark:
            self._remove(state, scratch, number, key, row)
            return None
        return row

    def _room(self, state: Rows, scratch: Scratch) -> Room:
        def groups(plan: Plan) -> Iterator[Kept]:
            number, prefix = self.numbers[plan.shape], plan.prefix
            for key in state.keys(plan.kind):
                if key.startswith(prefix):
                    row = self._reached(state, scratch, number, key)
                    if row is not None:
                        if self._trim(scratch, number, key, row, scratch.whole.watermark):
                            state.keep(row, plan.kind, key)
                        yield Kept(key, row)

        def remove(plan: Plan, key: str, row: WindowRow) -> None:
            self._remove(state, scratch, self.numbers[plan.shape], key, row)

        return Room(self.limits, groups, remove)

    def _scratch(self, state: Rows, whole: ObjectRow) -> Scratch:
        """Give what is derived from the rows, made where these plans have not seen them yet."""
        name = f"windowed-{self.scope}"
        scratch: Scratch | None = state.scratch.get(name)
        if scratch is not None and scratch.owner is self:
            scratch.whole = whole
            return scratch
        tallies = [state.get(TallyRow, "tally", plan.shape) or TallyRow() for plan in self.plans]
        known = {(plan.shape,) for plan in self.plans}
        for parts, _ in list(state.all(TallyRow, "tally")):
            if parts not in known:
                state.drop("tally", *parts)
        scratch = Scratch(self, whole, tallies, [[] for _ in self.plans])
        state.scratch[name] = scratch
        self._awaited(state, scratch)
        return scratch

    def _awaited(self, state: Rows, scratch: Scratch) -> None:
        """Note when each row that waits is to be looked at; drop those of rules that are gone."""
        for key in sorted(state.keys("delayed")):
            number = self.numbers.get(_shape_of(key))
            if number is None or self.plans[number].kind != "delayed":
                state.remove("delayed", key)
            else:
                self._register(scratch, number, key, state.at("delayed", key))


def _shape_of(key: str) -> str:
    """Give the second part of a row's key: a hash, in which nothing is escaped."""
    return key.split('"', 4)[3]
