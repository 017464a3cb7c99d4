"""The centre's own duties to tell."""

import pytest

from pipeline.incidents.statistics import AtOnce, Legs
from pipeline.incidents.statistics.legs import LegTally, first_told
from pipeline.model import Notice, NoticeState
from tests.incidents.statistics.made import HOUR, OVER, SECOND, after, incident, notice

AT_ONCE = AtOnce(60.0)
OPENED = incident()


def legs(*notices: Notice, known_at: int = OVER, held: frozenset[str] | None = None) -> Legs:
    tally = LegTally(AT_ONCE, known_at, held)
    tally.add(notices)
    (found,) = tally.legs()
    return found


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (notice(OPENED, 60), "on_time"),
        (notice(OPENED, 60.1), "late"),
        (notice(OPENED), "missed"),
        (notice(OPENED, 3600, term=3600), "on_time"),
        (notice(OPENED, 3601, term=3600), "late"),
        (notice(OPENED, term=40 * 24 * 3600), "waiting"),
        (notice(OPENED, state=NoticeState.HELD), "held"),
        (notice(OPENED, state=NoticeState.DEAD), "missed"),
        (notice(OPENED, 40 * 24 * 3600), "missed"),
    ],
    ids=[
        "at once", "not at once", "never", "within its term", "after its term", "term ahead",
        "held", "given up", "told after what is known",
    ],
)  # fmt: skip
def test_a_notice_has_one_outcome(made: Notice, outcome: str) -> None:
    """Each notice is on time, late, missed, waiting or held."""
    found = legs(made)
    outcomes = ("on_time", "late", "missed", "waiting", "held")
    assert {name: getattr(found, name) for name in outcomes} == {
        name: int(name == outcome) for name in outcomes
    }
    assert found.owed == 1


def test_delays_and_what_was_left() -> None:
    """Delays run from when the notice became owed; of the term the least that was left is told."""
    told = [5, 10, 100]
    found = legs(*(notice(OPENED, seconds, party=f"p{seconds}") for seconds in told))
    assert (found.delay.p50_seconds, found.delay.max_seconds) == (10.0, 100.0)
    assert (found.spare_least_seconds, found.spare_p50_seconds) == (-40.0, 50.0)
    assert (found.on_time, found.late) == (2, 1)


def test_a_spools_receipt_is_no_acknowledgement() -> None:
    """What was put into a spool counts as told, and not as acknowledged."""
    found = legs(notice(OPENED, 5), notice(OPENED, 5, party="q", state=NoticeState.SENT))
    assert (found.on_time, found.acknowledged) == (2, 1)


def test_a_receipt_before_the_notice_is_no_delay() -> None:
    """Where the recipient's clock is behind, the delay is unknown, and the notice on time."""
    found = legs(notice(OPENED, -30))
    assert (found.on_time, found.delay.count, found.delay.unknown) == (1, 0, 1)


def test_legs_roles_and_grounds_are_counted_apart() -> None:
    """Each leg to each role under each kind of norm has its own line."""
    tally = LegTally(AT_ONCE, OVER)
    tally.add(
        [
            notice(OPENED, 1),
            notice(OPENED, 1, role="holder"),
            notice(OPENED, 1, role="holder", set_by="policy"),
            notice(OPENED, 1, role="holder", leg="update"),
        ]
    )
    assert [(one.leg, one.role, one.set_by, one.owed) for one in tally.legs()] == [
        ("first", "holder", "policy", 1),
        ("first", "holder", "statute", 1),
        ("first", "ncc", "statute", 1),
        ("update", "holder", "statute", 1),
    ]


def test_of_the_past_the_audit_trail_says_what_was_held() -> None:
    """A notice that was held then and freed since counts as held in the report of then."""
    made = notice(OPENED, 2 * 3600)
    then = OPENED.opened_at + HOUR
    assert legs(made, known_at=then, held=frozenset({made.id})).held == 1
    assert legs(made, known_at=then, held=frozenset()).missed == 1


@pytest.mark.parametrize(
    ("notices", "told"),
    [
        ([notice(OPENED, 5), notice(OPENED, 9, party="q")], {"ncc": 9}),
        ([notice(OPENED, 5), notice(OPENED, party="q")], {"ncc": None}),
        ([notice(OPENED, 5), notice(after(OPENED, 100), 1)], {"ncc": 5}),
        ([notice(OPENED), notice(after(OPENED, 100), 1)], {"ncc": 101}),
        ([notice(OPENED, 5, leg="update")], {}),
        ([notice(incident(at=OPENED.opened_at - HOUR), 5)], {}),
    ],
    ids=["both parties", "one untold", "told twice", "told at last", "no first", "a candidate's"],
)
def test_a_role_is_told_when_all_its_parties_are(
    notices: list[Notice], told: dict[str, int | None]
) -> None:
    """The first notices since the opening count, each party's earliest, the last party's time."""
    found = first_told(notices, OPENED, OVER)
    since = {
        role: None if at is None else (at - OPENED.opened_at) // SECOND
        for role, at in found.items()
    }
    assert since == told
