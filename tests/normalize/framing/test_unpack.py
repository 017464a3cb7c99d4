"""Packed files: read like plain ones, within bounds."""

import gzip
import io
import lzma
from collections.abc import Callable

import pytest
import zstandard

from pipeline.normalize.framing import Framed, read_stream
from pipeline.normalize.framing.unpack import FREE_EXPANSION

LINES = b"".join(b"line %d of a log that compresses well\n" % n for n in range(20_000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def framed(content: bytes, resume: int = 0) -> list[Framed]:
    return list(read_stream(io.BytesIO(content), "syslog", 1024, resume))


@pytest.mark.parametrize("packing", PACKERS)
def test_a_packed_file_reads_like_a_plain_one(packing: str) -> None:
    """The records of a packed file, and their positions, are those of the file inside."""
    packed = PACKERS[packing](LINES)
    assert framed(packed) == framed(LINES)
    middle = framed(LINES)[9_999].end
    assert framed(packed, middle) == framed(LINES)[10_000:]


@pytest.mark.parametrize("packing", PACKERS)
def test_archives_one_behind_the_other(packing: str) -> None:
    """Archives that were appended to each other are read through."""
    pack = PACKERS[packing]
    assert framed(pack(b"a\n") + pack(b"b\n")) == framed(b"a\nb\n")


@pytest.mark.parametrize("packing", PACKERS)
def test_a_cut_archive(packing: str) -> None:
    """An archive that was cut gives what it holds, and says that it was."""
    packed = PACKERS[packing](LINES)
    found = framed(packed[: len(packed) // 2])
    assert (found[-1].note_kind, found[-1].data) == ("truncated", b"")
    assert packing in found[-1].note_detail
    whole = framed(LINES)
    assert found[:-2] == whole[: len(found) - 2]
    assert framed(packed[: len(packed) // 2], found[-1].end) == []
    assert framed(packed[: len(packed) // 2], found[0].end) == found[1:]


@pytest.mark.parametrize("packing", PACKERS)
def test_a_damaged_archive(packing: str) -> None:
    """An archive that was damaged says so, and raises nothing."""
    packed = bytearray(PACKERS[packing](LINES))
    middle = len(packed) // 2
    packed[middle : middle + 40] = b"\xff" * 40
    found = framed(bytes(packed))
    assert found[-1].note_kind in ("corrupt", "truncated")


@pytest.mark.parametrize("packing", PACKERS)
def test_a_decompression_bomb_is_refused(packing: str) -> None:
    """An archive that grows beyond all logs is refused before it fills memory or time."""
    size = FREE_EXPANSION * 3 // 2
    found = framed(PACKERS[packing](bytes(size)) if packing != "gzip" else gzip_bomb(size))
    assert found[-1].note_kind == "corrupt"
    assert "decompression bomb" in found[-1].note_detail
    assert all(len(one.data) <= 1024 for one in found)


def gzip_bomb(size: int) -> bytes:
    """Give the densest gzip there is: 1,030 bytes of zeros for one."""
    return gzip.compress(bytes(size), 9)


def test_an_evtx_inside_an_archive_is_told_as_one() -> None:
    """What is inside an archive is looked at as if it were plain."""
    (one,) = read_stream(io.BytesIO(gzip.compress(b"ElfFile\x00")), "auto", 1024)
    assert "EVTX" in one.note_detail
