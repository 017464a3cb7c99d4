"""A file as a source: read once, or followed through rotation, truncation and copy-truncate.

How a file is cut into records is injected: a framer takes the open file and a position, and gives
records with the position behind each.
"""

import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.errors import SourceError
from pipeline.model import RecordNote
from pipeline.ports import Delivery

HEAD = 1024  # bytes by which a file is known again
MOST_BYTES = 8 * 1024 * 1024  # of one delivery
# Archives that are made reproducibly date their files 1970 or 1980: that is no date of a log.
_FIRST_DATE = 631_152_000 * 1_000_000_000  # 1 January 1990
_LOOK_SECONDS = 0.2  # between two looks at a file that is followed


class FramedRecord(Protocol):
    """What a framer gives; see ``pipeline.normalize.framing.Framed``."""

    @property
    def data(self) -> bytes:
        """The record's exact bytes."""

    @property
    def note_kind(self) -> str:
        """What kept the record from being whole, or ""."""

    @property
    def note_detail(self) -> str:
        """The note in words."""

    @property
    def end(self) -> int:
        """The position behind the record."""

    @property
    def open(self) -> bool:
        """Whether the record ended with the file only."""

    @property
    def preamble(self) -> bytes:
        """What the file says once of this record and others."""

    @property
    def header(self) -> int:
        """Where that begins."""


class Framer(Protocol):
    """Cuts an open file into records."""

    def __call__(self, stream: BinaryIO, resume: int, header: int, /) -> Iterator[FramedRecord]:
        """Give the records behind ``resume``, under the header that begins at ``header``."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where reading stands: behind ``end`` in the file that begins with these bytes.

    ``header`` is where that begins which the file says once of the records there.
    """

    end: int = 0
    size: int = 0
    digest: str = ""
    header: int = 0

    def __str__(self) -> str:
        place = f"{self.end}:{self.size}:{self.digest}"
        return f"{place}:{self.header}" if self.header else place

    def fits(self, stream: BinaryIO) -> bool:
        """Tell whether a file begins as the one in which this place is."""
        return not self.size or _head(stream, self.size) == (self.size, self.digest)


def _place(resume: str, name: str) -> _Place:
    end, _, rest = resume.partition(":")
    size, _, rest = rest.partition(":")
    digest, _, header = rest.partition(":")
    if not (end.isdigit() and size.isdigit() and (header or "0").isdigit()):
        raise SourceError(f"{name}: {resume!r} is no position of a file; start without one")
    return _Place(int(end), int(size), digest, int(header or "0"))


def _head(stream: BinaryIO, size: int = HEAD) -> tuple[int, str]:
    stream.seek(0)
    head = stream.read(size)
    return len(head), sha256(head).hexdigest()


def _date(stream: BinaryIO) -> int:
    """Give a file's own date in nanoseconds; 0 where it keeps none."""
    date = os.fstat(stream.fileno()).st_mtime_ns
    return date if date >= _FIRST_DATE else 0


def _whole(stream: BinaryIO) -> str:
    stream.seek(0)
    digest = sha256()
    while block := stream.read(MOST_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _regular(name: str, path: Path) -> BinaryIO:
    """Open a regular file, never waiting for a pipe's other end; OSError, SourceError for others.

    Anything else has no end, no position to come back to, or no content of its own.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise SourceError(f"{name}: {path} is a directory; name its files")
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a device"
    raise SourceError(f"{name}: {path} is {kind}, no file; save what it gives to a file first")


class FileSource:
    """Gives the records of one file.

    Read once, the batch boundaries follow from file and limit alone, so that the same file gives
    the same deliveries; followed, from when it was looked at. A delivery's ``fingerprint`` names
    its stretch whatever the file is called: the file's first bytes, the position it begins at,
    and its own first and last record (EVTX files often begin alike). ``reference_at`` is the
    file's date. A delivery ends where what the file says once (its ``preamble``) changes. What
    keeps a followed file from being read stands in ``trouble`` while it lasts.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        framer: Framer,
        format: str = "",  # noqa: A002 (the word of the port)
        *,
        follow: bool = False,
    ) -> None:
        self.name = name
        self.dropped = 0
        self.trouble = ""
        self._path = path
        self._framer = framer
        self._format = format
        self._follow = follow
        self._stream: BinaryIO | None = None
        self._place = _Place()
        self._records: Iterator[FramedRecord] | None = None
        self._seen = (-1, -1)  # size and date of the file when it was last read to its end
        self._last_look = False  # the file was rotated away: its last record is whole
        self._done = False
        self._opened = False
        self._closed = threading.Event()
        self._whole = ""

    def open(self, resume: str) -> None:
        """Open the file and go behind ``resume``, if this is still the file it was in.

        Where it was rotated away, the rest of the old file is read first, then the new one from its
        beginning. SourceError where the file cannot be opened or is no regular one; one that is
        followed need not be there yet.
        """
        place = _place(resume, self.name) if resume else _Place()
        self._closed.clear()
        self._done, self._opened, self.trouble = False, False, ""
        stream = self._try_open(self._path)
        try:
            self._begin(stream, place)
        except OSError as error:
            if stream is not None:
                stream.close()
            raise SourceError(self._cannot("be read", error)) from error
        self._opened = True

    def _begin(self, stream: BinaryIO | None, place: _Place) -> None:
        if place.size and (stream is None or not place.fits(stream)):
            rotated = self._rotated(place) if self._follow else None
            if rotated is not None:
                if stream is not None:
                    stream.close()
                stream = rotated
            else:
                place = _Place()
        if stream is not None:
            self._whole = "" if self._follow else _whole(stream)
            self._start(stream, place)

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` records; SourceError where a file read once no longer reads.

        A followed file that does not read is tried again: one rotation gone wrong, or a right taken
        away, must not stop whatever else is collected. ``trouble`` says what is the matter.
        """
        if not self._opened:
            raise SourceError(f"{self.name}: is not open; open it before polling")
        wait = min(timeout, _LOOK_SECONDS)
        try:
            delivery = self._gather(limit)
            if delivery is None and self._follow and not self._closed.wait(wait):
                wait = 0.0
                self._look()
                delivery = self._gather(limit)
        except (OSError, SourceError) as error:
            told = self._cannot("be read", error) if isinstance(error, OSError) else str(error)
            if not self._follow:
                raise SourceError(told) from error
            self.trouble = told
            self._closed.wait(wait)
            return None
        return delivery

    def acknowledge(self, delivery: Delivery) -> None:
        """Do nothing: a file's position travels with the delivery."""

    def exhausted(self) -> bool:
        """Tell whether the file was read once to its end."""
        return self._done

    def close(self) -> None:
        """Close the file."""
        self._closed.set()
        self._opened = False
        self._records = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _cannot(self, what: str, error: OSError) -> str:
        reason = error.strerror or str(error)
        return f"{self.name}: {self._path} cannot {what}: {reason}; check path and permissions"

    def _try_open(self, path: Path) -> BinaryIO | None:
        """Open a file; None where one that is followed is not there yet."""
        try:
            return _regular(self.name, path)
        except FileNotFoundError as error:
            if self._follow:
                return None
            raise SourceError(self._cannot("be opened", error)) from error
        except OSError as error:
            raise SourceError(self._cannot("be opened", error)) from error

    def _rotated(self, place: _Place) -> BinaryIO | None:
        """Find the file under its new name: one beside it whose name goes on from this one's."""
        for path in sorted(self._path.parent.glob(f"{self._path.name}?*")):
            try:
                stream = _regular(self.name, path)
            except (OSError, SourceError):
                continue
            if place.fits(stream):
                return stream
            stream.close()
        return None

    def _start(self, stream: BinaryIO, place: _Place) -> None:
        try:
            size, digest = (place.size, place.digest) if place.size else _head(stream)
        except OSError:
            stream.close()  # and what was open before stays so, to go on from
            raise
        if self._stream is not None:
            self._stream.close()
        self._stream, self._place = stream, replace(place, size=size, digest=digest)
        self._seen, self._last_look = (-1, -1), False
        self._scan(stream)

    def _scan(self, stream: BinaryIO) -> None:
        """Begin to read behind the place; afterwards only a change of the file is worth a look."""
        status = os.fstat(stream.fileno())
        self._seen = status.st_size, status.st_mtime_ns
        stream.seek(0)
        self._records = self._framer(stream, self._place.end, self._place.header)

    def _look(self) -> None:
        """See what became of a followed file since it was read to its end."""
        self.trouble = ""
        stream = self._stream
        if stream is None:
            opened = self._try_open(self._path)
            if opened is not None:
                self._start(opened, _Place())
            return
        status = os.fstat(stream.fileno())
        changed = (status.st_size, status.st_mtime_ns) != self._seen
        if status.st_size < self._seen[0] or not self._place.fits(stream):
            self._place = _Place(0, *_head(stream))  # cut short, or written anew
            self._scan(stream)
        elif changed or (self._moved(status) and not self._last_look):
            self._last_look = self._moved(status)
            size, digest = _head(stream)  # its beginning may have grown
            self._place = replace(self._place, size=size, digest=digest)
            self._scan(stream)
        elif self._last_look:
            fresh = self._try_open(self._path)
            if fresh is not None:
                self._start(fresh, _Place())

    def _moved(self, status: os.stat_result) -> bool:
        """Tell whether another file stands under the name by now."""
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        except OSError as error:  # what is open already still reads
            self.trouble = self._cannot("be looked at", error)
            return False
        return (there.st_dev, there.st_ino) != (status.st_dev, status.st_ino)

    def _gather(self, limit: int) -> Delivery | None:
        place = self._place
        try:
            return self._gathered(limit)
        except OSError:
            # What was read of the delivery is read again, from where it began.
            self._place, self._records, self._seen = place, None, (-1, -1)
            raise

    def _gathered(self, limit: int) -> Delivery | None:
        begin, size = self._place.end, 0
        records: list[bytes] = []
        notes: list[RecordNote] = []
        preamble = b""
        while self._records is not None and len(records) < limit and size < MOST_BYTES:
            framed = next(self._records, None)
            if framed is None or (framed.open and self._follow and not self._last_look):
                self._records = None
                self._done = not self._follow
                break
            if framed.preamble != preamble:
                if records:
                    self._records = chain((framed,), self._records)
                    break
                preamble = framed.preamble
            if framed.note_kind:
                notes.append(RecordNote(len(records), framed.note_kind, framed.note_detail))
            records.append(framed.data)
            size += len(framed.data)
            known = self._place
            self._place = _Place(framed.end, known.size, known.digest, framed.header)
        if not records:
            return None
        assert self._stream is not None
        stretch = sha256(b"\n".join((records[0], records[-1], str(len(records)).encode())))
        return Delivery(
            source=self.name,
            peer=str(self._path),
            records=tuple(records),
            notes=tuple(notes),
            resume=str(self._place),
            fingerprint=f"{self._whole or self._place.digest}:{begin}:{stretch.hexdigest()[:32]}",
            reference_at=_date(self._stream),
            format=self._format,
            preamble=preamble,
        )
