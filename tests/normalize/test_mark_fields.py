"""What a guard may know of the fields that carry a mark."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize import FORMATS, peek
from tests.normalize.golden_rows import events

FIELDS = ("doc.mark", "mark.level")


@given(record=st.binary(max_size=200), form=st.sampled_from(sorted(FORMATS)))
def test_any_bytes_are_looked_into(record: bytes, form: str) -> None:
    """Whatever bytes arrive, a look gives values and whether it was whole."""
    values, whole = peek.marks(record, form, FIELDS)
    assert all(isinstance(value, str) for value in values)
    assert whole in (True, False)


@given(head=st.text(max_size=20), tail=st.text(max_size=20), cut=st.integers(0, 60))
def test_a_marked_document_is_never_silent(head: str, tail: str, cut: int) -> None:
    """However a document with a mark is cut, its value is given or the look was not whole."""
    document = {"head": head, "doc": {"mark": "MARK"}, "tail": tail}
    record = orjson.dumps(document)
    for bytes_left in (len(record), max(0, len(record) - cut)):
        values, whole = peek.marks(record[:bytes_left], "json", FIELDS)
        assert "MARK" in values or not whole


@pytest.mark.parametrize(
    "record",
    [
        b"[" * 100_000,
        b'{"doc":' * 100_000,
        b'{"doc":[' + b"[" * 900 + b'{"mark":"x"}' + b"]" * 900 + b"]}",
        b'{"n":' + b"9" * 5_000 + b"}",
        b"",
        b"\xff\xfe\x00",
        b"<Event><Data Name='doc.mark'>x</Data></Event>",
        b'{"doc":{"m\xffark":"x"}}',
        b"free text",
    ],
    ids=["deep", "deep-way", "deep-list", "number", "empty", "half", "xml", "bytes", "free"],
)
def test_what_no_reader_takes_is_not_whole(record: bytes) -> None:
    """A record that is too deep, no text, or of no known form is told as not read whole."""
    values, whole = peek.marks(record, "auto", FIELDS)
    assert "x" in values or not whole


def test_a_mark_in_windows_event_data() -> None:
    """Event data give their fields, plain, by attribute, and in user data's element."""
    for data in (
        {"EventData": {"Mark": "m"}},
        {"EventData": {"Data": [{"#attributes": {"Name": "Mark"}, "#text": "m"}]}},
        {"EventData": {"Data": {"@Name": "Mark", "#text": "m"}}},
        {"UserData": {"Written": {"Mark": "m"}}},
    ):
        record = orjson.dumps({"Event": {"System": {"EventID": 1}, **data}})
        assert peek.marks(record, "windows_event", ("Mark",)) == (("m",), True)


def test_clean_records_are_read_whole() -> None:
    """Records that events are made of read whole and without a value where no mark stands."""
    clean = [row for row, _ in events() if row.whole and b"mark" not in row.record]
    assert len(clean) > 100
    unread = [
        row.name for row in clean if not peek.marks(row.record, row.format, FIELDS, row.preamble)[1]
    ]
    assert unread == []


CARRIED = {
    "JSON": '{"message": "{\\"doc\\": {\\"mark\\": \\"m\\"}}", "agent": {}, "host": {"name": "w"}}',
    "JSON in JSON": r'{"log": "{\"message\": \"{\\\"doc\\\": {\\\"mark\\\": \\\"m\\\"}}\"}"}',
    "an audit log of AKS": r'{"category":"kube-audit","properties":{"log":"{\"doc.mark\":\"m\"}"}}',
    "syslog": '{"message": "<13>Mar  2 14:00:00 w app: doc.mark=m", "agent": {}}',
    "CEF": '{"message": "CEF:0|V|P|1|1|n|1|doc.mark=m", "agent": {}}',
    "structured data": r'{"message": "<13>1 - w a - - [doc mark=\"m\"] x", "agent": {}}',
}


@pytest.mark.parametrize("record", CARRIED.values(), ids=CARRIED)
def test_a_mark_in_what_a_shipper_carries(record: str) -> None:
    """A record that stands as text in a shipper's document is looked into as it will be read."""
    values, whole = peek.marks(record.encode(), "auto", FIELDS)
    assert set(values) == {"m"}
    assert whole


@pytest.mark.parametrize(
    "record",
    ['{"message": "{\\"a\\": 1,}"}', '{"message": "{\\"doc.mark\\": \\"m\\"}", "message": "{}"}'],
    ids=["broken", "said twice"],
)
def test_what_is_carried_and_unclear_is_not_whole(record: str) -> None:
    """Carried JSON that does not read, or stands under a name said twice, is not read whole."""
    assert peek.marks(record.encode(), "auto", FIELDS)[1] is False
