"""JSON values one behind the other, or as elements of an array, each given as its exact bytes.

What a pretty-printed document, several of them in one file, or an export as one array hold. Only
brackets and strings are followed: whether a value is JSON is the parser's business.
"""

import re
from collections.abc import Iterator

from pipeline.normalize.framing.framed import CHUNK, Feed, Framed, cut

_BETWEEN = re.compile(rb'[{}\[\],"]|[^\s{}\[\],"]+')  # outside any value
_INSIDE = re.compile(rb'[{}\[\]"]')  # inside an object or array
_STRING = re.compile(rb'["\\]')  # inside a string


class _Cutter:
    """Follows brackets and strings over chunks and gives values as they end.

    ``offset`` is the offset of the buffer's first byte; ``begin`` where in the buffer the present
    value begins, -1 between values.
    """

    def __init__(self, start: int, record_bytes: int, *, in_array: bool) -> None:
        self._buffer = b""
        self._offset = start
        self._limit = record_bytes
        self._at = 0
        self._begin = -1
        self._depth = 0
        self._in_string = False
        self._in_array = in_array
        self._kept: bytes | None = None  # the first bytes of a value that is too long

    def feed(self, chunk: bytes) -> Iterator[Framed]:
        """Take more bytes and give the values that end in them."""
        self._buffer += chunk
        while True:
            ended = self._string() if self._in_string else self._token()
            if ended is None:
                break
            if ended:
                yield self._value(self._at)
        self._forget()

    def end(self) -> Iterator[Framed]:
        """Give what the input's end leaves: a value that is not closed, an array that is not.

        Its position lies behind the input's end, so that nothing is told again by a resumption.
        """
        if self._begin >= 0 or self._kept is not None:
            framed = self._value(len(self._buffer))
            detail = framed.note_detail or "the input ends inside a JSON value"
            kind = framed.note_kind or "truncated"
            end = framed.end + 1
            yield Framed(framed.data, kind, detail, end, open=True)
        elif self._in_array:
            detail = "the input ends inside a JSON array: elements may be missing"
            end = self._offset + len(self._buffer) + 1
            yield Framed(b"", "truncated", detail, end, open=True)

    def _string(self) -> bool | None:
        """Go to a string's end; None: more bytes are needed, True: a value ended."""
        match = _STRING.search(self._buffer, self._at)
        if match is None:
            self._at = len(self._buffer)
            return None
        if match[0] == b"\\":
            if match.end() == len(self._buffer):
                self._at = match.start()
                return None
            self._at = match.end() + 1
            return False
        self._at = match.end()
        self._in_string = False
        return self._depth == 0

    def _token(self) -> bool | None:
        """Take the next bracket, string or word; None: give more bytes, True: a value ended."""
        pattern = _INSIDE if self._depth else _BETWEEN
        match = pattern.search(self._buffer, self._at)
        if match is None:
            self._at = len(self._buffer)
            return None
        token = match[0]
        if self._depth == 0 and token not in _MARKS and match.end() == len(self._buffer):
            self._at = self._begin = match.start()  # the word may go on in the next chunk
            return None
        self._at = match.end()
        return self._take(token, match.start())

    def _take(self, token: bytes, at: int) -> bool:
        if self._depth == 0:
            if token == b"," or (token == b"[" and not self._in_array):
                self._in_array |= token == b"["
                return False
            if token == b"]" and self._in_array:
                self._in_array = False
                return False
            self._begin = at
        if token == b'"':
            self._in_string = True
            return False
        if token in (b"{", b"["):
            self._depth += 1
            return False
        if self._depth:
            self._depth -= 1
        return self._depth == 0

    def _value(self, stop: int) -> Framed:
        end = self._offset + stop
        if self._kept is not None:
            data, length = self._kept, end - self._value_offset
            self._kept = None
        else:
            data, length = self._buffer[self._begin : stop], stop - self._begin
        self._begin, self._depth, self._in_string = -1, 0, False
        if length > self._limit:
            return Framed(data[: self._limit], "oversized", cut(self._limit, length), end)
        return Framed(data, "", "", end)

    def _forget(self) -> None:
        """Let go of bytes that no value needs; of a value that is too long keep its beginning."""
        if self._begin >= 0 and len(self._buffer) - self._begin > self._limit:
            self._kept = self._buffer[self._begin : self._begin + self._limit]
            self._value_offset = self._offset + self._begin
            self._begin = -1
        drop = self._begin if self._begin >= 0 else self._at
        self._buffer = self._buffer[drop:]
        self._offset += drop
        self._at -= drop
        self._begin = 0 if self._begin >= 0 else -1


_MARKS = (b"{", b"}", b"[", b"]", b",", b'"')


def frame_values(feed: Feed, start: int, record_bytes: int, *, in_array: bool) -> Iterator[Framed]:
    """Give the values of a feed that stands at offset ``start`` between two values.

    ``in_array``: the feed stands inside an array whose beginning was read before. A value longer
    than ``record_bytes`` is cut there and the rest of it skipped.
    """
    cutter = _Cutter(start, record_bytes, in_array=in_array)
    while chunk := feed.read(CHUNK):
        yield from cutter.feed(chunk)
    yield from cutter.end()
