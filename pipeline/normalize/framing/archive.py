"""Archives of many files, read in their order within bounds: tar (plain or packed) and zip.

A member's name is shown and never used as a path. What keeps an archive or a member from being read
is a member with ``broken``, so that nothing is passed over in silence. Archives inside archives are
not opened.
"""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from struct import Struct
from typing import BinaryIO, Protocol, cast

from pipeline.normalize.framing.unpack import FREE_EXPANSION, MOST_EXPANSION, Unpacked

MOST_MEMBERS = 100_000
MOST_BYTES = 256 * 1024**3  # of all members together, unpacked
_MOST_HEADER = 1024 * 1024  # of a tar's long names and extended headers; of a name in a message 256
_MOST_DIRECTORY = 256 * 1024 * 1024  # of a zip's list of members
_BLOCK = 512
_PIECE = 256 * 1024
_ZIP, _EMPTY_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_END = Struct("<4s4H2LH")
_END_64 = Struct("<4sQ2H2L4Q")
_ENCRYPTED = 1
_TAR_ERRORS = (tarfile.TarError, ValueError, EOFError, OverflowError)
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError,
    RuntimeError, OverflowError, UnicodeError,
)  # fmt: skip  # zipfile has no error of its own for what it cannot unpack


class Content(Protocol):
    """Bytes of a member; fewer than asked only at the end."""

    def read(self, size: int, /) -> bytes:
        """Give the next bytes, at most ``size``."""


@dataclass(slots=True)
class Member:
    """One file of an archive: its name for messages, its date in nanoseconds (0: none).

    ``broken`` is why there is no content. ``pieces`` may be taken once, before the next member.
    """

    name: str
    date: int = 0
    broken: str = ""
    content: Content | None = None
    bound: "Bound | None" = None

    def pieces(self) -> Iterator[bytes]:
        """Give the content in pieces; where it does not read, ``broken`` says why at the end."""
        if self.content is None or self.bound is None:
            return
        first = True
        while True:
            try:
                piece = self.content.read(_PIECE)
            except (*_TAR_ERRORS, *_ZIP_ERRORS) as error:
                self.broken = f"does not unpack: {error}"
                return
            except OSError as error:
                if error.errno is not None:
                    raise
                self.broken = f"does not unpack: {error}"  # bzip2's way to say so
                return
            if first and is_archive(Unpacked(BytesIO(piece)).read(_BLOCK)):
                self.broken = "is an archive inside an archive: unpack it first"
                return
            first = False
            if not piece:
                return
            self.broken = self.bound.refused(len(piece))
            if self.broken:
                return
            yield piece


class Bound:
    """How much the members of one archive may make of its bytes."""

    def __init__(self, size: int) -> None:
        self._most = min(MOST_BYTES, max(FREE_EXPANSION, MOST_EXPANSION * size))
        self._made = 0

    def refused(self, more: int) -> str:
        """Count what came out; say why no more may."""
        self._made += more
        if self._made <= self._most:
            return ""
        return f"grows beyond {self._most} bytes: it is refused as a decompression bomb"


def is_archive(head: bytes) -> bool:
    """Tell a tar or a zip by its first 512 bytes."""
    return head.startswith((_ZIP, _EMPTY_ZIP)) or head[257:262] == b"ustar"


def members(stream: BinaryIO) -> Iterator[Member] | None:
    """Give the files of a seekable stream that is an archive; None where it is none."""
    stream.seek(0)
    if stream.read(4) in (_ZIP, _EMPTY_ZIP):
        return _counted(_of_zip(stream))
    stream.seek(0)
    if not is_archive(Unpacked(stream).read(_BLOCK)):
        return None
    stream.seek(0, 2)
    bound = Bound(stream.tell())
    stream.seek(0)
    return _counted(_of_tar(Unpacked(stream), bound))


def _counted(found: Iterator[Member]) -> Iterator[Member]:
    for number, member in enumerate(found, 1):
        if number > MOST_MEMBERS:
            yield Member("", broken=f"the archive has more than {MOST_MEMBERS} files: split it")
            return
        yield member


class _Header(tarfile.TarInfo):
    """A tar's header whose own texts are bounded."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        texts = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE)
        if self.type in (*texts, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE) and (
            self.size > _MOST_HEADER
        ):
            raise tarfile.HeaderError(f"a header of {self.size} bytes")
        made: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return made


def _of_tar(content: Unpacked, bound: Bound) -> Iterator[Member]:
    try:
        with tarfile.open(fileobj=cast("BinaryIO", content), mode="r|", tarinfo=_Header) as archive:
            while (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # else all stay in memory
                if not info.isreg() or info.issparse():
                    if info.issparse():
                        yield Member(shown(info.name), broken="is a sparse file: copy it first")
                    continue
                member = Member(shown(info.name), _date(info.mtime), bound=bound)
                member.content = cast("Content | None", archive.extractfile(info))
                yield member
    except _TAR_ERRORS as error:
        yield Member("", broken=f"the archive does not read: {error}")
    if content.broken is not None:
        yield Member("", broken=content.broken[1])


def _of_zip(stream: BinaryIO) -> Iterator[Member]:
    try:
        size = _directory(stream)
        if size > _MOST_DIRECTORY:
            yield Member("", broken=f"the archive's list of files has {size} bytes: split it")
            return
        with zipfile.ZipFile(stream) as archive:
            bound = Bound(stream.seek(0, 2))
            for info in archive.infolist():
                if not info.is_dir():
                    yield from _zipped(archive, info, bound)
    except _ZIP_ERRORS as error:
        yield Member("", broken=f"the archive does not read: {error}")


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, bound: Bound) -> Iterator[Member]:
    member = Member(shown(info.filename), _moment(info.date_time), bound=bound)
    if info.flag_bits & _ENCRYPTED:
        member.broken = "is encrypted: unpack it with its password first"
        yield member
        return
    try:
        content = archive.open(info)
    except _ZIP_ERRORS as error:
        member.broken = f"does not unpack: {error}"
        yield member
        return
    with content:
        member.content = cast("Content", content)
        yield member


def _directory(stream: BinaryIO) -> int:
    """Give the length of a zip's list of files, before anything reads it."""
    size = stream.seek(0, 2)
    tail_at = max(0, size - 65_536 - _END.size - _END_64.size - 20)
    stream.seek(tail_at)
    tail = stream.read()
    at = tail.rfind(_EMPTY_ZIP)
    if at < 0 or len(tail) - at < _END.size:
        raise zipfile.BadZipFile("its end is missing")
    length = int(_END.unpack_from(tail, at)[5])
    wide = tail.rfind(b"PK\x06\x06", 0, at)
    if wide >= 0 and at - wide >= _END_64.size:
        length = max(length if length < 0xFFFFFFFF else 0, int(_END_64.unpack_from(tail, wide)[8]))
    return length


def _date(seconds: float) -> int:
    return int(seconds) * 1_000_000_000 if 0 < seconds < 1 << 33 else 0


def _moment(parts: tuple[int, int, int, int, int, int]) -> int:
    """Give the date of a zip's member, which names no zone: UTC is taken."""
    try:
        return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000_000
    except ValueError:
        return 0


def shown(name: str) -> str:
    """Give a name for messages: printable, bounded."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name[:256])
