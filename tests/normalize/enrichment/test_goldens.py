"""Golden pairs of enrichment: an event's fields before, what its page says stands there after."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from pipeline.model import Json
from pipeline.normalize.enrichment import Enrichment
from tests.conftest import Golden
from tests.normalize.enrichment.made import bundle, enriched, indicator, made, mmdb

ROWS = yaml.safe_load(
    (Path(__file__).parents[2] / "golden/enrichment/enrichment.yml").read_text(encoding="utf-8")
)
CITY = {
    "country": {"iso_code": "KZ", "names": {"en": "Kazakhstan"}},
    "city": {"names": {"en": "Almaty"}},
    "location": {"latitude": 43.25, "longitude": 76.92},
}
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
AMBER = ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]


@pytest.fixture(scope="module")
def enrichment(tmp_path_factory: pytest.TempPathFactory) -> Enrichment:
    """Give everything at once: one feed, cities and networks, names and user agents."""
    folder = tmp_path_factory.mktemp("data")
    maker: Json = {"type": "identity", "id": "identity--1", "name": "KZ-CERT"}
    network, name, file = (
        "[ipv4-addr:value = '203.0.113.0/24']",
        "[domain-name:value = 'evil.example.org']",
        f"[file:hashes.'SHA-256' = '{SHA256}']",
    )
    gone = "[ipv4-addr:value = '198.51.100.9']"
    (folder / "feed.json").write_bytes(
        bundle(
            maker,
            indicator(network, 1, created_by_ref="identity--1"),
            indicator(name, 2, object_marking_refs=AMBER),
            indicator(file, 3, confidence=90),
            indicator(gone, 4, valid_until="2026-03-01T00:00:00Z"),
        )
    )
    asn: Json = {"autonomous_system_number": 9198}
    geo = [
        mmdb(folder / "city.mmdb", {"2.72.0.0/16": CITY, "2a00:5da0::/32": CITY}),
        mmdb(folder / "asn.mmdb", {"2.72.0.0/16": asn}, "GeoLite2-ASN"),
    ]
    return made(indicators=[folder / "feed.json"], geo=geo, domains=True, user_agent=True)


def at(tree: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(tree, list) and part.isdigit():
            tree = tree[int(part)] if int(part) < len(tree) else None
        else:
            tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_an_event_says_what_its_page_says_it_does(enrichment: Enrichment, row: Json) -> None:
    """What a row expects stands in the event, and what it expects not to does not."""
    told = enriched(enrichment, orjson.loads(orjson.dumps(row["ecs"])))
    assert {path: at(told, path) for path in row["expect"]} == row["expect"]


def test_golden_pairs(enrichment: Enrichment, golden: Golden) -> None:
    """Each event becomes what was reviewed."""
    assert len(ROWS) >= 10
    told = {
        row["name"]: enriched(enrichment, orjson.loads(orjson.dumps(row["ecs"]))) for row in ROWS
    }
    text = orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    golden.check("enrichment/enrichment.expected.json", text)
