"""Events of 1C's log, cut out of its export."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.framing import read_stream
from pipeline.normalize.framing.framed import Framed
from pipeline.normalize.framing.onec_events import frame_onec

EVENT = (
    "<v8e:Event>\r\n\t<v8e:Level>Information</v8e:Level><v8e:Date>2026-03-02T14:00:0{}</v8e:Date>"
    "<v8e:Event>_$Session$_.Start</v8e:Event><v8e:EventPresentation>Сеанс. Начало"
    "</v8e:EventPresentation><v8e:Event/></v8e:Event>"
)
EVENTS = [EVENT.format(number).encode() for number in range(4)]
HEAD = (
    b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\r\n'
    b'<v8e:EventLog xmlns:v8e="http://v8.1c.ru/eventLog" '
    b'xmlns:xs="http://www.w3.org/2001/XMLSchema">\r\n\t'
)
LOG = HEAD + b"\r\n\t".join(EVENTS) + b"\r\n</v8e:EventLog>"


def framed(content: bytes, limit: int = 10_000, resume: int = 0) -> list[Framed]:
    return list(read_stream(io.BytesIO(content), "auto", limit, resume))


@pytest.mark.parametrize(
    "content", [LOG, b"\n".join(EVENTS), LOG + LOG], ids=["log", "events alone", "two logs"]
)
def test_each_event_is_a_record(content: bytes) -> None:
    """Each event is given as its exact bytes, though its name stands in an element named alike."""
    assert [one.data for one in framed(content)] == EVENTS * (1 + (content == LOG + LOG))


def test_reading_resumes_behind_any_event() -> None:
    """A resumed file gives exactly what came behind the position."""
    whole = framed(LOG)
    for at, one in enumerate(whole):
        assert framed(LOG, resume=one.end) == whole[at + 1 :]


def test_an_event_that_the_file_cuts_is_told() -> None:
    """A file that ends inside an event gives what there is, with a note, and open."""
    last = framed(LOG[:-60])[-1]
    assert (last.note_kind, last.open) == ("truncated", True)
    assert EVENTS[3].startswith(last.data)


def test_a_long_event_is_cut() -> None:
    """An event beyond the limit is cut there, and the ones behind it are whole."""
    long = EVENTS[0].replace("Начало".encode(), b"x" * 5000)
    first, second = framed(HEAD + long + EVENTS[1], limit=600)
    assert (first.note_kind, first.data) == ("oversized", long[:600])
    assert second.data == EVENTS[1]


class Bites:
    """A feed that gives few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self.content, self.size = content, size

    def read(self, size: int, /) -> bytes:
        """Give the next bite."""
        bite, self.content = self.content[: self.size], self.content[self.size :]
        assert len(bite) <= size
        return bite


@given(st.integers(1, 200), st.lists(st.sampled_from(EVENTS), max_size=6))
def test_events_in_any_pieces(size: int, events: list[bytes]) -> None:
    """However the bytes come, each event is given as it stands."""
    content = HEAD + b" ".join(events) + b"</v8e:EventLog>"
    assert [one.data for one in frame_onec(Bites(content, size), 0, 10_000)] == events


@given(
    st.lists(
        st.sampled_from([b"<v8e:Event>", b"</v8e:Event>", b"<v8e:Event/>", b"<", b"a"])
        | st.binary(max_size=9),
        max_size=30,
    ).map(b"".join),
    st.integers(1, 50),
)
def test_any_bytes_are_framed(content: bytes, size: int) -> None:
    """Whatever a file holds, records are bounded and positions grow."""
    cut = list(frame_onec(Bites(content, size), 0, 40))
    ends = [one.end for one in cut]
    assert ends == sorted(ends)
    assert all(len(one.data) <= 40 for one in cut)
