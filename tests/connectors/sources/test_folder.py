"""A folder followed: new files, rotation under any name, restarts, what is bounded."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pytest

from connectors.sources import folder as module
from connectors.sources.folder import FolderSource
from pipeline.errors import SourceError
from pipeline.ports import Delivery


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
        yield Line(line.rstrip(b"\n"), end=end, open=not line.endswith(b"\n"))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every poll."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)


class Reader:
    """A source over a folder, restarted where a test wants it."""

    def __init__(self, path: Path, pattern: str = "*", settle: float = 1e9) -> None:
        self.path, self.pattern, self.settle = path, pattern, settle
        self.resume = ""
        self.source = self._made()

    def _made(self) -> FolderSource:
        source = FolderSource("d", self.path, lines, self.pattern, settle_seconds=self.settle)
        source.open(self.resume)
        return source

    def read(self, limit: int = 100, most: int = 10_000) -> list[bytes]:
        """Give the records that are there, and stand behind them."""
        found: list[bytes] = []
        idle = 0
        while idle < 3 and len(found) < most:
            delivery = self.source.poll(limit, 0.0)
            idle = idle + 1 if delivery is None else 0
            if delivery is not None:
                self.resume = delivery.resume
                found += delivery.records
        return found

    def restart(self) -> None:
        """Close and go on behind what was given last."""
        self.source.close()
        self.source = self._made()


Readers = Callable[..., Reader]


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    """Make readers of a folder."""
    made: list[Reader] = []

    def make(pattern: str = "*", settle: float = 1e9) -> Reader:
        made.append(Reader(tmp_path, pattern, settle))
        return made[-1]

    yield make
    for one in made:
        one.source.close()


@pytest.fixture
def reader(readers: Readers) -> Reader:
    """Give a reader of an empty folder."""
    return readers()


def add(path: Path, *records: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{record}\n" for record in records)


def test_new_files_are_picked_up(reader: Reader) -> None:
    """Files that come later are read too, each delivery from one of them, under its name."""
    add(reader.path / "a.log", "1")
    assert reader.read() == [b"1"]
    add(reader.path / "b.log", "2")
    add(reader.path / "a.log", "3")
    assert sorted(reader.read()) == [b"2", b"3"]
    delivery = None
    add(reader.path / "b.log", "4")
    while delivery is None:
        delivery = reader.source.poll(5, 0.0)
    assert (delivery.peer, delivery.records) == (str(reader.path / "b.log"), (b"4",))
    assert delivery.reference_at == (reader.path / "b.log").stat().st_mtime_ns


def test_only_what_matches_is_read(tmp_path: Path, readers: Readers) -> None:
    """Hidden files, folders and other names do not count; a pattern may reach below."""
    (tmp_path / "sub" / ".x").mkdir(parents=True)
    for name in ("a.log", "b.txt", ".c.log", "sub/d.log", "sub/.x/e.log"):
        add(tmp_path / name, name)
    (tmp_path / "folder.log").mkdir()
    os.mkfifo(tmp_path / "pipe.log")
    for pattern, wanted in (("*.log", [b"a.log"]), ("**/*.log", [b"a.log", b"sub/d.log"])):
        assert sorted(readers(pattern).read()) == wanted


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("pattern", ["*", "*.log"], ids=["both match", "one matches"])
def test_a_rotated_file_is_read_to_its_end_and_once(
    tmp_path: Path, readers: Readers, pattern: str, *, restarted: bool
) -> None:
    """Renamed under a name that matches or not, a file's rest is read, and nothing twice."""
    reader = readers(pattern)
    add(tmp_path / "a.log", "1", "2")
    assert reader.read() == [b"1", b"2"]
    add(tmp_path / "a.log", "3")
    (tmp_path / "a.log").rename(tmp_path / "a.log.1")
    add(tmp_path / "a.log", "4")
    if restarted:
        reader.restart()
    assert sorted(reader.read()) == [b"3", b"4"]
    reader.restart()
    add(tmp_path / "a.log", "5")
    assert reader.read() == [b"5"]


def test_a_deleted_file_is_read_to_its_end(reader: Reader) -> None:
    """What was written before a file was deleted is read as long as it is open."""
    path = reader.path / "a.log"
    add(path, "1")
    assert reader.read() == [b"1"]
    add(path, "2")
    path.unlink()
    assert reader.read() == [b"2"]
    assert reader.read() == []


def test_a_file_cut_short_is_read_anew(reader: Reader) -> None:
    """A file that was truncated and written again is read from its beginning."""
    path = reader.path / "a.log"
    add(path, "1", "2", "3")
    assert len(reader.read()) == 3
    path.write_text("4\n")
    assert reader.read() == [b"4"]


def test_an_open_last_record_waits_until_the_file_is_quiet(
    tmp_path: Path, readers: Readers
) -> None:
    """A record without its end is given when it ends, or when nothing came for a while."""
    path = tmp_path / "a.log"
    path.write_text("1\n2")
    patient, quick = readers(), readers(settle=0.0)
    assert patient.read() == [b"1"]
    assert quick.read() == [b"1", b"2"]
    add(path, "2")
    assert patient.read() == [b"22"]


def test_read_once_a_folder_ends(tmp_path: Path) -> None:
    """Not followed, files are read in the order of their names, open ends too, then it ends."""
    for name in ("c", "a", "b"):
        (tmp_path / name).write_text(f"{name}1\n{name}2")
    source = FolderSource("d", tmp_path, lines, follow=False)
    source.open("")
    found: list[Delivery] = []
    while not source.exhausted():
        delivery = source.poll(1, 0.0)
        if delivery is not None:
            found.append(delivery)
    assert [one.records[0] for one in found] == [b"a1", b"a2", b"b1", b"b2", b"c1", b"c2"]
    source.close()
    again = FolderSource("d", tmp_path, lines, follow=False)
    again.open(found[2].resume)
    rest: list[bytes] = []
    while not again.exhausted():
        delivery = again.poll(9, 0.0)
        if delivery is not None:
            rest += delivery.records
    again.close()
    assert rest == [b"b2", b"c1", b"c2"]


def test_one_file_that_does_not_read_holds_up_no_other(reader: Reader) -> None:
    """A file that gives an error is told and tried again; the others go on, and it comes later."""
    broken = [True]

    def framer(stream: BinaryIO, resume: int, header: int) -> Iterator[Line]:
        for number, line in enumerate(lines(stream, resume, header)):
            same = os.fstat(stream.fileno()).st_ino == (reader.path / "a.log").stat().st_ino
            if number and same and broken:
                raise OSError(5, "input/output error")
            yield line

    reader.source._framer = framer
    add(reader.path / "a.log", "1", "2")
    add(reader.path / "b.log", "3", "4")
    assert reader.read() == [b"3", b"4"]
    assert "a.log cannot be read: input/output error" in reader.source.trouble
    broken.clear()
    assert reader.read() == [b"1", b"2"]
    assert reader.source.trouble == ""


def test_many_files_have_a_bounded_position(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound, files changed long ago are forgotten as read, and stay read."""
    monkeypatch.setattr(module, "MOST_KNOWN", 8)
    for number in range(30):
        add(tmp_path / f"{number:02d}.log", str(number))
    assert len(reader.read()) == 30
    real = Path.stat

    def later(path: Path, **more: bool) -> os.stat_result:
        status = real(path, **more)
        number = int(path.stem) if path.stem.isdigit() else 0
        fields = {"st_mtime_ns": status.st_mtime_ns, "st_ctime_ns": status.st_ctime_ns}
        fields["st_ctime_ns"] += number * 3_000_000_000
        return os.stat_result(tuple(status), fields)

    monkeypatch.setattr(Path, "stat", later)
    assert reader.read() == []
    add(tmp_path / "29.log", "more")
    assert reader.read() == [b"more"]
    assert len(reader.source._files) == 8
    assert len(reader.resume) < 8 * 64 + 40
    reader.restart()
    assert reader.read() == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path / "none", "is not there"),
        (lambda path: path / "file", "is no folder"),
    ],
    ids=["missing", "a file"],
)
def test_what_is_no_folder_is_told(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    """A path without a folder raises SourceError with the way out."""
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match=words):
        FolderSource("d", make(tmp_path), lines).open("")


def test_a_strange_position_is_told(tmp_path: Path) -> None:
    """A position of another source is refused, and not guessed at."""
    with pytest.raises(SourceError, match="is no position of a folder"):
        FolderSource("d", tmp_path, lines).open("12:34:abcd")


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_every_record_comes_once(
    tmp_path: Path, reader: Reader, seed: int
) -> None:
    """Writing, rotating, adding and restarting in any order lose nothing and repeat nothing."""
    chance = random.Random(seed)
    sent, found, rotated = 0, list[bytes](), 0
    names = ["a.log", "b.log", "c.log"]
    for _ in range(60):
        step = chance.randrange(6)
        path = tmp_path / chance.choice(names)
        if step < 3:
            add(path, *(f"{path.name} {sent + n}" for n in range(3)))
            sent += 3
        elif step == 3 and path.exists():
            rotated += 1
            path.rename(path.with_name(f"{path.name}.{rotated}"))
        elif step == 4:
            found += reader.read(limit=2, most=chance.randrange(1, 6))
        else:
            reader.restart()
    found += reader.read()
    numbers = [int(record.split()[1]) for record in found]
    assert sorted(numbers) == list(range(sent))
