"""Lines: one record each, ended by LF or CR LF, in UTF-8 and its like or in UTF-16.

Blank lines are no records. The last line of a file is one also without an end.
"""

from collections.abc import Generator, Iterator

from pipeline.normalize.framing.framed import CHUNK, Feed, Framed, cut

_BLANK = b" \t\r\x0b\x0c"


def frame_lines(feed: Feed, start: int, record_bytes: int) -> Iterator[Framed]:
    """Give the lines of a feed that stands at offset ``start``, a line's start.

    A line longer than ``record_bytes`` is cut there and the rest of it skipped: memory stays
    bounded also for a line without end.
    """
    end, rest = start, b""
    while chunk := feed.read(CHUNK):
        rest += chunk
        while True:
            *lines, rest = rest.split(b"\n")
            end = yield from _whole(lines, end, record_bytes)
            if len(rest) <= record_bytes + 1:
                break
            end, rest = yield from _skip(feed, rest, record_bytes, end)
    if rest.strip(_BLANK):
        yield _line(rest, end + len(rest), record_bytes)._replace(open=True)


def _whole(lines: list[bytes], end: int, record_bytes: int) -> Generator[Framed, None, int]:
    """Give lines whose end was found, and then the offset behind them."""
    for line in lines:
        end += len(line) + 1
        if line.strip(_BLANK):
            yield _line(line, end, record_bytes)
    return end


def _line(line: bytes, end: int, record_bytes: int) -> Framed:
    line = line[:-1] if line[-1:] == b"\r" else line
    if len(line) > record_bytes:
        return Framed(line[:record_bytes], "oversized", cut(record_bytes, len(line)), end)
    return Framed(line, "", "", end)


def _skip(
    feed: Feed, begun: bytes, record_bytes: int, end: int
) -> Generator[Framed, None, tuple[int, bytes]]:
    """Give a line that is too long already, cut, once its end was found; then offset and rest."""
    kept, length = begun[:record_bytes], len(begun)
    while chunk := feed.read(CHUNK):
        before, newline, rest = chunk.partition(b"\n")
        length += len(before)
        if newline:
            end += length + 1
            yield Framed(kept, "oversized", cut(record_bytes, length), end)
            return end, rest
    yield Framed(kept, "oversized", cut(record_bytes, length), end + length, open=True)
    return end + length, b""


def frame_wide_lines(
    feed: Feed, start: int, record_bytes: int, *, little: bool
) -> Iterator[Framed]:
    """Give the lines of a UTF-16 feed, little or big endian, as they are: two bytes a unit.

    As ``frame_lines``; the limit is rounded down to whole units.
    """
    newline = b"\n\x00" if little else b"\x00\n"
    ending = b"\r\x00" if little else b"\x00\r"
    blank = (b" \x00", b"\t\x00", b"\r\x00") if little else (b"\x00 ", b"\x00\t", b"\x00\r")
    limit = record_bytes // 2 * 2
    end, kept, length = start, bytearray(), 0
    pending = b""
    while chunk := feed.read(CHUNK):
        chunk = pending + chunk
        pending = chunk[len(chunk) // 2 * 2 :]
        at, size = 0, len(chunk) // 2 * 2
        while at < size:
            found = _aligned(chunk, newline, at)
            stop = size if found < 0 else found
            kept += chunk[at : min(stop, at + max(limit - len(kept), 0))]
            length += stop - at
            if found < 0:
                break
            at = stop + 2
            end += length + 2
            yield from _wide(bytes(kept), length, end, (limit, ending, blank))
            kept, length = bytearray(), 0
    kept += pending
    end, length = end + length + len(pending), length + len(pending)
    for framed in _wide(bytes(kept), length, end, (limit, ending, blank)):
        yield framed._replace(open=True)


def _aligned(chunk: bytes, unit: bytes, at: int) -> int:
    """Find a two-byte unit at an even offset: the same bytes may stand across two others."""
    found = chunk.find(unit, at)
    while found % 2 and found > 0:
        found = chunk.find(unit, found + 1)
    return found


def _wide(
    line: bytes, length: int, end: int, rules: tuple[int, bytes, tuple[bytes, ...]]
) -> Iterator[Framed]:
    limit, ending, blank = rules
    if length > limit + 2:
        yield Framed(line, "oversized", cut(limit, length), end)
        return
    line = line.removesuffix(ending)
    if any(line[at : at + 2] not in blank for at in range(0, len(line), 2)):
        yield Framed(line, "", "", end)
