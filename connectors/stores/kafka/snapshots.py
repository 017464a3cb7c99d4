"""A snapshot of the workers' state: files of messages as their topics held them, with checksums.

``manifest.json`` is written last and names every file with its SHA-256; where it is missing, or a
file is not what it says, there is no snapshot. ``raw`` says from which offset of each partition a
replay goes on: everything before it is in the state, what comes again changes nothing.
"""

import hashlib
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard
from pydantic import ValidationError

from connectors.stores.kafka.reading import Read
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.model import from_json, to_json

MANIFEST = "manifest.json"
VERSION = 1
_HEAD = struct.Struct(">HIi")  # partition, bytes of the key, bytes of the value (-1: none)
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Filed:
    """One file of a snapshot: of which table, what it holds, and what proves it."""

    name: str
    messages: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot is: of which cluster and when (ns), from where a replay goes on."""

    version: int
    prefix: str
    generation: int
    taken_at: int
    folds: int
    raw: tuple[int, ...]
    files: tuple[Filed, ...]


def write_file(folder: Path, name: str, messages: Iterator[Read]) -> Filed:
    """Write messages into a file of a snapshot; OSError where it cannot be written."""
    count, path = 0, folder / f"{name}.zst"
    with path.open("xb") as file, zstandard.ZstdCompressor(3).stream_writer(file) as out:
        for one in messages:
            key = one.key or b""
            size = -1 if one.value is None else len(one.value)
            out.write(_HEAD.pack(one.partition, len(key), size) + key + (one.value or b""))
            count += 1
    digest, size = _digest(path)
    return Filed(name, count, size, digest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a folder of files a snapshot."""
    (folder / MANIFEST).write_bytes(to_json(manifest))


def read_manifest(folder: Path) -> Manifest:
    """Read and verify a snapshot; StoreCorrupt where a file is not what it was."""
    try:
        manifest = from_json(Manifest, (folder / MANIFEST).read_bytes())
    except OSError as error:
        raise StoreError(
            f"{folder} is no snapshot ({error.strerror}): take one with saqshy cluster snapshot"
        ) from error
    except ValidationError as error:
        raise StoreCorrupt(f"{folder / MANIFEST} does not read: take another snapshot") from error
    if manifest.version != VERSION:
        raise StoreError(
            f"{folder} is a snapshot of version {manifest.version}, known is {VERSION}: use the"
            " program that made it"
        )
    for one in manifest.files:
        path = folder / f"{one.name}.zst"
        if not path.is_file() or _digest(path) != (one.sha256, one.bytes):
            raise StoreCorrupt(f"{path} is not what the snapshot says: use another snapshot")
    return manifest


def read_file(folder: Path, name: str) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Give partition, key and value of each message of a file, in their order."""
    path = folder / f"{name}.zst"
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as raw:
        stream = io.BufferedReader(raw)
        while head := stream.read(_HEAD.size):
            partition, key, size = _HEAD.unpack(head)
            yield partition, _whole(stream, key), None if size < 0 else _whole(stream, size)


def _whole(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise StoreCorrupt("a file of the snapshot ends in the middle: use another snapshot")
    return data


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
