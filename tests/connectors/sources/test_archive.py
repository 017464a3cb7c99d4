"""A file that may be an archive, read once."""

import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pytest

from connectors.sources.archive import ArchiveSource
from connectors.sources.files import FileSource
from pipeline.errors import SourceError
from pipeline.normalize.framing.archive import members
from pipeline.ports import Delivery

DATE = 1_772_445_600
FILES = {"a.log": b"1\n2\n3\n4\n5\n", "b.log": b"", "c.log": b"6\n7\n"}


class Line(NamedTuple):
    data: bytes
    note_kind: str = ""
    note_detail: str = ""
    end: int = 0
    open: bool = False
    preamble: bytes = b""
    header: int = 0


def lines(stream: BinaryIO, resume: int, header: int) -> Iterator[Line]:
    """Give the lines of a file as records."""
    assert header == 0
    stream.seek(resume)
    end = resume
    for line in stream:
        end += len(line)
        yield Line(line.rstrip(b"\n"), end=end)


def tar(path: Path, files: dict[str, bytes] = FILES) -> Path:
    with tarfile.open(path, "w:gz") as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), DATE
            made.addfile(info, io.BytesIO(data))
    return path


def source_of(path: Path) -> ArchiveSource:
    return ArchiveSource("replay", path, lines, members, "auto")


def deliveries(source: ArchiveSource, resume: str = "", limit: int = 2) -> list[Delivery]:
    """Give everything that comes behind a position."""
    source.open(resume)
    found = []
    while not source.exhausted():
        delivery = source.poll(limit, 0.0)
        if delivery is not None:
            found.append(delivery)
    source.close()
    return found


def records(found: list[Delivery]) -> list[bytes]:
    return [record for delivery in found for record in delivery.records]


def test_each_file_is_read_as_one_of_its_own(tmp_path: Path) -> None:
    """Members come in order, named after archive and file, dated as they were packed."""
    found = deliveries(source_of(tar(tmp_path / "logs.tar.gz")))
    assert records(found) == [b"1", b"2", b"3", b"4", b"5", b"6", b"7"]
    assert {Path(one.peer).name for one in found} == {"logs.tar.gz!a.log", "logs.tar.gz!c.log"}
    assert {one.reference_at for one in found} == {DATE * 10**9}
    assert [len(one.records) for one in found] == [2, 2, 1, 2]


def test_a_member_has_the_fingerprint_of_the_file(tmp_path: Path) -> None:
    """What a delivery is known by is the same packed and plain."""
    plain = tmp_path / "other.name"
    plain.write_bytes(FILES["a.log"])
    os.utime(plain, (DATE, DATE))
    file = FileSource("replay", plain, lines, "auto")
    file.open("")
    alone = []
    while not file.exhausted():
        delivery = file.poll(2, 0.0)
        if delivery is not None:
            alone.append(delivery)
    file.close()
    packed = deliveries(source_of(tar(tmp_path / "logs.tar.gz")))[: len(alone)]
    assert [one.fingerprint for one in packed] == [one.fingerprint for one in alone]
    assert [one.reference_at for one in packed] == [one.reference_at for one in alone]


def test_reading_goes_on_behind_any_delivery(tmp_path: Path) -> None:
    """A new source goes on behind each position, and gives the same deliveries from there."""
    path = tar(tmp_path / "logs.tar.gz")
    whole = deliveries(source_of(path))
    for number, delivery in enumerate(whole, 1):
        assert deliveries(source_of(path), delivery.resume) == whole[number:]
        assert len(delivery.resume) < 300


def test_another_archive_under_the_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    """A position belongs to one content: a replaced archive is a new one."""
    path = tar(tmp_path / "logs.tar.gz")
    resume = deliveries(source_of(path))[-1].resume
    tar(path, {"z.log": b"8\n"})
    assert records(deliveries(source_of(path), resume)) == [b"8"]


def test_what_does_not_read_is_a_record_that_says_so(tmp_path: Path) -> None:
    """A member that is refused is a record without bytes, with its name and the way out."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as made:
        made.writestr("x", b"1")
    path = tar(tmp_path / "logs.tar.gz", {"in.zip": inner.getvalue(), "c.log": b"6\n"})
    broken, good = deliveries(source_of(path))
    assert (broken.records, good.records) == ((b"",), (b"6",))
    (note,) = broken.notes
    assert note.kind == "corrupt"
    assert note.detail.startswith("logs.tar.gz!in.zip is an archive inside an archive")
    assert deliveries(source_of(path), broken.resume) == [good]


def test_a_plain_file_is_read_as_ever(tmp_path: Path) -> None:
    """What is no archive gives what a file gives, positions included."""
    path = tmp_path / "log"
    path.write_bytes(b"1\n2\n3\n")
    file = FileSource("replay", path, lines, "auto")
    file.open("")
    first = file.poll(2, 0.0)
    file.close()
    found = deliveries(source_of(path))
    assert found[0] == first
    assert records(deliveries(source_of(path), found[0].resume)) == [b"3"]


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_what_cannot_be_opened_is_told(tmp_path: Path, kind: str) -> None:
    """A path without a file raises SourceError that names it."""
    path = tmp_path if kind == "folder" else tmp_path / "none"
    with pytest.raises(SourceError, match=path.name):
        source_of(path).open("")


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was copied out is removed, also where reading ends in the middle."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    source = source_of(tar(tmp_path / "logs.tar.gz"))
    source.open("")
    assert source.poll(1, 0.0) is not None
    assert len(list((tmp_path / "tmp").iterdir())) == 1
    source.close()
    source.close()
    assert list((tmp_path / "tmp").iterdir()) == []
