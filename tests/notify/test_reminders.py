"""Reminders of a clock by a pack's rows: their times, their ids, whom they reach."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess.rows import ReminderRow
from pipeline.model import NANOSECONDS, Leg, Recipient
from pipeline.model.calendar import Calendar
from pipeline.notify.clock import TermClock
from pipeline.notify.reminders import Chains, Reminder

BASE = 1_772_452_800
ROUTE = (Leg("holder", "h1", "b", "policy", ""), Leg("holder", "h2", "b", "policy", ""))


def row(**given_keys: object) -> ReminderRow:
    """Make a row, with an hour before to the duty officer where nothing else is said."""
    document: dict[str, object] = {
        "id": "r", "to": "duty_officer", "basis": "policy", "set_by": "policy", "author": "A",
        "set_at": "2026-11-21", "valid_from": "2022-01-01", **given_keys,
    }  # fmt: skip
    if not {"before", "after"} & given_keys.keys():
        document["before"] = "PT1H"
    return ReminderRow.model_validate(document)


def clock(hours: int = 24, **changes: object) -> TermClock:
    """Make a clock of so many hours."""
    begins = BASE * NANOSECONDS
    known: dict[str, object] = {
        "id": "c" * 32, "incident_id": "i" * 32, "duty_of": "centre", "leg": "first",
        "recipient": Recipient("ncc", "ncc"), "begins_at": begins,
        "due_at": begins + hours * 3600 * NANOSECONDS, "basis": "b", "set_by": "statute",
    }  # fmt: skip
    return TermClock(**{**known, **changes})  # type: ignore[arg-type]


def of(one: ReminderRow, held: TermClock, acknowledged: int | None = None) -> list[Reminder]:
    """Give the reminders of one row for one clock."""
    said = {} if acknowledged is None else {"": acknowledged}
    return Chains((one,), Calendar(), ROUTE, said)([held])


@given(
    hours=st.integers(0, 1000),
    offset=st.integers(0, 600),
    every=st.integers(1, 600),
    times=st.integers(2, 9),
    before=st.booleans(),
)
def test_times_are_those_of_plain_dates(
    hours: int, offset: int, every: int, times: int, *, before: bool
) -> None:
    """A row's times are its offset from the due time, and then every so often (plain datetime)."""
    side = "before" if before else "after"
    rule = row(**{side: f"PT{offset}M", "every": f"PT{every}M", "times": times})
    due = datetime.fromtimestamp(BASE, UTC) + timedelta(hours=hours)
    first = due + timedelta(minutes=-offset if before else offset)
    wanted = [first + timedelta(minutes=every * n) for n in range(times)]
    begins = datetime.fromtimestamp(BASE, UTC)
    found = [datetime.fromtimestamp(one.at // NANOSECONDS, UTC) for one in of(rule, clock(hours))]
    assert found == [one for one in wanted if one >= begins]


def test_an_id_follows_from_row_clock_and_ordinal() -> None:
    """The same reminder has one id wherever it is found, and no two share one."""
    rule = row(after="PT1H", every="PT1H", times=5, to="holder")
    ids = [one.id for one in of(rule, clock())]
    assert ids == [one.id for one in of(rule, clock())]
    assert len(set(ids)) == len(ids) == 5 * len(ROUTE)
    assert not set(ids) & {one.id for one in of(rule, clock(id="d" * 32))}


CHOICES: list[tuple[str, dict[str, object], int]] = [
    ("all", {}, 1),
    ("its leg", {"legs": ["first"]}, 1),
    ("another leg", {"legs": ["final"]}, 0),
    ("its recipient", {"recipients": ["ncc", "holder"]}, 1),
    ("another recipient", {"recipients": ["holder"]}, 0),
    ("another's duty", {"duty_of": "holder"}, 0),
    ("each holder", {"to": "holder"}, 2),
    ("somebody who was not told", {"to": "owner"}, 0),
    ("longer before than the term runs", {"before": "PT25H"}, 0),
]


@pytest.mark.parametrize(("keys", "count"), [one[1:] for one in CHOICES],
                         ids=[one[0] for one in CHOICES])  # fmt: skip
def test_a_row_chooses_its_clocks(keys: dict[str, object], count: int) -> None:
    """Leg, recipient and duty choose; who was not told of the incident is not reminded of it."""
    assert len(of(row(**keys), clock())) == count


def test_an_acknowledgement_stops_the_roster_and_nobody_else() -> None:
    """From then on no level is paged; a party's own duty is its own."""
    at = clock().due_at or 0
    chain = row(after="PT1H", every="PT1H", times=3)
    hour = 3600 * NANOSECONDS
    assert [len(of(chain, clock(), at + n * hour)) for n in (0, 1, 2, 3, 4)] == [0, 0, 1, 2, 3]
    assert len(of(row(after="PT1H", to="holder"), clock(), at)) == 2


def test_a_term_without_a_number_reminds_nobody() -> None:
    """Until a by-law's number is entered there is no time to be early or late for."""
    assert of(row(), clock(due_at=None, missing="monitoring_rules")) == []


REFUSED = [
    ({"before": "PT1H", "after": "PT1H"}, "either before or after"),
    ({"after": "PT1H", "every": "PT1H"}, "every and times"),
    ({"after": "PT1H", "times": 3}, "every and times"),
    ({"after": "1h"}, "no duration"),
]


@pytest.mark.parametrize(("keys", "message"), REFUSED, ids=[one[1] for one in REFUSED])
def test_a_row_that_says_too_much_or_too_little_is_refused(
    keys: dict[str, object], message: str
) -> None:
    """A row names one side, and how often only with how far apart."""
    with pytest.raises(ValueError, match=message):
        row(**keys)
