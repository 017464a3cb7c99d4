"""Searching every file and every row for what must not stand there, in each form it may have.

Rows are read decompressed; files as they are, and behind every zstd or gzip head that stands in
them. A piece is sought in UTF-8, UTF-16 of both orders, windows-1251, JSON's escapes, hexadecimal
and base64 (all three places of a byte in a group of three), and under its SHA-256. So are samples
of compressed rows as they stood on the disk before they were rewritten: where only a part of one
is left, it cannot be sought by its words.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import orjson
import zstandard
from ahocorasick_rs import BytesAhoCorasick

from pipeline.ports import Carriers

CHUNK = 8 * 1024 * 1024
STRETCH = 16 * 1024  # read at once of what is compressed
MOST_EXPANDED = 256 * 1024 * 1024  # of one compressed stretch
SHORTEST = 6  # bytes of a form; a shorter one stands everywhere
TRACE, TRACE_EVERY = 24, 512  # bytes of a sample, and one in so many
FORMS = (
    "utf-8", "utf-16le", "utf-16be", "windows-1251", "json escapes", "hexadecimal", "base64",
    "sha-256",
)  # fmt: skip
_DENSE = 8  # bytes of a sample that are no ASCII: those of a stretch that is compressed
_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08"


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something was found: a row's place and what it is of, or a file's path."""

    place: str
    of: str


@dataclass(slots=True)
class Searched:
    """What a search went through, and what it found."""

    hits: set[Hit] = field(default_factory=set)
    rows: int = 0
    files: int = 0
    bytes: int = 0
    unread: list[str] = field(default_factory=list)


def forms(piece: str | bytes) -> Iterator[bytes]:
    """Give each form in which a piece may stand somewhere."""
    raw = piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogatepass")
    yield from _bytes_of(raw)
    if isinstance(piece, bytes):
        return
    for encoding in ("utf-16le", "utf-16be", "windows-1251"):
        try:
            yield from _bytes_of(piece.encode(encoding))
        except UnicodeEncodeError:
            continue  # it cannot stand anywhere in an encoding that has no letters for it
    escaped = "".join(one if one.isascii() else _escape(one) for one in piece)
    yield escaped.encode("ascii", "replace")
    yield orjson.dumps(raw.decode("utf-8", "replace"))[1:-1]


def _bytes_of(raw: bytes) -> Iterator[bytes]:
    digest = hashlib.sha256(raw)
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield digest.digest()
    yield digest.hexdigest().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        # What shares a group of four letters with its neighbours is left out.
        inner = coded[4 if shift else 0 : len(coded) - (4 if (len(raw) + shift) % 3 else 0)]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def _escape(char: str) -> str:
    units = char.encode("utf-16be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def samples(trace: bytes) -> Iterator[bytes]:
    """Give samples of a compressed row's bytes, where they are like no other row's.

    What compression left as plain letters (the names of a batch's head) stands in every row.
    """
    at = TRACE
    while at + TRACE <= len(trace):
        sample = trace[at : at + TRACE]
        if sum(byte >= 0x80 for byte in sample) >= _DENSE:
            yield sample
            at += TRACE_EVERY
        else:
            at += TRACE


@dataclass(frozen=True)
class Search:
    """Seeks many pieces at once; ``traces`` are rows' bytes as they stood on the disk."""

    pieces: Sequence[str | bytes]
    traces: Sequence[bytes] = ()
    _words: BytesAhoCorasick = field(init=False, repr=False)
    _longest: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        words = {one for piece in self.pieces for one in forms(piece) if len(one) >= SHORTEST}
        words |= {one for trace in self.traces for one in samples(trace)}
        object.__setattr__(self, "_words", BytesAhoCorasick(sorted(words)))
        object.__setattr__(self, "_longest", max(map(len, words), default=0))

    def found(self, data: bytes) -> bool:
        """Tell whether any form stands in some bytes."""
        return bool(self._words.find_matches_as_indexes(data))

    def rows(self, carriers: Carriers, told: Searched) -> None:
        """Look into every row of a store, decompressed."""
        for row in carriers.rows():
            told.rows += 1
            told.bytes += len(row.data)
            if self.found(row.data) or self.found(row.key.encode()) or self.found(row.of.encode()):
                told.hits.add(Hit(row.place, row.of))

    def files(self, paths: Iterable[Path], told: Searched) -> None:
        """Look into files, and into all files below folders; what cannot be read is told."""
        for path in paths:
            try:
                within = sorted(path.rglob("*")) if path.is_dir() else [path]
                for one in within:
                    if one.is_file():
                        self._file(one, told)
            except OSError as error:
                told.unread.append(f"{path}: {error.strerror}")

    def _file(self, path: Path, told: Searched) -> None:
        told.files += 1
        if self.found(str(path).encode()):
            told.hits.add(Hit("name of a file", str(path.parent)))
        keep = b""
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                told.bytes += len(piece)
                data = keep + piece
                if self.found(data) or any(self.found(one) for one in expanded(data)):
                    told.hits.add(Hit("file", str(path)))
                keep = data[-max(self._longest, TRACE) :]


def expanded(data: bytes) -> Iterator[bytes]:
    """Give what stands compressed in some bytes, as far as it can be read from there."""
    for at in _heads(data, _ZSTD):
        yield _read(zstandard.ZstdDecompressor().decompressobj(), data, at)
    for at in _heads(data, _GZIP):
        yield _read(zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), data, at)


def _heads(data: bytes, head: bytes) -> Iterator[int]:
    at = data.find(head)
    while at >= 0:
        yield at
        at = data.find(head, at + 1)


class _Expander(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _read(expander: _Expander, data: bytes, at: int) -> bytes:
    """Read what can be read; what is no such stream, or breaks off, gives what came before."""
    whole = bytearray()
    while at < len(data) and len(whole) < MOST_EXPANDED and not expander.eof:
        try:
            whole += expander.decompress(data[at : at + STRETCH])
        except (zlib.error, zstandard.ZstdError):
            break  # another thing begins there, or only a part of it is left
        at += STRETCH
    return bytes(whole)
