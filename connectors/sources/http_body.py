"""Bodies of requests within bounds: read against slow senders, unpacked against bombs."""

import asyncio
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import zstandard
from starlette.requests import ClientDisconnect, Request

from connectors.sources.http_refusal import AGAIN, RequestRefused

PIECE = 1024 * 1024  # bytes unpacked at once
SLOWEST = 64 * 1024  # bytes a second, once the first wait is over
STEP = 256  # bytes of zstd unpacked at once
WINDOW = 2**27  # of zstd: what its command line takes without being asked for more


@dataclass(slots=True)
class Room:
    """How many bytes all requests of a listener may hold together; used from one thread."""

    most: int
    held: int = 0

    def take(self, size: int) -> None:
        """Hold so many more; RequestRefused (429) where they do not fit."""
        if self.held + size > self.most:
            raise RequestRefused(
                429,
                "es_rejected_execution_exception",
                f"{self.held} bytes of other requests wait to be kept: come again",
                AGAIN,
            )
        self.held += size


@dataclass(slots=True)
class Body:
    """The body of one request: reads it, unpacks it, and holds its room until ``release``.

    ``most`` bounds it packed and unpacked; ``silent_seconds`` is how long it may say nothing.
    """

    request: Request
    room: Room
    most: int
    silent_seconds: float
    _held: int = field(default=0, init=False)

    async def read(self) -> bytes:
        """Give the body unpacked; RequestRefused with 400, 408, 413, 415 or 429."""
        encoding = self.request.headers.get("content-encoding", "").strip().casefold()
        if encoding not in _UNPACKED:
            message = f"{encoding[:50]!r} is none of gzip, deflate, zstd"
            raise RequestRefused(415, "media_type_header_exception", message)
        declared = self.request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self.most:
            raise _too_large(self.most)
        packed = await self._received()
        unpack = _UNPACKED[encoding]
        if unpack is None:
            return packed
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in unpack(packed):
                size += len(piece)
                if size > self.most:
                    raise _too_large(self.most)
                self._take(len(piece))
                pieces.append(piece)
                await asyncio.sleep(0)  # others are served between two pieces
        except (zlib.error, zstandard.ZstdError, EOFError) as error:
            message = f"the body is no whole {encoding} stream: {error}"
            raise RequestRefused(400, "parse_exception", message) from error
        return b"".join(pieces)

    def release(self) -> None:
        """Let go of the room."""
        self.room.held -= self._held
        self._held = 0

    async def skip(self) -> None:
        """Read and forget what is left, so that who sends it can read our answer behind it."""
        left = self.most
        try:
            async with asyncio.timeout(self.silent_seconds):
                async for chunk in self.request.stream():
                    left -= len(chunk)
                    if left < 0:
                        return
        except (TimeoutError, ClientDisconnect, RuntimeError):
            return  # RuntimeError: it was read before

    def _take(self, size: int) -> None:
        self.room.take(size)
        self._held += size

    async def _received(self) -> bytes:
        loop = asyncio.get_running_loop()
        received = bytearray()
        try:
            async with asyncio.timeout(self.silent_seconds) as clock:
                begin = loop.time()
                async for chunk in self.request.stream():
                    self._take(len(chunk))
                    received += chunk
                    if len(received) > self.most:
                        raise _too_large(self.most)
                    allowed = self.silent_seconds + len(received) / SLOWEST
                    clock.reschedule(min(begin + allowed, loop.time() + self.silent_seconds))
        except TimeoutError as error:
            message = f"only {len(received)} bytes of the body came in time"
            raise RequestRefused(
                408, "request_timeout", message, {"Connection": "close"}
            ) from error
        return bytes(received)


def _too_large(most: int) -> RequestRefused:
    message = f"more than the {most} bytes that a body may have: send fewer records at once"
    return RequestRefused(413, "content_too_long_exception", message, {"Connection": "close"})


def _zlib(packed: bytes, bits: int) -> Iterator[bytes]:
    """Unpack zlib, gzip (several members) or raw deflate by pieces."""
    rest = packed
    while rest:
        stream = zlib.decompressobj(bits)
        while not stream.eof:
            piece = stream.decompress(rest, PIECE)
            rest = stream.unconsumed_tail
            if not (piece or rest or stream.eof):
                raise EOFError("it ends inside")
            yield piece
        rest = stream.unused_data.lstrip(b"\0")


def _gzip(packed: bytes) -> Iterator[bytes]:
    return _zlib(packed, 31)


def _deflate(packed: bytes) -> Iterator[bytes]:
    """Take what RFC 9110 means by deflate (zlib) and what some senders mean by it (raw)."""
    is_zlib = packed[:1] == b"\x78" and int.from_bytes(packed[:2]) % 31 == 0
    return _zlib(packed, 15 if is_zlib else -15)


def _zstd(packed: bytes) -> Iterator[bytes]:
    """Unpack zstd frames; a block of four bytes may unfold into 128 KiB, so the steps are small."""
    rest = memoryview(packed)
    while rest:
        stream = zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj()
        while not stream.eof:
            if not rest:
                raise EOFError("it ends inside")
            yield stream.decompress(rest[:STEP])
            rest = rest[STEP:]
        rest = memoryview(stream.unused_data + bytes(rest)) if stream.unused_data else rest


_UNPACKED = {
    "": None,
    "identity": None,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
}
