"""Messages of RouterOS beyond the reviewed records."""

import pytest
from hypothesis import given

from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of


@pytest.mark.parametrize(
    ("prefix", "verdict"),
    [("DROP", "denied"), ("deny-wan", "denied"), ("accept ssh", "allowed"), ("ssh", None)],
)
def test_a_rules_prefix_tells_what_it_did(prefix: str, verdict: str | None) -> None:
    """RouterOS logs no action: the prefix that the rule gives its log says it, or nothing does."""
    event = event_of(
        f"firewall,info {prefix} input: in:ether1 out:(unknown 0), proto TCP (SYN), "
        "198.51.100.7:41000->203.0.113.1:22, len 52"
    )
    assert at(event.ecs, "event.type") == ["connection", *([verdict] if verdict else [])]
    assert event.native["log_prefix"] == prefix


def test_words_with_commas_are_no_topics() -> None:
    """A line that merely begins with a word and a comma is not taken for RouterOS'."""
    assert event_of("<13>Mar  2 14:00:00 web01 hello,world this is text").format == "rfc3164"


@given(record=broken("mikrotik"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "mikrotik")
