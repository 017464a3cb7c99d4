"""Files of Windows events in XML: each event its exact bytes, however it is laid out."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.normalize.framing import Framed, read_stream

ONE = b"<Event xmlns='x'><System/></Event>"
TWO = b"<Event>\r\n  <EventData>\r\n    <Data>a &lt;b&gt;</Data>\r\n  </EventData>\r\n</Event >"


def read(content: bytes, resume: int = 0, record_bytes: int = 1 << 20) -> list[Framed]:
    return list(read_stream(io.BytesIO(content), "auto", record_bytes, resume))


@pytest.mark.parametrize(
    "content",
    [
        ONE + TWO,
        ONE + b"\n" + TWO + b"\n",
        b"<?xml version='1.0' encoding='utf-8'?>\n<Events>\n" + ONE + b"\n" + TWO + b"</Events>\n",
        b"\xef\xbb\xbf<Events xmlns='y'>" + ONE + TWO + b"</Events>",
        b"<?xml version='1.0'?>" + ONE + b"<?xml version='1.0'?>" + TWO,
    ],
    ids=["joined", "lines", "events", "mark", "declarations"],
)
def test_events_are_cut_out(content: bytes) -> None:
    """Events alone, in lines or inside one element are the same records, and reading resumes."""
    found = read(content)
    assert [(one.data, one.note_kind, one.open) for one in found] == [
        (ONE, "", False),
        (TWO, "", False),
    ]
    assert read(content, found[0].end) == found[1:]
    assert read(content, found[1].end) == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_events(encoding: str) -> None:
    """Files in UTF-16, as PowerShell writes them, are cut at the same places."""
    text = f"\ufeff<Events>\r\n{ONE.decode()}\r\n{TWO.decode()}</Events>"
    found = read(text.encode(encoding))
    assert [one.data.decode(encoding) for one in found] == [ONE.decode(), TWO.decode()]


def test_what_is_no_event_is_a_record_too() -> None:
    """Text between events, an event without its end, and the input's end lose nothing."""
    found = read(ONE + b"garbage" + b"<Event>cut" + TWO + b"<Event>open")
    assert [(one.data, one.note_kind, one.open) for one in found] == [
        (ONE, "", False),
        (b"garbage", "", False),
        (b"<Event>cut", "truncated", False),
        (TWO, "", False),
        (b"<Event>open", "truncated", True),
    ]


def test_an_event_that_is_too_long_is_cut() -> None:
    """Of an event beyond the limit the beginning is kept, and the next one is found."""
    long = b"<Event>" + b"x" * 3_000_000 + b"</Event>"
    found = read(long + ONE, record_bytes=1000)
    assert [(len(one.data), one.note_kind) for one in found] == [
        (1000, "oversized"),
        (len(ONE), ""),
    ]
    assert found[0].end == len(long)


@given(
    parts=st.lists(
        st.sampled_from([ONE, TWO, b"<Event>", b"</Event>", b"x", b"\n", b"</Eve", b"<Events>"])
    )
)
@example(parts=[b"</Event>", b"<Event>"])
def test_any_xml_resumes(parts: list[bytes]) -> None:
    """Whatever stands in a file that begins with an event, reading resumes behind any record."""
    content = ONE + b"".join(parts)
    found = read(content)
    for at, one in enumerate(found):
        assert read(content, one.end) == found[at + 1 :]
