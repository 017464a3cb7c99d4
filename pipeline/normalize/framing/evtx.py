"""Windows event log files: each record becomes the JSON bytes that the evtx library makes of it.

A file is read chunk by chunk (64 KiB), each parsed on its own: memory stays flat, and what one
broken chunk does ends with it. The records that a chunk holds are counted here, by their headers,
so that one which the parser cannot give is a corrupt record and never a missing one.
Source: Joachim Metz, "Windows XML Event Log (EVTX) file format", sections 2 (file header), 3
(chunk), 4 (event record).
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evtx import PyEvtxParser

from pipeline.normalize.framing.framed import Feed, Framed, cut

MAGIC = b"ElfFile\x00"
HEADER = 4096
CHUNK_SIZE = 65536
_CHUNK_MAGIC = b"ElfChnk\x00"
_RECORD_MAGIC = b"**\x00\x00"
_FIRST_RECORD = 512
_SMALLEST = 28  # header of 24 bytes and the copy of its size behind it
_TABLES = slice(128, 512)  # offsets of common strings and templates: a cache, rebuilt when empty
_DIRTY = 1  # the log was open when it was copied: its header lags behind
_ORDINAL = 1 << 16  # more records than a chunk can hold


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a record lies in its chunk, by its header; ``sound``: the header is one."""

    begin: int
    end: int
    number: int
    sound: bool


def frame_evtx(feed: Feed, resume: int, record_bytes: int) -> Iterator[Framed]:
    """Give the records of a file from its beginning on; ``resume`` is 0 or an earlier ``end``."""
    header = feed.read(HEADER)
    if len(header) < HEADER or not header.startswith(MAGIC):
        if not resume:
            kind = "truncated" if header.startswith(MAGIC) else "corrupt"
            detail = "no whole EVTX file header: copy the file again, or export it with wevtutil"
            yield Framed(header[:record_bytes], kind, detail, 1)
        return
    one_chunk = _header_of_one(header)
    announced = _announced(header)
    at, seen = resume // _ORDINAL, resume % _ORDINAL
    index = 0
    while chunk := feed.read(CHUNK_SIZE):
        if index >= at:
            if index < announced and not chunk.strip(b"\x00"):
                framed = iter((_empty_chunk(index),))
            else:
                framed = _frame_chunk(one_chunk, chunk, index, record_bytes)
            yield from list(framed)[seen if index == at else 0 :]
        index += 1
    if index < announced and not header[120] & _DIRTY and resume <= index * _ORDINAL:
        detail = f"{index} of {announced} chunks are there: the file was cut, copy it again"
        yield Framed(b"", "truncated", detail, index * _ORDINAL + 1, open=True)


def _announced(header: bytes) -> int:
    """Give how many chunks with records the file header promises.

    A log that was made and never written to counts its one chunk, and numbers its next record 1.
    """
    (following,), (chunks,) = (
        struct.unpack_from("<Q", header, 24),
        struct.unpack_from("<H", header, 42),
    )
    return chunks if following != 1 else 0


def _empty_chunk(index: int) -> Framed:
    detail = (
        f"chunk {index} is empty, and the file header counts it among those with records: what it "
        "held is lost in this copy; copy the file again, or export the log with wevtutil"
    )
    return Framed(b"", "corrupt", detail, index * _ORDINAL + 1)


def _header_of_one(header: bytes) -> bytes:
    """Make a file header that announces one chunk."""
    made = bytearray(header)
    struct.pack_into("<QQ", made, 8, 0, 0)
    struct.pack_into("<H", made, 42, 1)
    struct.pack_into("<I", made, 124, zlib.crc32(made[:120]))
    return bytes(made)


def _frame_chunk(header: bytes, chunk: bytes, index: int, record_bytes: int) -> Iterator[Framed]:
    where = f"chunk {index}"
    if not chunk.strip(b"\x00"):
        return  # preallocated, never written
    if len(chunk) < CHUNK_SIZE:
        detail = f"{where} has {len(chunk)} of {CHUNK_SIZE} bytes: the file was cut, copy it again"
        spans = list(_spans(chunk)) if chunk.startswith(_CHUNK_MAGIC) else []
        if not spans:
            yield Framed(chunk[:record_bytes], "truncated", detail, index * _ORDINAL + 1)
            return
    elif not chunk.startswith(_CHUNK_MAGIC):
        detail = f"{where} has no chunk header: export the log again with wevtutil"
        yield Framed(chunk[:record_bytes], "corrupt", detail, index * _ORDINAL + 1)
        return
    else:
        detail, spans = "", list(_spans(chunk))
    if not spans and _free(chunk) > _FIRST_RECORD:
        said = f"{where} holds none of the records that its header counts: export the log again"
        yield Framed(b"", "corrupt", said, index * _ORDINAL + 1)
        return
    given = _parse(header, chunk.ljust(CHUNK_SIZE, b"\x00"), spans)
    for ordinal, span in enumerate(spans, 1):
        end = index * _ORDINAL + ordinal
        data = given.get(span.begin) if span.end <= len(chunk) else None
        if data is None:
            kind = "truncated" if span.end > len(chunk) else "corrupt"
            said = detail or f"{where}, record {span.number} at byte {span.begin} does not read"
            yield Framed(chunk[span.begin : span.end][:record_bytes], kind, said, end)
        elif len(data) > record_bytes:
            yield Framed(data[:record_bytes], "oversized", cut(record_bytes, len(data)), end)
        else:
            yield Framed(data, "", "", end)
    if detail and spans[-1].end <= len(chunk):  # cut between two records: there may be more
        yield Framed(b"", "truncated", detail, index * _ORDINAL + len(spans) + 1)


def _spans(chunk: bytes) -> Iterator[_Span]:
    """Give where the records lie; between sound ones, whatever stands there as an unsound one."""
    free = _free(chunk)
    stop = min(free, CHUNK_SIZE) if free >= _FIRST_RECORD else CHUNK_SIZE
    at = _FIRST_RECORD
    while at + _SMALLEST <= stop:
        size = _sound_size(chunk, at)
        if size and at + size <= max(stop, len(chunk)):
            number = struct.unpack_from("<Q", chunk, at + 8)[0]
            yield _Span(at, min(at + size, stop), number, sound=True)
            at += size
            continue
        after = _next_sound(chunk, at + 4, stop)
        if chunk[at:after].strip(b"\x00"):
            yield _Span(at, after, 0, sound=False)
        at = after


def _free(chunk: bytes) -> int:
    """Give where the free space of a chunk begins, by its header; 0 where that is cut."""
    free: int = struct.unpack_from("<I", chunk, 48)[0] if len(chunk) >= _FIRST_RECORD else 0
    return free


def _sound_size(chunk: bytes, at: int) -> int:
    """Give the size of the record whose header stands here; 0 where none does."""
    if chunk[at : at + 4] != _RECORD_MAGIC or at + 8 > len(chunk):
        return 0
    size: int = struct.unpack_from("<I", chunk, at + 4)[0]
    if size < _SMALLEST or at + size > CHUNK_SIZE:
        return 0
    copy = chunk[at + size - 4 : at + size]
    return size if len(copy) < 4 or copy == chunk[at + 4 : at + 8] else 0


def _next_sound(chunk: bytes, at: int, stop: int) -> int:
    while 0 <= (at := chunk.find(_RECORD_MAGIC, at)) < stop:
        if _sound_size(chunk, at):
            return at
        at += 4
    return stop


def _parse(header: bytes, chunk: bytes, spans: list[_Span]) -> dict[int, bytes]:
    """Give each record's JSON by where it lies; those that do not parse are absent.

    A chunk that does not give all is parsed once more without its tables, and with headers put
    over what is broken, so that what lies behind is reached.
    """
    first = _records(header + chunk)
    if [number for number, _ in first] == [span.number for span in spans]:
        return {span.begin: data for span, (_, data) in zip(spans, first, strict=True)}
    mended = bytearray(chunk)
    mended[_TABLES] = bytes(_TABLES.stop - _TABLES.start)
    for span in spans:
        if not span.sound and span.end - span.begin >= _SMALLEST:
            size = span.end - span.begin
            struct.pack_into("<4sIQQ", mended, span.begin, _RECORD_MAGIC, size, 0, 0)
            struct.pack_into("<I", mended, span.end - 4, size)
    if spans:
        struct.pack_into("<I", mended, 48, spans[-1].end)
    by_number: dict[int, list[bytes]] = {}
    for number, data in _records(header + bytes(mended)):
        by_number.setdefault(number, []).append(data)
    return {
        span.begin: by_number[span.number].pop(0)
        for span in spans
        if span.sound and by_number.get(span.number)
    }


def _records(file: bytes) -> list[tuple[int, bytes]]:
    """Give (record number, JSON) of what the library reads in a file, errors passed over.

    What is passed over is missed by the caller, who knows how many records there must be.
    """
    try:
        records = PyEvtxParser(io.BytesIO(file), number_of_threads=1).records_json()
    except (OSError, RuntimeError):
        return []
    found: list[tuple[int, bytes]] = []
    while True:
        try:
            record: Any = next(records)
        except StopIteration:
            return found
        except (OSError, RuntimeError):
            continue
        found.append((record["event_record_id"], record["data"].encode("utf-8", "replace")))
