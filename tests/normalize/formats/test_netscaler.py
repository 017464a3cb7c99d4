"""Messages of NetScaler beyond the reviewed records."""

import pytest
from hypothesis import given

from pipeline.model import TimeConfidence, rfc3339
from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of

LINE = "{} ns01 0-PPE-0 : default TCP CONN_TERMINATE 1 0 :  Source 198.51.100.7:50000"


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("02/20/2026:09:00:05 GMT", "2026-02-20T09:00:05Z"),
        ("20/02/2026:09:00:05 GMT", "2026-02-20T09:00:05Z"),
        ("2026/02/03:09:00:05 GMT", "2026-02-03T09:00:05Z"),
        ("02/02/2026:09:00:05 GMT", "2026-02-02T09:00:05Z"),
        ("20/02/2026:14:00:05", "2026-02-20T14:00:05Z"),
        ("02/03/2026:09:00:05 GMT", None),
        ("20/20/2026:09:00:05 GMT", None),
        ("30/02/2026:09:00:05 GMT", None),
    ],
)
def test_a_date_counts_where_it_reads_one_way(stamp: str, time: str | None) -> None:
    """Which part is the month is a setting of the device: what reads two ways is no time."""
    event = event_of(LINE.format(stamp))
    assert at(event.ecs, "source.ip") == "198.51.100.7"
    known = event.time_confidence is not TimeConfidence.RECEIVED
    assert (rfc3339(event.time) if known else None) == time


@given(record=broken("netscaler"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "netscaler")
