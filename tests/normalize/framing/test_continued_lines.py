"""Files of PostgreSQL's server log: what is one message."""

import io

import pytest

from pipeline.normalize import read_stream

LINE = b"2026-03-02 14:40:01.123 +05 [7] LOG:  statement: SELECT 1"
ROW = b'2026-03-02 14:40:01.123 UTC,"ops","shop",7,"[local]",65e3.4d2,1,"SELECT",'


def records(*lines: bytes, record_bytes: int = 1000) -> list[bytes]:
    content = b"\n".join((*lines, b""))
    return [one.data for one in read_stream(io.BytesIO(content), record_bytes=record_bytes)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((LINE, b"\tFROM t", b"\tWHERE a", LINE), [LINE + b"\n\tFROM t\n\tWHERE a", LINE]),
        ((ROW + b'"SELECT', b"FROM t", b'"",1",,', ROW), [ROW + b'"SELECT\nFROM t\n"",1",,', ROW]),
        ((b"java: x", b"\tat A.b(A.java:1)"), [b"java: x", b"\tat A.b(A.java:1)"]),
    ],
    ids=["stderr", "csvlog", "no PostgreSQL"],
)
def test_a_message_over_lines_is_one_record(
    lines: tuple[bytes, ...], expected: list[bytes]
) -> None:
    """A tab on stderr and an open quote in csvlog continue a message, nothing else does."""
    assert records(*lines) == expected


def test_a_message_never_grows_beyond_its_limit() -> None:
    """A message longer than a record may be is given in parts, none of it lost."""
    lines = (LINE, *[b"\t" + b"x" * 100] * 10)
    parts = records(*lines, record_bytes=300)
    assert max(map(len, parts)) <= 300
    assert b"\n".join(parts) == b"\n".join(lines)


def test_reading_resumes_behind_a_message() -> None:
    """A position behind a message gives the next one."""
    content = b"\n".join((LINE, b"\tFROM t", LINE, b""))
    first, second = read_stream(io.BytesIO(content))
    assert list(read_stream(io.BytesIO(content), resume=first.end)) == [second]
