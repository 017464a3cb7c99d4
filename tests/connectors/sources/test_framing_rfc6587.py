"""Frames of syslog over TCP, in both framings."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sources.framing_rfc6587 import Frame, Rfc6587


def frames(*reads: bytes, record_bytes: int = 1024) -> list[Frame]:
    """Give the frames of a connection by its reads, and what its end leaves."""
    parser = Rfc6587(record_bytes)
    found = [frame for read in reads for frame in parser.feed(read)]
    return found + parser.end()


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        (b"5 <13>a6 <13>bb", [b"<13>a", b"<13>bb"]),
        (b"5 <13>a\n6 <13>bb\n", [b"<13>a", b"<13>bb"]),
        (b"8 <13>a\nb\n5 <13>c", [b"<13>a\nb\n", b"<13>c"]),
        (b'9 {"a": 1} 5 <13>a', [b'{"a": 1} ', b"<13>a"]),
        (b"<13>a\n<13>b\n", [b"<13>a", b"<13>b"]),
        (b"<13>a\r\n<13>b\r\n", [b"<13>a", b"<13>b"]),
        (b"<13>a\x00\n<13>b", [b"<13>a", b"<13>b"]),
        (b"<13>a\n\n\n<13>b\n", [b"<13>a", b"<13>b"]),
        (b"2026-03-02T09:00:00Z host a: b\n", [b"2026-03-02T09:00:00Z host a: b"]),
        (b"12 bottles of beer\n", [b"12 bottles of beer"]),
        (b"Mar  2 09:00:00 host a: b\n", [b"Mar  2 09:00:00 host a: b"]),
        (b"", []),
        (b"\n", []),
        (b"7", [b"7"]),
    ],
)
def test_the_framing_is_told_by_the_first_bytes(stream: bytes, messages: list[bytes]) -> None:
    """A count before a message means octet counting (3.4.1), anything else lines (3.4.2)."""
    assert frames(stream) == [Frame(message) for message in messages]
    assert frames(*(stream[at : at + 1] for at in range(len(stream)))) == frames(stream)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"20 <13>" + b"x" * 16 + b"5 <13>a", [(b"<13>xxxx", "oversized"), (b"<13>a", "")]),
        (b"<13>" + b"x" * 16 + b"\n<13>a\n", [(b"<13>xxxx", "oversized"), (b"<13>a", "")]),
        (b"<13>" + b"x" * 16, [(b"<13>xxxx", "oversized")]),
        (b"20 <13>" + b"x" * 8, [(b"<13>xxxx", "oversized")]),
        (b"5 <13>a20 <13>x", [(b"<13>a", ""), (b"<13>x", "truncated")]),
        (b"5 <13>a7", [(b"<13>a", ""), (b"7", "truncated")]),
        (b"5 <13>a<13>b\n5 <13>c", [(b"<13>a", ""), (b"<13>b", "corrupt"), (b"<13>c", "")]),
        (b"5 <13>a<13>bbbbbbbb", [(b"<13>a", ""), (b"<13>bbbb", "corrupt")]),
        (
            b"5 <13>a99999999999 x\n5 <13>c",
            [(b"<13>a", ""), (b"99999999", "corrupt"), (b"<13>c", "")],
        ),
    ],
)
def test_what_is_no_whole_message_is_noted(
    stream: bytes, expected: list[tuple[bytes, str]]
) -> None:
    """Too long, cut off or out of count: each is one noted frame, and the next one is whole."""
    found = frames(stream, record_bytes=8)
    assert [(frame.data, frame.note_kind) for frame in found] == expected
    assert all(frame.note_detail for frame in found if frame.note_kind)


messages = st.lists(
    st.binary(max_size=30).map(lambda body: b"<13>" + body), min_size=1, max_size=12
)


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    reads, at, turn = [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        reads.append(stream[at : at + size])
        at += size
        turn += 1
    return reads


@given(sent=messages, sizes=st.lists(st.integers(1, 40), min_size=1))
def test_counted_messages_survive_any_cutting(sent: list[bytes], sizes: list[int]) -> None:
    """However reads cut a counted stream, the messages come out whole."""
    stream = b"".join(b"%d %s" % (len(message), message) for message in sent)
    assert frames(*cut(stream, sizes)) == [Frame(message) for message in sent]


@given(sent=messages, sizes=st.lists(st.integers(1, 40), min_size=1))
def test_lines_survive_any_cutting(sent: list[bytes], sizes: list[int]) -> None:
    """However reads cut a stream of lines, the messages come out whole."""
    lines = [message.replace(b"\n", b" ").rstrip(b"\r\x00") for message in sent]
    stream = b"".join(line + b"\n" for line in lines)
    assert frames(*cut(stream, sizes)) == [Frame(line) for line in lines]


@given(stream=st.binary(max_size=300), sizes=st.lists(st.integers(1, 40), min_size=1))
def test_any_bytes_give_bounded_frames(stream: bytes, sizes: list[int]) -> None:
    """Whatever a peer sends, frames are bounded and nothing is raised."""
    assert all(len(frame.data) <= 300 for frame in frames(*cut(stream, sizes), record_bytes=16))


@given(stream=st.binary(max_size=300).map(lambda noise: b"5 <13>a" + noise))
def test_memory_is_bounded(stream: bytes) -> None:
    """A parser holds no more than one unfinished message and its count."""
    parser = Rfc6587(16)
    for at in range(len(stream)):
        parser.feed(stream[at : at + 1])
        assert len(parser._buffer) <= 16 + 12


@pytest.mark.parametrize("begin", [b"<13>", b"5 <13>a<13>", b"1000000 <13>"])
def test_a_slow_drip_costs_no_more_than_its_bytes(begin: bytes) -> None:
    """A long message in tiny reads is searched once: what was looked at is not looked at again."""
    parser = Rfc6587(1024 * 1024)
    parser.feed(begin)
    started = time.process_time()
    for _ in range(60_000):
        parser.feed(b"x" * 16)
    assert time.process_time() - started < 1.0  # searched anew each time: many seconds
    (last,) = parser.end()
    assert last.data.endswith(b"x" * 960_000)
