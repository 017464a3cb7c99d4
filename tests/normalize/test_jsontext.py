"""One JSON object from bytes."""

import pytest

from pipeline.model import FailureCode
from pipeline.normalize.jsontext import DEPTH, read_object
from pipeline.normalize.parsed import Refusal


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    ("record", "document", "notes"),
    [
        (b'{"a": 1}', {"a": 1}, ()),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}, ()),
        (b'{"a": 1}\x00\x00', {"a": 1}, ()),
        (b'\x00\x00{"a": 1}', {"a": 1}, ()),
        ('{"a": "вход"}'.encode("cp1251"), {"a": "вход"}, ("encoding:cp1251",)),
        ('{"a": "x"}'.encode("utf-16"), {"a": "x"}, ("encoding:utf_16_le",)),
        (b'{"a": "x\xffy"}', {"a": "x\ufffdy"}, ("invalid_utf8",)),
        (rb'{"a": "x\ud800y"}', {"a": "x?y"}, ("lone_surrogate",)),
    ],
    ids=[
        "plain",
        "mark",
        "NULs behind",
        "NULs before",
        "CP1251",
        "UTF-16",
        "bad byte",
        "half pair",
    ],
)
def test_an_object_is_read(record: bytes, document: object, notes: tuple[str, ...]) -> None:
    """One object is read, dirt around it dropped and dirt in it replaced, with a note."""
    found = read_object(record)
    assert not isinstance(found, Refusal)
    assert found[:2] == (document, notes)


@pytest.mark.parametrize(
    ("record", "code", "way_out"),
    [
        (b"", FailureCode.EMPTY, "empty"),
        (b" \r\n", FailureCode.EMPTY, "empty"),
        (b"\x00\x00", FailureCode.EMPTY, "empty"),
        (b"[1, 2]", FailureCode.SYNTAX, "one object a line"),
        (b'"text"', FailureCode.SYNTAX, "one object a line"),
        (b'{"a": 1', FailureCode.TRUNCATED, "raise the sender's message size"),
        (b'{"a": "b', FailureCode.TRUNCATED, "raise the sender's message size"),
        (b'{"a": 1} {"b": 2}', FailureCode.SYNTAX, "fix the sender"),
        (b'{"a": NaN}', FailureCode.SYNTAX, "fix the sender"),
        (b"{'a': 1}", FailureCode.SYNTAX, "fix the sender"),
        (nested(DEPTH + 2), FailureCode.TOO_DEEP, "flatten it"),
        (nested(5000), FailureCode.TOO_DEEP, "flatten it"),
        (b"[" * 5000, FailureCode.TOO_DEEP, "flatten it"),
        (
            b'{"a":' + b"[" * (DEPTH + 2) + b"]" * (DEPTH + 2) + b"}",
            FailureCode.TOO_DEEP,
            "flatten",
        ),
        (b"\x00\x01\x02\x03\x04\x05", FailureCode.BINARY, "check what this source sends"),
    ],
    ids=repr,
)
def test_what_is_no_object_is_refused(record: bytes, code: FailureCode, way_out: str) -> None:
    """What is no object gives a code of the bounded set and names the way out."""
    found = read_object(record)
    assert isinstance(found, Refusal)
    assert found.code is code
    assert way_out in found.detail


def test_depth_up_to_the_bound_is_read() -> None:
    """An object that nests as deep as allowed is read."""
    assert not isinstance(read_object(nested(DEPTH)), Refusal)


def test_a_refusal_shows_nothing_of_the_record() -> None:
    """What a refusal says holds no word of the record: it reaches logs and screens."""
    found = read_object(b'{"password": "hunter2", oops}')
    assert isinstance(found, Refusal)
    assert "hunter2" not in found.detail
    assert "oops" not in found.detail
