"""Batches on disk while the journal takes none: append-only segments of checksummed frames.

A frame is its length, a CRC-32 and one zstd block with what one ``put`` was given; it counts once
it is synced. Segments are numbered files that are let go one by one. A frame that a kill left
unfinished is cut off at the next opening: nobody was told that it is kept. What was taken from the
spool and is not yet dropped comes again after a kill, with the same batch ids.
"""

import os
import struct
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson

from connectors.stores.compression import expand, squeeze
from pipeline.errors import StoreCorrupt, StoreFull
from pipeline.model import RawBatch, pack_batch, unpack_batch
from pipeline.ports import Spooled

SEGMENT = 8 * 1024 * 1024  # bytes; a segment ends with the frame that reaches it
_HEAD = struct.Struct(">II")  # length and CRC-32 of what follows
_SUFFIX = ".spool"


class DiskSpool:
    """``ports.Spool`` in a folder of its own, of at most ``most`` bytes.

    ``cut`` is how many bytes of unfinished frames the opening cut off. ``damaged`` names segments
    whose middle does not verify: what stood behind the damage is set aside under that name.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self.cut = 0
        self.damaged: list[Path] = []
        self._most = most
        self._frames: deque[tuple[int, int, int]] = deque()  # segment, offset, bytes
        self._sizes: dict[int, int] = {}
        self._number = 0
        self._file: int | None = None
        with _told(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open()

    @property
    def waiting(self) -> tuple[int, int]:
        """Give how many puts wait, and the bytes that they take on the disk."""
        return len(self._frames), sum(self._sizes.values())

    def put(self, listener: str, batches: Sequence[RawBatch]) -> None:
        """Keep batches durably behind what waits; StoreFull where the bound or the disk is full."""
        frame = _framed(listener, batches)
        if sum(self._sizes.values()) + len(frame) > self._most:
            raise StoreFull(
                f"the spool {self.folder} has reached its {self._most} bytes: mend the store, or "
                "raise spool.bytes; senders wait"
            )
        with _told(self.folder):
            if self._file is None or self._sizes[self._number] >= SEGMENT:
                self._begin(self._number + 1)
            assert self._file is not None
            at = self._sizes[self._number]
            try:
                _write(self._file, frame, at)
                os.fsync(self._file)
            except OSError:
                # What stands there half is cut off, so that the next frame follows a whole one.
                os.ftruncate(self._file, at)
                raise
        self._sizes[self._number] = at + len(frame)
        self._frames.append((self._number, at, len(frame)))

    def read(self) -> Iterator[Spooled]:
        """Give what waits, the oldest first, without taking it away."""
        for number, at, size in self._frames:
            with _told(self.folder), self._path(number).open("rb") as file:
                file.seek(at)
                data = file.read(size)
            yield _unframed(data, self._path(number))

    def drop(self) -> None:
        """Let go of the oldest; a segment's file goes with its last one."""
        number, _, _ = self._frames.popleft()
        if self._frames and self._frames[0][0] == number:
            return
        with _told(self.folder):
            if number == self._number and self._file is not None:
                os.close(self._file)
                self._file = None
            self._path(number).unlink(missing_ok=True)
        del self._sizes[number]

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:012d}{_SUFFIX}"

    def _open(self) -> None:
        numbers = sorted(
            int(path.stem) for path in self.folder.glob(f"*{_SUFFIX}") if path.stem.isdigit()
        )
        for number in numbers:
            self._scan(number, last=number == numbers[-1])
        self._number = numbers[-1] if numbers else 0
        if self._number in self._sizes:
            self._file = os.open(self._path(self._number), os.O_RDWR | os.O_CLOEXEC)

    def _scan(self, number: int, *, last: bool) -> None:
        """Find the whole frames of a segment, and cut off what follows them."""
        path = self._path(number)
        data = path.read_bytes()
        at = 0
        while (size := _whole(data, at)) > 0:
            self._frames.append((number, at, size))
            at += size
        if at < len(data):
            if last:
                self.cut += len(data) - at
            else:
                aside = path.with_suffix(".damaged")
                aside.write_bytes(data[at:])
                self.damaged.append(aside)
            os.truncate(path, at)
        if at:
            self._sizes[number] = at
        else:
            path.unlink()

    def _begin(self, number: int) -> None:
        made = os.open(self._path(number), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self.close()
        self._file, self._number, self._sizes[number] = made, number, 0
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # a new file's name is durable only when its folder is
        finally:
            os.close(folder)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Let an OSError leave the block as a StoreError that names the spool."""
    try:
        yield
    except OSError as error:
        raise StoreFull(
            f"the spool {folder} cannot be written or read ({error.strerror}): free space there, "
            "give this user access, or set spool.path to another disk"
        ) from error


def _framed(listener: str, batches: Sequence[RawBatch]) -> bytes:
    packed = [pack_batch(batch) for batch in batches]
    head = orjson.dumps([listener, [len(one) for one in packed]])
    block = squeeze(b"".join([head, b"\n", *packed]))
    return _HEAD.pack(len(block), zlib.crc32(block)) + block


def _unframed(frame: bytes, path: Path) -> Spooled:
    try:
        head, _, body = expand(frame[_HEAD.size :]).partition(b"\n")
        listener, lengths = orjson.loads(head)
        batches, at = [], 0
        for length in lengths:
            batches.append(unpack_batch(body[at : at + length]))
            at += length
    except (ValueError, KeyError, TypeError) as error:
        raise StoreCorrupt(
            f"the spool's file {path} does not decode: move it away, and keep it for a person "
            f"({error})"
        ) from error
    return Spooled(listener, tuple(batches))


def _whole(data: bytes, at: int) -> int:
    """Give the bytes of the whole frame that begins there, 0 where none does."""
    if at + _HEAD.size > len(data):
        return 0
    length, crc = _HEAD.unpack_from(data, at)
    block = data[at + _HEAD.size : at + _HEAD.size + length]
    whole = 0 < length == len(block) and zlib.crc32(block) == crc
    return _HEAD.size + length if whole else 0


def _write(descriptor: int, data: bytes, at: int) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(descriptor, data[done:], at + done)
