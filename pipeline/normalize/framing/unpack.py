"""Compressed input, unpacked in small steps and within bounds: gzip, xz, Zstandard, bzip2."""

import bz2
import lzma
import zlib
from typing import Any, BinaryIO

import zstandard

_STEP = 1024  # compressed bytes at once: the most that these can make of them is some 40 MiB
_WINDOW = 1 << 27  # bytes of memory that an archive may ask for; xz -9 needs 65 MiB
# Logs shrink 10 to 100 times, the most regular ones several hundred. Zeros shrink 1,000 times in
# gzip and more elsewhere; nobody's events are these.
MOST_EXPANSION = 1000
FREE_EXPANSION = 64 * 1024 * 1024

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    *((b"BZh%d1A" % level, "bzip2") for level in range(1, 10)),  # 1A begins its first block
)


class Unpacked:
    """A stream's content: as it is, or unpacked where its first bytes say that it is packed.

    ``read`` never raises for broken content: it ends there, and ``broken`` says why as (note kind,
    detail). ``made`` counts the bytes that came out. Errors of the stream itself (OSError) pass
    through.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ahead = stream.read(6)
        self.packing = next((name for magic, name in _MAGIC if self._ahead.startswith(magic)), "")
        self._unpacker: Any = self._new() if self.packing else None
        self._started = False
        self._ready = bytearray()
        self._taken = 0
        self.made = 0
        self.broken: tuple[str, str] | None = None

    def read(self, size: int, /) -> bytes:
        """Give the next bytes, at most ``size``; fewer only at the end."""
        if self._unpacker is None:
            return self._raw(size)
        while len(self._ready) < size and self.broken is None and self._step():
            pass
        given = bytes(self._ready[:size])
        del self._ready[:size]
        return given

    def skip(self, size: int) -> None:
        """Pass over bytes, by seeking where the stream can."""
        if self._unpacker is None and self._stream.seekable():
            self._ahead = b""
            self._stream.seek(size, 1)
            return
        while size > 0 and (passed := self.read(min(size, 1 << 18))):
            size -= len(passed)

    def _new(self) -> Any:
        if self.packing == "gzip":
            return zlib.decompressobj(wbits=31)
        if self.packing == "bzip2":
            return bz2.BZ2Decompressor()
        if self.packing == "xz":
            return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_WINDOW)
        return zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()

    def _raw(self, size: int) -> bytes:
        """Read the stream, its first bytes again first; a pipe's short reads are put together."""
        parts = [self._ahead[:size]]
        self._ahead = self._ahead[size:]
        missing = size - len(parts[0])
        while missing > 0 and (part := self._stream.read(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _step(self) -> bool:
        """Unpack a little more; False at the end."""
        piece = self._raw(_STEP)
        self._taken += len(piece)
        if not piece:
            if self._started:
                self.broken = "truncated", f"the {self.packing} archive ends inside its content"
            return False
        try:
            while piece:
                self._started = True
                made = self._unpacker.decompress(piece)
                self._ready += made
                self.made += len(made)
                piece = b""
                if self._unpacker.eof:
                    piece = self._unpacker.unused_data.lstrip(b"\x00")
                    self._unpacker, self._started = self._new(), False
        except (zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError, OSError) as error:
            self.broken = "corrupt", f"the {self.packing} archive does not unpack: {error}"
        if self.made > max(FREE_EXPANSION, MOST_EXPANSION * self._taken):
            self._ready.clear()
            bomb = (
                f"the {self.packing} archive grows more than {MOST_EXPANSION} times: it is refused "
                "as a decompression bomb; unpack it yourself if it is none"
            )
            self.broken = "corrupt", bomb
        return True
