"""Why a period is partial."""

import pytest

from pipeline.incidents.statistics import Partial, Reason, Records, Span, partials
from pipeline.registry.moments import EARLIEST, LATEST
from tests.incidents.statistics.made import BEGIN, END, HOUR, MARCH, OVER

LONG = Records(since=BEGIN - HOUR)
ALWAYS = [Span("o", EARLIEST, LATEST)]


def test_a_whole_period_has_no_reason() -> None:
    """What was recorded, listened to and watched throughout is whole."""
    assert partials(MARCH, OVER, LONG, ALWAYS) == ()


@pytest.mark.parametrize(
    ("known_at", "records", "watched", "reason"),
    [
        (BEGIN + HOUR, LONG, ALWAYS, Partial(Reason.PERIOD_NOT_OVER, BEGIN + HOUR, END)),
        (
            OVER, Records(since=BEGIN + HOUR), ALWAYS,
            Partial(Reason.RECORDING_BEGAN, BEGIN, BEGIN + HOUR),
        ),
        (OVER, Records(since=0), ALWAYS, Partial(Reason.RECORDING_BEGAN, BEGIN, END)),
        (
            OVER, Records(since=BEGIN + HOUR, cut=True), ALWAYS,
            Partial(Reason.RETENTION_CUT, BEGIN, BEGIN + HOUR),
        ),
        (
            OVER, Records(BEGIN - HOUR, outages=((BEGIN - HOUR, BEGIN + HOUR),)), ALWAYS,
            Partial(Reason.OWN_OUTAGE, BEGIN, BEGIN + HOUR),
        ),
        (
            OVER, Records(BEGIN - HOUR, waiting=END - HOUR), ALWAYS,
            Partial(Reason.PROCESSING_BEHIND, END - HOUR, END),
        ),
        (
            OVER, LONG, [Span("o", BEGIN + HOUR, LATEST), Span("p", EARLIEST, LATEST)],
            Partial(Reason.MONITORING_BEGAN, BEGIN, BEGIN + HOUR, ("o",)),
        ),
        (
            OVER, LONG, [Span("o", EARLIEST, BEGIN + HOUR), Span("n", EARLIEST, BEGIN + 2 * HOUR)],
            Partial(Reason.MONITORING_ENDED, BEGIN + HOUR, END, ("n", "o")),
        ),
    ],
    ids=[
        "not over", "records begin", "no records", "retention", "outage", "behind", "object began",
        "objects ended",
    ],
)  # fmt: skip
def test_each_reason_has_its_name_and_stretch(
    known_at: int, records: Records, watched: list[Span], reason: Partial
) -> None:
    """Each gap is told by a name for machines, with the stretch that it concerns."""
    assert partials(MARCH, known_at, records, watched) == (reason,)


@pytest.mark.parametrize(
    "watched",
    [
        [Span("o", EARLIEST, BEGIN + HOUR), Span("o", BEGIN + HOUR, LATEST)],
        [Span("o", BEGIN + HOUR, LATEST), Span("o", EARLIEST, BEGIN + 2 * HOUR)],
        [Span("o", END, LATEST), Span("p", EARLIEST, BEGIN)],
        [Span("o", BEGIN + HOUR, BEGIN + HOUR)],
    ],
    ids=["a new revision", "overlaid", "outside", "empty"],
)
def test_a_new_revision_is_no_gap(watched: list[Span]) -> None:
    """Spans that meet are one observation, and what lies outside the period is no matter."""
    assert partials(MARCH, OVER, LONG, watched) == ()


def test_what_waits_from_after_the_period_is_no_matter() -> None:
    """Records that came when the period was over make no figure of it partial."""
    assert partials(MARCH, OVER, Records(BEGIN - HOUR, waiting=END + 1), ALWAYS) == ()


def test_an_outage_that_was_not_known_yet_is_none() -> None:
    """A report of an earlier instant knows no later outage, and no later end."""
    records = Records(BEGIN - HOUR, outages=((BEGIN + HOUR, BEGIN + 3 * HOUR),))
    (only,) = partials(MARCH, BEGIN + 2 * HOUR, records, [Span("o", EARLIEST, BEGIN + 3 * HOUR)])
    assert only.reason is Reason.PERIOD_NOT_OVER
