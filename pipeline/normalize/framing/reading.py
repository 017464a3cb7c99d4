"""Files and streams to records: what a file is shows in its first bytes, packed or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from pipeline.errors import SourceError
from pipeline.normalize.formats.names import JSON_FORMATS
from pipeline.normalize.framing.documents import frame_values
from pipeline.normalize.framing.evtx import MAGIC, frame_evtx
from pipeline.normalize.framing.framed import Framed
from pipeline.normalize.framing.lines import frame_lines, frame_wide_lines
from pipeline.normalize.framing.unpack import Unpacked

RECORD_BYTES = 1024 * 1024
_HEAD = 64 * 1024
_ARRAY = re.compile(rb'\s*\[\s*(?:[{\["]|\]|$)')
_EVTX_FORMATS = frozenset({"auto", "evtx", "windows_event", "windows_json"})
_UTF8_MARK = b"\xef\xbb\xbf"


def read_records(
    path: Path,
    format: str = "auto",  # noqa: A002 (the word of the registry and the command line)
    record_bytes: int = RECORD_BYTES,
    resume: int = 0,
) -> Iterator[Framed]:
    """Give the records of a file: lines, JSON values, or an EVTX log, plain or packed.

    ``format`` is a name of ``formats.FORMATS``; where it leaves the choice, the first bytes decide.
    ``resume`` is 0 or the ``end`` of the last record that is done. What cannot be read is a Framed
    with a note; SourceError where the file itself cannot be opened or read.
    """
    try:
        with path.open("rb") as stream:
            yield from read_stream(stream, format, record_bytes, resume)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(
            f"{path} cannot be read: {reason}; check its path and its permissions"
        ) from error


def read_stream(
    stream: BinaryIO,
    format: str = "auto",  # noqa: A002 (see above)
    record_bytes: int = RECORD_BYTES,
    resume: int = 0,
) -> Iterator[Framed]:
    """Give the records of a stream that stands at its beginning, seekable or not.

    As ``read_records``; errors of the stream itself (OSError) pass through.
    """
    content = Unpacked(stream)
    feed = _Rewound(content)
    yield from _frame(feed, format, record_bytes, resume)
    if content.broken is not None and resume <= content.made:
        kind, detail = content.broken
        yield Framed(b"", kind, detail, content.made + 1, open=kind == "truncated")


@dataclass(frozen=True, slots=True)
class Framer:
    """Cuts an open file into records: what a file source is given."""

    record_bytes: int = RECORD_BYTES
    format: str = "auto"

    def __call__(self, stream: BinaryIO, resume: int) -> Iterator[Framed]:
        """Give the records behind ``resume`` of a stream that stands at its beginning."""
        return read_stream(stream, self.format, self.record_bytes, resume)


class _Rewound:
    """A feed whose first bytes were looked at and are read again."""

    def __init__(self, content: Unpacked) -> None:
        self._content = content
        self.head = content.read(_HEAD)
        self._ahead = self.head

    def read(self, size: int, /) -> bytes:
        if not self._ahead:
            return self._content.read(size)
        given, self._ahead = self._ahead[:size], self._ahead[size:]
        return given if len(given) == size else given + self._content.read(size - len(given))

    def skip(self, size: int) -> None:
        """Pass over bytes from the beginning."""
        self._ahead = self.head[size:]
        if size > len(self.head):
            self._content.skip(size - len(self.head))


def _frame(feed: _Rewound, format_name: str, record_bytes: int, resume: int) -> Iterator[Framed]:
    head = feed.head
    if format_name == "evtx" or (format_name in _EVTX_FORMATS and head.startswith(MAGIC)):
        return frame_evtx(feed, resume, record_bytes) if head else iter(())
    mark = next((m for m in (_UTF8_MARK, b"\xff\xfe", b"\xfe\xff") if head.startswith(m)), b"")
    start = max(resume, len(mark))
    feed.skip(max(start - 1, 0))
    if start and not feed.read(1):
        return iter(())  # the position lies behind the input's end
    if len(mark) == 2:
        return frame_wide_lines(feed, start, record_bytes, little=mark[0] == 0xFF)
    body = head[len(mark) :]
    if format_name == "auto" or format_name in JSON_FORMATS:
        if _ARRAY.match(body):
            return frame_values(feed, start, record_bytes, in_array=resume > 0)
        if _is_pretty(body):
            return frame_values(feed, start, record_bytes, in_array=False)
    return frame_lines(feed, start, record_bytes)


def _is_pretty(body: bytes) -> bool:
    """Tell a document over several lines from NDJSON by its first line.

    A printer breaks a line behind an opening bracket or a comma; an object on a line of its own,
    even one cut short, hardly ever ends there.
    """
    line = body.lstrip().partition(b"\n")[0].rstrip()
    if line[:1] != b"{" or line[-1:] not in (b"{", b"[", b","):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return True
    return False
