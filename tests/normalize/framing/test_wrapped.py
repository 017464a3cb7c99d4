"""Documents that carry several records, cut into these."""

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import RecordNote
from pipeline.normalize.framing import read_stream
from pipeline.normalize.framing.framed import Framed
from pipeline.normalize.framing.wrapped import (
    frame_wrapped,
    is_wrapper,
    unwrapped,
    unwrapped_delivery,
)
from pipeline.ports import Delivery

ITEMS = [
    {"eventName": "А", "n": [1, {"b": "]}"}]},
    {"eventName": 'q\\"{', "x": {}},
    {"last": None},
]
EXACT = [json.dumps(item, ensure_ascii=False).encode() for item in ITEMS]
LISTED = b"[" + b", ".join(EXACT) + b"]"
HEADS = {
    "CloudTrail": b'{"Records":',
    "Event Hub": b'{"records": ',
    "pretty": b'{\n  "Records" : ',
    "Kubernetes": b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":',
    "Workspace": b'{"kind": "admin#reports#activities", "etag": "\\"x\\"", "items": ',
    "Graph": b'{"@odata.context":"https://example.org/$metadata","@odata.nextLink":"x","value":',
    "CloudWatch": b'{"messageType":"DATA_MESSAGE","logGroup":"g","subscriptionFilters":["a","b"],'
    b'"logEvents":',
    "byte order mark": b'\xef\xbb\xbf{"Records":',
}
WRAPPERS = {name: head + LISTED + b"}\n" for name, head in HEADS.items()}
WRAPPERS["tail"] = b'{"Records":' + LISTED + b',"meta":{"a":{"b":[{}]}},"token":"{[","n":1}'


def framed(content: bytes, limit: int = 10_000, resume: int = 0) -> list[Framed]:
    return list(read_stream(io.BytesIO(content), "auto", limit, resume))


@pytest.mark.parametrize("content", WRAPPERS.values(), ids=WRAPPERS)
def test_each_item_is_a_record(content: bytes) -> None:
    """A file of one wrapper gives its items, byte for byte, and nothing of the wrapper."""
    assert [one.data for one in framed(content)] == EXACT
    assert not any(one.note_kind for one in framed(content))


@pytest.mark.parametrize("content", WRAPPERS.values(), ids=WRAPPERS)
def test_a_record_from_the_network_is_unwrapped(content: bytes) -> None:
    """A whole record that is a wrapper gives its items."""
    assert unwrapped(content.removeprefix(b"\xef\xbb\xbf")) == EXACT


def test_a_delivery_is_unwrapped() -> None:
    """Items stand in their wrapper's place, and notes go with the records that they are about."""
    wrapper, plain = WRAPPERS["Event Hub"], b'{"a": 1}'
    notes = (RecordNote(1, "truncated"), RecordNote(3, "oversized"))
    given = Delivery("kafka", "peer", (wrapper, plain, wrapper, wrapper), notes)
    assert unwrapped_delivery(given) == Delivery(
        "kafka",
        "peer",
        (*EXACT, plain, *EXACT, wrapper),
        (RecordNote(3, "truncated"), RecordNote(7, "oversized")),
    )


def test_a_delivery_without_wrappers_is_given_back() -> None:
    """Most deliveries hold none and cost no copy."""
    given = Delivery("kafka", "peer", (b'{"a": 1}', b"<13>text"))
    assert unwrapped_delivery(given) is given


PLAIN = {
    "an order": b'{"order": 5, "items": [{"sku": 1}, {"sku": 2}]}',
    "a value": b'{"value": [{"a": 1}]}',
    "records behind others": b'{"count": 2, "Records": [{"a": 1}]}',
    "records of texts": b'{"Records": ["a", "b"]}',
    "one Kubernetes event": b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","items":[{"a":1}]}',
    "no array": b'{"Records": {"a": 1}}',
    "an array": b'[{"Records": [{"a": 1}]}]',
    "empty": b"",
}


@pytest.mark.parametrize("record", PLAIN.values(), ids=PLAIN)
def test_other_documents_stay_whole(record: bytes) -> None:
    """A document that only resembles a wrapper is one record."""
    assert not is_wrapper(record)
    assert unwrapped(record) is None


def test_a_broken_wrapper_is_not_unwrapped() -> None:
    """Of a wrapper that ends inside nothing is torn out: it goes on as it came, and is refused."""
    content = WRAPPERS["CloudTrail"].rstrip()
    assert all(unwrapped(content[:size]) is None for size in range(len(content)))


def test_an_empty_wrapper_gives_nothing() -> None:
    """A wrapper without items gives no record."""
    assert unwrapped(b'{"Records":[]}') == []
    assert framed(b'{"records": [ ]}\n') == []


def test_wrappers_line_by_line_and_other_documents_between() -> None:
    """Lines that are wrappers each give their items; a line that is none is a record."""
    line = b'{"plain": {"Records": [1]}}'
    content = WRAPPERS["CloudTrail"] + b"\n" + line + b"\n" + WRAPPERS["Event Hub"]
    assert [one.data for one in framed(content)] == [*EXACT, line, *EXACT]


def test_a_packed_log_file_of_cloudtrail_is_read() -> None:
    """A packed file gives the same records."""
    assert [one.data for one in framed(gzip.compress(WRAPPERS["CloudTrail"]))] == EXACT


@pytest.mark.parametrize("content", WRAPPERS.values(), ids=WRAPPERS)
def test_reading_resumes_behind_any_item(content: bytes) -> None:
    """A resumed file gives exactly what came behind the position."""
    whole = framed(content + b"\n" + WRAPPERS["tail"])
    assert len(whole) == 6
    for at, one in enumerate(whole):
        assert framed(content + b"\n" + WRAPPERS["tail"], resume=one.end) == whole[at + 1 :]


def test_an_item_that_is_too_long_is_cut() -> None:
    """An item beyond the limit is cut there, and the ones behind it are whole."""
    content = b'{"Records":[{"a":"' + b"x" * 5000 + b'"},{"b":1}]}'
    long, short = framed(content, limit=100)
    assert (long.note_kind, len(long.data)) == ("oversized", 100)
    assert (short.note_kind, short.data) == ("", b'{"b":1}')


def test_a_file_that_ends_inside_is_told() -> None:
    """What the end of the file cuts is a record with a note, and open."""
    cut = framed(b'{"Records":[{"a":1},{"b":')
    assert [(one.data, one.note_kind, one.open) for one in cut] == [
        (b'{"a":1}', "", False),
        (b'{"b":', "truncated", True),
    ]
    between = framed(b'{"Records":[{"a":1},')
    assert [one.note_kind for one in between] == ["", "truncated"]


class Bites:
    """A feed that gives few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self.content, self.size = content, size

    def read(self, size: int, /) -> bytes:
        """Give the next bite."""
        bite, self.content = self.content[: self.size], self.content[self.size :]
        assert len(bite) <= size
        return bite


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["]", "}", '"', "\\", "[{"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=3), VALUES), max_size=5), st.integers(1, 40))
def test_any_items_in_any_pieces(items: list[dict[str, Any]], size: int) -> None:
    """Whatever the items hold and however the bytes come, each item is given as it stands."""
    exact = [json.dumps(item).encode() for item in items]
    content = b'{"Records": [' + b",\n".join(exact) + b"]}"
    cut = list(frame_wrapped(Bites(content, size), 0, 10_000, resumed=False))
    assert [one.data for one in cut] == exact
    assert unwrapped(content) == exact


@given(st.binary(max_size=200), st.integers(0, 60))
def test_any_bytes_behind_a_head_are_framed(tail: bytes, size: int) -> None:
    """Whatever follows a wrapper's head, records are bounded and positions grow."""
    content = WRAPPERS["CloudTrail"][:size] + tail
    cut = list(frame_wrapped(Bites(content, 7), 0, 64, resumed=False))
    ends = [one.end for one in cut]
    assert ends == sorted(ends)
    assert all(len(one.data) <= 64 for one in cut)
    assert unwrapped(content) is None or is_wrapper(content)
