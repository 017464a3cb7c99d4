"""Events of 1C's log as XML: ``v8e:Event`` elements inside ``v8e:EventLog``, or one after another.

An event holds its name in an element that is called ``v8e:Event`` too, so tags are counted. Only
where an event begins and ends is looked at; whether it is XML is the parser's business.
"""

import re
from collections.abc import Iterator

from pipeline.normalize.framing.framed import CHUNK, Feed, Framed, cut

SHOWN = re.compile(
    rb"\s*(?:<\?xml[^<>]{0,200}\?>\s*)?(?:<v8e:EventLog[^<>]{0,2000}>\s*)?<v8e:Event[\s>]"
)
_TAG = re.compile(rb"<(/?)v8e:Event(?:\s[^<>]{0,512})?(/?)>")
_LONGEST_TAG = 560  # bytes of a tag that a chunk may part


class _Cutter:
    """Follows tags over chunks; ``offset`` is the buffer's first byte in the file."""

    def __init__(self, start: int, record_bytes: int) -> None:
        self._limit = record_bytes
        self._buffer = b""
        self._offset = start
        self._at = 0
        self._depth = 0
        self._kept: bytes | None = None  # the first bytes of an event that is too long
        self._length = 0  # of that event, as far as it was let go

    def feed(self, chunk: bytes) -> Iterator[Framed]:
        self._buffer += chunk
        while match := _TAG.search(self._buffer, self._at):
            self._at = match.end()
            if match[2]:
                continue
            if match[1]:
                if self._depth == 1:
                    yield self._event(match.end(), "")
                self._depth = max(self._depth - 1, 0)
                continue
            if self._depth == 0:
                self._drop(match.start())
            self._depth += 1
        self._forget()

    def end(self) -> Iterator[Framed]:
        """Give the event that the input's end leaves open."""
        if self._depth:
            framed = self._event(len(self._buffer), "truncated")
            yield framed._replace(end=framed.end + 1, open=True)

    def _event(self, stop: int, kind: str) -> Framed:
        kept = self._buffer[:stop] if self._kept is None else self._kept
        length = stop + self._length
        self._drop(stop)
        self._kept, self._length = None, 0
        detail = "the input ends inside an event" if kind else ""
        if length > self._limit:
            kind, detail = "oversized", cut(self._limit, length)
        return Framed(kept[: self._limit], kind, detail, self._offset)

    def _drop(self, stop: int) -> None:
        self._buffer = self._buffer[stop:]
        self._offset += stop
        self._at = max(self._at - stop, 0)

    def _forget(self) -> None:
        """Let go of bytes that no event needs; of one that is too long keep its beginning."""
        tail = max(len(self._buffer) - _LONGEST_TAG, self._at)
        if self._depth == 0:
            self._drop(tail)
        elif len(self._buffer) > self._limit + _LONGEST_TAG:
            if self._kept is None:
                self._kept = self._buffer[: self._limit]
            self._length += tail
            self._drop(tail)


def frame_onec(feed: Feed, start: int, record_bytes: int) -> Iterator[Framed]:
    """Give the events of a feed that stands at offset ``start`` between two of them.

    What stands between events is no record. An event longer than ``record_bytes`` is cut there.
    """
    cutter = _Cutter(start, record_bytes)
    while chunk := feed.read(CHUNK):
        yield from cutter.feed(chunk)
    yield from cutter.end()
