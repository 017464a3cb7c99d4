"""JSON that another JSON document only carries."""

from typing import Any

import orjson
import pytest

from pipeline.normalize.formats.carried import carried
from tests.normalize.reading import at, event_of, failure_of

TRAIL = {
    "eventVersion": "1.08",
    "eventTime": "2026-03-02T09:00:00Z",
    "eventSource": "sts.amazonaws.com",
    "eventName": "GetCallerIdentity",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "198.51.100.9",
}
INNER = orjson.dumps(TRAIL).decode()
FILEBEAT: dict[str, Any] = {
    "@timestamp": "2026-03-02T09:00:05Z",
    "message": INNER,
    "agent": {"type": "filebeat"},
    "ecs": {"version": "8.0.0"},
    "host": {"name": "shipper-01"},
    "input": {"type": "log"},
    "log": {"offset": 7, "file": {"path": "/var/log/trail.json"}},
}


@pytest.mark.parametrize(
    "document",
    [
        FILEBEAT,
        {"id": "3195", "timestamp": 1772442005000, "message": INNER},
        {"log": INNER + "\n", "stream": "stdout", "time": "2026-03-02T09:00:05Z"},
        {"message": INNER},
    ],
    ids=["Filebeat", "CloudWatch", "container", "alone"],
)
def test_what_is_carried_is_read(document: dict[str, Any]) -> None:
    """The record inside speaks: its dataset, its fields, its time."""
    found = event_of(orjson.dumps(document))
    assert found.document()["@timestamp"] == "2026-03-02T09:00:00Z"
    assert at(found.ecs, "event.dataset") == "aws.cloudtrail"
    assert at(found.ecs, "event.action") == "GetCallerIdentity"
    assert "inside:json" in found.notes


def test_the_shipper_s_host_and_time_stand_in() -> None:
    """What the line does not say of itself, its shipper's document does."""
    found = event_of(orjson.dumps({**FILEBEAT, "message": '{"user": "aliya", "op": "read"}'}))
    assert found.document()["@timestamp"] == "2026-03-02T09:00:05Z"
    assert at(found.ecs, "host.name") == "shipper-01"
    assert at(found.ecs, "user.name") == "aliya"


@pytest.mark.parametrize(
    "document",
    [
        {"message": INNER, "level": "error"},
        {"message": "[1]"},
        {"message": "{not JSON"},
        {"message": {"a": 1}},
        {"msg": INNER},
        {},
    ],
    ids=str,
)
def test_a_document_that_says_more_is_its_own(document: dict[str, Any]) -> None:
    """A document with fields of its own, or without an object inside, carries nothing."""
    assert carried(document) is None


def test_text_that_only_looks_like_json_is_no_record() -> None:
    """Braces around something else leave the document what it is."""
    assert "holds a message" in failure_of(orjson.dumps({"message": "{a, b}"})).detail


def test_messages_inside_messages_come_to_an_end() -> None:
    """JSON that carries JSON that carries JSON is read to its inmost record."""
    text = '{"user": "aliya", "op": "read"}'
    for _ in range(8):
        text = orjson.dumps({"message": text}).decode()
    assert at(event_of(text).ecs, "user.name") == "aliya"
