"""What was known of an incident at an instant."""

from dataclasses import replace

import pytest

from pipeline.incidents.statistics import Verdict, known
from pipeline.model import IncidentState
from tests.incidents.statistics.made import (
    BEGIN,
    NO,
    OVER,
    SECOND,
    UNKNOWN,
    after,
    incident,
    judged,
    lived,
)

S = IncidentState
CANDIDATE = incident(verdict=UNKNOWN)
OPENED = after(CANDIDATE, 60, state=S.NEW, assessment=judged(), opened_at=CANDIDATE.opened_at + 60)


@pytest.mark.parametrize(
    ("history", "verdict"),
    [
        ([incident()], Verdict.INCIDENT),
        ([CANDIDATE], Verdict.CANDIDATE),
        ([incident(verdict=NO)], Verdict.NO_INCIDENT),
        ([CANDIDATE, OPENED], Verdict.INCIDENT),
        (
            [incident(), after(incident(), 60, state=S.CANDIDATE, assessment=judged(NO))],
            Verdict.FALSE_POSITIVE,
        ),
        (
            [incident(), after(incident(), 60, state=S.CANDIDATE, assessment=judged(UNKNOWN))],
            Verdict.CANDIDATE,
        ),
        ([CANDIDATE, after(CANDIDATE, 60, finding_ids=())], Verdict.FALSE_POSITIVE),
        ([CANDIDATE, after(CANDIDATE, 60, state=S.CLOSED)], Verdict.FALSE_POSITIVE),
        (lived(incident(), (S.CLOSED, 60)), Verdict.INCIDENT),
        (lived(incident(), (S.MERGED, 60)), Verdict.MERGED),
    ],
    ids=[
        "incident", "candidate", "an attempt", "became one", "taken back", "undecided again",
        "findings withdrawn", "closed as none", "closed", "merged",
    ],
)  # fmt: skip
def test_a_history_counts_as_what_it_came_to(history: list, verdict: Verdict) -> None:  # type: ignore[type-arg]
    """Only a standing verdict yes is an incident; everything else has a name of its own."""
    found = known(history, OVER)
    assert found is not None
    assert found.verdict is verdict


def test_nothing_is_known_before_the_first_revision() -> None:
    """An incident that had not opened yet is none."""
    assert known([incident()], BEGIN) is None


def test_later_revisions_are_not_known_yet() -> None:
    """What was learned later does not change what was known."""
    history = lived(incident(), (S.ACKNOWLEDGED, 60), (S.CLOSED, 120))
    found = known(history[::-1], history[1].changed_at)
    assert found is not None
    assert (found.latest, dict(found.reached)) == (
        history[1],
        {S.NEW: history[0].changed_at, S.ACKNOWLEDGED: history[1].changed_at},
    )


def test_the_regime_is_that_of_the_opening() -> None:
    """A candidate that becomes an incident in an emergency counts there, whatever comes later."""
    emergency = judged(versions={"regime": "emergency"})
    opened = replace(OPENED, assessment=emergency)
    later = after(opened, 5 * 3600, assessment=judged(versions={"regime": "martial_law"}))
    found = known([CANDIDATE, opened, later], OVER)
    assert found is not None
    assert found.regime == "emergency"


def test_going_back_takes_what_lies_ahead_away() -> None:
    """A closed incident that opens again is contained no more, and was acknowledged still."""
    history = lived(
        incident(),
        (S.ACKNOWLEDGED, 60),
        (S.CONTAINED, 120),
        (S.CLOSED, 180),
        (S.INVESTIGATING, 240),
        (S.CLOSED, 300),
    )
    again, at_last = (known(history, history[-1].changed_at - late) for late in (SECOND, 0))
    assert again is not None
    assert at_last is not None
    opened = history[0].opened_at
    assert {state: (at - opened) // SECOND for state, at in again.reached.items()} == {
        S.NEW: 0, S.ACKNOWLEDGED: 60, S.INVESTIGATING: 240,
    }  # fmt: skip
    assert (at_last.reached[S.CLOSED] - opened) // SECOND == 300
    assert S.CONTAINED not in at_last.reached
    assert at_last.passed(S.CONTAINED)
