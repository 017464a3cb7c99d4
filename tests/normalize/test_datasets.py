"""What a document without ECS is, told by its own fields."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.normalize import datasets
from pipeline.normalize.datasets import recognised, table
from pipeline.normalize.ecs_schema import categories
from tests.normalize.reading import at, event_of

CLOUDTRAIL = {
    "eventVersion": "1.08",
    "eventTime": "2026-03-02T09:59:58Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "PutBucketVersioning",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "198.51.100.9",
    "requestParameters": {"bucketName": "b", "Versioning": {"Status": "Suspended"}},
    "userIdentity": {"type": "Root"},
}


def native_and_ecs(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    found = event_of(orjson.dumps(document))
    return found.native, found.ecs


def test_a_record_of_cloudtrail() -> None:
    """A record is named, ECS learns from it, its time counts, its objects are kept whole."""
    found = event_of(orjson.dumps(CLOUDTRAIL))
    assert (found.format, found.taxonomy) == ("json", "generic")
    assert found.document()["@timestamp"] == "2026-03-02T09:59:58Z"
    wanted = {
        "event.dataset": "aws.cloudtrail",
        "event.module": "aws",
        "event.kind": "event",
        "event.action": "PutBucketVersioning",
        "event.provider": "s3.amazonaws.com",
        "event.category": ["api"],
        "cloud.provider": "aws",
        "source.ip": "198.51.100.9",
    }
    assert {path: at(found.ecs, path) for path in wanted} == wanted
    assert found.native["requestParameters"] == CLOUDTRAIL["requestParameters"]
    assert found.native["userIdentity.type"] == "Root"
    assert "requestParameters.bucketName" not in found.native


@pytest.mark.parametrize(
    ("document", "dataset"),
    [
        ({"eventVersion": "1.08", "eventName": "x", "a": 1}, "generic.json"),
        ({"kind": "Event", "apiVersion": "audit.k8s.io/v1"}, "kubernetes.audit"),
        ({"kind": "Event", "apiVersion": "v1"}, "generic.json"),
        ({"_path": "DNS", "uid": "C"}, "zeek.dns"),
        ({"_path": 5, "uid": "C"}, "generic.json"),
        ({"_path": ["dns"], "uid": "C"}, "generic.json"),
        ({"riskEventType": "staleSignInAlertIncident", "id": 1}, "azure.pim"),
        ({"riskEventType": "impossibleTravel", "id": 1}, "azure.riskdetection"),
        ({"logtype": 4000, "node_id": "n"}, "opencanary.event"),
        ({"logtype": True, "node_id": "n"}, "opencanary.event"),
        ({"logtype": None, "node_id": "n", "a": 1}, "generic.json"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value)[:40],
)
def test_the_first_entry_that_fits_counts(document: dict[str, Any], dataset: str) -> None:
    """Values compare without case; a star stands for any value; null is no value."""
    assert native_and_ecs(document)[1]["event"]["dataset"] == dataset


def test_what_says_ecs_is_left_as_it_says() -> None:
    """A document that follows ECS keeps its own dataset, whatever its other fields are."""
    document = {**CLOUDTRAIL, "ecs": {"version": "8.0.0"}, "event": {"dataset": "my.own"}}
    assert native_and_ecs(document)[1]["event"]["dataset"] == "my.own"


def test_pairs_are_recognised_too() -> None:
    """A list of pairs, alone or after a syslog header, is named like a JSON document."""
    line = b'devname="FGT" devid="FG100D" type="event" subtype="system" action="Add"'
    for record in (line, b"<189>" + line):
        assert event_of(record).ecs["event"]["dataset"] == "fortigate.event"
    audit = event_of(b'type=EXECVE msg=audit(1772445600.123:456): argc=1 a0="id"')
    assert (audit.taxonomy, audit.ecs["event"]["dataset"]) == ("linux", "auditd.log")


def test_the_table_keeps_to_the_schema() -> None:
    """Every category that the table sets expects the type beside it."""
    expected = categories().category
    for entry in table().datasets:
        types = set(entry.set.get("event.type", []))
        for category in entry.set.get("event.category", []):
            assert types & expected[category], entry.dataset


BROKEN = [
    ("no condition", "- {dataset: a, when: {}}", "no condition, everything would fit"),
    ("two stars", '- {dataset: a, when: {b: "*c*"}}', "more than one *"),
    ("no ECS field", "- {dataset: a, when: {b: c}, fields: {no.such: d}}", "no such ECS field"),
    ("no value", "- {dataset: a, when: {b: c}, set: {event.category: [x]}}", "no allowed value"),
    ("unknown key", "- {dataset: a, when: {b: c}, wen: 1}", "unknown key"),
]


@pytest.mark.parametrize(
    ("entry", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_table_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, entry: str, told: str
) -> None:
    """What cannot be meant is refused with the line that it stands on."""
    path = tmp_path / "some.yml"
    path.write_text(f"datasets:\n  {entry}\n", encoding="utf-8")
    monkeypatch.setattr("pipeline.normalize.taxonomy.taxonomy_path", lambda _name: path)
    monkeypatch.setattr(datasets, "taxonomy_path", lambda _name: tmp_path)
    with pytest.raises(ConfigurationError, match=r":2: .*" + re.escape(told)):
        datasets.table.__wrapped__()


VALUES = st.text() | st.none() | st.integers() | st.lists(st.text(), max_size=2) | st.floats()
NAMES = st.sampled_from(["_path", "uid", "kind", "Type", "a"])


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_any_document_is_asked_without_harm(native: dict[str, Any]) -> None:
    """Whatever values stand in a document, recognising it raises nothing and is repeatable."""
    assert recognised(native) is recognised(dict(reversed(native.items())))
