"""What another centre is given: bundles by the validator of OASIS, and what they leave out."""

from collections import Counter
from dataclasses import replace
from typing import Any

import orjson
import pytest

from pipeline.model import NANOSECONDS
from pipeline.normalize.enrichment.indicators.stix import stix_indicators
from pipeline.notify.exports import Exported
from pipeline.notify.exports.record import Observable
from pipeline.notify.exports.stix import TLP
from pipeline.notify.peers import WITHHELD, Allowed, peer_bundle
from pipeline.notify.peers_read import NoBundle, read_bundle
from tests.notify.exports.made import NOW, stubbed, whole
from tests.notify.exports.test_stix import problems

EVERYTHING = Allowed(identity=True, personal_data=True)
DAY = 86_400 * NANOSECONDS


def objects(record: Exported, allowed: Allowed, *, revoked: bool = False) -> list[dict[str, Any]]:
    """Give a bundle's objects."""
    held: list[dict[str, Any]] = orjson.loads(bundle(record, allowed, revoked=revoked))["objects"]
    return held


def bundle(record: Exported, allowed: Allowed, *, revoked: bool = False) -> bytes:
    """Write a bundle."""
    return peer_bundle(record, allowed, NOW, revoked=revoked)[1]


@pytest.mark.parametrize("record", [whole(), stubbed()], ids=["whole", "stub"])
@pytest.mark.parametrize(
    "allowed",
    [
        pytest.param(Allowed(), id="least"),
        pytest.param(EVERYTHING, id="everything"),
        pytest.param(Allowed(incidents=False), id="indicators-alone"),
        pytest.param(Allowed(indicators=False), id="incidents-alone"),
    ],
)
@pytest.mark.parametrize("revoked", [False, True], ids=["given", "revoked"])
def test_a_bundle_is_valid_and_is_read(record: Exported, allowed: Allowed, revoked: bool) -> None:
    """OASIS's validator has nothing against a bundle, and a receiver of ours takes it."""
    data = bundle(record, allowed, revoked=revoked)
    assert problems(data) == []
    assert read_bundle(data).id == peer_bundle(record, allowed, NOW, revoked=revoked)[0]


def test_nobody_is_named_unless_that_is_allowed() -> None:
    """Object, sector, hosts and people stay, and come with what the settings allow."""
    least, most = bundle(whole(), Allowed()), bundle(whole(), EVERYTHING)
    for word in (b"KZ-EN-1", b"North", b"scada-gw", b"user-1", b"energy", b"electricity"):
        assert word not in least
        assert word in most or word in (b"electricity", b"North")
    assert WITHHELD.encode() in least


def test_indicators_point_at_who_came() -> None:
    """Addresses that attacks came from and digests are indicators; targets and hosts are none."""
    found = {one["pattern"] for one in objects(whole(), Allowed()) if one["type"] == "indicator"}
    assert found == {
        "[ipv4-addr:value = '203.0.113.45']",
        "[ipv6-addr:value = '2001:db8::1']",
        f"[file:hashes.'MD5' = '{'a' * 32}']",
        f"[file:hashes.'SHA-256' = '{'b' * 64}']",
    }


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.1", "127.0.0.1", "fe80::1", "fd00::2"])
def test_an_address_that_every_network_has_is_no_indicator(address: str) -> None:
    """A private address of ours would block another centre's own machine."""
    record = whole()
    assert record.details is not None
    seen = (Observable("address", address, "source"),)
    inside = replace(record, details=replace(record.details, observables=seen))
    assert not [one for one in objects(inside, Allowed()) if one["type"] == "indicator"]


def test_indicators_are_a_feed_with_validity_and_revocation() -> None:
    """Our own reader of feeds finds them with source, mark and validity, and their revocation."""
    given = list(stix_indicators(orjson.loads(bundle(whole(), Allowed())), "peer", _counter()))
    assert len(given) == 4
    details = whole().details
    assert details is not None
    assert {one.valid_until for one in given} == {
        (details.times.last_event_at + 30 * DAY) // 1_000_000 * 1_000_000
    }
    back = bundle(whole(), Allowed(), revoked=True)
    taken = list(stix_indicators(orjson.loads(back), "peer", _counter()))
    assert {one.id for one in taken} == {one.id for one in given}
    assert all(one.revoked for one in taken)
    assert min(one.modified for one in taken) > max(one.modified for one in given)


def _counter() -> Counter[str]:
    return Counter()


def test_the_same_notice_is_the_same_bundle() -> None:
    """A repeated attempt has the same bytes, and another content another id."""
    assert bundle(whole(), Allowed()) == bundle(whole(), Allowed())
    ids = {peer_bundle(whole(), one, NOW, revoked=False)[0] for one in (Allowed(), EVERYTHING)}
    assert len(ids) == 2


def changed(**change: Any) -> bytes:
    """Change the incident of a valid bundle."""
    document = orjson.loads(bundle(whole(), Allowed()))
    for one in document["objects"]:
        if one["type"] == "incident":
            one.update(change)
    return orjson.dumps(document)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"{", "no JSON", id="no-json"),
        pytest.param(b"[]", "no STIX bundle", id="no-bundle"),
        pytest.param(b'{"type":"bundle","objects":[]}', "holds 1 to", id="empty"),
        pytest.param(b'{"type":"bundle","id":"x","objects":[1]}', "its id", id="no-id"),
        pytest.param(changed(type="campaign"), "not exchanged", id="unknown-type"),
        pytest.param(changed(id="incident--1"), "no id of its type", id="wrong-id"),
        pytest.param(changed(object_marking_refs=[]), "no TLP mark", id="unmarked"),
        pytest.param(changed(object_marking_refs=[TLP["red"]]), "no TLP mark", id="red"),
        pytest.param(changed(object_marking_refs="x"), "marks that are none", id="no-marks"),
    ],
)
def test_what_may_not_be_taken_is_refused(data: bytes, why: str) -> None:
    """A bundle that is none, unmarked, marked red or of types that are not exchanged is refused."""
    with pytest.raises(NoBundle, match=why):
        read_bundle(data)
