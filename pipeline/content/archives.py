"""Rule files of others out of a folder, an archive or a single file, within bounds.

Nothing is unpacked to a disk: what is not a rule, a rule's tests or a licence is not even read. A
name that leads out of its folder refuses the whole source; links and devices are left out.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import zstandard

from pipeline.content.sources import MOST_BYTES
from pipeline.errors import ConfigurationError, Problem

MOST_ENTRIES = 100_000
MOST_RULES = 20_000
MOST_ARCHIVE = 256 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
MOST_KEPT = 128 * 1024 * 1024
MOST_PROBLEMS = 20
_RULES = (".yml", ".yaml")
_LICENCES = ("licence", "license", "copying")
_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, zstandard.ZstdError,
    EOFError, RuntimeError, NotImplementedError, ValueError,
)  # fmt: skip


Unpack = Callable[[Path], IO[bytes]]


class TooMuch(Exception):
    """A source beyond a bound; the message says which."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is read of a source: entries, rule files, bytes of one, of all, unpacked in all."""

    entries: int = MOST_ENTRIES
    rules: int = MOST_RULES
    file: int = MOST_BYTES
    kept: int = MOST_KEPT
    unpacked: int = MOST_UNPACKED
    archive: int = MOST_ARCHIVE


@dataclass(slots=True)
class Bundle:
    """What a source holds: rule and test files by relative path, and its licences.

    ``left_out`` says what was not taken and why: links, and files that are too large. ``sha256``
    is of the archive's or file's bytes; of a folder, of its files' names and bytes.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    licences: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    sha256: str = ""


def read_bundle(path: Path, bounds: Bounds | None = None) -> Bundle:
    """Read the rules of a folder, a .zip, a .tar (also .gz .bz2 .xz .zst) or a rule file.

    ConfigurationError with what is wrong: absent, broken, a bound passed, names that lead out.
    """
    bounds = bounds or Bounds()
    if not path.exists():
        _refuse(path, "does not exist", "name a folder, an archive or a rule file")
    taking = _Taking(path, bounds)
    try:
        if path.is_dir():
            _folder(path, taking)
        elif zipfile.is_zipfile(path):
            taking.within_archive()
            _zip(path, taking)
        elif (unpack := _unpacker(path)) is not None:
            taking.within_archive()
            _tar(path, unpack, taking)
        elif _is_rule(path.name):
            taking.take(path.name, path.open("rb"))
        else:
            _refuse(path, "is neither a whole archive nor a rule file", "name one of these")
    except TooMuch as error:
        _refuse(path, str(error), "import a part of it, or something smaller")
    except _BROKEN as error:
        _refuse(path, f"cannot be read: {type(error).__name__}: {error}", "fetch it once more")
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror or error}", "fetch it once more")
    return taking.bundle()


def _refuse(path: Path, message: str, way_out: str) -> None:
    raise ConfigurationError([Problem(str(path), 0, message, way_out)])


class _Taking:
    """Takes entries one after the other, and refuses the source where one is not to be trusted."""

    def __init__(self, path: Path, bounds: Bounds) -> None:
        self.path = path
        self.bounds = bounds
        self._bundle = Bundle()
        self._problems: list[Problem] = []
        self._entries = 0
        self._kept = 0

    def within_archive(self) -> None:
        """Refuse an archive that is too large as it stands."""
        if self.path.stat().st_size > self.bounds.archive:
            raise TooMuch(f"is larger than {self.bounds.archive} bytes")

    def wants(self, name: str, *, plain: bool) -> bool:
        """Count an entry and tell whether it is to be read; ``plain``: neither link nor device."""
        self._entries += 1
        if self._entries > self.bounds.entries:
            raise TooMuch(f"has more than {self.bounds.entries} entries")
        if reason := _leads_out(name):
            if len(self._problems) < MOST_PROBLEMS:
                self._problems.append(Problem(str(self.path), 0, f"the entry {name!r} {reason}"))
            return False
        if not plain:
            if _is_rule(name):
                self._bundle.left_out.append(f"{name}: is a link or no plain file")
            return False
        return _is_rule(name) or _is_licence(name)

    def take(self, name: str, stream: IO[bytes]) -> None:
        """Read one file, within bounds."""
        with stream:
            data = stream.read(self.bounds.file + 1)
        name = str(PurePosixPath(name))
        if len(data) > self.bounds.file:
            self._bundle.left_out.append(f"{name}: is larger than {self.bounds.file} bytes")
            return
        self._kept += len(data)
        if self._kept > self.bounds.kept:
            raise TooMuch(f"holds more than {self.bounds.kept} bytes of rules")
        found = self._bundle
        if name in found.files or name in found.licences:
            self._problems.append(Problem(str(self.path), 0, f"the entry {name!r} stands twice"))
        if _is_licence(name):
            found.licences[name] = data
        else:
            found.files[name] = data
        if len(found.files) > self.bounds.rules:
            raise TooMuch(f"holds more than {self.bounds.rules} rule files")

    def bundle(self) -> Bundle:
        """Give what was taken; ConfigurationError where entries are not to be trusted."""
        found = self._bundle
        names = {*found.files, *found.licences}
        for name in sorted(names):
            for parent in PurePosixPath(name).parents:
                if str(parent) in names:
                    message = f"the entry {str(parent)!r} is a file and a folder"
                    self._problems.append(Problem(str(self.path), 0, message))
        if self._problems:
            raise ConfigurationError(self._problems)
        found.files = dict(sorted(found.files.items()))
        found.licences = dict(sorted(found.licences.items()))
        found.sha256 = _digest(self.path, found)
        return found


def _leads_out(name: str) -> str:
    """Say why a name must not be trusted, "" where it may: it must stay inside its folder."""
    if "\0" in name or "\\" in name or any(ord(char) < 32 for char in name):
        return "holds a character that no path of rules has"
    if name.startswith("/") or name[1:2] == ":":
        return "is an absolute path"
    if ".." in name.split("/"):
        return "leads out of its folder"
    return ""


def _is_rule(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") and part != "." for part in path.parts)
    return path.suffix.lower() in _RULES and not hidden


def _is_licence(name: str) -> bool:
    return PurePosixPath(name).name.lower().startswith(_LICENCES) and not _is_rule(name)


def _folder(path: Path, taking: _Taking) -> None:
    waiting = [path]
    while waiting:
        for found in sorted(waiting.pop().iterdir()):
            name = found.relative_to(path).as_posix()
            if found.is_dir() and not found.is_symlink():
                if not found.name.startswith("."):
                    waiting.append(found)
            elif taking.wants(name, plain=found.is_file() and not found.is_symlink()):
                taking.take(name, found.open("rb"))


def _zip(path: Path, taking: _Taking) -> None:
    with zipfile.ZipFile(path) as archive:
        unpacked = 0
        for entry in archive.infolist():
            kind = entry.external_attr >> 28  # Unix file type; 0 where the archiver kept none
            if entry.is_dir():
                taking.wants(entry.filename, plain=False)
            elif taking.wants(entry.filename, plain=kind in (0, 0o10)):
                unpacked += min(entry.file_size, taking.bounds.file)
                if unpacked > taking.bounds.unpacked:
                    raise TooMuch(f"unpacks to more than {taking.bounds.unpacked} bytes")
                taking.take(entry.filename, archive.open(entry))


def _tar(path: Path, unpack: Unpack, taking: _Taking) -> None:
    with unpack(path) as stream:
        bounded = _Bounded(stream, taking.bounds.unpacked)
        # Read as a stream: nothing is sought, so that what is passed over is counted too.
        with tarfile.open(fileobj=cast("IO[bytes]", bounded), mode="r|") as archive:
            for entry in archive:
                if entry.isdir():
                    taking.wants(entry.name, plain=False)
                elif taking.wants(entry.name, plain=entry.isreg()):
                    inside = archive.extractfile(entry)
                    taking.take(entry.name, inside or io.BytesIO())


class _Bounded(io.RawIOBase):
    """A stream that ends with an error where it gives more than it may."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream, self._left, self._most = stream, most, most

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise TooMuch(f"unpacks to more than {self._most} bytes")
        return data


def _unpacker(path: Path) -> Unpack | None:
    """Tell by its first bytes how a tar archive is compressed; None where it is no archive."""
    with path.open("rb") as stream:
        head = stream.read(512)
    for magic, unpack in _UNPACKERS.items():
        if head.startswith(magic):
            return cast("Unpack", unpack)
    return _plain if head[257:262] == b"ustar" else None


def _plain(path: Path) -> IO[bytes]:
    return path.open("rb")


_UNPACKERS: Mapping[bytes, Any] = {  # each opens for reading, and types it in a way of its own
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": zstandard.open,
}


def _digest(path: Path, found: Bundle) -> str:
    digest = hashlib.sha256()
    if path.is_dir():
        for name, data in _all_files(found):
            digest.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
            digest.update(data)
    else:
        with path.open("rb") as stream:
            while piece := stream.read(1024 * 1024):
                digest.update(piece)
    return digest.hexdigest()


def _all_files(found: Bundle) -> Iterator[tuple[str, bytes]]:
    yield from found.files.items()
    yield from found.licences.items()
