"""Files and streams to records: what a file is shows in its first bytes, packed or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from pipeline.errors import SourceError
from pipeline.normalize.formats.names import JSON_FORMATS
from pipeline.normalize.framing import onec_events
from pipeline.normalize.framing.audit_lines import frame_audit, is_audit
from pipeline.normalize.framing.continued_lines import frame_continued, is_postgresql
from pipeline.normalize.framing.documents import frame_values
from pipeline.normalize.framing.evtx import MAGIC, frame_evtx
from pipeline.normalize.framing.framed import Framed
from pipeline.normalize.framing.headed import Rows
from pipeline.normalize.framing.header import CSV, Header, Style, style_of
from pipeline.normalize.framing.journal_export import frame_journal, is_export
from pipeline.normalize.framing.lines import frame_lines, frame_wide_lines
from pipeline.normalize.framing.techlog_lines import frame_techlog, is_techlog
from pipeline.normalize.framing.unpack import Unpacked
from pipeline.normalize.framing.wrapped import frame_wrapped, is_wrapper
from pipeline.normalize.framing.xml_events import SHOWN, frame_events

RECORD_BYTES = 1024 * 1024
_HEAD = 128 * 1024  # more than the longest header
_ARRAY = re.compile(rb'\s*\[\s*(?:[{\["]|\]|$)')
_EVTX_FORMATS = frozenset({"auto", "evtx", "windows_event", "windows_json"})
_XML_FORMATS = frozenset({"auto", "windows_xml"})
_MARKS = ((b"\xef\xbb\xbf", None), (b"\xff\xfe", True), (b"\xfe\xff", False))


def read_records(
    path: Path,
    format: str = "auto",  # noqa: A002 (the word of the registry and the command line)
    record_bytes: int = RECORD_BYTES,
    resume: int = 0,
    header: int = 0,
) -> Iterator[Framed]:
    """Give the records of a file: lines, rows, JSON or XML values, an EVTX log, plain or packed.

    ``format`` is a name of ``formats.FORMATS``; where it leaves the choice, the first bytes decide.
    ``resume`` and ``header`` are 0 or those (``end``, ``header``) of the last record that is done.
    What cannot be read is a Framed with a note; SourceError where the file itself cannot be opened
    or read.
    """
    try:
        with path.open("rb") as stream:
            yield from read_stream(stream, format, record_bytes, resume, header)
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
    header: int = 0,
) -> Iterator[Framed]:
    """Give the records of a stream that stands at its beginning, seekable or not.

    As ``read_records``; errors of the stream itself (OSError) pass through.
    """
    content = Unpacked(stream)
    feed = _Rewound(content)
    yield from _frame(feed, format, record_bytes, resume, header)
    if content.broken is not None and resume <= content.made:
        kind, detail = content.broken
        yield Framed(b"", kind, detail, content.made + 1, open=kind == "truncated")


@dataclass(frozen=True, slots=True)
class Framer:
    """Cuts an open file into records: what a file source is given."""

    record_bytes: int = RECORD_BYTES
    format: str = "auto"

    def __call__(self, stream: BinaryIO, resume: int, header: int = 0) -> Iterator[Framed]:
        """Give the records behind ``resume`` of a stream that stands at its beginning."""
        return read_stream(stream, self.format, self.record_bytes, resume, header)


class _Rewound:
    """A feed whose first bytes were looked at and are read again."""

    def __init__(self, content: Unpacked) -> None:
        self._content = content
        self.head = content.read(_HEAD)
        self._ahead = self.head
        self._at = 0

    def read(self, size: int, /) -> bytes:
        """Give the next bytes; where ``pass_to`` counts from is not moved."""
        if not self._ahead:
            return self._content.read(size)
        given, self._ahead = self._ahead[:size], self._ahead[size:]
        return given if len(given) == size else given + self._content.read(size - len(given))

    def look(self, at: int, size: int) -> bytes:
        """Give bytes further on without passing over them."""
        self.pass_to(at)
        while len(self._ahead) < size and (more := self._content.read(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def pass_to(self, at: int) -> None:
        """Pass over the bytes before an offset."""
        size = at - self._at
        if size > len(self._ahead):
            self._content.skip(size - len(self._ahead))
        self._ahead = self._ahead[size:]
        self._at = at


def _frame(
    feed: _Rewound, format_name: str, record_bytes: int, resume: int, header: int
) -> Iterator[Framed]:
    head = feed.head
    if format_name == "evtx" or (format_name in _EVTX_FORMATS and head.startswith(MAGIC)):
        return frame_evtx(feed, resume, record_bytes) if head else iter(())
    wide, body = _body(head)
    mark = len(head) - len(body)
    start = max(resume, mark)
    if format_name in ("auto", "auditd") and is_audit(body):
        return frame_audit(feed, start, record_bytes)  # it passes over what was read by itself
    style = style_of(format_name, body)
    known = _header(feed, style, record_bytes, (resume, max(header, mark), wide))
    feed.pass_to(max(start - 1, 0))
    if start and not feed.read(1):
        return iter(())  # the position lies behind the input's end
    if style is not None and known is not None:
        return Rows(style, record_bytes, wide)(feed, start, known)
    return _unheaded(feed, format_name, start, record_bytes, resumed=resume > 0)


def _unheaded(
    feed: _Rewound, format_name: str, start: int, record_bytes: int, *, resumed: bool
) -> Iterator[Framed]:
    """Give the records of what has no header."""
    wide, body = _body(feed.head)
    if format_name in _XML_FORMATS and SHOWN.match(body.replace(b"\x00", b"")):
        return frame_events(feed, start, record_bytes, wide)
    if wide is not None:
        return frame_wide_lines(feed, start, record_bytes, little=wide)
    values = _values(feed, format_name, start, record_bytes, resumed=resumed)
    if values is not None:
        return values
    if format_name in ("auto", "journald") and is_export(body):
        return frame_journal(feed, start, record_bytes)
    if format_name in ("auto", "postgresql") and is_postgresql(body):
        return frame_continued(feed, start, record_bytes)
    return frame_lines(feed, start, record_bytes)


def _values(
    feed: _Rewound, format_name: str, start: int, record_bytes: int, *, resumed: bool
) -> Iterator[Framed] | None:
    """Give the items of 1C's logs, an array, a wrapper or a pretty file; None where it is none."""
    _, body = _body(feed.head)
    if format_name in ("auto", "onec_techlog") and is_techlog(body):
        return frame_techlog(feed, start, record_bytes)
    if format_name in ("auto", "onec") and onec_events.SHOWN.match(body):
        return onec_events.frame_onec(feed, start, record_bytes)
    if format_name != "auto" and format_name not in JSON_FORMATS:
        return None
    if is_wrapper(body):
        return frame_wrapped(feed, start, record_bytes, resumed=resumed)
    array = _ARRAY.match(body) is not None
    if array or _is_pretty(body):
        return frame_values(feed, start, record_bytes, in_array=array and resumed)
    return None


def _body(head: bytes) -> tuple[bool | None, bytes]:
    """Give what follows a byte order mark, and whether it is UTF-16 with the little end first."""
    for mark, wide in _MARKS:
        if head.startswith(mark):
            return wide, head[len(mark) :]
    return None, head


def _header(
    feed: _Rewound, style: Style | None, record_bytes: int, place: tuple[int, int, bool | None]
) -> Header | None:
    """Give the header in force at a place of a file of rows; None where it is no such file."""
    if style is None:
        return None
    resume, at, wide = place
    if not resume or at > resume:
        return Header(style, due=style is CSV and not resume)
    return Rows(style, record_bytes, wide).header(feed.look(at, _HEAD), at)


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
