"""Events against indicators: what meets what, when, and what the event then says."""

from pathlib import Path

import pytest

from pipeline.model import NANOSECONDS, Json
from pipeline.normalize.ecs_schema import fields
from pipeline.normalize.enrichment import Enrichment
from tests.normalize.enrichment.made import AT, bundle, enriched, indicator, made, matched

SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"
DAY = 86_400 * NANOSECONDS
FEED = [
    indicator("[ipv4-addr:value = '198.51.100.7']", 1),
    indicator("[ipv4-addr:value = '203.0.113.0/24']", 2),
    indicator("[ipv6-addr:value = '2001:db8:bad::/48']", 3),
    indicator("[domain-name:value = 'evil.example.org']", 4),
    indicator("[url:value = 'https://example.net/drop?id=7']", 5),
    indicator(f"[file:hashes.'SHA-256' = '{SHA256}']", 6),
    indicator(f"[file:hashes.MD5 = '{MD5}']", 7),
    indicator("[email-addr:value = 'Bad@Example.ORG']", 8),
    indicator("[domain-name:value = 'зло.қаз']", 9),
]
MEETINGS = {
    "an address": ({"destination": {"ip": "198.51.100.7"}}, [("destination.ip", "198.51.100.7")]),
    "an address in a network": (
        {"source": {"ip": "203.0.113.9"}},
        [("source.ip", "203.0.113.0/24")],
    ),
    "IPv6 in a network": (
        {"client": {"ip": "2001:db8:bad:1::2"}},
        [("client.ip", "2001:db8:bad::/48")],
    ),
    "IPv4 in IPv6's clothes": (
        {"server": {"ip": "::ffff:198.51.100.7"}},
        [("server.ip", "198.51.100.7")],
    ),
    "an answer of DNS": (
        {"dns": {"resolved_ip": ["10.0.0.1", "198.51.100.7"]}},
        [("dns.resolved_ip", "198.51.100.7")],
    ),
    "an answer's data": (
        {"dns": {"answers": [{"data": "x"}, {"data": "198.51.100.7"}]}},
        [("dns.answers.data", "198.51.100.7")],
    ),
    "a name": (
        {"dns": {"question": {"name": "Evil.Example.org."}}},
        [("dns.question.name", "evil.example.org")],
    ),
    "a name below": (
        {"url": {"domain": "a.b.evil.example.org"}},
        [("url.domain", "evil.example.org")],
    ),
    "a name above": ({"url": {"domain": "example.org"}}, []),
    "a name that only ends so": ({"url": {"domain": "notevil.example.org"}}, []),
    "a Cyrillic name": (
        {"url": {"domain": "www.зло.қаз"}},
        [("url.domain", "xn--g1aij.xn--80ao21a")],
    ),
    "an address as a name": ({"url": {"domain": "198.51.100.7"}}, [("url.domain", "198.51.100.7")]),
    "a URL": (
        {"url": {"full": "HTTPS://Example.net:443/drop?id=7#x"}},
        [("url.full", "https://example.net/drop?id=7")],
    ),
    "a URL with another query": ({"url": {"full": "https://example.net/drop?id=8"}}, []),
    "a program": (
        {"process": {"hash": {"sha256": SHA256.upper()}}},
        [("process.hash.sha256", SHA256)],
    ),
    "its parent": (
        {"process": {"parent": {"hash": {"md5": MD5}}}},
        [("process.parent.hash.md5", MD5)],
    ),
    "an attachment": (
        {"email": {"attachments": [{"file": {"hash": {"md5": MD5}}}]}},
        [("email.attachments.file.hash.md5", MD5)],
    ),
    "a sender": (
        {"email": {"from": {"address": ["Bad@example.org"]}}},
        [("email.from.address", "Bad@example.org")],
    ),
    "nothing known": ({"source": {"ip": "192.0.2.1"}, "url": {"original": "/x"}}, []),
    "odd values": (
        {
            "source": {"ip": 7},
            "dns": [],
            "url": {"full": ["x"]},
            "process": {"hash": "x"},
            "email": {"from": [1]},
        },
        [],
    ),
}


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Enrichment:
    """Give an enrichment by one bundle."""
    path = tmp_path_factory.mktemp("feed") / "feed.json"
    path.write_bytes(bundle(*FEED))
    return made(indicators=[path])


@pytest.mark.parametrize(("ecs", "met"), MEETINGS.values(), ids=MEETINGS)
def test_an_event_meets_its_indicators(
    feed: Enrichment, ecs: Json, met: list[tuple[str, str]]
) -> None:
    """Addresses, names with the domains they are in, URLs and hashes meet what feeds give."""
    assert matched(enriched(feed, ecs)) == met


def test_an_event_says_who_knows_what_and_under_which_terms(tmp_path: Path) -> None:
    """Value, field, author, confidence, reference and mark stand in ``threat.enrichments``."""
    maker = {"type": "identity", "id": "identity--1", "name": "KZ-CERT"}
    one = indicator(
        f"[file:hashes.'SHA-256' = '{SHA256}']",
        created_by_ref="identity--1",
        confidence=85,
        name="loader",
        object_marking_refs=[
            "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
            "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        ],
        external_references=[{"source_name": "x"}, {"source_name": "y", "url": "https://a.kz/1"}],
    )
    (tmp_path / "a.json").write_bytes(bundle(maker, one))
    ecs = enriched(made(indicators=[tmp_path]), {"file": {"hash": {"sha256": SHA256}}})
    told = {
        "indicator": {
            "type": "file",
            "file": {"hash": {"sha256": SHA256}},
            "provider": "KZ-CERT",
            "confidence": "High",
            "reference": "https://a.kz/1",
            "name": "loader",
            "marking": {"tlp": "AMBER+STRICT", "tlp_version": "2.0"},
        },
        "matched": {
            "atomic": SHA256,
            "field": "file.hash.sha256",
            "type": "indicator_match",
            "id": one["id"],
        },
    }
    assert ecs["threat"]["enrichments"] == [told]
    assert unknown_to_ecs(ecs["threat"]["enrichments"][0]) == []


def unknown_to_ecs(tree: Json, path: str = "threat.enrichments") -> list[str]:
    found = []
    for name, value in tree.items():
        place = f"{path}.{name}"
        if isinstance(value, dict):
            found += unknown_to_ecs(value, place)
        elif place not in fields():
            found.append(place)
    return found


@pytest.mark.parametrize(
    ("at", "met"), [(-1, False), (0, True), (DAY - 1, True), (DAY, False)], ids=str
)
def test_validity_is_asked_at_the_events_time(tmp_path: Path, at: int, met: bool) -> None:
    """An indicator counts from its first instant to just before its last, by the event's time."""
    since, until = "2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"
    one = indicator("[ipv4-addr:value = '198.51.100.7']", valid_from=since, valid_until=until)
    (tmp_path / "a.json").write_bytes(bundle(one))
    ecs = enriched(made(indicators=[tmp_path]), {"source": {"ip": "198.51.100.7"}}, AT + at)
    assert bool(matched(ecs)) is met


def test_what_the_event_brought_stays(feed: Enrichment) -> None:
    """Enrichments that the sender had made are kept, ours stand behind them."""
    theirs = {"matched": {"field": "x", "atomic": "y", "type": "theirs"}}
    ecs: Json = {"source": {"ip": "198.51.100.7"}, "threat": {"enrichments": [theirs]}}
    assert matched(enriched(feed, ecs)) == [("x", "y"), ("source.ip", "198.51.100.7")]


def test_an_event_names_no_more_than_sixteen(tmp_path: Path) -> None:
    """An event that meets many indicators names the first of them by field and value."""
    many = [indicator(f"[ipv4-addr:value = '198.51.100.{n}']", n) for n in range(1, 31)]
    (tmp_path / "a.json").write_bytes(bundle(*many))
    ecs = {"dns": {"resolved_ip": [f"198.51.100.{n}" for n in range(1, 31)]}}
    found = matched(enriched(made(indicators=[tmp_path]), ecs))
    assert (len(found), found) == (16, sorted(found))
