"""Windows events as XML, one behind the other: ``<Event>`` elements, alone or inside ``<Events>``.

What wevtutil, Event Viewer and PowerShell write, on one line or many, in UTF-8 or UTF-16. Only
where an event begins and ends is looked at; whether it is XML is the parser's business.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.normalize.framing.framed import CHUNK, Feed, Framed, cut

SHOWN = re.compile(
    rb"\s*(?:<\?xml[^<>]{0,200}\?>\s*)?(?:<Events(?:\s[^<>]{0,1000})?>\s*)?<Event[\s>]"
)
_BETWEEN = re.compile(rb"(?:\s++|</?Events(?:\s[^<>]*+)?>|<\?xml[^<>]*+>|\xef\xbb\xbf)*+")
_LONGEST_TAG = 64  # bytes of a tag's beginning that a chunk may part


def _tag(wide: bool | None) -> re.Pattern[bytes]:
    """Make the pattern of where an event begins or ends; group 1 is there where it ends."""
    head, tail = (b"", b"") if wide is None else (b"", b"\x00") if wide else (b"\x00", b"")

    def unit(part: bytes) -> bytes:
        return head + part + tail

    name = b"".join(unit(bytes([one])) for one in b"Event")
    behind = rb"\s*>" if wide is None else b"(?:" + unit(rb"\s") + b")*" + unit(b">")
    opened = rb"(?=" + unit(rb"[\s>]") + rb")"
    pattern = unit(b"<") + b"(?:(" + unit(b"/") + name + behind + b")|" + name + opened + b")"
    return re.compile(pattern)


@dataclass(slots=True)
class _Cutter:
    """Follows a feed from event to event; ``offset`` is the buffer's first byte in the file."""

    record_bytes: int
    pattern: re.Pattern[bytes]
    offset: int
    buffer: bytes = b""
    at: int = 0  # up to here the buffer was searched
    inside: bool = False
    passed: int = 0  # bytes of an event that is too long, which were let go

    def feed(self, chunk: bytes) -> Iterator[Framed]:
        self.buffer += chunk
        while match := self.pattern.search(self.buffer, self.at):
            if match[1] is not None:
                yield from self._take(match.end(), "")
                self.inside = False
            else:
                yield from self._take(match.start(), "truncated")
                self.inside = True
                self.at = min(match.end() - match.start(), len(self.buffer))
        self.at = max(len(self.buffer) - _LONGEST_TAG, self.at)
        if len(self.buffer) > 2 * self.record_bytes + CHUNK:
            kept = self.buffer[: self.record_bytes]
            self.passed += len(self.buffer) - len(kept) - _LONGEST_TAG
            self.buffer = kept + self.buffer[-_LONGEST_TAG:]
            self.at = len(kept)

    def end(self) -> Iterator[Framed]:
        for framed in self._take(len(self.buffer), "truncated"):
            yield framed._replace(open=True)

    def _take(self, stop: int, kind: str) -> Iterator[Framed]:
        """Give what stands before a place of the buffer, and let go of it."""
        data, length = self.buffer[:stop], stop + self.passed
        self.buffer, self.at, self.passed = self.buffer[stop:], 0, 0
        self.offset += length
        if not self.inside:
            kind = ""
            if _BETWEEN.fullmatch(data.replace(b"\x00", b"")):
                return
        detail = "the event ends before its end tag" if kind else ""
        if length > self.record_bytes:
            kind, detail = "oversized", cut(self.record_bytes, length)
        yield Framed(data[: self.record_bytes], kind, detail, self.offset)


def frame_events(
    feed: Feed, start: int, record_bytes: int, wide: bool | None = None
) -> Iterator[Framed]:
    """Give the events of a feed that stands at offset ``start`` between two of them.

    ``wide``: None for one byte a unit, else whether UTF-16 is little endian. What stands between
    events and is none is a record too.
    """
    cutter = _Cutter(record_bytes, _tag(wide), start)
    while chunk := feed.read(CHUNK):
        yield from cutter.feed(chunk)
    yield from cutter.end()
