"""STIX objects and bundles: what is told, and what is no STIX."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Event
from tests.normalize.golden_rows import rows_of
from tests.normalize.reading import at, batch_of, event_of, normalized

INDICATOR = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--00000000-0000-4000-8000-000000000001",
    "created": "2026-03-01T00:00:00Z",
    "modified": "2026-03-01T00:00:00Z",
    "pattern_type": "stix",
    "valid_from": "2026-03-01T00:00:00Z",
}
PATTERNS = [
    ("[ipv4-addr:value = '203.0.113.1']", "ip", "203.0.113.1"),
    ("[ipv6-addr:value='2001:db8::1']", "ip", "2001:db8::1"),
    ("[domain-name:value LIKE 'bad.example.org']", "url.domain", "bad.example.org"),
    ("[url:value = 'http://x/\\'y']", "url.original", "http://x/'y"),
    ("[email-addr:value = 'a@example.org']", "email.address", "a@example.org"),
    ("[file:hashes.'SHA-1' = 'da39a3ee']", "file.hash.sha1", "da39a3ee"),
    ("[file:hashes.MD5 = 'd41d8cd9']", "file.hash.md5", "d41d8cd9"),
    ("[windows-registry-key:key = 'HKLM\\\\x']", "registry.key", "HKLM\\x"),
    ("[process:name = 'x']", "type", None),
    ("[ipv4-addr:value = '1.2.3", "ip", None),
]


@pytest.mark.parametrize(("pattern", "field", "value"), PATTERNS)
def test_patterns(pattern: str, field: str, value: str | None) -> None:
    """A comparison with a text fills the field of ECS's indicator that its property has."""
    event = event_of(orjson.dumps({**INDICATOR, "pattern": pattern}))
    assert at(event.ecs, f"threat.indicator.{field}") == value
    assert event.format == "stix_sighting"


@pytest.mark.parametrize(
    ("number", "word"),
    [(0, "None"), (1, "Low"), (29, "Low"), (30, "Medium"), (69, "Medium"), (70, "High"),
     (100, "High"), (101, None), (-1, None), (True, None), ("80", None)],
)  # fmt: skip
def test_confidence(number: Any, word: str | None) -> None:
    """STIX's numbers are ECS's words (appendix A of STIX 2.1)."""
    event = event_of(orjson.dumps({**INDICATOR, "confidence": number}))
    assert at(event.ecs, "threat.indicator.confidence") == word


@pytest.mark.parametrize(
    "document",
    [
        {"type": "bundle", "objects": []},
        {"type": "bundle", "objects": "x"},
        {"objects": [{"a": 1}]},
        {"type": "indicator", "id": "tool--00000000-0000-4000-8000-000000000001"},
        {"id": "a--b", "x": 1},
        {"id": "order--00000000-0000-4000-8000-000000000001", "amount": 5},
    ],
    ids=repr,
)
def test_what_is_no_stix(document: dict[str, Any]) -> None:
    """A document without a STIX object stays what it is."""
    assert event_of(orjson.dumps({**document, "y": 1})).format == "json"


def test_many_objects_are_counted_and_the_first_told() -> None:
    """A bundle of many indicators is one event; what it does not tell is counted and kept."""
    many = [
        {**INDICATOR, "id": f"indicator--00000000-0000-4000-8000-{number:012}",
         "pattern": f"[ipv4-addr:value = '203.0.113.{number}']"}
        for number in range(100)
    ]  # fmt: skip
    event = event_of(orjson.dumps({"type": "bundle", "id": "bundle--1", "objects": many}))
    assert event.notes == ("further_objects:99", "indicator")
    assert len(event.ecs["threat"]["enrichments"]) == 64
    assert len(event.native["objects"]) == 100


RECORDS = [orjson.loads(row.record) for row in rows_of("stix") if row.expect]
numbers = st.integers(-(2**63), 2**64 - 1)  # what JSON is written with here
values = st.none() | numbers | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)


@given(st.sampled_from(RECORDS), st.data())
def test_mutated_objects_are_events_or_failures(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """Real objects with any of their values replaced give an Event or a Failure."""
    changed = replaced(document, data)
    (item,) = normalized(batch_of(orjson.dumps(changed)))
    if isinstance(item, Event):
        assert orjson.dumps(item.document())


def replaced(value: Any, data: st.DataObject) -> Any:
    if isinstance(value, dict):
        return {name: replaced(one, data) for name, one in value.items()}
    if isinstance(value, list):
        return [replaced(one, data) for one in value]
    return data.draw(values) if data.draw(st.integers(0, 9)) == 0 else value
