"""Messages of 1C's technological log, cut out of its files."""

import io

from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.framing import read_stream

ONE = "10:00.000000-2,EXCP,3,process=rphost,Context='\r\nМодуль : 5\r\n\tМодуль : 7'".encode()
TWO = b"10:01.000000-0,CALL,1,process=rphost"


def records(content: bytes, limit: int = 10_000, resume: int = 0) -> list[bytes]:
    return [one.data for one in read_stream(io.BytesIO(content), "auto", limit, resume)]


def test_a_message_over_several_lines_is_one_record() -> None:
    """Lines that do not begin with a time go on the one before."""
    content = b"\xef\xbb\xbf" + b"\r\n".join([ONE, TWO, ONE]) + b"\r\n"
    joined = ONE.replace(b"\r\n", b"\n")
    assert records(content) == [joined, TWO, joined]


def test_reading_resumes_behind_any_message() -> None:
    """A resumed file gives exactly what came behind the position."""
    content = b"\n".join([ONE, TWO, ONE, TWO])
    whole = list(read_stream(io.BytesIO(content), "auto", 10_000))
    for at, one in enumerate(whole):
        rest = list(read_stream(io.BytesIO(content), "auto", 10_000, one.end))
        assert rest == whole[at + 1 :]


@given(st.lists(st.sampled_from([TWO, b"more", b"", b"\xd0", b"'"]), max_size=20))
def test_messages_are_bounded(lines: list[bytes]) -> None:
    """However many lines go on, a record is no longer than the limit."""
    assert all(len(one) <= 64 for one in records(b"\n".join([TWO, *lines]), limit=64))
