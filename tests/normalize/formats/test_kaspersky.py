"""Events of Kaspersky Security Center beyond the reviewed records."""

import pytest
from hypothesis import given

from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of


@pytest.mark.parametrize(
    ("said", "address"),
    [("3325256770", "198.51.100.66"), ("198.51.100.66", "198.51.100.66"), ("0", None), ("x", None)],
)
def test_an_attackers_address(said: str, address: str | None) -> None:
    """The address of a network attack is written as one number, or as it is."""
    event = event_of(
        "<10>1 2026-03-02T09:00:07Z ws KES|11.0.0.0 - GNRL_EV_ATTACK_DETECTED "
        f'[event@23668 p1="Scan" p3="{said}" et="GNRL_EV_ATTACK_DETECTED"] x'
    )
    assert at(event.ecs, "source.ip") == address


def test_the_computers_name_is_the_headers() -> None:
    """The header's host stays the event's, so that its object is the one that was identified."""
    event = event_of(
        '<10>1 2026-03-02T09:00:07Z ws.example.kz KES|11 - KLSRV_X [event@23668 et="X" hdn="WS"] x'
    )
    assert at(event.ecs, "host.name") == "ws.example.kz"
    assert at(event.ecs, "host.hostname") == "WS"


@given(record=broken("kaspersky"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "kaspersky")
