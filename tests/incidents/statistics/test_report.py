"""The report of a period: regimes and trial apart, the same for the same instant."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.incidents.statistics import (
    Clock,
    Group,
    History,
    Statistics,
    Verdict,
    known,
    statistics,
)
from pipeline.model import IncidentState, as_document
from tests.incidents.statistics.made import (
    BEGIN,
    END,
    HOUR,
    MARCH,
    NO,
    OVER,
    SECOND,
    UNKNOWN,
    YES,
    after,
    asks,
    counted,
    incident,
    judged,
    lived,
    notice,
)

S = IncidentState
EMERGENCY = {"regime": "emergency"}


def totals(report: Statistics) -> dict[tuple[str, bool], dict[str, int]]:
    return {
        (group.regime, group.trial): {
            name: counts.total for name, counts in group.verdicts.items() if counts.total
        }
        for group in report.groups
    }


def only(report: Statistics) -> Group:
    (group,) = report.groups
    return group


def test_regimes_and_trial_operation_stand_apart() -> None:
    """What opened under another regime, or of an object in trial, is in a group of its own."""
    report = counted(
        [incident("a")],
        [incident("b"), after(incident("b"), 60, assessment=judged(versions=EMERGENCY))],
        [incident("c", assessment=judged(versions=EMERGENCY))],
        [incident("d", trial=True)],
        [incident("e", assessment=judged(versions={}))],
    )
    assert totals(report) == {
        ("emergency", False): {"incident": 1},
        ("normal", False): {"incident": 2},
        ("normal", True): {"incident": 1},
        ("unknown", False): {"incident": 1},
    }


def test_candidates_and_false_positives_are_no_incidents() -> None:
    """Each verdict has a total of its own, and times are of incidents alone."""
    report = counted(
        [incident("a")],
        [incident("b", verdict=UNKNOWN)],
        [incident("c", verdict=NO)],
        [incident("d"), after(incident("d"), 60, state=S.CANDIDATE, assessment=judged(NO))],
        lived(incident("e"), (S.MERGED, 60)),
    )
    assert totals(report) == {
        ("normal", False): {name.value: 1 for name in Verdict},
    }
    assert only(report).times["detect"].count == 1
    assert only(report).verdicts["candidate"].by["sector"] == {"banking": 1}


@pytest.mark.parametrize(
    ("at", "counts"),
    [(BEGIN - 1, 0), (BEGIN, 1), (END - 1, 1), (END, 0)],
    ids=["before", "first instant", "last instant", "after"],
)
def test_the_opening_decides_the_period(at: int, counts: int) -> None:
    """An incident counts in the period in which it was opened."""
    assert sum(sum(of.values()) for of in totals(counted([incident(at=at)])).values()) == counts


def test_an_incident_that_opens_later_moves_to_its_period() -> None:
    """A candidate of March that becomes an incident in April is one of April, as soon as known."""
    first = incident(at=END - HOUR, verdict=UNKNOWN)
    opened = after(first, 2 * 3600, state=S.NEW, assessment=judged(), opened_at=END + HOUR)
    before, later = (counted([first, opened], known_at=END + at * HOUR) for at in (0, 2))
    assert totals(before) == {("normal", False): {"candidate": 1}}
    assert totals(later) == {}


def test_clocks_of_others_are_shown_and_not_met() -> None:
    """Another's clock runs, is due where it has a number, and names what is missing."""
    one = incident()
    clocks = [
        Clock("holder.now", "holder", "kz-418-V/54(2)(6)", "statute", one.opened_at),
        Clock("holder.limit", "holder", "kz-418-V/17(2-1)(3)", "by-law", None, "monitoring_rules"),
    ]
    report = statistics([History([one])], MARCH, OVER, asks(clocks=lambda _: clocks))
    found = [(clock.term, clock.running, clock.due, clock.missing) for clock in only(report).clocks]
    assert found == [("holder.limit", 1, 0, "monitoring_rules"), ("holder.now", 1, 1, "")]


def test_the_one_number_of_ours_is_printed_with_its_author() -> None:
    """What at once is taken for stands in the report as policy, never as law."""
    assert as_document(counted())["at_once"] == {
        "seconds": 60.0, "author": "", "since": "", "set_by": "policy",
    }  # fmt: skip


names = st.integers(0, 400)
verdicts = st.sampled_from([YES, NO, UNKNOWN])
states = st.sampled_from([S.ACKNOWLEDGED, S.CONTAINED, S.CLOSED, S.NEW, S.MERGED])
steps = st.lists(st.tuples(st.integers(1, 40 * 86400), states, verdicts), max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> list[History]:
    made = []
    for name in sorted(draw(st.sets(names, max_size=8))):
        at = BEGIN + draw(st.integers(-10, 35 * 86400)) * SECOND
        versions = draw(st.sampled_from([{"regime": "normal"}, EMERGENCY]))
        first = draw(verdicts)
        one = incident(
            str(name), at, first, assessment=judged(first, versions=versions),
            trial=draw(st.booleans()),
        )  # fmt: skip
        revisions = [one]
        for seconds, state, verdict in sorted(draw(steps), key=lambda step: step[0]):
            judgement = judged(verdict, versions=versions)
            revisions.append(after(revisions[-1], seconds, state=state, assessment=judgement))
        told = draw(st.one_of(st.none(), st.integers(0, 10 * 86400)))
        made.append(History(revisions, [notice(one, told), notice(one, role="holder")]))
    return made


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_input_changes_nothing(made: list[History], chance: Random) -> None:
    """Histories, revisions and notices in any order give the same report."""
    whole = statistics(made, MARCH, OVER, asks())
    shuffled = [
        History(
            chance.sample(list(one.revisions), len(one.revisions)),
            chance.sample(list(one.notices), len(one.notices)),
        )
        for one in chance.sample(made, len(made))
    ]
    assert statistics(shuffled, MARCH, OVER, asks()) == whole


@given(histories(), st.integers(0, 8))
def test_the_parts_of_any_partition_add_up(made: list[History], cut: int) -> None:
    """Totals of two parts add up to those of all, in each group and verdict."""
    one, two, whole = (
        totals(statistics(part, MARCH, OVER, asks())) for part in (made[:cut], made[cut:], made)
    )
    added = {
        key: {
            name: one.get(key, {}).get(name, 0) + two.get(key, {}).get(name, 0)
            for name in {**one.get(key, {}), **two.get(key, {})}
        }
        for key in {**one, **two}
    }
    assert added == whole
    in_period = [
        item
        for history in made
        if (item := known(history.revisions, OVER)) and MARCH.holds(item.latest.opened_at)
    ]
    assert sum(sum(of.values()) for of in whole.values()) == len(in_period)


@settings(max_examples=60)
@given(histories(), st.integers(0, 40 * 86400))
def test_an_older_report_comes_out_the_same(made: list[History], seconds: int) -> None:
    """What was made then of what was there then equals what is made now, as known then."""
    then = BEGIN + seconds * SECOND
    there = [
        History(
            [revision for revision in one.revisions if revision.changed_at <= then],
            [
                replace(each, receipt=None)
                if each.receipt and each.receipt.received_at > then
                else each
                for each in one.notices
                if each.created_at <= then
            ],
        )
        for one in made
    ]
    made_then = statistics([one for one in there if one.revisions], MARCH, then, asks())
    assert statistics(made, MARCH, then, asks()) == made_then
