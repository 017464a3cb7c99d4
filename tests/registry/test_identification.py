"""Tests of whose a record is."""

from typing import Any

import pytest

from pipeline.model import instant
from pipeline.registry.identification import identification
from tests.registry.making import AT, record, registry, source

SOURCES = [
    source("listener", listeners=["edge"]),
    source("network", addresses=["192.0.2.0/24"]),
    source("address", addresses=["192.0.2.7"]),
    source("host", hosts=["Web01.Example."]),
    source("host-on-edge", hosts=["web01.example"], listeners=["edge"]),
    source("host-of-address", hosts=["web01.example"], addresses=["192.0.2.7"]),
    source("field", fields={"tenant": "a"}),
    source("v6", addresses=["2001:db8::/32"]),
    source("certified", certificates=["relay.example"]),
    source("fingerprint", certificates=["SHA-256:" + ":".join(["0A"] * 32)]),
]


@pytest.mark.parametrize(
    ("listener", "peer", "host", "fields", "expected"),
    [
        pytest.param("edge", "203.0.113.9", "x", {}, "listener", id="listener-alone"),
        pytest.param("other", "192.0.2.9", "x", {}, "network", id="network"),
        pytest.param("edge", "192.0.2.9", "x", {}, "network", id="network-beats-listener"),
        pytest.param("other", "192.0.2.7", "x", {}, "address", id="longer-network-wins"),
        pytest.param("other", "::ffff:192.0.2.7", "x", {}, "address", id="mapped-address"),
        pytest.param("other", "192.0.2.9", "WEB01.example", {}, "host", id="host-beats-network"),
        pytest.param("edge", "203.0.113.9", "web01.example", {}, "host-on-edge", id="both"),
        pytest.param(
            "edge", "192.0.2.7", "web01.example", {}, "host-of-address", id="address-first"
        ),
        pytest.param(
            "edge", "192.0.2.7", "web01.example", {"tenant": "a"}, "field", id="field-first"
        ),
        pytest.param("other", "2001:db8::1%eth0", "x", {}, "v6", id="scoped-v6"),
        pytest.param("other", "/var/log/x.log", "x", {}, None, id="a-path-is-no-address"),
        pytest.param("other", "203.0.113.9", "x", {"tenant": "b"}, None, id="unknown"),
        pytest.param("other", "", "", {}, None, id="nothing-known"),
    ],
)
def test_the_most_specific_source_wins(
    listener: str, peer: str, host: str, fields: dict[str, str], expected: str | None
) -> None:
    """Fields beat hosts, hosts beat networks, longer beat shorter, listeners come last."""
    epoch = identification(registry(record(sources=SOURCES))).at(AT)
    found = epoch.identify(listener, peer, host, fields)
    assert (found.source.id if found else None) == expected
    again = epoch.identify(listener, peer, host, fields)
    assert again is found


@pytest.mark.parametrize(
    ("certificates", "peer", "host", "expected"),
    [
        pytest.param(("Relay.Example.",), "203.0.113.9", "x", "certified", id="name"),
        pytest.param(("other", "relay.example"), "", "x", "certified", id="any-name"),
        pytest.param(("relay.example",), "192.0.2.7", "x", "certified", id="before-an-address"),
        pytest.param(("relay.example",), "", "web01.example", "host", id="a-host-is-narrower"),
        pytest.param(("sha256:" + "0a" * 32,), "", "x", "fingerprint", id="fingerprint"),
        pytest.param(("sha256:" + "0b" * 32,), "", "x", None, id="another-fingerprint"),
        pytest.param(("elsewhere.example",), "192.0.2.9", "x", "network", id="another-name"),
        pytest.param((), "203.0.113.9", "relay.example", None, id="a-host-is-no-certificate"),
        pytest.param((), "relay.example", "x", None, id="a-peer-is-no-certificate"),
    ],
)
def test_a_certificate_is_more_than_an_address(
    certificates: tuple[str, ...], peer: str, host: str, expected: str | None
) -> None:
    """A certificate's name or fingerprint beats networks, and nothing else stands for it."""
    epoch = identification(registry(record(sources=SOURCES))).at(AT)
    found = epoch.identify("other", peer, host, {}, certificates)
    assert (found.source.id if found else None) == expected


def test_a_source_asks_for_certificate_and_address_together() -> None:
    """Where a source names both, a stolen certificate from elsewhere is not enough."""
    both = source("both", certificates=["relay.example"], addresses=["192.0.2.0/24"])
    epoch = identification(registry(record(sources=[both]))).at(AT)
    assert epoch.identify("l", "203.0.113.9", "x", {}, ("relay.example",)) is None
    assert epoch.identify("l", "192.0.2.9", "x", {}, ("relay.example",)) is not None
    assert epoch.identify("l", "192.0.2.9", "x", {}, ()) is None


def test_a_source_belongs_to_the_object_that_has_it_at_the_time() -> None:
    """A host that moved to another object is identified by the registry of the time."""
    moved: dict[str, Any] = {"sources": [source("s", hosts=["h"])]}
    held = registry(
        record("old", valid_to="2025-12-31", **moved),
        record("new", valid_from="2026-01-01", **moved),
    )
    claims = identification(held)
    for at, expected in (("2025-12-31T23:59:59Z", "old"), ("2026-01-01T00:00:00Z", "new")):
        found = claims.at(instant(at)).identify("l", "p", "h", {})
        assert found is not None
        assert found.record.id == expected
