"""Tests of what is due when, on which ground, and who set it."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.assess import CentreTerms, Due, Moments, assess, load_pack, terms_due
from pipeline.assess.rows import TermRow
from pipeline.model import instant, rfc3339
from tests.assess.making import HOUR, INCIDENT, UNDECIDED, case, edited, kz, plant
from tests.registry.making import AT

LISTED = {"sector": "industry", "list_ref": "list, 1", "listed_at": "2025-01-01"}


def due(said: Any = INCIDENT, reporter: str = "centre", **more: Any) -> list[Due]:
    """Give what is due for an incident that opened."""
    held = plant(**more)
    found = assess(case(said, held, reporter=reporter))
    return terms_due(kz(), found, Moments(opened=AT), held.flags(AT), reporter)


def test_the_fact_is_due_at_once_to_holder_and_centre_by_statute() -> None:
    """Article 7-2(1)(2) gives no number: at once is the opening itself."""
    found = due()
    assert [(one.leg, one.recipient.role) for one in found] == [
        ("first", "holder"),
        ("first", "ncc"),
    ]
    assert all(one.due_at == AT and one.set_by == "statute" for one in found)
    assert {one.basis for one in found} == {"kz-418-V/7-2(1)(2)"}


def test_recipients_without_a_time_in_the_law_are_told_by_policy() -> None:
    """Nobody prints a policy as if it were law."""
    found = due(financial_subject="bank")
    (sectoral,) = [one for one in found if one.recipient.role == "sectoral_centre"]
    assert (sectoral.set_by, sectoral.due_at) == ("policy", AT)


def test_one_duty_has_two_clocks_and_a_missing_number_stays_missing() -> None:
    """The holder's own duties run beside ours; what only a by-law can say is not guessed."""
    clocks = [one for one in due(critical=LISTED) if one.duty_of == "holder"]
    assert [(one.basis, one.due_at, one.missing) for one in clocks] == [
        ("kz-418-V/54(2)(6)", AT, ""),
        ("kz-418-V/17(2-1)(3)", None, "monitoring_rules"),
    ]
    assert not [one for one in due() if one.duty_of == "holder"]


def test_a_candidate_pages_the_duty_officer_alone() -> None:
    """Who must decide is paged at once, by policy."""
    (page,) = due(UNDECIDED)
    assert (page.recipient.role, page.set_by, page.due_at) == ("duty_officer", "policy", AT)


@pytest.mark.parametrize(
    ("moments", "leg", "at"),
    [
        (Moments(AT, changed=AT + 2 * HOUR), "update", AT + 3 * HOUR),
        (Moments(AT, retracted=AT + HOUR), "correction", AT + HOUR),
        (Moments(AT, closed=AT + 48 * HOUR), "final", AT + 72 * HOUR),
    ],
)
def test_later_legs_run_from_what_happened(moments: Moments, leg: str, at: int) -> None:
    """A change, a retraction and the closing start their own terms, all of them policy."""
    found = terms_due(kz(), assess(case(INCIDENT)), moments)
    later = [one for one in found if one.leg == leg]
    assert {(one.due_at, one.set_by) for one in later} == {(at, "policy")}
    assert {one.leg for one in found} == {"first", leg}


@pytest.mark.parametrize(
    ("opened", "hours"),
    [
        pytest.param("2026-05-31T18:59:59Z", 0, id="the-day-before"),
        pytest.param("2026-05-31T19:00:00Z", 2, id="from-its-first-midnight"),
    ],
)
def test_an_incident_keeps_the_rows_of_its_opening(tmp_path: Path, opened: str, hours: int) -> None:
    """Both sides of a boundary: a change of law is a new row, and old incidents keep the old."""
    old = "  - id: first.at_once\n    leg: first\n"
    new = (
        "  - id: first.at_once\n    leg: first\n    valid_from: 2026-06-01\n    trigger: opened\n"
        "    offset: PT2H\n    recipients: [holder, ncc]\n    basis: kz-418-V/7-2(1)(2)\n"
        "  - id: first.at_once\n    leg: first\n    valid_to: 2026-05-31\n"
    )
    pack = load_pack(edited(tmp_path, {"terms.yml": [(old, new)]}))
    at = instant(opened)
    found = terms_due(pack, assess(case(INCIDENT, pack=pack, at=at)), Moments(opened=at))
    assert {one.due_at for one in found} == {at + hours * HOUR}
    late = CentreTerms(pack, opened_at=at)("first", "ncc", at + 1000 * HOUR)
    assert late.due_at == at + (1000 + hours) * HOUR


def test_the_notices_ask_for_one_term_at_a_time() -> None:
    """A leg to a role has one term: the earliest of the centre's own."""
    terms = CentreTerms(kz())
    first = terms("first", "ncc", AT)
    assert (first.due_at, first.basis, first.set_by) == (AT, "kz-418-V/7-2(1)(2)", "statute")
    assert terms("update", "holder", AT).due_at == AT + HOUR
    assert terms("final", "hosted_owner", AT).set_by == "policy"


def test_a_leg_without_a_row_is_due_at_once() -> None:
    """A gap never delays anyone."""
    term = CentreTerms(kz())("advisory", "ncc", AT)
    assert (term.due_at, term.set_by) == (AT, "policy")


def test_no_number_stands_as_statute() -> None:
    """The law gives no number: every statute row of the pack is at once or missing."""
    rows = [row for row in kz().rows["terms"] if isinstance(row, TermRow)]
    for row in rows:
        if row.set_by == "statute":
            assert row.offset is not None
            assert row.offset.after(0) == 0, row.id
        if row.set_by == "by-law":
            assert row.offset is None
            assert row.by_law
    assert {row.set_by for row in rows} == {"statute", "by-law", "policy"}


def test_due_legs_are_ordered_by_time_with_missing_ones_last() -> None:
    """What is due first stands first."""
    times = [one.due_at for one in due(critical=LISTED)]
    assert times == [AT, AT, AT, AT, None]
    assert rfc3339(AT) == "2026-03-02T12:00:00Z"
