"""Tests of single and serial failures."""

import pytest

from pipeline.assess.occurrence import occurrence
from pipeline.model import Labels
from tests.assess.making import ATTEMPT, HOUR, UNDECIDED, finding
from tests.registry.making import AT

DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([(UNDECIDED, 0, 0, 1)], "single", id="one-failure"),
        pytest.param([(UNDECIDED, 0, HOUR, 2)], "serial", id="two-events-of-one"),
        pytest.param([(UNDECIDED, 0, 30 * HOUR, 2)], "single", id="two-events-too-far-apart"),
        pytest.param([(UNDECIDED, 0, 30 * HOUR, 3)], "serial", id="three-in-thirty-hours"),
        pytest.param([(UNDECIDED, 0, 0, 1), (UNDECIDED, DAY, DAY, 1)], "serial", id="at-the-edge"),
        pytest.param(
            [(UNDECIDED, 0, 0, 1), (UNDECIDED, DAY + 1, DAY + 1, 1)], "single", id="past-the-edge"
        ),
        pytest.param([(UNDECIDED, 0, 0, 1), (ATTEMPT, 1, 1, 9)], "single", id="attempts-are-none"),
        pytest.param([(ATTEMPT, 0, 1, 9)], "serial", id="attempts-alone"),
        pytest.param([], "single", id="nothing"),
    ],
)
def test_serial_is_more_than_one_failure_within_the_window(
    given: list[tuple[Labels, int, int, int]], expected: str
) -> None:
    """Failures count, attempts only where there is no failure, and the window is inclusive."""
    findings = [
        finding(said, number, first_event_at=AT + first, last_event_at=AT + last, event_count=count)
        for number, (said, first, last, count) in enumerate(given)
    ]
    assert occurrence(findings, DAY) == expected
    assert occurrence(findings[::-1], DAY) == expected
