"""Files in the journal export format: an entry is the fields up to a blank line, exact bytes kept.

A field is a line ``NAME=text``, or where its value holds a line break a line ``NAME``, the value's
size in 64 bits (little endian), the value, a line break.
Source: systemd, "Journal Export Formats".
"""

from collections.abc import Iterator

from pipeline.normalize.framing.framed import CHUNK, Feed, Framed, cut

SIGN = b"__CURSOR="
_MOST_NAME = 65  # a name of at most 64 characters and its line break
_MOST_VALUE = 768 * 1024 * 1024  # systemd's DATA_SIZE_MAX; a larger size is none


def is_export(head: bytes) -> bool:
    """Tell whether a file's first bytes are those of an export: entries begin with a cursor."""
    return head.lstrip(b"\n").startswith(SIGN)


def frame_journal(feed: Feed, start: int, record_bytes: int) -> Iterator[Framed]:
    """Give the entries of a feed that stands at offset ``start``, an entry's start.

    An entry longer than ``record_bytes`` is cut there and the rest of it skipped.
    """
    pieces = _Pieces(feed, start)
    kept, length = bytearray(), 0
    while piece := pieces.next():
        if piece == b"\n":
            if length:
                yield _entry(kept, length, pieces.at, record_bytes)
            kept, length = bytearray(), 0
            continue
        kept += piece[: max(record_bytes + 1 - len(kept), 0)]
        length += len(piece)
    if length:
        framed = _entry(kept, length, pieces.at, record_bytes)
        if pieces.missing:
            detail = "the input ends inside a field's value"
            framed = framed._replace(note_kind="truncated", note_detail=detail)
        yield framed._replace(open=True)


def _entry(kept: bytearray, length: int, end: int, record_bytes: int) -> Framed:
    whole = bytes(kept[:-1] if len(kept) == length and kept[-1:] == b"\n" else kept)
    if len(whole) > record_bytes:
        return Framed(whole[:record_bytes], "oversized", cut(record_bytes, length), end)
    return Framed(whole, "", "", end)


class _Pieces:
    """Cuts a feed into lines and pieces of values; a blank line is only one between fields.

    ``at`` is the offset behind what was given, ``missing`` how much of a value is due.
    """

    def __init__(self, feed: Feed, start: int) -> None:
        self._feed = feed
        self._buffer = b""
        self._begins = True  # whether the next piece begins a line
        self.at = start
        self.missing = 0

    def next(self) -> bytes:
        """Give the next piece; b"" at the end."""
        if self.missing:
            return self._value()
        size = self._buffer.find(b"\n") + 1
        while not size and len(self._buffer) < CHUNK and (more := self._feed.read(CHUNK)):
            size = len(self._buffer) + more.find(b"\n") + 1 if b"\n" in more else 0
            self._buffer += more
        piece = self._take(size or len(self._buffer))
        begins, self._begins = self._begins, piece[-1:] == b"\n"
        name = begins and self._begins and len(piece) > 1 and b"=" not in piece
        return piece + self._size() if name and len(piece) <= _MOST_NAME else piece

    def _size(self) -> bytes:
        """Give the eight bytes of a value's size, where they are one."""
        while len(self._buffer) < 8 and (more := self._feed.read(CHUNK)):
            self._buffer += more
        size = int.from_bytes(self._buffer[:8], "little")
        if len(self._buffer) < 8 or size > _MOST_VALUE:
            return b""
        self.missing = size + 1
        return self._take(8)

    def _value(self) -> bytes:
        if not self._buffer:
            self._buffer = self._feed.read(CHUNK)
        piece = self._take(min(self.missing, len(self._buffer)))
        self.missing -= len(piece)
        return piece

    def _take(self, size: int) -> bytes:
        piece, self._buffer = self._buffer[:size], self._buffer[size:]
        self.at += len(piece)
        return piece
