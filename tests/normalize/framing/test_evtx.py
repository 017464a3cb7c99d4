"""EVTX files as records: sound ones, and what breaks in them."""

import io
import struct
import tarfile
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.framing import Framed, read_stream
from pipeline.normalize.framing.evtx import CHUNK_SIZE, HEADER
from tests.normalize.shared import shared

# Eight records in one chunk, by its name in the archive.
SAMPLE = "TA0007-Discovery/T1482-Domain Trust Discovery/ID800,4103,4104-Active Directory Forest PowerShell class.evtx"  # noqa: E501 (a file's name)


@cache
def unpacked() -> bytes:
    with tarfile.open(shared("evtx-cc0.tar.xz")) as archive:
        member = archive.extractfile(SAMPLE)
        assert member is not None
        return member.read()


@pytest.fixture
def sample() -> bytes:
    """Give a real EVTX file of one chunk with eight records."""
    return unpacked()


def framed(content: bytes, resume: int = 0, record_bytes: int = 1 << 20) -> list[Framed]:
    return list(read_stream(io.BytesIO(content), "auto", record_bytes, resume))


def places(content: bytes) -> list[int]:
    """Give where the records of the first chunk begin, by walking their sizes."""
    found, at = [], HEADER + 512
    while content[at : at + 4] == b"**\x00\x00":
        found.append(at)
        at += struct.unpack_from("<I", content, at + 4)[0]
    return found


def overwritten(content: bytes, at: int, data: bytes) -> bytes:
    return content[:at] + data + content[at + len(data) :]


def test_a_sound_file(sample: bytes) -> None:
    """Each record is one JSON record, numbered on by its place."""
    found = framed(sample)
    assert [one.note_kind for one in found] == [""] * 8
    assert [one.end for one in found] == list(range(1, 9))
    assert all(one.data.startswith(b'{"Event":') for one in found)


def test_two_chunks(sample: bytes) -> None:
    """Records of a further chunk follow, and reading resumes inside either."""
    content = sample + sample[HEADER : HEADER + CHUNK_SIZE]
    found = framed(content)
    assert len(found) == 16
    for at in (0, 6, 7, 8, 15):
        assert framed(content, found[at].end) == found[at + 1 :]


def test_unused_chunks_are_nothing(sample: bytes) -> None:
    """Space that was reserved and never written holds no record."""
    assert framed(sample + bytes(CHUNK_SIZE)) == framed(sample)


def test_a_promised_chunk_that_is_empty_is_corrupt(sample: bytes) -> None:
    """A chunk that the file header counts and that holds nothing is told, never passed over."""
    (only,) = framed(sample[:HEADER] + bytes(CHUNK_SIZE))
    assert (only.note_kind, only.data) == ("corrupt", b"")
    assert "chunk 0 is empty" in only.note_detail
    chunk = sample[HEADER : HEADER + CHUNK_SIZE]
    three = overwritten(sample[:HEADER], 42, b"\x03\x00") + chunk + bytes(CHUNK_SIZE) + chunk
    found = framed(three)
    assert [one.note_kind for one in found] == [""] * 8 + ["corrupt"] + [""] * 8
    assert framed(three, found[8].end) == found[9:]
    assert framed(three, found[7].end) == found[8:]


def test_a_chunk_without_the_records_it_counts_is_corrupt(sample: bytes) -> None:
    """A chunk of which only the header is left is told."""
    size = CHUNK_SIZE - 512
    (only,) = framed(overwritten(sample, HEADER + 512, bytes(size))[: HEADER + CHUNK_SIZE])
    assert only.note_kind == "corrupt"
    assert "none of the records" in only.note_detail


@pytest.mark.parametrize("chunk_header", [True, False], ids=["with-header", "preallocated"])
def test_a_fresh_log_is_empty(sample: bytes, chunk_header: bool) -> None:
    """A log that was made and never written to has one chunk, no record, and no failure."""
    header = overwritten(sample[:HEADER], 24, struct.pack("<Q", 1))
    chunk = bytearray(CHUNK_SIZE)
    if chunk_header:
        # First and last record by number and by id, header size, last record, free space.
        struct.pack_into(
            "<8sQQQQIII", chunk, 0, b"ElfChnk\x00", 1, 2**64 - 1, 1, 2**64 - 1, 128, 0, 512
        )
    assert framed(header + bytes(chunk)) == []


@pytest.mark.parametrize("broken", [0, 3, 7])
def test_a_record_without_its_header(sample: bytes, broken: int) -> None:
    """One broken record is one corrupt record; those before and behind it are read."""
    content = overwritten(sample, places(sample)[broken], b"\xfe\xfe")
    found = framed(content)
    assert len(found) == 8
    assert [index for index, one in enumerate(found) if one.note_kind == "corrupt"] == [broken]
    sound = framed(sample)
    assert all(
        found[index].data == sound[index].data for index in range(8) if not found[index].note_kind
    )


def test_a_record_with_broken_content(sample: bytes) -> None:
    """A record whose content does not parse is corrupt, with its raw bytes; none goes missing."""
    content = overwritten(sample, HEADER + 512 + 88, b"\xff" * 40)
    found = framed(content)
    assert len(found) == 8
    corrupt = [one for one in found if one.note_kind]
    assert corrupt
    assert all(one.note_kind == "corrupt" for one in corrupt)
    assert corrupt[0].data.startswith(b"**\x00\x00")
    assert "chunk 0, record 1" in corrupt[0].note_detail


@pytest.mark.parametrize(
    ("name", "kind", "count", "detail"),
    [
        ("no chunk header", "corrupt", 1, "no chunk header"),
        ("cut inside the chunk", "truncated", 1, "the file was cut"),
        ("cut inside the chunk header", "truncated", 1, "the file was cut"),
        ("cut inside the file header", "truncated", 1, "no whole EVTX file header"),
    ],
)
def test_a_broken_file(sample: bytes, name: str, kind: str, count: int, detail: str) -> None:
    """What a copy or a crash breaks is told with the chunk and the way out."""
    content = {
        "no chunk header": overwritten(sample, HEADER, b"XXXXXXXX"),
        "cut inside the chunk": sample[: places(sample)[5] + 100],
        "cut inside the chunk header": sample[: HEADER + 300],
        "cut inside the file header": sample[:100],
    }[name]
    noted = [one for one in framed(content) if one.note_kind]
    assert [one.note_kind for one in noted] == [kind] * count
    assert detail in noted[0].note_detail


def test_records_before_a_cut_are_read(sample: bytes) -> None:
    """A file cut inside its chunk gives the whole records before the cut."""
    found = framed(sample[: places(sample)[5] + 100])
    assert [one.note_kind for one in found] == [""] * 5 + ["truncated"]
    assert found[:5] == framed(sample)[:5]


def test_what_is_no_evtx_is_told() -> None:
    """A source that sends EVTX and gives something else is told so."""
    (one,) = read_stream(io.BytesIO(b"a text\n"), "evtx")
    assert (one.note_kind, one.data) == ("corrupt", b"a text\n")
    assert "wevtutil" in one.note_detail
    assert list(read_stream(io.BytesIO(b""), "evtx")) == []


def test_a_record_that_is_too_long_is_cut(sample: bytes) -> None:
    """A record whose JSON is beyond the limit is cut and noted."""
    found = framed(sample, record_bytes=256)
    assert {one.note_kind for one in found} == {"oversized"}
    assert all(len(one.data) == 256 for one in found)


@given(at=st.integers(HEADER, HEADER + 20_000), data=st.binary(min_size=1, max_size=64))
def test_no_damage_loses_a_record_in_silence(at: int, data: bytes) -> None:
    """Whatever is overwritten, every record is read or told, and nothing is raised."""
    content = overwritten(unpacked(), at, data)
    found = framed(content)
    assert found
    if len(found) < 8:
        assert any(one.note_kind for one in found)
