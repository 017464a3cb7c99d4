"""Which format a record is in, told by its content."""

import pytest

from pipeline.model import Event, FailureCode
from pipeline.normalize import FORMATS, unknown_format
from pipeline.normalize.formats import JSON_FORMATS, parser
from tests.normalize.reading import batch_of, failure_of, normalized


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b'{"EventID": 1, "Channel": "x"}', "windows_flat"),
        (b'{"event_id": 1, "log_name": "x"}', "winlogbeat_6"),
        (b'{"winlog": {"event_id": 1}}', "winlogbeat_7"),
        (b'{"Event": {"System": {"EventID": 1}}}', "windows_event"),
        (b'{"event": {"kind": "event", "action": "x"}}', "ecs"),
        (b'{"a": 1}', "json"),
        (b'  {"a": 1}', "json"),
        (b'\xef\xbb\xbf{"a": 1}', "json"),
        ('{"a": 1}'.encode("utf-16"), "json"),
        ('{"a": 1}'.encode("utf-16-le"), "json"),
        (b"<34>1 - host app - - - x", "rfc5424"),
        (b"<34>Oct 11 22:14:15 host app: x", "rfc3164"),
        (b"Oct 11 22:14:15 host app: x", "rfc3164"),
        (b"2026-03-02T09:00:00Z host app: x", "rfc3164"),
        (b"app[7]: x", "rfc3164"),
        (b"src=192.0.2.1 dst=192.0.2.2 action=deny", "keyvalue"),
        (b"\x00\x00<34>Oct 11 22:14:15 host app: x\x00", "rfc3164"),
    ],
)
def test_the_format_is_found(record: bytes, expected: str) -> None:
    """A record's format shows in its first characters and its keys."""
    (item,) = normalized(batch_of(record))
    assert isinstance(item, Event), item
    assert item.format == expected


@pytest.mark.parametrize(
    ("record", "code", "way_out"),
    [
        (b"", FailureCode.EMPTY, "empty"),
        (b"   ", FailureCode.EMPTY, "empty"),
        (b'{"a": ', FailureCode.TRUNCATED, "message size"),
        (b'{"a": nope}', FailureCode.SYNTAX, "fix the sender"),
        (b'[{"a": 1}]', FailureCode.SYNTAX, "one object a line"),
        (b"<?xml version='1.0'?><Event/>", FailureCode.UNKNOWN_FORMAT, "registry"),
        (b"<Event xmlns='x'><System/></Event>", FailureCode.MISSING_FIELD, "System fields"),
        (b"[Mon Mar 02 09:00:00] [error] text", FailureCode.UNKNOWN_FORMAT, "registry"),
        (b"a=1 free text", FailureCode.UNKNOWN_FORMAT, "registry"),
        (bytes(range(1, 32)), FailureCode.BINARY, "check what this source sends"),
    ],
)
def test_what_is_in_no_format_is_refused(record: bytes, code: FailureCode, way_out: str) -> None:
    """A record in no known format is a failure that says what it is and names the way out."""
    failure = failure_of(record)
    assert failure.code is code
    assert way_out in failure.detail


def test_every_name_has_a_parser() -> None:
    """Each format's name leads to a function, and the JSON formats are formats."""
    assert all(callable(parser(name)) for name in FORMATS)
    assert set(FORMATS) >= JSON_FORMATS


def test_an_unknown_name_gets_a_suggestion() -> None:
    """A name that does not exist is told with the nearest one, or with all."""
    assert "'rfc5424'" in str(unknown_format("rfc5242"))
    assert ", ecs, " in str(unknown_format("zzz", "objects.yml", 7))
    assert str(unknown_format("zzz", "objects.yml", 7)).startswith("objects.yml:7:")
