"""A file read once that may be an archive: then every file in it is read as one of its own.

What an archive is, and how it is cut into files, is injected. Each member is copied to a temporary
file and read from there, so that it gives the same deliveries as the file that was packed.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

from connectors.sources.files import FileSource, Framer
from pipeline.errors import SourceError
from pipeline.model import RecordNote
from pipeline.ports import Delivery

_IDENTITY = 32  # characters of an archive's hash in a position


class Packed(Protocol):
    """A file of an archive; see ``pipeline.normalize.framing.archive.Member``."""

    name: str
    date: int
    broken: str

    def pieces(self) -> Iterator[bytes]:
        """Give the content once; afterwards ``broken`` says why it ended early, if it did."""


Opener: TypeAlias = Callable[[BinaryIO], Iterator[Packed] | None]


class ArchiveSource:
    """Gives the records of a file, or of each file of an archive in the archive's order.

    A position is a file's own, or ``archive:HASH:MEMBER:POSITION``. A member that does not read
    is a record of its own without bytes, whose note says why.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        framer: Framer,
        opener: Opener,
        format: str = "",  # noqa: A002 (the word of the port)
    ) -> None:
        self.name = name
        self.dropped = 0
        self._path, self._framer, self._opener, self._format = path, framer, opener, format
        self._plain = FileSource(name, path, framer, format)
        self._archive: BinaryIO | None = None
        self._identity = ""
        self._members: Iterator[Packed] | None = None
        self._number = 0
        self._inner: FileSource | None = None
        self._copy: Path | None = None
        self._named = ""
        self._resume = ""
        self._done = False

    def open(self, resume: str) -> None:
        """Open the file and go behind ``resume``; SourceError where it does not read."""
        self.close()
        self._done, self._number, self._resume = False, 0, ""
        self._plain.open("" if resume.startswith("archive:") else resume)  # it is a regular file
        try:
            stream = self._path.open("rb")
            self._members = self._opener(stream)
            if self._members is None:
                stream.close()
                return
            self._archive, self._identity = stream, _identity(self._path)
            self._plain.close()
        except OSError as error:
            raise self._trouble(error) from error
        _, _, rest = resume.partition(":")
        identity, _, rest = rest.partition(":")
        number, _, inner = rest.partition(":")
        if identity == self._identity and number.isdigit():
            for _ in range(int(number)):
                self._next()
            self._resume = inner

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` records of one file; SourceError where the archive is gone."""
        if self._members is None:
            return self._plain.poll(limit, timeout)
        try:
            return self._polled(limit)
        except OSError as error:
            raise self._trouble(error) from error

    def acknowledge(self, delivery: Delivery) -> None:
        """Do nothing: a position travels with the delivery."""

    def exhausted(self) -> bool:
        """Tell whether the file, or the archive's last one, was read to its end."""
        return self._done if self._members is not None else self._plain.exhausted()

    def close(self) -> None:
        """Close the file and remove what was copied."""
        self._let_go()
        self._plain.close()
        if self._archive is not None:
            self._archive.close()
        self._archive = self._members = None

    def _polled(self, limit: int) -> Delivery | None:
        while not self._done:
            if self._inner is None:
                member = self._next()
                if member is None:
                    self._done = True
                    return None
                broken = self._begin(member)
                if broken:
                    return self._broken(member, broken)
            assert self._inner is not None
            delivery = self._inner.poll(limit, 0.0)
            if delivery is not None:
                return replace(
                    delivery,
                    peer=f"{self._path}!{self._named}",
                    resume=self._position(self._number - 1, delivery.resume),
                )
            self._let_go()
        return None

    def _next(self) -> Packed | None:
        assert self._members is not None
        member = next(self._members, None)
        self._number += member is not None
        return member

    def _begin(self, member: Packed) -> str:
        """Copy a member out and open the copy; say why it cannot be read."""
        resume, self._resume = self._resume, ""
        if member.broken:
            return member.broken
        descriptor, copy = tempfile.mkstemp(prefix="saqshy-member-")
        self._copy = Path(copy)
        with os.fdopen(descriptor, "wb") as file:
            for piece in member.pieces():
                file.write(piece)
        if member.broken:
            self._let_go()
            return member.broken
        os.utime(self._copy, ns=(member.date, member.date))
        self._named = member.name
        self._inner = FileSource(self.name, self._copy, self._framer, self._format)
        self._inner.open(resume)
        return ""

    def _broken(self, member: Packed, reason: str) -> Delivery:
        number = self._number - 1
        what = f"{self._path.name}!{member.name}" if member.name else self._path.name
        return Delivery(
            source=self.name,
            peer=f"{self._path}!{member.name}",
            records=(b"",),
            notes=(RecordNote(0, "corrupt", f"{what} {reason}"[:500]),),
            resume=self._position(number + 1, ""),
            fingerprint=f"{self._identity}:{number}",
            format=self._format,
        )

    def _position(self, number: int, inner: str) -> str:
        return f"archive:{self._identity}:{number}:{inner}"

    def _let_go(self) -> None:
        if self._inner is not None:
            self._inner.close()
            self._inner = None
        if self._copy is not None:
            self._copy.unlink(missing_ok=True)
            self._copy = None

    def _trouble(self, error: OSError) -> SourceError:
        reason = error.strerror or str(error)
        return SourceError(
            f"{self.name}: {self._path} cannot be read: {reason}; check path and room"
        )


def _identity(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:_IDENTITY]
