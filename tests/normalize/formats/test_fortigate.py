"""Logs of FortiGate beyond the reviewed records, and rules of SigmaHQ on them."""

import tarfile

import pytest
from hypothesis import given

from pipeline.match import Matcher
from pipeline.normalize import peek
from tests.match.material import content_of, taxonomy
from tests.match.sigmahq import RULES, need
from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of

EVENT = (
    'date=2026-03-02 time=14:00:15 devname="FG" devid="FG100E0000000001" logid="0100044547" '
    'type="event" subtype="system" level="information" user="admin" action="Add" '
)
TRAFFIC = (
    'date=2026-03-02 time=14:00:15 devname="FG" devid="FG100E0000000001" logid="0000000013" '
    'type="traffic" subtype="forward" srcip=10.1.1.1 dstip=198.51.100.1 dstport=23 proto=6 '
)


@pytest.mark.parametrize(
    ("rule", "record"),
    [
        ("fortinet/fortigate/fortinet_fortigate_new_admin_account_created.yml",
         EVENT + 'cfgpath="system.admin"'),
        ("firewall/net_firewall_cleartext_protocols.yml", TRAFFIC + 'action="accept"'),
    ],
)  # fmt: skip
def test_a_rule_of_sigmahq_fires(rule: str, record: str) -> None:
    """A rule on FortiGate or on any firewall sees what it sends."""
    with tarfile.open(need(RULES)) as archive:
        stream = archive.extractfile(f"rules/network/{rule}")
        assert stream is not None
        matcher = Matcher(content_of(stream.read().decode()), taxonomy())
    assert matcher.match(event_of(record))
    assert not matcher.match(event_of(record.replace("Add", "Read").replace("accept", "deny")))


@pytest.mark.parametrize(
    ("action", "verdict"),
    [("accept", "allowed"), ("deny", "denied"), ("blocked", "denied"), ("other", None)],
)
def test_what_was_let_through(action: str, verdict: str | None) -> None:
    """The action of a packet's log says what became of it; an unknown one says nothing."""
    types = at(event_of(f"{TRAFFIC}action={action}").ecs, "event.type")
    assert types == ["connection", *([verdict] if verdict else [])]


def test_commas_part_fields_too() -> None:
    """The format csv of a FortiGate parts the same pairs by commas."""
    event = event_of(TRAFFIC.replace(" ", ",") + "action=deny")
    assert (event.format, at(event.ecs, "destination.port")) == ("fortigate", 23)


@pytest.mark.parametrize("header", ["", "<189>", "<189>Mar  2 14:00:16 relay01 "])
def test_the_device_names_itself(header: str) -> None:
    """Its own name is the event's host and the one by which its object is found, relayed or not."""
    record = f"{header}{TRAFFIC}action=deny"
    assert at(event_of(record).ecs, "host.name") == "FG"
    assert peek(record.encode(), "auto")["host"] == "FG"


@given(record=broken("fortigate"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "fortigate")
