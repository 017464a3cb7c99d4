"""Files and streams: what a file is, and where reading goes on."""

import io
import os
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.normalize.framing import Framer, read_records, read_stream


@pytest.mark.parametrize(
    ("format_name", "content", "records"),
    [
        ("auto", b'[{"a": 1}]', [b'{"a": 1}']),
        ("syslog", b'[{"a": 1}]', [b'[{"a": 1}]']),
        ("auto", b"[Mon] text\n[Tue] text\n", [b"[Mon] text", b"[Tue] text"]),
        ("json", b'{\n"a": 1\n}', [b'{\n"a": 1\n}']),
        ("syslog", b'{\n"a": 1\n}', [b"{", b'"a": 1', b"}"]),
        ("rfc3164", b"<13>a\n<13>b\n", [b"<13>a", b"<13>b"]),
        ("auto", b'{"a": 1,\n', [b'{"a": 1,\n']),
    ],
)
def test_the_format_decides_where_content_leaves_a_choice(
    format_name: str, content: bytes, records: list[bytes]
) -> None:
    """A format of lines is read as lines; JSON, and what is not told, by its first bytes."""
    assert [one.data for one in read_stream(io.BytesIO(content), format_name)] == records


def test_a_file_is_read(tmp_path: Path) -> None:
    """A file is read by its path, also from behind a record."""
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\nc\n")
    first = list(read_records(path))
    assert [one.data for one in first] == [b"a", b"b", b"c"]
    assert list(read_records(path, resume=first[0].end)) == first[1:]
    assert list(read_records(path, resume=first[2].end)) == []


@pytest.mark.parametrize("name", ["absent", "."])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    """A file that is not there, or is a folder, is told with its path and the way out."""
    with pytest.raises(SourceError, match="check its path") as raised:
        list(read_records(tmp_path / name))
    assert str(tmp_path) in str(raised.value)


def test_a_pipe_is_read() -> None:
    """A stream that cannot seek is read through, also from behind a record."""
    for resume, records in ((0, [b"a", b"b"]), (2, [b"b"])):
        begin, end = os.pipe()
        os.write(end, b"a\nb\n")
        os.close(end)
        with os.fdopen(begin, "rb") as stream:
            assert [one.data for one in read_stream(stream, "auto", 64, resume)] == records


def test_a_framer_is_reading_set_up() -> None:
    """A framer reads an open file with the record size and format that it was given."""
    framer = Framer(4, "syslog")
    found = list(framer(io.BytesIO(b"abcdef\ngh\n"), 0))
    assert [(one.data, one.note_kind) for one in found] == [(b"abcd", "oversized"), (b"gh", "")]
    assert list(framer(io.BytesIO(b"abcdef\ngh\n"), found[0].end)) == found[1:]


def test_resuming_far_into_a_file(tmp_path: Path) -> None:
    """Reading goes on behind the first bytes that are looked at, too."""
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"%07d\n" % n for n in range(30_000)))
    found = list(read_records(path, "auto", 64, 8 * 20_000))
    assert (found[0].data, found[-1].data, found[-1].end) == (b"0020000", b"0029999", 240_000)
