"""Files of the Linux audit system: the lines of one serial are one record, exact bytes kept.

Lines of several events may be mixed; such a stretch is cut as a whole. A position inside it is its
start and as many bytes more as records of it are done, which is still inside its first line.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from pipeline.normalize.collecting import Gathering, audit_line
from pipeline.normalize.framing.framed import Feed, Framed
from pipeline.normalize.framing.lines import frame_lines

_MOST_LINES = 1024  # of one stretch: where events without an end are mixed on and on
_MOST_BYTES = 4  # times the bytes of one record, of one stretch
_MARK = b"\xef\xbb\xbf"
_FIRST = re.compile(rb"\s*(?:node=\S{1,255} )?type=[A-Z0-9_\[\]]{1,48} msg=audit\(\d")


class Ahead(Feed, Protocol):
    """A feed that can be looked into further on."""

    def look(self, at: int, size: int) -> bytes:
        """Give bytes from an offset on without passing over them."""

    def pass_to(self, at: int) -> None:
        """Pass over the bytes before an offset."""


def is_audit(head: bytes) -> bool:
    """Tell whether a file's first bytes are a line of the audit system."""
    return _FIRST.match(head) is not None


def frame_audit(feed: Ahead, resume: int, record_bytes: int) -> Iterator[Framed]:
    """Give the events behind ``resume`` (an earlier ``end``, or where the first line begins).

    An event whose end was not seen when the input ended is open, and so is what follows it.
    """
    start = _line_start(feed, resume)
    feed.pass_to(start)
    done, stretch = resume - start, _Stretch(start, record_bytes)
    for framed in frame_lines(feed, start, record_bytes):
        line = None if framed.note_kind else audit_line(framed.data)
        if stretch.lines and not stretch.gathering.knows(line) and stretch.whole():
            yield from stretch.records(done)
            done, stretch = 0, _Stretch(stretch.end, record_bytes)
        stretch.lines.append(framed)
        stretch.gathering.take(framed.data, line)
        stretch.end, stretch.size = framed.end, stretch.size + len(framed.data)
    yield from stretch.records(done, ended=True)


def _line_start(feed: Ahead, resume: int) -> int:
    """Give where the line begins that a position lies in; a position behind a line is its own."""
    back = max(resume - _MOST_LINES, 0)
    before = feed.look(back, resume - back)
    if b"\n" in before:
        return back + before.rindex(b"\n") + 1
    if back or not before:
        return resume
    return len(_MARK) if before.startswith(_MARK) else 0


class _Stretch:
    """Lines from a point at which no event was unfinished to the next such point."""

    def __init__(self, start: int, record_bytes: int) -> None:
        self.lines: list[Framed] = []
        self.gathering = Gathering(record_bytes)
        self.end = self._start = start
        self.size = 0
        self._most = record_bytes * _MOST_BYTES

    def whole(self) -> bool:
        """Tell whether the stretch may end here: nothing waits, or it is too long."""
        first = self.lines[0]
        most = min(_MOST_LINES, len(first.data))
        if first.end - self._start > len(first.data) + 1:
            most = 1  # behind a blank line, or one ended by CR LF, no position inside it is told
        full = len(self.lines) >= most or self.size >= self._most
        return full or self.gathering.settled()

    def records(self, done: int, *, ended: bool = False) -> Iterator[Framed]:
        """Give the records behind the first ``done``."""
        groups, held = self.gathering.groups, False
        for place, group in enumerate(groups):
            first, last = self.lines[group.indices[0]], self.lines[group.indices[-1]]
            held = held or (ended and (self.gathering.waiting(group) or last.open))
            end = self.end if place == len(groups) - 1 else self._start + place + 1
            if place >= done:
                yield Framed(group.data(), first.note_kind, first.note_detail, end, held)
