"""Documents that carry several records: CloudTrail's ``Records``, Azure's ``records``, lists.

Each item becomes a record of its own, with its exact bytes; of the wrapper nothing else is kept. A
wrapper is told by its first members: an array named ``Records`` or ``records`` alone, a list of
Kubernetes or of Google's reports by its ``kind``, Graph's ``value`` behind its context, the
``logEvents`` of a CloudWatch subscription.
Sources: AWS, "CloudTrail log file examples", "Subscription filters"; Microsoft, "Stream Azure
monitoring data to an event hub"; Kubernetes, audit.k8s.io/v1 "EventList"; Microsoft, OData JSON.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.normalize.framing.framed import CHUNK, Feed, Framed, cut
from pipeline.ports import Delivery

_HEAD = 4096  # bytes in which a wrapper shows that it is one
_TEXT = rb'"(?:[^"\\]|\\.)*+"'
_SMALL = rb"(?:%s|[-+.0-9A-Za-z]++|\{[^{}\[\]]*+\}|\[(?:\s*+%s\s*+,?)*+\])" % (_TEXT, _TEXT)
_MEMBERS = rb'(?:\s*+"[^"\\]{1,64}+"\s*+:\s*+%s\s*+,)*+' % _SMALL
_ITEMS = rb"\s*+:\s*+\[\s*+(?=[{\]])"


def _shown(member: bytes, items: bytes) -> bytes:
    """Make the pattern of a wrapper that has ``member`` somewhere before its items."""
    return rb'(?=[^\[]{0,2000}?%s)%s\s*+"%s"%s' % (member, _MEMBERS, items, _ITEMS)


_WRAPPERS = (
    rb'\s*+"[Rr]ecords"' + _ITEMS,
    _shown(rb'"kind"\s*+:\s*+"(?:EventList|admin#reports#activities)"', b"items"),
    _shown(rb'"@odata\.context"', b"value"),
    _shown(rb'"messageType"\s*+:\s*+"DATA_MESSAGE"', b"logEvents"),
)
_WRAPPER = re.compile(rb"\s*+\{(?:%s)" % b"|".join(_WRAPPERS), re.DOTALL)
_FIRST = 256  # bytes in which one of a wrapper's words stands
# The next bracket, past whole strings; a quote is the beginning of a string that the chunk parts.
_MARKS = re.compile(rb'(?:[^"{}\[\]]++|%s)*+([{}\[\]"])' % _TEXT, re.DOTALL)
_STRING_END = re.compile(rb'(["\\])')


def is_wrapper(head: bytes) -> bool:
    """Tell whether a document that begins so carries several records."""
    # Nearly every record shows none of the words, and is looked at no further.
    first = head[:_FIRST]
    shown = (
        b'ecords"' in first
        or b"EventList" in first
        or b"#activities" in first
        or b"@odata.context" in first
        or b"DATA_MESSAGE" in first
    )
    return shown and _WRAPPER.match(head, 0, _HEAD) is not None


def unwrapped_delivery(delivery: Delivery) -> Delivery:
    """Give a delivery whose wrappers are the records that they carry; any other as it is.

    For what comes over a network, before its records are identified: of a wrapper nobody could
    tell whose records it holds.
    """
    noted = {note.index for note in delivery.notes}
    found = {
        index: items
        for index, record in enumerate(delivery.records)
        if index not in noted and (items := unwrapped(record)) is not None
    }
    if not found:
        return delivery
    records: list[bytes] = []
    moved: dict[int, int] = {}
    for index, record in enumerate(delivery.records):
        moved[index] = len(records)
        records += found.get(index, [record])
    notes = tuple(replace(note, index=moved[note.index]) for note in delivery.notes)
    return replace(delivery, records=tuple(records), notes=notes)


def unwrapped(record: bytes) -> list[bytes] | None:
    """Give the items of a whole record that is a wrapper; None where it is none, or is broken."""
    if not is_wrapper(record):
        return None
    cutter = _Cutter(0, len(record), inside=False)
    items = [framed.data for framed in cutter.feed(record)]
    return items if cutter.between and not any(cutter.end()) else None


class _Cutter:
    """Follows brackets and strings over chunks and gives records as they end.

    ``_level`` is the depth at which records stand: 2 inside a wrapper's array, 0 outside, where a
    document that is no wrapper is a record itself; -1 behind the array, where none stand.
    """

    def __init__(self, start: int, record_bytes: int, *, inside: bool) -> None:
        self._limit = record_bytes
        self._buffer = b""
        self._offset = start  # of the buffer's first byte
        self._at = 0
        self._depth = self._level = 2 if inside else 0
        self._in_string = False
        self._begun = -1  # the offset of the present record; -1 between records
        self._kept: bytes | None = None  # the first bytes of a record that is too long

    @property
    def between(self) -> bool:
        """Tell whether every bracket is closed."""
        return self._depth == 0

    def feed(self, chunk: bytes, *, last: bool = False) -> Iterator[Framed]:
        """Take more bytes and give the records that end in them."""
        self._buffer += chunk
        while True:
            find = _STRING_END.search if self._in_string else _MARKS.match
            match = find(self._buffer, self._at)
            if match is None:
                self._at = len(self._buffer)
                break
            mark, at = match[1], match.start(1)
            if not last and self._needs_more(mark, at):
                self._at = at
                break
            self._at = match.end()
            if mark == b"\\":
                self._at += 1
            elif mark == b'"':
                self._in_string = not self._in_string
            elif mark in b"{[":
                self._open(at)
            elif self._closes_a_record():
                yield self._record("")
        self._forget()

    def end(self) -> Iterator[Framed]:
        """Give what the input's end leaves open; its position lies behind the input's end."""
        yield from self.feed(b"", last=True)
        self._at = len(self._buffer)
        if self._begun >= 0:
            framed = self._record("truncated")
            yield framed._replace(end=framed.end + 1, open=True)
        elif self._depth:
            detail = "the input ends inside a wrapper: records may be missing"
            yield Framed(b"", "truncated", detail, self._offset + self._at + 1, open=True)

    def _needs_more(self, mark: bytes, at: int) -> bool:
        """Tell whether too little follows to see what begins here, or what is escaped."""
        if mark == b"\\":
            return at + 1 == len(self._buffer)
        if mark != b"{" or self._depth:
            return False
        near = len(self._buffer) - at < _HEAD
        return near and _WRAPPER.match(self._buffer, at) is None

    def _open(self, at: int) -> None:
        if self._depth == 0:
            head = _WRAPPER.match(self._buffer, at, at + _HEAD)
            if head is not None:
                self._depth = self._level = 2
                self._at = head.end()
                return
            self._level = 0
        if self._depth == self._level:
            self._begun = self._offset + at
        self._depth += 1

    def _closes_a_record(self) -> bool:
        self._depth = max(self._depth - 1, 0)
        if self._begun >= 0:
            return self._depth == self._level
        self._level = -1 if self._depth else 0
        return False

    def _record(self, kind: str) -> Framed:
        """Give the record that ends where the buffer was read to."""
        end = self._offset + self._at
        data = self._kept
        if data is None:
            data = self._buffer[self._begun - self._offset : self._at]
        length = end - self._begun
        self._begun, self._kept = -1, None
        detail = "the input ends inside a record" if kind else ""
        if length > self._limit:
            kind, detail = "oversized", cut(self._limit, length)
        return Framed(data[: self._limit], kind, detail, end)

    def _forget(self) -> None:
        """Let go of bytes that no record needs; of one that is too long keep its beginning."""
        begin = self._begun - self._offset
        if self._begun >= 0 and self._kept is None and len(self._buffer) - begin > self._limit:
            self._kept = self._buffer[begin : begin + self._limit]
        drop = begin if self._begun >= 0 and self._kept is None else self._at
        self._buffer = self._buffer[drop:]
        self._offset += drop
        self._at -= drop


def frame_wrapped(feed: Feed, start: int, record_bytes: int, *, resumed: bool) -> Iterator[Framed]:
    """Give the records of a feed of wrappers that stands at offset ``start``.

    ``resumed``: the feed stands behind a record, inside a wrapper if a comma or the array's end
    follows. A document among them that is no wrapper is a record itself.
    """
    chunk = feed.read(CHUNK)
    inside = resumed and chunk.lstrip()[:1] in (b",", b"]")
    cutter = _Cutter(start, record_bytes, inside=inside)
    while chunk:
        yield from cutter.feed(chunk)
        chunk = feed.read(CHUNK)
    yield from cutter.end()
