"""A folder as a source: every file in it that matches, read once or followed, new ones picked up.

A file is known by its inode and its first bytes, so that it may be renamed or rotated under any
name without being read twice. What was cut or written anew is read from its beginning.
"""

import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from connectors.sources.files import HEAD, MOST_BYTES, FramedRecord, Framer
from pipeline.errors import SourceError
from pipeline.model import RecordNote
from pipeline.ports import Delivery

MOST_KNOWN = 256  # files whose places travel with a delivery
MOST_OPEN = 64  # files held open between two looks, so that they are read to their end
LOOK_SECONDS = 0.2
SETTLE_SECONDS = 5.0  # after which a last record without an end is taken as whole
_DIGEST = 16
_FIRST_DATE = 631_152_000 * 1_000_000_000  # 1 January 1990: earlier dates are no dates of logs
_ENTRY = re.compile(r"([0-9a-f]+)\.([0-9a-f]+)\.([0-9a-f]+)\.([0-9a-f]+)\.([0-9a-f]*)")


@dataclass(slots=True)
class _Place:
    """How far a file was read: behind ``end``, under the header that begins at ``header``."""

    inode: int
    end: int = 0
    header: int = 0
    size: int = 0
    digest: str = ""

    def __str__(self) -> str:
        numbers = (self.inode, self.end, self.header, self.size)
        return ".".join([*(f"{number:x}" for number in numbers), self.digest])


@dataclass(slots=True)
class _File:
    """One file as it stands now; ``seen`` is its size and date when it was read to its end."""

    place: _Place
    path: Path
    size: int = 0
    changed: int = 0
    born: int = 0
    seen: tuple[int, int] = (-1, -1)
    stream: BinaryIO | None = None
    records: Iterator[FramedRecord] | None = None
    scanned: tuple[int, int] = (-1, -1)
    quiet_since: float = 0.0
    open_end: bool = False
    whole: bool = False
    gone: bool = False
    failed: bool = False

    @property
    def now(self) -> tuple[int, int]:
        return self.size, self.changed

    @property
    def done(self) -> bool:
        return self.records is None and self.seen == self.now and not self.open_end

    def close(self) -> None:
        self.records = None
        if self.stream is not None:
            self.stream.close()
            self.stream = None


class FolderSource:
    """Gives the records of a folder's files, each delivery of one file.

    ``pattern`` is a glob below the folder; hidden files do not count. Followed, files are read as
    they grow, and a last record without its end when nothing came for ``settle_seconds``. Read
    once, what was there when it was opened is read in the order of the names. Of more than
    ``MOST_KNOWN`` files those changed longest ago are forgotten as read; where such a one changes
    again, it is read anew. ``trouble`` says which file does not read, while it lasts.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        framer: Framer,
        pattern: str = "*",
        format: str = "",  # noqa: A002 (the word of the port)
        *,
        follow: bool = True,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self.name = name
        self.dropped = 0
        self.trouble = ""
        self._path, self._framer, self._pattern, self._format = path, framer, pattern, format
        self._follow, self._settle = follow, settle_seconds
        self._files: dict[int, _File] = {}
        self._restored: dict[int, _Place] = {}
        self._forgotten = 0  # files last changed before this are read
        self._looked = False
        self._next_look = 0.0
        self._opened = False
        self._closed = threading.Event()

    def open(self, resume: str) -> None:
        """Look at the folder and go behind ``resume``; SourceError where there is no folder."""
        self.close()
        self._forgotten, self._restored = _read_position(resume, self.name)
        if not self._path.is_dir():
            what = "is no folder" if self._path.exists() else "is not there"
            raise SourceError(f"{self.name}: {self._path} {what}; correct the path, or make it")
        self._closed.clear()
        self._opened, self._looked, self._next_look, self.trouble = True, False, 0.0, ""

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` records of one file; SourceError where it is not open.

        A file that does not read is tried again at the next look, and holds up no other.
        """
        if not self._opened:
            raise SourceError(f"{self.name}: is not open; open it before polling")
        delivery = self._looked_for(limit)
        if delivery is None and self._follow and timeout > 0:
            self._closed.wait(min(timeout, LOOK_SECONDS))
            delivery = self._looked_for(limit)
        return delivery

    def acknowledge(self, delivery: Delivery) -> None:
        """Do nothing: the places travel with the delivery."""

    def exhausted(self) -> bool:
        """Tell whether every file was read once to its end."""
        read = self._looked and all(file.done for file in self._files.values())
        return read and not self._follow

    def close(self) -> None:
        """Close the files."""
        self._closed.set()
        self._opened = False
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _looked_for(self, limit: int) -> Delivery | None:
        now = time.monotonic()
        if now >= self._next_look and (self._follow or not self._looked):
            self._look(now)
            self._next_look = now + LOOK_SECONDS
        for file in list(self._files.values()):
            if file.done:
                continue
            place = file.place
            try:
                delivery = self._gathered(file, limit, now)
            except OSError as error:
                self.trouble = self._cannot(file.path, error)
                file.close()
                file.place, file.failed = place, True
                file.seen, file.open_end = file.now, False  # until the next look
                continue
            if delivery is not None:
                self._turn(file)
                return delivery
        return None

    def _turn(self, file: _File) -> None:
        """Let the other files go before this one, where they are followed."""
        if self._follow:
            del self._files[file.place.inode]
            self._files[file.place.inode] = file

    def _look(self, now: float) -> None:
        self.trouble = ""
        there = set()
        for path, status in self._found():
            there.add(status.st_ino)
            file = self._files.get(status.st_ino)
            if file is None:
                file = self._met(path, status)
                if file is None:
                    continue
            if file.now != (status.st_size, status.st_mtime_ns):
                file.quiet_since, file.whole = now, False
            if file.failed:
                file.failed, file.seen = False, (-1, -1)
            file.path, file.gone = path, False
            file.size, file.changed = status.st_size, status.st_mtime_ns
            file.born = status.st_ctime_ns
        self._looked = True
        self._restored.clear()
        for inode in [one for one in self._files if one not in there]:
            self._lost(self._files[inode])
        self._make_room()

    def _found(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Give matching files; right after a start also those that were known by another name."""
        patterns = [self._pattern] if self._looked else [self._pattern, "**/*"]
        given: set[int] = set()
        for number, pattern in enumerate(patterns):
            for path in sorted(self._path.glob(pattern)):
                if any(part.startswith(".") for part in path.relative_to(self._path).parts):
                    continue
                try:
                    status = path.stat()
                except OSError as error:
                    self.trouble = self._cannot(path, error)
                    continue
                known = not number or status.st_ino in self._restored
                if stat.S_ISREG(status.st_mode) and known and status.st_ino not in given:
                    given.add(status.st_ino)
                    yield path, status

    def _met(self, path: Path, status: os.stat_result) -> _File | None:
        """Begin with a file; None where it was read to its end and forgotten."""
        place = self._restored.get(status.st_ino)
        if place is None and status.st_ctime_ns <= self._forgotten:
            return None
        file = _File(replace(place) if place else _Place(status.st_ino), path)
        self._files[status.st_ino] = file
        return file

    def _lost(self, file: _File) -> None:
        """Read a file that was deleted or renamed away to its end, as far as it is still open."""
        try:
            if file.stream is None and not file.done:
                file.stream = _regular(file.path, file.place.inode)
        except OSError:  # it is gone for good
            file.records = None
        if file.stream is None or (file.done and file.gone):
            file.close()
            del self._files[file.place.inode]
            return
        status = os.fstat(file.stream.fileno())
        file.size, file.changed = status.st_size, status.st_mtime_ns
        file.gone, file.whole = True, True

    def _make_room(self) -> None:
        opened = [file for file in self._files.values() if file.stream and file.done]
        opened.sort(key=lambda file: file.changed)
        for file in opened[: max(0, len(opened) - MOST_OPEN)]:
            file.close()
        spare = len(self._files) - MOST_KNOWN
        if spare > 0:
            newest = max(file.born for file in self._files.values())
            read = [file for file in self._files.values() if file.done]
            old = [file for file in read if file.born < newest - 2_000_000_000]
            old.sort(key=lambda file: file.born)
            for file in old[:spare]:
                self._forgotten = max(self._forgotten, file.born)
                file.close()
                del self._files[file.place.inode]

    def _begin(self, file: _File) -> None:
        """Begin to read behind the place, or at the beginning where the file was written anew."""
        if file.stream is None:
            file.stream = _regular(file.path, file.place.inode)
        status = os.fstat(file.stream.fileno())
        file.scanned = status.st_size, status.st_mtime_ns
        place = file.place
        fits = place.size == 0 or _head(file.stream, place.size) == (place.size, place.digest)
        if not fits or status.st_size < file.seen[0]:
            place = _Place(place.inode)
        size, digest = _head(file.stream, HEAD)
        file.place = replace(place, size=size, digest=digest)
        file.stream.seek(0)
        file.records = self._framer(file.stream, place.end, place.header)

    def _gathered(self, file: _File, limit: int, now: float) -> Delivery | None:
        settled = now - file.quiet_since >= self._settle
        if file.records is None:
            if file.seen == file.now and not (settled or file.whole or not self._follow):
                return None
            file.whole = file.whole or (file.seen == file.now and settled) or not self._follow
            self._begin(file)
        begin, size, preamble = file.place.end, 0, b""
        records: list[bytes] = []
        notes: list[RecordNote] = []
        file.open_end = False
        while file.records is not None and len(records) < limit and size < MOST_BYTES:
            framed = next(file.records, None)
            if framed is None or (framed.open and not file.whole):
                file.open_end = framed is not None
                file.records, file.seen = None, file.scanned
                break
            if framed.preamble != preamble:
                if records:
                    file.records = chain((framed,), file.records)
                    break
                preamble = framed.preamble
            if framed.note_kind:
                notes.append(RecordNote(len(records), framed.note_kind, framed.note_detail))
            records.append(framed.data)
            size += len(framed.data)
            file.place = replace(file.place, end=framed.end, header=framed.header)
        return self._delivery(file, begin, preamble, records, notes) if records else None

    def _delivery(
        self,
        file: _File,
        begin: int,
        preamble: bytes,
        records: list[bytes],
        notes: list[RecordNote],
    ) -> Delivery:
        stretch = sha256(b"\n".join((records[0], records[-1], str(len(records)).encode())))
        return Delivery(
            source=self.name,
            peer=str(file.path),
            records=tuple(records),
            notes=tuple(notes),
            resume=self._position(),
            fingerprint=f"{file.place.digest}:{begin}:{stretch.hexdigest()[:32]}",
            reference_at=file.changed if file.changed >= _FIRST_DATE else 0,
            format=self._format,
            preamble=preamble,
        )

    def _position(self) -> str:
        places = sorted((file.place for file in self._files.values()), key=lambda one: one.inode)
        return f"folder:{self._forgotten:x}:{';'.join(map(str, places))}"

    def _cannot(self, path: Path, error: OSError) -> str:
        reason = error.strerror or str(error)
        return f"{self.name}: {path} cannot be read: {reason}; check its permissions"


def _read_position(resume: str, name: str) -> tuple[int, dict[int, _Place]]:
    if not resume:
        return 0, {}
    kind, _, rest = resume.partition(":")
    forgotten, _, entries = rest.partition(":")
    places = {}
    for entry in filter(None, entries.split(";")):
        match = _ENTRY.fullmatch(entry)
        if match is not None:
            inode, end, header, size = (int(number, 16) for number in match.groups()[:4])
            places[inode] = _Place(inode, end, header, size, match[5])
    if kind != "folder" or not re.fullmatch("[0-9a-f]+", forgotten):
        raise SourceError(f"{name}: {resume[:80]!r} is no position of a folder; start without one")
    return int(forgotten, 16), places


def _head(stream: BinaryIO, size: int) -> tuple[int, str]:
    stream.seek(0)
    head = stream.read(size)
    return len(head), sha256(head).hexdigest()[:_DIGEST]


def _regular(path: Path, inode: int) -> BinaryIO:
    """Open a file if it is still the one that was looked at; OSError where it is not."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_ino == inode:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise FileNotFoundError(2, "another file stands there by now")
