"""Files of PostgreSQL's server log, whose messages may hold line breaks.

On stderr a line that begins with a tab goes on the one before, in csvlog one inside a quote does.

Source: PostgreSQL, src/backend/utils/error/elog.c (append_with_tabs).
"""

import re
from collections.abc import Iterator

from pipeline.normalize.framing.framed import Feed, Framed
from pipeline.normalize.framing.lines import frame_lines

_FIRST = re.compile(
    rb"[^\n{,]{0,256}?(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|STATEMENT|DETAIL"
    rb"|HINT|CONTEXT):  \S"
)


_VALUE = rb'(?:"[^"\n]*"|[^",\n]*),'
_ROW = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Z+\d:-]{1,8}," + _VALUE + _VALUE + rb"\d+,"
)


def is_postgresql(head: bytes) -> bool:
    """Tell whether a file begins with a line of PostgreSQL's, of stderr or of csvlog."""
    return (_FIRST.match(head) or _ROW.match(head)) is not None


def frame_continued(feed: Feed, start: int, record_bytes: int) -> Iterator[Framed]:
    """Give the messages of a feed that stands at offset ``start``, a message's start.

    A message that would be longer than ``record_bytes`` is given in parts.
    """
    before: Framed | None = None
    for framed in frame_lines(feed, start, record_bytes):
        if before is None:
            before = framed
        elif _goes_on(before, framed, record_bytes):
            data = before.data + b"\n" + framed.data
            before = framed._replace(data=data)
        else:
            yield before
            before = framed
    if before is not None:
        yield before


def _goes_on(before: Framed, line: Framed, record_bytes: int) -> bool:
    fits = len(before.data) + 1 + len(line.data) <= record_bytes
    if not fits or before.note_kind or line.note_kind:
        return False
    if _ROW.match(before.data):  # csvlog: a quote is open, since one inside a value stands twice
        return before.data.count(b'"') % 2 == 1
    return line.data[:1] == b"\t"
