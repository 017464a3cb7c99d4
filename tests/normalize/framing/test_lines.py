"""Lines as records."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.framing import Framed, read_stream


def framed(content: bytes, record_bytes: int = 1024, format_name: str = "syslog") -> list[Framed]:
    return list(read_stream(io.BytesIO(content), format_name, record_bytes))


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"a\nb\n", [(b"a", 2, False), (b"b", 4, False)]),
        (b"a\nb", [(b"a", 2, False), (b"b", 3, True)]),
        (b"a\r\nb\r\n", [(b"a", 3, False), (b"b", 6, False)]),
        (b"a\r", [(b"a", 2, True)]),
        (b"\n\na\n \t\n", [(b"a", 4, False)]),
        (b"\xef\xbb\xbfa\n", [(b"a", 5, False)]),
        (b"a\x00b\n", [(b"a\x00b", 4, False)]),
        (b"\x00\x00a\n", [(b"\x00\x00a", 4, False)]),
        ("ә\n".encode(), [("ә".encode(), 3, False)]),
        (b"", []),
        (b"\n", []),
        (b"\xef\xbb\xbf", []),
    ],
)
def test_a_line_is_a_record(content: bytes, records: list[tuple[bytes, int, bool]]) -> None:
    """Each line is a record without its end; blank lines are none, a last one without end is."""
    assert [(one.data, one.end, one.open) for one in framed(content)] == records
    assert all(not one.note_kind for one in framed(content))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\r\nb", ["a", "b"]),
        ("\n \na\n", ["a"]),
        ("ਊ\u0a00\u000a਀\n", ["ਊ\u0a00", "਀"]),
        ("", []),
    ],
)
def test_lines_of_utf_16(encoding: str, text: str, records: list[str]) -> None:
    """Lines of UTF-16 are cut at its line ends only, and keep their two-byte units."""
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b"\xfe\xff"
    found = framed(mark + text.encode(encoding))
    assert [one.data.decode(encoding) for one in found] == records
    if found:
        assert found[-1].end == len(mark + text.encode(encoding))


def test_half_a_unit_at_the_end_of_utf_16() -> None:
    """A file cut inside a unit gives what there is."""
    (one,) = framed(b"\xff\xfea\x00b")
    assert (one.data, one.open) == (b"a\x00b", True)


@pytest.mark.parametrize("size", [17, 40, 300_000, 900_000])
def test_a_line_that_is_too_long_is_cut(size: int) -> None:
    """A line beyond the limit is cut there, the rest of it skipped, and the next is whole."""
    first, second = framed(b"x" * size + b"\nnext\n", 16)
    assert first.data == b"x" * 16
    assert first.note_kind == "oversized"
    assert str(size) in first.note_detail
    assert (second.data, second.note_kind, second.end) == (b"next", "", size + 6)


def test_a_line_of_exactly_the_limit_is_whole() -> None:
    """The limit itself is allowed, whatever the line's end."""
    assert [one.data for one in framed(b"x" * 16 + b"\r\n" + b"y" * 16 + b"\n", 16)] == [
        b"x" * 16,
        b"y" * 16,
    ]


def test_an_endless_line_keeps_memory_flat() -> None:
    """A line without end is read to the end of the input and never held."""

    class Endless(io.RawIOBase):
        """Gives the same bytes many times, then ends; notes the largest read."""

        left = 400

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return False

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return b"x" * min(size, 65_536) if self.left > 0 else b""

    (one,) = read_stream(Endless(), "syslog", 64)  # type: ignore[arg-type]  # as a pipe is
    assert (one.data, one.note_kind, one.open) == (b"x" * 64, "oversized", True)


@given(lines=st.lists(st.binary(max_size=40).filter(lambda b: b"\n" not in b and b"\r" not in b)))
def test_lines_are_what_was_written(lines: list[bytes]) -> None:
    """Whatever lines are written, those that are not blank are read again, in order."""
    content = b"".join(line + b"\n" for line in lines)
    marks = (
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\x1f\x8b",
        b"\xfd7zXZ\x00",
        b"\x28\xb5\x2f\xfd",
    )
    if content.startswith(marks):
        return
    wanted = [line for line in lines if line.strip(b" \t\x0b\x0c")]
    assert [one.data for one in framed(content)] == wanted
