"""Files of the Linux audit system: what is one record, and where reading goes on."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize import read_stream

A1 = b'type=SYSCALL msg=audit(1772445600.123:1): arch=c000003e syscall=59 items=0 comm="a"'
A2 = b'type=EXECVE msg=audit(1772445600.123:1): argc=1 a0="a"'
A3 = b"type=PROCTITLE msg=audit(1772445600.123:1): proctitle=61"
B1 = b'type=SYSCALL msg=audit(1772445600.124:2): arch=c000003e syscall=2 items=0 comm="b"'
B2 = b"type=PROCTITLE msg=audit(1772445600.124:2): proctitle=62"
LOGIN = b"type=USER_LOGIN msg=audit(1772445600.125:3): pid=1 msg='op=login res=failed'"
AVC = b"type=AVC msg=audit(1772445600.126:4): avc:  denied  { read } for  pid=1"


def records(*lines: bytes, end: bytes = b"\n", resume: int = 0) -> list[bytes]:
    return [one.data for one in read_stream(io.BytesIO(end.join((*lines, b""))), resume=resume)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((A1, A2, A3, B1, B2), (b"\n".join((A1, A2, A3)), b"\n".join((B1, B2)))),
        ((A1, B1, A2, B2, A3, LOGIN), (b"\n".join((A1, A2, A3)), b"\n".join((B1, B2)), LOGIN)),
        ((LOGIN, LOGIN.replace(b":3)", b":5)")), (LOGIN, LOGIN.replace(b":3)", b":5)"))),
        ((AVC, A1, A3), (AVC, b"\n".join((A1, A3)))),
        ((A1, b"something else", A3), (b"\n".join((A1, A3)), b"something else")),
        ((b"node=a " + A1, b"node=b " + A1), (b"node=a " + A1, b"node=b " + A1)),
    ],
    ids=["in order", "mixed", "alone", "another serial", "foreign line", "two nodes"],
)
def test_lines_of_one_serial_are_one_record(
    lines: tuple[bytes, ...], expected: tuple[bytes, ...]
) -> None:
    """The lines of a serial are joined by LF, in the order of the events' first lines."""
    assert tuple(records(*lines)) == expected


def test_an_event_that_may_go_on_is_open() -> None:
    """At the input's end an event without its last record is open, one with it is not."""
    framed = list(read_stream(io.BytesIO(b"\n".join((B1, B2, A1, A2, b"")))))
    assert [one.open for one in framed] == [False, True]


def test_carriage_returns_and_blank_lines_are_no_part() -> None:
    """Lines ended by CR LF and blank lines between them give the same records."""
    wanted = [b"\n".join((A1, A2, A3)), LOGIN]
    assert records(A1, A2, A3, LOGIN, end=b"\r\n") == wanted
    assert records(b"", A1, A2, b"", b"", A3, LOGIN) == wanted


def test_a_record_never_grows_beyond_its_limit() -> None:
    """An event longer than a record may be is given in parts, none of it lost."""
    lines = [A1, *[A2.replace(b'"a"', b'"' + b"x" * 400 + b'"')] * 10, A3]
    framed = list(read_stream(io.BytesIO(b"\n".join(lines) + b"\n"), record_bytes=1000))
    assert max(len(one.data) for one in framed) <= 1000
    assert b"\n".join(one.data for one in framed) == b"\n".join(lines)


EVENT = st.integers(1, 400).map(
    lambda serial: [
        line.replace(b":1)", b":%d)" % serial) for line in (A1, A2, A3)[: 1 + serial % 3]
    ]
)


@given(
    events=st.lists(EVENT, max_size=12),
    seed=st.integers(0, 1000),
    end=st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
    head=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_reading_resumes_behind_any_event(
    events: list[list[bytes]], seed: int, end: bytes, head: bytes
) -> None:
    """However events are mixed, no line is lost and a resumed file gives exactly the rest."""
    lines = [line for event in events for line in event]
    random.Random(seed).shuffle(lines)
    content = head + end.join((*lines, b""))
    framed = list(read_stream(io.BytesIO(content)))
    told = sorted(line for one in framed for line in one.data.split(b"\n"))
    assert told == sorted(lines)
    ends = [one.end for one in framed]
    assert ends == sorted(set(ends))
    for at, one in enumerate(framed):
        assert list(read_stream(io.BytesIO(content), resume=one.end)) == framed[at + 1 :]
