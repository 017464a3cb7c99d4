"""What every spool promises, and what the one on disk outlives."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.stores import spool as spooling
from connectors.stores.memory_spool import MemorySpool
from connectors.stores.spool import DiskSpool
from pipeline.errors import StoreFull
from pipeline.model import BatchKind, RawBatch, RecordNote, Revisions
from pipeline.ports import Spool, Spooled


def batch(number: int, size: int = 20) -> RawBatch:
    """Make a batch whose bytes do not compress."""
    return RawBatch(
        id=f"batch-{number}",
        object_id="plant",
        source_id="gw",
        sequence=0,
        previous=0,
        received_at=number,
        reference_at=number,
        format="syslog",
        records=(b"record %d" % number, os.urandom(size)),
        notes=(RecordNote(1, "truncated", "cut"),),
        kind=BatchKind.RAW,
        resume=f"at {number}",
        revisions=Revisions("c", "r", "p"),
        preamble=b"head",
    )


MAKE: dict[str, Callable[[Path, int], Spool]] = {
    "memory": lambda _, most: MemorySpool(most),
    "disk": lambda path, most: DiskSpool(path / "spool", most),
}


@pytest.fixture(params=MAKE)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], Spool]:
    """Give each kind of spool in turn."""
    return lambda most: MAKE[request.param](tmp_path, most)


def test_what_waits_comes_in_order_and_whole(make: Callable[[int], Spool]) -> None:
    """Batches come as they were put, listener and order kept; a read takes nothing away."""
    spool = make(2**20)
    sent = [Spooled(f"l{n % 2}", (batch(n), batch(100 + n))) for n in range(5)]
    for one in sent:
        spool.put(one.listener, one.batches)
    assert list(spool.read()) == sent
    assert spool.waiting[0] == 5
    for number in range(5):
        assert next(spool.read()) == sent[number]
        spool.drop()
    assert list(spool.read()) == []
    assert spool.waiting == (0, 0)
    spool.put("l", [batch(9)])
    assert [one.batches[0].id for one in spool.read()] == ["batch-9"]
    spool.close()
    spool.close()


def test_the_bound_holds(make: Callable[[int], Spool]) -> None:
    """Beyond its bytes a spool takes nothing, and takes again when the oldest is gone."""
    spool = make(10_000)
    for number in range(5):
        spool.put("l", [batch(number, 1000)])
    with pytest.raises(StoreFull, match="has reached its 10000 bytes"):
        spool.put("l", [batch(5, 9000)])
    count, size = spool.waiting
    assert (count, 5000 < size <= 10_000) == (5, True)
    for _ in range(5):
        spool.drop()
    spool.put("l", [batch(6, 9000)])
    assert [one.batches[0].received_at for one in spool.read()] == [6]
    spool.close()


def test_it_outlives_its_process_and_lets_segments_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened again it has what was put and not dropped; drained segments leave the disk."""
    monkeypatch.setattr(spooling, "SEGMENT", 5000)
    first = DiskSpool(tmp_path, 2**20)
    for number in range(20):
        first.put("l", [batch(number, 1000)])
    files = sorted(tmp_path.glob("*.spool"))
    assert len(files) >= 4
    for _ in range(7):
        first.drop()
    first.close()
    assert len(sorted(tmp_path.glob("*.spool"))) < len(files)
    second = DiskSpool(tmp_path, 2**20)
    numbers = [one.batches[0].received_at for one in second.read()]
    # A segment goes as a whole: what of it was dropped comes again, with the same ids.
    assert numbers == list(range(numbers[0], 20))
    assert 3 <= numbers[0] <= 7
    second.put("l", [batch(20, 1000)])
    assert [one.batches[0].received_at for one in second.read()][-1] == 20
    second.close()


@pytest.mark.parametrize("left", [1, 7, 8, 9, 500])
def test_a_torn_tail_is_cut_off(tmp_path: Path, left: int) -> None:
    """A frame that was not written to its end is cut off, and the next one stands whole."""
    spool = DiskSpool(tmp_path, 2**20)
    for number in range(2):
        spool.put("l", [batch(number, 1000)])
    whole = spool.waiting[1]
    spool.put("l", [batch(2, 1000)])
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    os.truncate(path, whole + left)
    again = DiskSpool(tmp_path, 2**20)
    assert again.cut == left
    assert [one.batches[0].received_at for one in again.read()] == [0, 1]
    again.put("l", [batch(8)])
    again.close()
    third = DiskSpool(tmp_path, 2**20)
    assert [one.batches[0].received_at for one in third.read()] == [0, 1, 8]
    third.close()


def test_a_flipped_bit_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage in the middle loses no later segment, and what stood behind it is set aside."""
    monkeypatch.setattr(spooling, "SEGMENT", 3000)
    spool = DiskSpool(tmp_path, 2**20)
    for number in range(9):
        spool.put("l", [batch(number, 1000)])
    spool.close()
    path = min(tmp_path.glob("*.spool"))
    data = bytearray(path.read_bytes())
    data[1500] ^= 1
    path.write_bytes(bytes(data))
    again = DiskSpool(tmp_path, 2**20)
    assert [one.batches[0].received_at for one in again.read()] == [0, 3, 4, 5, 6, 7, 8]
    assert [one.suffix for one in again.damaged] == [".damaged"]
    assert again.damaged[0].stat().st_size > 1500
    again.close()


def test_a_full_disk_is_told_and_leaves_whole_frames(tmp_path: Path) -> None:
    """Where the disk takes no more, StoreFull names the way out, and what was put stands."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    spool = DiskSpool(tmp_path, 2**20)
    spool.put("l", [batch(0, 1000)])
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, before[1]))
        with pytest.raises(StoreFull, match=r"spool\.path"):
            spool.put("l", [batch(1, 1000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    spool.put("l", [batch(2, 1000)])
    spool.close()
    again = DiskSpool(tmp_path, 2**20)
    assert [one.batches[0].received_at for one in again.read()] == [0, 2]
    again.close()


_WRITER = """
import sys
from pathlib import Path
from connectors.stores.spool import DiskSpool
from tests.connectors.stores.test_spool import batch
spool = DiskSpool(Path(sys.argv[1]), 2**30)
for number in range(10**6):
    spool.put("l", [batch(number, 200)])
    print(number, flush=True)
"""


def test_a_kill_loses_nothing_that_was_put(tmp_path: Path) -> None:
    """After kill -9 at any instant everything that was told to be kept is there, in order, once."""
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(50)]
        child.kill()
        told += [int(line) for line in child.stdout.read().split()]
    spool = DiskSpool(tmp_path, 2**30)
    kept = [one.batches[0].received_at for one in spool.read()]
    assert kept == list(range(len(kept)))
    assert len(told) <= len(kept) <= len(told) + 1
    spool.close()
