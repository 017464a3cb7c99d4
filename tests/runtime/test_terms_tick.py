"""Reminders by ticks against an oracle: jumps, restarts, kills, two schedulers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Incident, IncidentState, Notice, Tri, identity, instant
from pipeline.runtime.duty_commands import ACK, MET
from pipeline.runtime.term_rows import TERMS
from tests.runtime.termed import (
    CSIRT,
    DAY,
    HOLDER,
    HOUR,
    MINUTE,
    NCC,
    OFFICER,
    SECOND,
    World,
)

TOLD = ("holder", "ncc")
# Rows of rules/law/kz/reminders.yml once more, by hand: leg, roles, whose duty, offset, level.
ROWS = (
    ("first.late.officer", ("first",), TOLD, "centre", 5 * MINUTE, 0, 1, "duty_officer"),
    ("first.late.lead", ("first",), TOLD, "centre", 15 * MINUTE, 0, 1, "duty_lead"),
    ("first.late.head", ("first",), TOLD, "centre", HOUR, 6 * HOUR, 4, "head_of_centre"),
    ("page.unanswered.officer", ("first",), ("duty_officer",), "centre", 15 * MINUTE, 0, 1,
     "duty_officer"),
    ("page.unanswered.lead", ("first",), ("duty_officer",), "centre", 30 * MINUTE, 0, 1,
     "duty_lead"),
    ("page.unanswered.head", ("first",), ("duty_officer",), "centre", 2 * HOUR, 0, 1,
     "head_of_centre"),
    ("final.soon.officer", ("final",), TOLD, "centre", -4 * HOUR, 0, 1, "duty_officer"),
    ("later.late.lead", ("final",), TOLD, "centre", 15 * MINUTE, 0, 1, "duty_lead"),
    ("holder.own.late", ("first",), ("ncc",), "holder", HOUR, 0, 1, "holder"),
)  # fmt: skip
_Key = tuple[str, str, str, str, int]


@dataclass
class Clock:
    """A clock as the oracle knows it."""

    leg: str
    role: str
    duty_of: str
    begins: int
    due: int
    met: int | None = None


@dataclass
class Case:
    """An incident as the oracle knows it."""

    incident: Incident
    clocks: list[Clock]
    acknowledged: int | None = None


@dataclass
class Oracle:
    """Looks at every reminder of every clock at every tick; keeps what was made."""

    cases: list[Case] = field(default_factory=list)
    made: dict[_Key, int] = field(default_factory=dict)

    def tick(self, now: int) -> dict[_Key, int]:
        """Give what a tick makes: key of each reminder and its time."""
        found: dict[_Key, int] = {}
        for case in self.cases:
            for clock in case.clocks:
                for name, legs, roles, duty, offset, every, times, to in ROWS:
                    if clock.leg in legs and clock.role in roles and clock.duty_of == duty:
                        for n in range(times):
                            at = clock.due + offset + n * every
                            key = (case.incident.id, name, clock.role, to, n + 1)
                            if at <= now and key not in self.made and owed(case, clock, to, at):
                                found[key] = at
        self.made |= found
        return found


def owed(case: Case, clock: Clock, to: str, at: int) -> bool:
    """Tell whether a reminder's time came while its clock ran and nobody had taken note."""
    stopped = case.acknowledged is not None and case.acknowledged <= at and to != "holder"
    return at >= clock.begins and (clock.met is None or at < clock.met) and not stopped


def seen(notices: Sequence[Notice]) -> dict[_Key, int]:
    """Give made reminders as the oracle names them."""
    return {
        (one.incident_id, str(one.payload["reminder"]), str(one.payload["to"]),
         one.recipient.role, one.ordinal): one.due_at
        for one in notices
    }  # fmt: skip


STEPS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(["plant", "grid", "candidate"])),
    st.tuples(st.just("deliver"), st.integers(0, 30)),
    st.tuples(st.just("close"), st.integers(0, 5)),
    st.tuples(st.just("ack"), st.integers(0, 5)),
    st.tuples(st.just("word"), st.integers(0, 5)),
    st.tuples(
        st.sampled_from(["tick", "tick", "tick", "killed", "two", "asleep", "asleep"]),
        st.sampled_from([10 * SECOND, 4 * MINUTE, 14 * MINUTE, HOUR, 20 * HOUR, 3 * DAY]),
    ),
    st.tuples(st.just("back"), st.sampled_from([HOUR, DAY])),
    st.tuples(st.just("restart"), st.just(0)),
)


@dataclass
class Run:
    """One system and its oracle, step by step."""

    here: World = field(default_factory=World)
    oracle: Oracle = field(default_factory=Oracle)
    opened: int = 0
    order: dict[str, list[int]] = field(default_factory=dict)

    def step(self, what: str, how: object) -> None:
        """Take one step in both, and compare what was made."""
        here, oracle = self.here, self.oracle
        if what == "open":
            self._open(str(how))
        elif what == "deliver":
            self._deliver(int(str(how)))
        elif what == "restart":
            here.terms = here.scheduler()
        elif what == "back":
            here.now -= int(str(how))
        elif what in ("close", "ack", "word"):
            self._person(what, int(str(how)))
        else:
            here.now += int(str(how))
            if what == "asleep":
                return
            if what == "killed":
                assert here.tick(kill=True) == []
                here.terms = here.scheduler()
            made = here.tick()
            assert seen(made) == oracle.tick(here.now)
            if what == "two":
                assert here.tick(here.scheduler()) == []
            for one in made:
                self.order.setdefault(str(one.payload["clock"]), []).append(one.due_at)

    def _open(self, how: str) -> None:
        here, self.opened = self.here, self.opened + 1
        now, name = here.now, f"i{self.opened}"
        if how == "candidate":
            incident = here.opened(name, OFFICER, verdict=Tri.UNKNOWN)
            clocks = [Clock("first", "duty_officer", "centre", now, now)]
        else:
            incident = here.opened(name, HOLDER, NCC, object_id=how)
            clocks = [Clock("first", role, "centre", now, now) for role in TOLD]
            if how == "grid":
                clocks += [Clock("first", "ncc", "holder", now, now)]
        self.oracle.cases.append(Case(incident, clocks))

    def _deliver(self, number: int) -> None:
        waiting = [
            one for one in self.here.stores.outbox.list()
            if one.kind not in ("reminder", "page") and one.state == "pending"
            and one.recipient.role != "duty_officer"
        ]  # fmt: skip
        if not waiting:
            return
        notice = waiting[number % len(waiting)]
        self.here.deliver(notice)
        for case in self.oracle.cases:
            for clock in case.clocks:
                mine = (case.incident.id, clock.leg, clock.role)
                if mine == (notice.incident_id, notice.leg, notice.recipient.role):
                    clock.met = self.here.now if clock.duty_of == "centre" else clock.met

    def _person(self, what: str, number: int) -> None:
        if not self.oracle.cases:
            return
        here, case = self.here, self.oracle.cases[number % len(self.oracle.cases)]
        name = case.incident.id
        last = here.stores.incidents.history(name)[-1]
        candidate = last.assessment.is_incident is Tri.UNKNOWN
        if what == "close":
            if last.state is IncidentState.CLOSED or last.changed_at > here.now:
                return
            after = here.acted(last, IncidentState.CLOSED)
            if candidate:
                case.clocks[0].met = min(case.clocks[0].met or here.now, here.now)
            else:
                due = after.changed_at + DAY
                case.clocks += [Clock("final", role, "centre", here.now, due) for role in TOLD]
        elif what == "ack":
            if here.said(ACK, incident=name) == "duty_acknowledged":
                case.acknowledged = case.acknowledged or here.now
        else:
            clock = identity("clock", name, "holder", "first", "ncc", "ncc",
                             "holder.critical.at_once")  # fmt: skip
            if here.said(MET, incident=name, clock=clock) == "term_met":
                case.clocks[2].met = here.now


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_reminders_are_those_of_the_oracle(steps: list[tuple[str, object]]) -> None:
    """Whatever happens in whatever order, each tick makes what brute force over all clocks makes.

    Clocks jump and are put back, the process restarts or is killed inside a tick, a second
    scheduler looks at the same tick: no reminder is skipped, none is made twice, and those of one
    clock come in order.
    """
    run = Run()
    for what, how in steps:
        run.step(what, how)
    for _ in range(2):
        run.step("tick", 40 * DAY)
    for times in run.order.values():
        assert times == sorted(times)
    ids = [one.id for one in run.here.reminders()]
    assert len(ids) == len(set(ids)) == len(run.oracle.made)
    check_rows(run.here)


def check_rows(here: World) -> None:
    """Each open incident has one row, found at its time, and the tally counts them."""
    rows = list(here.terms.rows.watched())
    due = here.stores.state.between(TERMS, '["due"', '["due"~', 1000)
    assert len(due) == len(rows) == here.terms.rows.tally().open
    assert sum(len(row.missed) for row in rows) == here.terms.rows.tally().overdue


def test_a_clock_put_back_neither_repeats_nor_loses() -> None:
    """What begins after a clock was put back is reminded of, though its time was seen before."""
    run = Run()
    for what, how in (
        ("open", "plant"), ("tick", 3 * DAY), ("back", DAY), ("close", 0), ("tick", 20 * HOUR),
        ("tick", HOUR), ("tick", 4 * HOUR), ("tick", DAY),
    ):  # fmt: skip
        run.step(what, how)
    rows = [str(one.payload["reminder"]) for one in run.here.reminders()]
    assert rows.count("final.soon.officer") == rows.count("later.late.lead") == 2


def test_what_was_owed_while_nobody_looked_is_made_though_it_is_met_by_now() -> None:
    """A reminder whose time came before the receipt is made by the next tick, late."""
    run = Run()
    for what, how in (
        ("open", "plant"), ("asleep", 14 * MINUTE), ("deliver", 0), ("deliver", 0),
        ("tick", 10 * SECOND), ("tick", DAY),
    ):  # fmt: skip
        run.step(what, how)
    assert [one.payload["reminder"] for one in run.here.reminders()] == ["first.late.officer"] * 2


def test_days_of_downtime_make_all_that_was_due_marked_late() -> None:
    """After three days without a tick every reminder comes, in order, and says that it is late."""
    here = World()
    here.opened("i")
    here.now += 3 * DAY
    made = here.tick()
    assert len(made) == 2 * 6
    assert [one.due_at for one in made] == sorted(one.due_at for one in made)
    assert all(one.payload["late"] for one in made)
    assert all("late" in one.payload["text"][2]["body"] for one in made)
    assert here.figures.made.count(("head_of_centre", True)) == 8
    entries = {one.subject for one in here.stores.audit.read() if one.kind == "notice"}
    assert entries == {one.id for one in made}


def test_what_was_told_in_time_reminds_nobody() -> None:
    """Notices that arrive at once leave no clock open, and none of them costs a second look."""
    here = World()
    here.opened("i")
    here.now += SECOND
    for notice in here.stores.outbox.list():
        here.deliver(notice)
    here.now += HOUR
    assert here.tick() == []
    assert here.figures.met_clocks == [("first", False)] * 2
    assert here.terms.rows.tally().open == 0
    check_rows(here)


def test_a_late_answer_is_counted_late_and_ends_the_chain() -> None:
    """Behind its policy's minute *at once* is missed, then met late; no further step is made."""
    here = World()
    incident = here.opened("i", NCC)
    here.now += 2 * MINUTE
    assert here.tick() == []
    assert (here.figures.missed_clocks, here.terms.rows.tally().overdue) == (["first"], 1)
    assert [clock.state(here.now, MINUTE) for clock in here.clocks(incident)] == ["missed"]
    here.now += 4 * MINUTE
    assert [one.recipient.role for one in here.tick()] == ["duty_officer"]
    here.now += MINUTE
    here.deliver(next(one for one in here.stores.outbox.list() if one.kind == "first"))
    here.now += DAY
    assert here.tick() == []
    assert here.figures.met_clocks == [("first", True)]
    assert here.terms.rows.tally().overdue == 0


def test_an_acknowledgement_stops_the_chain_and_not_the_clock() -> None:
    """Who takes note stops the way up; the term runs on and is still missed."""
    here = World()
    incident = here.opened("i", OFFICER, verdict=Tri.UNKNOWN)
    here.now += 16 * MINUTE
    assert [one.recipient.role for one in here.tick()] == ["duty_officer"]
    assert here.said(ACK, role="duty_officer", incident=incident.id) == "duty_acknowledged"
    here.now += DAY
    assert here.tick() == []
    assert [clock.over for clock in here.clocks(incident)] == [False]
    assert here.said(ACK, incident="0" * 32) == "command_refused"


def test_a_person_who_acts_answers_the_page() -> None:
    """An incident that somebody takes to a next state is no page that nobody answered."""
    here = World()
    incident = here.opened("i", OFFICER, verdict=Tri.UNKNOWN)
    here.now += 10 * MINUTE
    here.acted(incident, IncidentState.INVESTIGATING)
    here.now += DAY
    assert here.tick() == []
    assert here.terms.rows.tally().open == 0


def test_reminders_of_a_withheld_record_reach_the_roster_and_nobody_else() -> None:
    """Where the guard holds, the roster is paged without content, and the holder hears nothing."""
    here = World()
    here.opened("i", HOLDER, NCC, object_id="grid", guard="hold")
    here.now += 2 * HOUR
    made = {one.recipient.role: one.state for one in here.tick()}
    assert made == {
        "duty_officer": "pending",
        "duty_lead": "pending",
        "head_of_centre": "pending",
        "holder": "held",
    }


def test_a_report_a_month_after_the_notification_is_reminded_before() -> None:
    """The directive's final report has a clock from the notification on, though nothing is made."""
    here = World(law="nis2")
    incident = here.opened("i", CSIRT)
    for notice in here.stores.outbox.list():
        here.deliver(notice)
    here.now += 9 * DAY
    assert here.tick() == []
    (final,) = [clock for clock in here.clocks(incident) if clock.leg == "final"]
    assert final.due_at == instant("2026-04-02T11:00:00Z")  # noon there: summer time has begun
    here.now = final.due_at - 5 * HOUR
    made = here.tick()
    # While it goes on, a report on progress is due at the same instant: one of both meets the duty.
    assert Counter((one.payload["reminder"], one.recipient.role) for one in made) == {
        ("report.soon", "duty_officer"): 2,
        ("report.last", "duty_lead"): 2,
    }
    here.now += 2 * DAY
    assert {one.payload["reminder"] for one in here.tick()} == {"every_leg_missed"}


def test_a_tick_looks_at_a_bounded_number_and_the_next_goes_on() -> None:
    """More incidents than a tick may look at are looked at by the following ones, all of them."""
    here = World()
    for number in range(7):
        here.now += SECOND
        here.opened(f"i{number}", NCC)
    here.now += 6 * MINUTE
    few = here.scheduler(most=3)
    made = [len(here.tick(few)) for _ in range(4)]
    assert made == [3, 3, 1, 0]
    assert len(here.reminders()) == 7
