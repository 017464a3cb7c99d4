"""Files as sources: read once and followed."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from connectors.sources import FileSource
from connectors.sources.files import FramedRecord
from pipeline.errors import SourceError
from pipeline.normalize import Framer
from pipeline.ports import Delivery

LINES = Framer(64, "syslog")


def source_of(path: Path, *, follow: bool = False) -> FileSource:
    return FileSource("logs", path, LINES, "syslog", follow=follow)


def polled(source: FileSource, polls: int = 6, limit: int = 100) -> list[bytes]:
    """Give the records of so many polls."""
    found: list[bytes] = []
    for _ in range(polls):
        delivery = source.poll(limit, 0.0)
        if delivery is not None:
            found += delivery.records
    return found


def all_of(source: FileSource, limit: int) -> list[Delivery]:
    found = []
    while not source.exhausted():
        delivery = source.poll(limit, 0.0)
        if delivery is not None:
            found.append(delivery)
    return found


def test_the_same_file_gives_the_same_deliveries(tmp_path: Path) -> None:
    """Read once, boundaries, positions and fingerprints follow from the file and the limit."""
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_bytes(b"".join(b"line %d\n" % n for n in range(1000)))
    second.write_bytes(first.read_bytes())
    runs = []
    for path in (first, first, second):
        source = source_of(path)
        source.open("")
        runs.append([(d.records, d.resume, d.fingerprint) for d in all_of(source, 300)])
        source.close()
    assert [len(records) for records, _, _ in runs[0]] == [300, 300, 300, 100]
    assert runs[0] == runs[1] == runs[2]
    assert len({fingerprint for _, _, fingerprint in runs[0]}) == 4


def test_files_that_begin_alike_differ(tmp_path: Path) -> None:
    """Two files with the same first bytes and the same length have different fingerprints."""
    head = b"x" * 60 + b"\n"
    found = set()
    for last in (b"one\n", b"two\n"):
        path = tmp_path / "log"
        path.write_bytes(head * 40 + last)
        source = source_of(path)
        source.open("")
        found |= {delivery.fingerprint for delivery in all_of(source, 100)}
        source.close()
    assert len(found) == 2


def test_what_a_delivery_says(tmp_path: Path) -> None:
    """A delivery names the file as its peer, its date as reference time, and broken records."""
    path = tmp_path / "log"
    path.write_bytes(b"a\n" + b"x" * 100 + b"\nb")
    os.utime(path, ns=(1, 1_772_445_600_123_456_789))
    source = source_of(path)
    source.open("")
    (delivery,) = all_of(source, 10)
    assert (delivery.peer, delivery.format) == (str(path), "syslog")
    assert delivery.reference_at == 1_772_445_600_123_456_789
    assert delivery.records == (b"a", b"x" * 64, b"b")
    assert [(note.index, note.kind) for note in delivery.notes] == [(1, "oversized")]
    source.close()


@pytest.mark.parametrize("date", [0, 315_532_800 * 10**9], ids=["1970", "1980"])
def test_a_file_without_a_date_of_its_own(tmp_path: Path, date: int) -> None:
    """A file that an archive dated 1970 or 1980 has no date: the receive time serves."""
    path = tmp_path / "log"
    path.write_bytes(b"a\n")
    os.utime(path, ns=(date, date))
    source = source_of(path)
    source.open("")
    assert [delivery.reference_at for delivery in all_of(source, 10)] == [0]
    source.close()


def test_large_records_make_small_deliveries(tmp_path: Path) -> None:
    """A delivery is bounded in bytes too, whatever the limit of records."""
    path = tmp_path / "log"
    path.write_bytes((b"x" * (1 << 20) + b"\n") * 20)
    source = FileSource("logs", path, Framer(1 << 20, "syslog"))
    source.open("")
    sizes = [len(delivery.records) for delivery in all_of(source, 1000)]
    assert sizes == [8, 8, 4]
    source.close()


@pytest.mark.parametrize(
    ("resume", "records"),
    [("2", [b"b", b"c"]), ("", [b"a", b"b", b"c"])],
)
def test_a_position_of_another_file_is_the_beginning(
    tmp_path: Path, resume: str, records: list[bytes]
) -> None:
    """A position holds in the file it was taken in; in another, reading begins anew."""
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\nc\n")
    source = source_of(path)
    source.open("")
    (delivery,) = all_of(source, 10)
    source.close()
    _, size, digest = delivery.resume.split(":")
    source.open(f"{resume}:{size}:{digest}" if resume else f"2:{size}:{'0' * 64}")
    assert polled(source) == records
    source.close()


@pytest.mark.parametrize("resume", ["x", "1:x:y", ":::"])
def test_a_position_that_is_none(tmp_path: Path, resume: str) -> None:
    """What is no position is told, not guessed at."""
    path = tmp_path / "log"
    path.touch()
    with pytest.raises(SourceError, match="is no position"):
        source_of(path).open(resume)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """A file to be read once that is not there is told with its path."""
    with pytest.raises(SourceError, match="check path and permissions") as raised:
        source_of(tmp_path / "absent").open("")
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize("follow", [False, True], ids=["once", "followed"])
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("directory", "is a directory; name its files"),
        ("pipe", "is a pipe, no file; save what it gives to a file first"),
        ("device", "is a device, no file; save what it gives to a file first"),
    ],
)
def test_what_is_no_regular_file(tmp_path: Path, kind: str, told: str, follow: bool) -> None:
    """A directory, a pipe or a device is told with its path and the way out, never waited on."""
    path = Path("/dev/zero") if kind == "device" else tmp_path / "log"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(SourceError) as raised:
        source_of(path, follow=follow).open("")
    assert str(raised.value) == f"logs: {path} {told}"


def test_a_directory_under_a_rotated_name_is_waited_out(tmp_path: Path) -> None:
    """A followed file whose name a directory takes is tried again until a file is there."""
    path = tmp_path / "log"
    path.write_bytes(b"a\n")
    source = source_of(path, follow=True)
    source.open("")
    assert polled(source) == [b"a"]
    with path.open("ab") as file:
        file.write(b"b\n")
    path.rename(tmp_path / "log.1")
    path.mkdir()
    assert polled(source) == [b"b"]
    assert source.trouble == f"logs: {path} is a directory; name its files"
    path.rmdir()
    path.write_bytes(b"new\n")
    assert polled(source) == [b"new"]
    assert source.trouble == ""
    source.close()


def test_a_followed_file_that_may_not_be_read_is_waited_out(tmp_path: Path) -> None:
    """A file that is rotated to one without the right to read is tried again until it has it."""
    path = tmp_path / "log"
    path.write_bytes(b"a\n")
    source = source_of(path, follow=True)
    source.open("")
    assert polled(source) == [b"a"]
    path.rename(tmp_path / "log.1")
    # A link to itself fails for every user, root too, whom permissions do not stop.
    path.symlink_to(path)
    assert polled(source) == []
    assert str(path) in source.trouble
    assert "check path and permissions" in source.trouble
    path.unlink()
    path.write_bytes(b"new\n")
    assert polled(source) == [b"new"]
    assert source.trouble == ""
    source.close()


def test_a_followed_file_that_comes_without_the_right_to_read(tmp_path: Path) -> None:
    """A followed file that comes later and cannot be opened is trouble, not the end."""
    path = tmp_path / "log"
    source = source_of(path, follow=True)
    source.open("")
    path.symlink_to(path)
    assert polled(source) == []
    assert "cannot be opened" in source.trouble
    path.unlink()
    path.write_bytes(b"a\n")
    assert polled(source) == [b"a"]
    source.close()


class Failing:
    """Frames lines, and fails as a disk does before the second record of its first run."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, stream: BinaryIO, resume: int, header: int) -> Iterator[FramedRecord]:
        """Give the records of a stream."""
        self.runs += 1
        for number, framed in enumerate(LINES(stream, resume, header)):
            if self.runs == 1 and number == 1:
                raise OSError(errno.EIO, "Input/output error")
            yield framed


def test_a_read_that_fails_loses_nothing(tmp_path: Path) -> None:
    """Where reading a followed file fails inside a delivery, the delivery is read again whole."""
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\n")
    source = FileSource("logs", path, Failing(), follow=True)
    source.open("")
    assert source.poll(10, 0.0) is None
    assert "Input/output error" in source.trouble
    assert polled(source) == [b"a", b"b"]
    assert source.trouble == ""
    source.close()


def test_a_file_read_once_that_fails_is_told(tmp_path: Path) -> None:
    """Where reading a file once fails, that is the end, told with its path."""
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\n")
    source = FileSource("logs", path, Failing())
    source.open("")
    with pytest.raises(SourceError, match="cannot be read: Input/output error"):
        source.poll(10, 0.0)
    source.close()


def test_what_is_added_is_read(tmp_path: Path) -> None:
    """A followed file gives what is there and what is added; half a line waits for its end."""
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\nhal")
    source = source_of(path, follow=True)
    source.open("")
    assert polled(source) == [b"a", b"b"]
    with path.open("ab") as file:
        file.write(b"f\nc\n")
    assert polled(source) == [b"half", b"c"]
    assert polled(source) == []
    assert not source.exhausted()
    source.close()


def test_a_file_that_comes_later(tmp_path: Path) -> None:
    """A followed file need not be there yet."""
    path = tmp_path / "log"
    source = source_of(path, follow=True)
    source.open("")
    assert polled(source) == []
    path.write_bytes(b"a\n")
    assert polled(source) == [b"a"]
    source.close()


def test_rotation_by_renaming(tmp_path: Path) -> None:
    """A renamed file is read to its end, its last line included, then the new one."""
    path = tmp_path / "log"
    path.write_bytes(b"a\n")
    source = source_of(path, follow=True)
    source.open("")
    assert polled(source) == [b"a"]
    with path.open("ab") as file:
        file.write(b"b\nlast without end")
    path.rename(tmp_path / "log.1")
    path.write_bytes(b"new\n")
    assert polled(source) == [b"b", b"last without end", b"new"]
    source.close()


def test_a_renamed_file_that_is_still_written(tmp_path: Path) -> None:
    """Until a new file stands under the name, the renamed one is followed."""
    path = tmp_path / "log"
    path.write_bytes(b"a\n")
    source = source_of(path, follow=True)
    source.open("")
    assert polled(source) == [b"a"]
    moved = path.rename(tmp_path / "log.1")
    with moved.open("ab") as file:
        file.write(b"b\n")
    assert polled(source) == [b"b"]
    path.write_bytes(b"new\n")
    assert polled(source) == [b"new"]
    source.close()


@pytest.mark.parametrize("fresh", [b"new\n", b"new\n" * 20], ids=["shorter", "longer"])
def test_truncation(tmp_path: Path, fresh: bytes) -> None:
    """A file that is emptied and written anew is read from its beginning, however long by then."""
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\nc\n")
    source = source_of(path, follow=True)
    source.open("")
    assert polled(source) == [b"a", b"b", b"c"]
    path.write_bytes(fresh)
    assert polled(source) == fresh.split()
    source.close()


def test_going_on_after_a_rotation(tmp_path: Path) -> None:
    """Opened behind a record of a file that was renamed since, its rest comes first."""
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\n")
    source = source_of(path, follow=True)
    source.open("")
    delivery = source.poll(1, 0.0)
    assert delivery is not None
    source.close()
    path.rename(tmp_path / "log.1")
    path.write_bytes(b"new\n")
    source.open(delivery.resume)
    assert polled(source) == [b"b", b"new"]
    source.close()


def test_going_on_in_a_file_that_grew(tmp_path: Path) -> None:
    """A position taken while the file was short still holds when it has grown."""
    path = tmp_path / "log"
    path.write_bytes(b"a\n")
    source = source_of(path, follow=True)
    source.open("")
    delivery = source.poll(10, 0.0)
    assert delivery is not None
    source.close()
    with path.open("ab") as file:
        file.write(b"b\n" * 2000)
    source.open(delivery.resume)
    assert len(polled(source, 60)) == 2000
    source.close()


def test_a_followed_file_that_starts_empty(tmp_path: Path) -> None:
    """A file that was empty when it was opened is known by its content as it grows."""
    path = tmp_path / "log"
    path.touch()
    source = source_of(path, follow=True)
    source.open("")
    assert polled(source) == []
    path.write_bytes(b"a\n")
    delivery = next(filter(None, (source.poll(10, 0.0) for _ in range(5))))
    assert delivery.records == (b"a",)
    assert delivery.resume.split(":")[1] == "2"
    source.close()


FIRST, SECOND = b"#Fields: date time c-ip", b"#Fields: date time s-ip"


def rows_of(path: Path, *, follow: bool = False) -> FileSource:
    return FileSource("logs", path, Framer(1 << 20, "w3c"), "w3c", follow=follow)


def told(deliveries: list[Delivery]) -> list[tuple[bytes, tuple[bytes, ...]]]:
    return [(delivery.preamble, delivery.records) for delivery in deliveries]


def test_a_delivery_ends_where_the_header_changes(tmp_path: Path) -> None:
    """Rows under one header are a delivery that carries it; positions resume under the same."""
    path = tmp_path / "ex.log"
    path.write_bytes(FIRST + b"\na\nb\nc\n" + SECOND + b"\nd\ne\n" + FIRST + b"\nf\n")
    source = rows_of(path)
    source.open("")
    found = all_of(source, 2)
    assert told(found) == [
        (FIRST, (b"a", b"b")), (FIRST, (b"c",)), (SECOND, (b"d", b"e")), (FIRST, (b"f",)),
    ]  # fmt: skip
    for at, delivery in enumerate(found):
        source.open(delivery.resume)
        assert all_of(source, 2) == found[at + 1 :]
    source.close()


def test_an_old_position_of_a_file_is_read(tmp_path: Path) -> None:
    """A position without a header's place means the header at the file's beginning."""
    path = tmp_path / "ex.log"
    path.write_bytes(FIRST + b"\na\nb\n")
    source = rows_of(path)
    source.open("")
    (first, _) = all_of(source, 1)
    assert first.resume.count(":") == 2
    source.open(first.resume)
    assert told(all_of(source, 1)) == [(FIRST, (b"b",))]
    source.close()
    with pytest.raises(SourceError, match="no position"):
        source.open(f"{first.resume}:x")


def test_a_header_that_is_written_while_it_is_followed(tmp_path: Path) -> None:
    """Rows that come later, and a header in parts, go together when both are there."""
    path = tmp_path / "ex.log"
    path.write_bytes(FIRST + b"\na\n#Fie")
    source = rows_of(path, follow=True)
    source.open("")
    found = [source.poll(10, 0.0)]
    for more in (b"lds: date time s-ip\n", b"b\n", b"c\n#Date: 2\n", b"d\n"):
        with path.open("ab") as file:
            file.write(more)
        found.append(source.poll(10, 0.0))
    assert told([one for one in found if one is not None]) == [
        (FIRST, (b"a",)), (SECOND, (b"b",)), (SECOND, (b"c",)), (SECOND, (b"d",)),
    ]  # fmt: skip
    source.close()
