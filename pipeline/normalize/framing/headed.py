"""Files whose records are rows: what names their columns goes with each row as its preamble.

A header is no record. A row is its exact bytes, also where quotes or a packet's details carry it
over several lines.
"""

import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.normalize.columns import stays_open
from pipeline.normalize.framing.framed import CHUNK, Feed, Framed, cut
from pipeline.normalize.framing.header import BLANK, CSV, Header, Line, More, Style
from pipeline.normalize.framing.lines import frame_wide_lines

MOST_QUOTED = 64 * 1024  # bytes over which a quote may carry a row

# A line that is no header's, with the header in force (preamble, where it begins).
Told: TypeAlias = tuple[Line, bytes, int]


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known of a file of rows: its kind, how long a record may be, and its width.

    ``wide`` is None for one byte a unit, else whether UTF-16 is little endian.
    """

    style: Style
    record_bytes: int
    wide: bool | None = None

    def header(self, content: bytes, at: int) -> Header:
        """Read the header that begins with these bytes, which stand at an offset of the file."""
        header = Header(self.style, due=self.style is CSV, at=at)
        for row, _, _ in self._told(io.BytesIO(content), at, header):
            if row.shown.strip(BLANK):
                break
        return header

    def __call__(self, feed: Feed, start: int, header: Header) -> Iterator[Framed]:
        """Give the rows of a feed that stands at offset ``start``, a line's start."""
        told = self._told(feed, start, header)
        if self.style.more is More.QUOTES:
            records = _by_quotes(told, header)
        elif self.style.more is More.LINES:
            records = _by_rows(told, self.style, self.record_bytes)
        else:
            records = ([one] for one in told)
        for record in records:
            framed = self._framed(record)
            if framed is not None:
                yield framed

    def _told(self, feed: Feed, start: int, header: Header) -> Iterator[Told]:
        for line in self._lines(feed, start):
            for row in header.rows(line):
                yield row, header.preamble, header.at
        for row in header.close():  # the rest of a header may still come
            yield row._replace(open=True), header.preamble, header.at

    def _lines(self, feed: Feed, start: int) -> Iterator[Line]:
        if self.wide is None:
            yield from _narrow(feed, start, self.record_bytes)
            return
        encoding, begin = ("utf-16-le" if self.wide else "utf-16-be"), start
        for framed in frame_wide_lines(feed, start, self.record_bytes, little=self.wide):
            shown = framed.data.decode(encoding, "replace").encode() + b"\n"
            kind, detail = framed.note_kind, framed.note_detail
            yield Line(framed.data, shown, begin, framed.end, framed.open, kind, detail)
            begin = framed.end

    def _framed(self, record: list[Told]) -> Framed | None:
        """Make the record of a row's lines; None where they are blank."""
        line, preamble, at = record[0]
        data, kind, detail = line.raw, line.kind, line.detail
        if len(record) > 1:
            data = b"".join(told[0].raw for told in record)
            line = record[-1][0]
            kind, detail = kind or line.kind, detail or line.detail
        if self.wide is None:
            data = data.rstrip(b"\r\n")
        if not data.strip(BLANK):
            return None
        if len(data) > self.record_bytes:
            kind, detail = "oversized", detail or cut(self.record_bytes, len(data))
            data = data[: self.record_bytes]
        return Framed(data, kind, detail, line.end, line.open, preamble, at)


def _narrow(feed: Feed, start: int, record_bytes: int) -> Iterator[Line]:
    """Give lines ended by LF with their ends; of one that is too long its beginning."""
    end, rest = start, b""
    while chunk := feed.read(CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for text in lines:
            begin, end = end, end + len(text) + 1
            raw = text + b"\n"
            if len(text) > record_bytes + 1:
                yield _cut(raw, begin, end, record_bytes)
            else:
                yield Line(raw, raw, begin, end)
        if len(rest) > record_bytes + 1:
            begin, kept, length, ended = end, rest[:record_bytes], len(rest), False
            while not ended and (chunk := feed.read(CHUNK)):
                before, newline, rest = chunk.partition(b"\n")
                length, ended = length + len(before) + len(newline), bool(newline)
            end = begin + length
            detail = cut(record_bytes, length - ended)
            yield Line(kept, kept, begin, end, not ended, "oversized", detail)
            rest = rest if ended else b""
    if rest:
        yield Line(rest, rest, end, end + len(rest), open=True)


def _cut(raw: bytes, begin: int, end: int, record_bytes: int) -> Line:
    kept = raw[:record_bytes]
    return Line(kept, kept, begin, end, False, "oversized", cut(record_bytes, len(raw) - 1))


def _by_quotes(lines: Iterator[Told], header: Header) -> Iterator[list[Told]]:
    """Put together what a quote holds together.

    A quote that does not end within ``MOST_QUOTED`` bytes is a slip: its line is a row by itself.
    """
    ahead: deque[Told] = deque()
    while told := (ahead.popleft() if ahead else next(lines, None)):
        raw, delimiter = told[0].raw, header.delimiter
        if b'"' not in raw or not (inside := stays_open(raw, delimiter, inside=False)):
            yield [told]
            continue
        row, size = [told], len(raw)
        while inside and size <= MOST_QUOTED:
            following = ahead.popleft() if ahead else next(lines, None)
            if following is None:
                break
            row.append(following)
            size += len(following[0].raw)
            inside = stays_open(following[0].raw, delimiter, inside=True)
        if not inside:
            yield row
        elif size <= MOST_QUOTED:  # the input ends inside the quote: more of it may come
            yield [(told[0]._replace(open=True), *told[1:])]
            ahead.extendleft(reversed(row[1:]))
        else:
            yield [told]
            ahead.extendleft(reversed(row[1:]))


def _by_rows(lines: Iterator[Told], style: Style, record_bytes: int) -> Iterator[list[Told]]:
    """Put the lines that are no rows with the row before them.

    The last row of the input is open: details of it may come, unless a blank line ended it.
    """
    row: list[Told] = []
    size = 0
    for told in lines:
        raw = told[0].raw
        if row and (style.row.match(told[0].shown) or told[1] != row[0][1]):
            yield row
            row, size = [], 0
        if not row:
            row, size = [told], len(raw)
            if not style.row.match(told[0].shown):
                yield row
                row = []
        elif len(row) == 1 and not raw.strip(BLANK):
            yield row
            row = []
        elif size <= record_bytes:
            row.append(told)
            size += len(raw)
        else:
            row[-1] = (row[-1][0]._replace(end=told[0].end), *row[-1][1:])
    if row:
        yield [*row[:-1], (row[-1][0]._replace(open=True), *row[-1][1:])]
