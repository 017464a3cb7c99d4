"""The book of what was refused: audit, ways in, pages without content and without a storm."""

import pytest
import yaml

from connectors.stores.memory import open_memory
from pipeline.model import BatchKind, RawBatch, Revisions
from pipeline.ports import Stores
from pipeline.registry import UNKNOWN_SOURCE, Refusal
from pipeline.registry.identification import identification
from pipeline.runtime.refused import (
    MOST_NETWORKS,
    MOST_PAGES,
    PAGES_EVERY,
    UNREGISTERED,
    Refused,
    network_of,
    registration,
)
from tests.registry.making import AT, record, registry

STAMP = Revisions("c", "r", "p")
NOW = 1_772_000_000 * 1_000_000_000


@pytest.fixture
def stores() -> Stores:
    """Give empty stores."""
    return open_memory()


@pytest.fixture
def book(stores: Stores) -> Refused:
    """Give an empty book."""
    return Refused("t", stores)


def unknown(sender: str, count: int = 1) -> Refusal:
    return Refusal(UNKNOWN_SOURCE, sender, count)


def pages(stores: Stores) -> list[RawBatch]:
    batches = [batch for _, batch in stores.journal.read(0, 10_000)]
    assert {batch.kind for batch in batches} <= {BatchKind.REFUSED}
    return batches


def test_an_unknown_sender_pages_once_an_hour_for_its_network(
    stores: Stores, book: Refused
) -> None:
    """Senders of one network are one page an hour, whatever they send; another has its own."""
    for minute in range(70):
        now = NOW + minute * PAGES_EVERY // 60
        for host in range(5):
            book.count("edge", unknown(f"192.0.2.{host + minute} gw{host}"), now)
        if minute in {10, 65}:
            book.count("edge", unknown("2001:db8:7::1 six"), now)
        book.tell(now, STAMP, pages=True)
    told = [(one.object_id, one.received_at - NOW) for one in pages(stores)]
    assert told == [
        (f"{UNREGISTERED}192.0.2.0/24", 0),
        (f"{UNREGISTERED}2001:db8:7::/48", 10 * PAGES_EVERY // 60),
        (f"{UNREGISTERED}192.0.2.0/24", PAGES_EVERY),
    ]
    assert {one.records for one in pages(stores)} == {(b"unknown_source",)}
    assert [one.sequence for one in pages(stores)] == [1, 1, 2]


def test_made_up_networks_make_no_storm(stores: Stores, book: Refused) -> None:
    """Of a flood of networks 16 an hour are paged and 256 in all; what is beyond them as one."""
    for hour in range(24):
        for number in range(60):
            book.count("edge", unknown(f"10.{hour}.{number}.1"), NOW + hour * PAGES_EVERY)
        book.tell(NOW + hour * PAGES_EVERY, STAMP, pages=True)
    told = [one.object_id for one in pages(stores)]
    others = told.count(f"{UNREGISTERED}others")
    assert others == 24
    assert len(told) - others == MOST_NETWORKS
    assert len([one for one in pages(stores) if one.received_at == NOW]) == MOST_PAGES + 1


def test_an_objects_refusals_page_under_its_own_name(stores: Stores, book: Refused) -> None:
    """Unattested or over its quota: the object's officer is told the reasons, once an hour."""
    for _ in range(3):
        book.count("edge", Refusal("unattested", "plant/gw", 5), NOW)
        book.count("edge", Refusal("over_quota", "plant/dc", 7), NOW)
        book.tell(NOW, STAMP, pages=True)
    (page,) = pages(stores)
    assert (page.object_id, page.records) == ("plant", (b"over_quota", b"unattested"))


def test_a_replay_pages_nobody(stores: Stores, book: Refused) -> None:
    """Without pages the audit trail alone is written."""
    book.count("edge", unknown("192.0.2.7 gw"), NOW)
    book.tell(NOW, STAMP, pages=False)
    assert pages(stores) == []
    assert [one.kind for one in stores.audit.read()] == ["records_refused"]


def test_the_way_in_can_be_pasted(book: Refused) -> None:
    """What is told of an unknown sender is a source that takes its records as it stands."""
    senders = {"192.0.2.7": "Gw01.Example\n- x: '", "2001:db8::1": ""}
    for peer, host in senders.items():
        book.count("edge", unknown(f"{peer} {host}".strip(), 3), NOW)
    told = list(book.troubles(NOW + 1))
    assert ["\n" in line for line in told] == [False, False]
    assert told[0].startswith("edge: 3 records of 192.0.2.7")
    sources = [yaml.safe_load(line[line.index("- {") :])[0] for line in told]
    epoch = identification(registry(record(sources=sources))).at(AT)
    for peer, host in senders.items():
        assert epoch.identify("edge", peer, host, {}) is not None
        assert epoch.identify("other", peer, host, {}) is None
    assert list(book.troubles(NOW + PAGES_EVERY)) == []


@pytest.mark.parametrize(
    ("peer", "host", "expected"),
    [
        ("192.0.2.7", "gw", {"listeners": ["l"], "addresses": ["192.0.2.7"], "hosts": ["gw"]}),
        ("fe80::1%eth0", "", {"listeners": ["l"], "addresses": ["fe80::1"]}),
        ("/var/log/x", "gw", {"listeners": ["l"], "hosts": ["gw"]}),
    ],
)
def test_a_registration_asks_what_is_known(
    peer: str, host: str, expected: dict[str, list[str]]
) -> None:
    """Listener, address and host enter as far as they are known."""
    (written,) = yaml.safe_load(registration("l", peer, host))
    assert written["match"] == expected


def test_a_certificate_is_asked_for_before_an_address(book: Refused) -> None:
    """Who proved itself by a certificate is told to be registered by it."""
    certificates = ("relay.example", "sha256:" + "0a" * 32)
    book.count("edge", unknown("192.0.2.7 gw"), NOW, certificates)
    (told,) = book.troubles(NOW)
    (written,) = yaml.safe_load(told[told.index("- {") :])
    assert written["match"] == {
        "listeners": ["edge"],
        "certificates": ["relay.example"],
        "hosts": ["gw"],
    }
    epoch = identification(registry(record(sources=[written]))).at(AT)
    assert epoch.identify("edge", "192.0.2.7", "gw", {}, certificates) is not None
    assert epoch.identify("edge", "192.0.2.7", "gw", {}) is None


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("/var/log/x", "edge"),
        ("", "edge"),
    ],
)
def test_networks(peer: str, expected: str) -> None:
    """A peer counts by its /24 or /48, and by its listener where it is no address."""
    assert network_of(peer, "edge") == expected
