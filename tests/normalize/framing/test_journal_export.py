"""Files in the journal export format."""

import io

from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize import read_stream

FIRST = b"__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1772445600123456\nMESSAGE=one"
VALUE = b"two\n\n__CURSOR=s=9\n"
BINARY = b"__CURSOR=s=1;i=2\nMESSAGE\n" + len(VALUE).to_bytes(8, "little") + VALUE + b"\n_PID=7"


def test_an_entry_ends_at_a_blank_line() -> None:
    """Entries are parted by blank lines, those inside a value apart."""
    framed = list(read_stream(io.BytesIO(b"\n\n".join((FIRST, BINARY, FIRST, b"")))))
    assert [(one.data, one.open) for one in framed] == [
        (FIRST, False),
        (BINARY, False),
        (FIRST, False),
    ]


def test_an_entry_at_the_end_is_open() -> None:
    """Without its blank line an entry may go on; inside a value it is truncated."""
    (whole,) = read_stream(io.BytesIO(FIRST + b"\n"))
    assert (whole.data, whole.open, whole.note_kind) == (FIRST, True, "")
    (cut,) = read_stream(io.BytesIO(BINARY[:45]))
    assert (cut.data, cut.open, cut.note_kind) == (BINARY[:45], True, "truncated")


def test_an_entry_that_is_too_long_is_cut() -> None:
    """The rest of a long entry is skipped, and the next one read."""
    long = FIRST + b"x" * 5000
    first, second = read_stream(io.BytesIO(long + b"\n\n" + FIRST + b"\n\n"), record_bytes=200)
    assert (first.note_kind, first.data) == ("oversized", long[:200])
    assert second.data == FIRST


def test_a_size_that_none_has_is_no_size() -> None:
    """A name without value and size does not swallow the entries behind it."""
    broken = b"__CURSOR=a\nMESSAGE\n" + b"\xff" * 8 + b"\n\n" + FIRST + b"\n\n"
    assert [one.data for one in read_stream(io.BytesIO(broken))][-1] == FIRST


FIELD = st.builds(
    lambda name, value: (
        name + b"\n" + len(value).to_bytes(8, "little") + value
        if b"\n" in value
        else name + b"=" + value
    ),
    st.sampled_from([b"MESSAGE", b"_PID", b"X"]),
    st.binary(max_size=40),
)
ENTRY = st.lists(FIELD, max_size=4).map(lambda fields: b"\n".join((b"__CURSOR=x", *fields)))


@given(entries=st.lists(ENTRY, min_size=1, max_size=6))
def test_any_entries_are_read_and_resumed(entries: list[bytes]) -> None:
    """Whatever values hold, each entry is one record, and reading resumes behind any of them."""
    content = b"".join(entry + b"\n\n" for entry in entries)
    framed = list(read_stream(io.BytesIO(content)))
    assert [one.data for one in framed] == entries
    for at, one in enumerate(framed):
        assert list(read_stream(io.BytesIO(content), resume=one.end)) == framed[at + 1 :]
