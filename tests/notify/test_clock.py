"""Which clocks run for an incident, whose they are, and how they stand."""

from dataclasses import replace

import pytest

from pipeline.model import IncidentState, Notice, Recipient, Tri
from pipeline.notify.clock import Past, TermClock, clocks_of
from tests.runtime.termed import AT, CSIRT, DAY, HOLDER, HOUR, MINUTE, NCC, OFFICER, SECOND, World


def own(**changes: object) -> TermClock:
    """Make a clock of an hour."""
    made = TermClock("c", "i", "centre", "first", Recipient("ncc", "ncc"), AT, AT + HOUR, "b", "p")
    return replace(made, **changes)  # type: ignore[arg-type]


STATES = [
    ("running", own(), AT, "running"),
    ("at its end", own(), AT + HOUR, "running"),
    ("missed", own(), AT + HOUR + 1, "missed"),
    ("met", own(met_at=AT + HOUR), AT + DAY, "met"),
    ("late", own(met_at=AT + HOUR + 1), AT + DAY, "late"),
    ("at once", own(due_at=AT, met_at=AT + 59 * SECOND), AT + DAY, "met"),
    ("at once, late", own(due_at=AT, met_at=AT + 61 * SECOND), AT + DAY, "late"),
    ("by-law missing", own(due_at=None, missing="rules"), AT + 900 * DAY, "unknown"),
    ("ended", own(ended_at=AT + 5), AT + DAY, "ended"),
]


@pytest.mark.parametrize(("clock", "now", "state"), [one[1:] for one in STATES],
                         ids=[one[0] for one in STATES])  # fmt: skip
def test_a_clock_says_how_it_stands(clock: TermClock, now: int, state: str) -> None:
    """Its state follows from due time, receipt and the instant; at once has a policy's minute."""
    assert clock.state(now, MINUTE) == state


def told(clocks: list[TermClock]) -> list[tuple[str, str, str, int | None, str]]:
    """Give clocks as duty, leg, role, due time from the opening, and by-law."""
    return [
        (one.duty_of, one.leg, one.recipient.role, one.due_at and one.due_at - AT, one.missing)
        for one in clocks
    ]


def test_one_duty_has_two_clocks_on_a_critical_object() -> None:
    """Beside the centre's own run the holder's and the owner's; the by-law's has no number yet."""
    here = World()
    clocks = here.clocks(here.opened("i", HOLDER, NCC, object_id="grid"))
    assert sorted(told(clocks)[:4]) == [
        ("centre", "first", "holder", 0, ""),
        ("centre", "first", "ncc", 0, ""),
        ("holder", "first", "ncc", 0, ""),
        ("owner", "first", "ncc", 0, ""),
    ]
    assert told(clocks)[4:] == [("holder", "first", "ncc", None, "monitoring_rules")]
    assert {one.basis for one in clocks if one.duty_of == "holder"} == {
        "kz-418-V/54(2)(6)", "kz-418-V/17(2-1)(3)",
    }  # fmt: skip
    assert [bool(one.notice_id) for one in clocks if one.duty_of != "centre"] == [False] * 3


def test_a_plain_object_has_the_centres_clocks_alone() -> None:
    """What is neither critical nor e-government binds nobody beside the centre."""
    here = World()
    clocks = here.clocks(here.opened("i"))
    assert {one.duty_of for one in clocks} == {"centre"}


def test_the_directive_has_a_day_three_days_and_a_month() -> None:
    """Early warning, notification and final report run at once; the last from the second."""
    here = World(law="nis2")
    incident = here.opened("i", CSIRT)
    found = {one.leg: one.due_at for one in here.clocks(incident)}
    assert found["early_warning"] == AT + DAY
    assert found["notification"] == AT + 3 * DAY
    assert found["final"] == AT + 34 * DAY - HOUR  # from the latest time; summer time begins
    here.now += HOUR
    for notice in list(here.stores.outbox.list()):
        here.deliver(notice)
    left = {one.leg: one.due_at for one in here.clocks(incident) if not one.over}
    assert left == dict.fromkeys(("final", "progress"), AT + 31 * DAY)  # an hour earlier and later


def test_a_retraction_ends_the_clocks_of_others() -> None:
    """Where there was no incident the holder owes nothing; what the centre made is sent."""
    here = World()
    incident = here.opened("i", HOLDER, NCC, object_id="grid")
    past = [incident, replace(incident, revision=2, state=IncidentState.CANDIDATE,
                              changed_at=AT + HOUR)]  # fmt: skip
    notices = list(here.stores.outbox.list())
    clocks = clocks_of(Past(past, notices), here.answers.dues)
    assert {one.duty_of: one.ended_at for one in clocks} == {
        "centre": None, "holder": AT + HOUR, "owner": AT + HOUR,
    }  # fmt: skip


def test_a_page_is_answered_by_a_person_and_not_by_its_channel() -> None:
    """A page that arrived runs on until somebody acts, or until there is nothing to decide."""
    here = World()
    incident = here.opened("i", OFFICER, verdict=Tri.UNKNOWN)
    (page,) = here.stores.outbox.list()
    here.deliver(page)
    delivered = list(here.stores.outbox.list())
    acted = replace(incident, revision=2, changed_at=AT + 5, actor="analyst/a")
    gone = replace(
        incident, revision=2, changed_at=AT + 7,
        assessment=replace(incident.assessment, is_incident=Tri.NO),
    )  # fmt: skip
    ends = [
        (clock.met_at, clock.ended_at)
        for later in ([], [acted], [gone])
        for clock in clocks_of(Past([incident, *later], delivered), here.answers.dues)
    ]
    assert ends == [(None, None), (AT + 5, None), (None, AT + 7)]


def test_reminders_and_pages_run_no_clock() -> None:
    """What reminds of a duty is none itself."""
    here = World()
    here.opened("i", NCC)
    here.now += HOUR
    notices: list[Notice] = here.tick()
    assert notices
    assert clocks_of(Past((), notices), here.answers.dues) == ()
