"""Files of 1C's technological log, whose values may hold line breaks.

A line that does not begin with minute, second and duration goes on the message before it.
"""

import re
from collections.abc import Iterator

from pipeline.normalize.framing.framed import Feed, Framed
from pipeline.normalize.framing.lines import frame_lines

_BEGIN = re.compile(rb"\d\d:\d\d\.\d{4,6}-\d{1,15},[A-Z][A-Z0-9_]{1,31},\d")


def is_techlog(head: bytes) -> bool:
    """Tell whether a file's first line is one of the log."""
    return _BEGIN.match(head) is not None


def frame_techlog(feed: Feed, start: int, record_bytes: int) -> Iterator[Framed]:
    """Give the messages of a feed that stands at offset ``start``, a message's start.

    A message that would be longer than ``record_bytes`` is given in parts.
    """
    before: Framed | None = None
    for line in frame_lines(feed, start, record_bytes):
        if before is None:
            before = line
        elif _goes_on(before, line, record_bytes):
            before = line._replace(data=before.data + b"\n" + line.data)
        else:
            yield before
            before = line
    if before is not None:
        yield before


def _goes_on(before: Framed, line: Framed, record_bytes: int) -> bool:
    whole = not before.note_kind and not line.note_kind
    return (
        whole
        and _BEGIN.match(line.data) is None
        and len(before.data) + 1 + len(line.data) <= record_bytes
    )
