"""Logs of Check Point beyond the reviewed records."""

import pytest
from hypothesis import given

from pipeline.normalize import peek
from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        ("Accept", "allowed"), ("Drop", "denied"), ("Reject", "denied"), ("Block", "denied"),
        ("Prevent", "denied"), ("Detect", "allowed"), ("Bypass", "allowed"), ("Key Install", None),
    ],
)  # fmt: skip
def test_what_was_let_through(action: str, verdict: str | None) -> None:
    """The action says what became of a connection; an unknown one says nothing."""
    record = f'[action:"{action}"; src:"192.0.2.1"; dst:"198.51.100.1"; time:"1772442005"]'
    expected = ["connection", *([verdict] if verdict else [])]
    assert at(event_of(record).ecs, "event.type") == expected


def test_a_field_that_stands_twice_keeps_its_first_value() -> None:
    """What an attacker appends does not replace what the gateway wrote."""
    event = event_of('[src:"192.0.2.1"; dst:"198.51.100.1"; src:"192.0.2.66"; action:"Drop"]')
    assert (event.native["src"], at(event.ecs, "source.ip")) == ("192.0.2.1", "192.0.2.1")


@pytest.mark.parametrize(
    ("message", "values", "whole"),
    [
        ('[src:"192.0.2.1"; mark.level:"secret"; dst:"192.0.2.2"]', ("secret",), True),
        ('[mark.level:"a"; mark.level:"b";]', ("a", "b"), True),
        ('[src:"192.0.2.1"; action:"Drop"]', (), True),
        ('[src:"192.0.2.1"; mark.level:secret]', (), False),
        ('[src:"192.0.2.1"; mark.level:"secr', (), False),
        ('[src:"192.0.2.1"] mark.level is secret', (), False),
    ],
)
def test_a_mark_among_the_fields_is_seen(
    message: str, values: tuple[str, ...], *, whole: bool
) -> None:
    """Every value of a declared field is given, and what is no whole list of fields is told."""
    record = f"<134>1 2026-03-02T09:00:00Z gw CheckPoint 1 - {message}".encode()
    assert peek.marks(record, "auto", ("mark.level",)) == (values, whole)


@given(record=broken("check_point"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "check_point")
