"""JSON documents and arrays as records."""

import io
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.framing import Framed, read_stream
from pipeline.normalize.framing.documents import frame_values

PRETTY = json.dumps({"a": [1, {"b": "}]{["}], "c": 'x\\"y'}, indent=2).encode()


def framed(content: bytes, record_bytes: int = 4096) -> list[Framed]:
    return list(read_stream(io.BytesIO(content), "json", record_bytes))


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b'{"a": 1}\n{"b": 2}\n', [b'{"a": 1}', b'{"b": 2}']),
        (b'[{"a": 1}, {"b": [2]}]', [b'{"a": 1}', b'{"b": [2]}']),
        (b'[\n  {"a": 1},\n  {"b": 2}\n]\n', [b'{"a": 1}', b'{"b": 2}']),
        (b'\xef\xbb\xbf [{"a": 1}]', [b'{"a": 1}']),
        (b'[{"a": 1}]\n[{"b": 2}]', [b'{"a": 1}', b'{"b": 2}']),
        (b'["x", "y, z"]', [b'"x"', b'"y, z"']),
        (b'[[1, 2], {"a": 1}, null, 7]', [b"[1, 2]", b'{"a": 1}', b"null", b"7"]),
        (b"[]", []),
        (PRETTY, [PRETTY]),
        (PRETTY + b"\n" + PRETTY, [PRETTY, PRETTY]),
        (PRETTY + PRETTY, [PRETTY, PRETTY]),
        (
            b'{\n "a": 1\n}\ngarbage\n{\n "b": 2\n}',
            [b'{\n "a": 1\n}', b"garbage", b'{\n "b": 2\n}'],
        ),
    ],
    ids=[
        "lines",
        "array",
        "array over lines",
        "mark",
        "two arrays",
        "texts",
        "mixed",
        "empty",
        "one document",
        "two documents",
        "no space between",
        "garbage between",
    ],
)
def test_a_value_is_a_record(content: bytes, records: list[bytes]) -> None:
    """Each object on a line, in an array or by itself is a record: exactly its bytes."""
    found = framed(content)
    assert [one.data for one in found] == records
    assert all(not one.note_kind for one in found)


@pytest.mark.parametrize(
    ("content", "kinds", "detail"),
    [
        (b'[{"a": 1}, {"b": ', ["", "truncated"], "inside a JSON value"),
        (b'[{"a": "x', ["truncated"], "inside a JSON value"),
        (b'[{"a": 1}', ["", "truncated"], "inside a JSON array"),
        (b'[{"a": 1},', ["", "truncated"], "inside a JSON array"),
        (PRETTY[:-3], ["truncated"], "inside a JSON value"),
        (b"[" * 50, ["truncated"], "inside a JSON value"),
    ],
)
def test_a_document_that_ends_too_early(content: bytes, kinds: list[str], detail: str) -> None:
    """A document or array that is not closed gives what it holds, and one truncated record."""
    found = framed(content)
    assert [one.note_kind for one in found] == kinds
    assert detail in found[-1].note_detail
    assert found[-1].open


@pytest.mark.parametrize("size", [100, 300_000])
def test_a_value_that_is_too_long_is_cut(size: int) -> None:
    """A value beyond the limit is cut, the rest of it skipped, and the next one whole."""
    content = b'[{"a": "' + b"x" * size + b'"}, {"b": 2}]'
    first, second = framed(content, 64)
    assert (first.data, first.note_kind) == (content[1:65], "oversized")
    assert (second.data, second.note_kind) == (b'{"b": 2}', "")


def test_a_broken_first_line_does_not_make_a_document_of_lines() -> None:
    """NDJSON whose first line is cut short stays NDJSON: one bad record, not one bad file."""
    found = framed(b'{"a": "cut sho\n{"b": 2}\n')
    assert [one.data for one in found] == [b'{"a": "cut sho', b'{"b": 2}']


@given(
    values=st.lists(
        st.dictionaries(st.text(max_size=6), st.text(max_size=12) | st.lists(st.integers(0, 99))),
        min_size=1,
        max_size=8,
    ),
    pieces=st.lists(st.integers(1, 50), min_size=1),
    array=st.booleans(),
)
def test_values_survive_any_cutting(
    values: list[dict[str, object]], pieces: list[int], array: bool
) -> None:
    """However reads cut the input, the values come out whole."""
    parts = [orjson.dumps(value) for value in values]
    content = b"[" + b",".join(parts) + b"]" if array else b" ".join(parts)

    class Piecewise:
        """Gives the content in pieces of given sizes, in turn."""

        at = 0
        turn = 0

        def read(self, size: int, /) -> bytes:
            wanted = min(pieces[self.turn % len(pieces)], size)
            self.turn += 1
            self.at += wanted
            return content[self.at - wanted : self.at]

    found = list(frame_values(Piecewise(), 0, 4096, in_array=False))
    assert [one.data for one in found] == parts
    assert all(not one.note_kind for one in found)
    assert [content[: one.end].endswith(one.data) for one in found] == [True] * len(parts)
