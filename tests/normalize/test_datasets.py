"""What a document without ECS is, told by its own fields."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.model import TimeConfidence
from pipeline.normalize import datasets
from pipeline.normalize.datasets import recognised, table
from pipeline.normalize.ecs_categories import categories
from pipeline.normalize.parsed import Parsed
from tests.normalize.reading import ALMATY, at, event_of

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


FEATURES = """
datasets:
  - dataset: vendor.alpha
    alone: true
    utc: true
    when: {a.kind: "al*a*"}
    inside: a
    time: a.at
    fields:
      source.ip: peer
      user.name: ["who[role=actor].name", fallback]
      host.name: ["who[].host"]
    parts:
      cloud.account.id: {of: [missing, path], after: /SUBS/, before: /}
      url.query: {of: path, after: "?"}
    set: {event.outcome: unknown, event.type: [info]}
    map:
      event.outcome:
        - {of: code, values: {"0": success}}
        - {of: "rights[].granted", values: {"false": failure}}
      event.type: {of: verb, values: {"get*": [access], "*/set*/now": [change], getall: [info]}}
"""


@pytest.mark.parametrize(
    ("inner", "wanted"),
    [
        ({"code": 0}, {"event.outcome": "success"}),
        ({"code": 7}, {"event.outcome": "unknown"}),
        ({"rights": [{"granted": True}, {"granted": False}]}, {"event.outcome": "failure"}),
        ({"rights": [{"granted": True}]}, {"event.outcome": "unknown"}),
        ({"verb": "GetThing"}, {"event.type": ["access"]}),
        ({"verb": "getAll"}, {"event.type": ["info"]}),
        ({"verb": "x/set/a/now"}, {"event.type": ["change"]}),
        ({"verb": "x/now"}, {"event.type": ["info"]}),
        ({"peer": "192.0.2.1:77"}, {"source.ip": "192.0.2.1", "source.port": 77}),
        ({"peer": "[2001:db8::1]:77"}, {"source.ip": "2001:db8::1", "source.port": 77}),
        ({"peer": "svc.example.org"}, {"source.ip": None, "source.address": "svc.example.org"}),
        ({"peer": "-"}, {"source.ip": None, "source.address": None}),
        ({"who": [{"role": "target", "name": "b"}, {"role": "Actor", "name": "c", "host": "h"}]},
         {"user.name": "c", "host.name": "h"}),
        ({"who": [], "fallback": "d"}, {"user.name": "d"}),
        ({"path": "/subs/77/x?q=1"}, {"cloud.account.id": "77", "url.query": "q=1"}),
        ({"path": "/elsewhere"}, {"cloud.account.id": None, "url.query": None}),
        ({"at": "2026-03-02T10:00:00"}, {"event.dataset": "vendor.alpha"}),
    ],
    ids=str,
)  # fmt: skip
def test_what_an_entry_may_say(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    inner: dict[str, Any],
    wanted: dict[str, Any],
) -> None:
    """Members of an object, lists, parts of texts, several translations, addresses with ports."""
    path = tmp_path / "some.yml"
    path.write_text(FEATURES, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.normalize.taxonomy.taxonomy_path", lambda _name: path)
        patch.setattr(datasets, "taxonomy_path", lambda _name: tmp_path)
        (entry,) = datasets.table.__wrapped__().datasets
    native = {"a.kind": "alpha", **{f"a.{name}": value for name, value in inner.items()}}
    answer = Parsed("json", "generic", None, TimeConfidence.RECEIVED, {}, native)
    datasets.name_dataset(answer, entry)
    assert {path: at(answer.ecs, path) for path in wanted} == wanted


def test_a_time_that_is_utc_by_definition_is_exact() -> None:
    """Microsoft 365 writes UTC without saying so: the source's zone is not asked."""
    record = {"CreationTime": "2026-03-02T10:00:00", "Operation": "Send", "Workload": "Exchange"}
    found = event_of(orjson.dumps(record), zone=ALMATY)
    assert found.document()["@timestamp"] == "2026-03-02T10:00:00Z"
    assert found.time_confidence is TimeConfidence.EXACT
