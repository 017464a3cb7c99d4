"""Feeds as files: STIX with its versions, MISP, lists, and what of them is no look-up."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import Json
from pipeline.normalize.enrichment.indicators import Feed, Gathering, IndicatorIndex, gather
from tests.normalize.enrichment.made import bundle, enriched, indicator, made, matched

EVENT_ID = "5e0f0d7c-0000-4000-8000-000000000001"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def attribute(kind: str, value: str, **more: Any) -> Json:
    return {"type": kind, "value": value, "to_ids": True, "uuid": f"u-{value}", **more}


def misp_event(*attributes: Json, **more: Any) -> Json:
    return {"Event": {"uuid": EVENT_ID, "info": "campaign", "Attribute": list(attributes), **more}}


def provider(ecs: Json) -> list[str]:
    return [one["indicator"].get("provider") for one in ecs["threat"]["enrichments"]]


@pytest.mark.parametrize(
    ("newer", "met"),
    [
        ({"modified": "2026-02-01T00:00:00Z", "revoked": True}, []),
        ({"modified": "2025-02-01T00:00:00Z", "revoked": True}, ["198.51.100.7"]),
        ({"modified": "2026-02-01T00:00:00Z", "pattern": "[ipv4-addr:value = '198.51.100.8']"}, []),
    ],
    ids=["revoked", "revoked before it was renewed", "changed"],
)
def test_the_newest_version_of_an_indicator_counts(
    tmp_path: Path, newer: Json, met: list[str]
) -> None:
    """Of objects with one id the last modified counts, in whichever file it stands."""
    old = indicator("[ipv4-addr:value = '198.51.100.7']")
    (tmp_path / "2.json").write_bytes(bundle(old))
    (tmp_path / "1.json").write_bytes(bundle({**old, **newer}))
    found = matched(enriched(made(indicators=[tmp_path]), {"source": {"ip": "198.51.100.7"}}))
    assert [value for _, value in found] == met


def test_a_misp_feed_is_what_its_manifest_names(tmp_path: Path) -> None:
    """Event files that the manifest names are read; author, mark and campaign stand with a hit."""
    other = "5e0f0d7c-0000-4000-8000-000000000002"
    manifest = {EVENT_ID: {"info": "campaign"}, "../../etc/passwd": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    event = misp_event(
        attribute("ip-dst|port", "198.51.100.7|443"),
        attribute("domain|ip", "evil.example.org|198.51.100.8"),
        attribute("filename|md5", f"a.exe|{MD5}", Tag=[{"name": "tlp:red"}]),
        attribute("malware-sample", f"b.exe|{'b' * 32}"),
        attribute("url", "http://example.net/x", to_ids=False),
        attribute("hostname", "gone.example.org", deleted=True),
        attribute("btc", "1A"),
        Orgc={"name": "CIRCL"},
        Tag=[{"name": "tlp:amber"}, {"name": "type:OSINT"}],
        Object=[{"name": "file", "Attribute": [attribute("sha1", "a" * 40)]}],
    )
    (tmp_path / f"{EVENT_ID}.json").write_text(json.dumps(event))
    (tmp_path / f"{other}.json").write_text(
        json.dumps(misp_event(attribute("ip-src", "192.0.2.9")))
    )
    feed = made(indicators=[tmp_path])
    assert feed.indicators == 6
    assert feed.left_out == {"an attribute that is not for detection": 1, "btc": 1}
    ecs = enriched(
        feed,
        {
            "destination": {"ip": "198.51.100.7", "domain": "evil.example.org"},
            "file": {"hash": {"md5": MD5, "sha1": "A" * 40}},
            "source": {"ip": "192.0.2.9"},
            "url": {"domain": "gone.example.org"},
        },
    )
    fields = [one["matched"]["field"] for one in ecs["threat"]["enrichments"]]
    assert fields == ["destination.domain", "destination.ip", "file.hash.md5", "file.hash.sha1"]
    marks = [one["indicator"]["marking"]["tlp"] for one in ecs["threat"]["enrichments"]]
    assert marks == ["AMBER", "AMBER", "RED", "AMBER"]
    assert set(provider(ecs)) == {"CIRCL"}


@pytest.mark.parametrize(
    "document",
    [
        {
            "response": {
                "Attribute": [
                    attribute("ip-src", "198.51.100.7", first_seen="2026-01-01T00:00:00Z")
                ]
            }
        },
        {"Attribute": [attribute("ip-src", "198.51.100.7", Event={"Orgc": {"name": "x"}})]},
        [attribute("ip-src", "198.51.100.7")],
        {"response": [misp_event(attribute("ip-src", "198.51.100.7"))]},
    ],
    ids=["a search's attributes", "attributes", "a bare list", "a search's events"],
)
def test_what_misp_answers_is_read(tmp_path: Path, document: Any) -> None:
    """Attributes and events as MISP's search and export give them are read."""
    (tmp_path / "a.json").write_text(json.dumps(document))
    found = matched(enriched(made(indicators=[tmp_path]), {"source": {"ip": "198.51.100.7"}}))
    assert found == [("source.ip", "198.51.100.7")]


CSV = f"""# a remark
Type,Value,valid_from,valid_until,source,tlp,confidence
ipv4,198.51.100.7,2026-01-01T00:00:00Z,,KZ-CERT,TLP:GREEN,20
cidr,203.0.113.0/24,,,,,
domain,Evil.Example.org,,2026-04-01T00:00:00Z,"a, b",clear,
url,http://example.net/x,,,,,
md5,{MD5},,,,,
email,bad@example.org,,,,,
registry,HKLM,,,,,
ipv4,198.51.100.256,,,,,
domain,evil.example.kz,yesterday,,,,
"""


def test_a_list_is_read(tmp_path: Path) -> None:
    """A list gives its indicators with validity, source and mark; lines without one are counted."""
    path = tmp_path / "ours.csv"
    path.write_text("\ufeff" + CSV, encoding="utf-8")
    feed = made(indicators=[path])
    assert feed.indicators == 6
    assert feed.left_out == {"a time that is none": 1, "no value of ipv4": 1, "type registry": 1}
    ecs = enriched(
        feed, {"source": {"ip": "198.51.100.7"}, "url": {"domain": "x.evil.example.org"}}
    )
    first, second = ecs["threat"]["enrichments"]
    assert first["indicator"]["provider"] == "KZ-CERT"
    assert first["indicator"]["confidence"] == "Low"
    assert first["indicator"]["marking"] == {"tlp": "GREEN", "tlp_version": "2.0"}
    assert second["indicator"]["provider"] == "a, b"
    assert second["indicator"]["marking"]["tlp"] == "CLEAR"
    other = enriched(feed, {"source": {"ip": "203.0.113.1"}})
    assert provider(other) == ["ours"]


BROKEN = {
    "no header": ("a.csv", b"198.51.100.7\n", r"a\.csv:1: the header names no type"),
    "an empty list": ("a.csv", b"", r"a\.csv"),
    "no UTF-8": ("a.csv", b"type,value\nipv4,\xff\xfe\n", "no CSV"),
    "no JSON": ("a.json", b"{", "no JSON"),
    "another document": ("a.json", b'{"type":"x"}', "neither"),
}


@pytest.mark.parametrize(("name", "data", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_its_name(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    """A file that is no feed is a problem that names it; so the old indicators stay in force."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigurationError, match=words):
        made(indicators=[tmp_path])


def test_what_is_no_look_up_is_counted_by_name() -> None:
    """Patterns beyond equality are counted by what they ask for."""
    data = bundle(
        indicator("[domain-name:value LIKE '%.kz']", 1),
        indicator("[process:name = 'x']", 2),
        indicator("alert tcp any", 3, pattern_type="snort"),
        indicator("[ipv4-addr:value = '192.0.2.1']", 4, valid_from="soon"),
        {"type": "malware", "id": "malware--1"},
    )
    gathering = Gathering()
    assert list(gather([Feed("f.json", "f", data)], gathering)) == []
    assert gathering.left_out == Counter(
        {"LIKE": 1, "process:name": 1, "pattern type snort": 1, "a time that is none": 1}
    )


def test_marks_defined_in_a_bundle_count() -> None:
    """A mark is read from its definition, of either version of TLP; the strictest counts."""
    definitions = [
        {
            "type": "marking-definition",
            "id": "marking-definition--1",
            "definition_type": "tlp",
            "definition": {"tlp": "amber"},
        },
        {
            "type": "marking-definition",
            "id": "marking-definition--2",
            "extensions": {"extension-definition--x": {"tlp_2_0": "green"}},
        },
        {
            "type": "marking-definition",
            "id": "marking-definition--3",
            "definition_type": "statement",
            "definition": {"statement": "(c)"},
        },
    ]
    refs = [one["id"] for one in definitions]
    one = indicator("[ipv4-addr:value = '192.0.2.1']", object_marking_refs=[*refs, "unknown"])
    (found,) = gather([Feed("f.json", "f", bundle(*definitions, one))], Gathering())
    assert (found.sheet.tlp, found.sheet.provider) == ("AMBER", "f")


def test_several_feeds_name_one_value() -> None:
    """Indicators of one value stand side by side, in the feeds' order."""
    feeds = [
        Feed(f"{name}.csv", name, f"type,value\nipv4,192.0.2.{n}\n".encode())
        for name in ("b", "a")
        for n in (1, 2)
    ]
    index = IndicatorIndex(gather(feeds, Gathering()))
    assert [found.sheet.provider for found in index.find("ip", "192.0.2.1")] == ["b", "a"]
    assert (len(index), index.find("ip", "192.0.2.3"), index.find("domain", "192.0.2.1")) == (
        4,
        (),
        (),
    )
