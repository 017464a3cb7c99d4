"""Files as sources: read once and followed."""

import os
from pathlib import Path

import pytest

from connectors.sources import FileSource
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


@pytest.mark.parametrize("name", ["absent", "."])
def test_a_file_that_cannot_be_opened(tmp_path: Path, name: str) -> None:
    """A file to be read once that is not there, or is a folder, is told with its path."""
    with pytest.raises(SourceError, match="check path and permissions") as raised:
        source_of(tmp_path / name).open("")
    assert str(tmp_path) in str(raised.value)


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
