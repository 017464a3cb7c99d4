"""Deliveries to batches: joined, numbered, within quotas, spooled while the journal takes none."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.stores.memory_spool import MemorySpool
from connectors.stores.spool import DiskSpool
from connectors.stores.sqlite import database, open_sqlite
from pipeline.errors import StoreError, StoreFull
from pipeline.model import NANOSECONDS, BatchKind, RawBatch, RecordNote, Revisions
from pipeline.normalize import peek
from pipeline.ports import Delivery, Spool, Stores
from pipeline.registry import Admission
from pipeline.runtime import collect
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.collect import Collector
from pipeline.runtime.quota import Limit, Quotas
from pipeline.runtime.telemetry import Silent
from tests.registry.making import record, registry, source

NOW = 1_772_460_000 * NANOSECONDS
SOURCES = [source("gw", hosts=["gw"]), source("dc", hosts=["dc"]), source("any", listeners=["l"])]


@dataclass
class Bench:
    """A collector over a store in a file, whose writing another program can hold up."""

    path: Path
    stores: Stores
    collector: Collector
    telemetry: Silent
    clock: StoryClock

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let another program hold the store's lock: writes fail, reads do not."""
        other = sqlite3.connect(self.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()

    @property
    def batches(self) -> list[RawBatch]:
        """Give what is journalled of sources."""
        rows = self.stores.journal.read(0, 1000)
        return [batch for _, batch in rows if batch.kind is BatchKind.RAW]

    @property
    def records(self) -> list[bytes]:
        """Give the journalled records, in order."""
        return [one for batch in self.batches for one in batch.records]


def collector(stores: Stores, clock: StoryClock, spool: Spool | None = None) -> Collector:
    known = registry(record(sources=SOURCES))
    admission = Admission(known, peek)
    made = Collector("t", stores, admission, Revisions("c", "r", "p"), clock, Silent())
    made.spool = spool
    return made


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Give a bench whose store does not wait for a lock."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.01)
    path = tmp_path / "store.db"
    stores, clock = open_sqlite(path), StoryClock(NOW)
    made = collector(stores, clock, DiskSpool(tmp_path / "spool", 2**24))
    telemetry = made.telemetry
    assert isinstance(telemetry, Silent)
    yield Bench(path, stores, made, telemetry, clock)
    stores.database.close()


def line(host: str, text: str) -> bytes:
    return f"<13>Mar  2 20:00:00 {host} app: {text}".encode()


def delivery(*records: bytes, peer: str = "192.0.2.1", **more: object) -> Delivery:
    return Delivery("l", peer, records, format="syslog", **more)  # type: ignore[arg-type]


def test_deliveries_of_one_source_become_one_batch(bench: Bench) -> None:
    """What several peers bring of a source is one batch, notes at their records, up to its size."""
    bench.collector.records = 4
    first = delivery(line("gw", "0"), line("dc", "1"), line("gw", "2"))
    second = delivery(
        line("gw", "3"), line("gw", "4"), peer="192.0.2.2", notes=(RecordNote(1, "truncated", "x"),)
    )
    third = delivery(line("gw", "5"), line("dc", "6"))
    taken = bench.collector.take_all([first, second, third])
    assert (taken.kept, taken.waits) == (7, {})
    found = [
        (one.source_id, one.sequence, [record[-1:] for record in one.records], one.notes)
        for one in bench.batches
    ]
    assert found == [
        ("gw", 1, [b"0", b"2", b"3", b"4"], (RecordNote(3, "truncated", "x"),)),
        ("dc", 1, [b"1", b"6"], ()),
        ("gw", 2, [b"5"], ()),
    ]
    assert len({one.id for one in bench.batches}) == 3


def test_a_long_delivery_becomes_several_batches(bench: Bench) -> None:
    """Of a network's records no batch holds more than it may, and notes stay at their records."""
    bench.collector.records = 4
    notes = tuple(RecordNote(place, "truncated") for place in (0, 3, 4, 9))
    bench.collector.take(delivery(*(line("gw", str(n)) for n in range(10)), notes=notes))
    found = [
        ([record[-1:] for record in one.records], [note.index for note in one.notes])
        for one in bench.batches
    ]
    assert found == [
        ([b"0", b"1", b"2", b"3"], [0, 3]),
        ([b"4", b"5", b"6", b"7"], [0]),
        ([b"8", b"9"], [1]),
    ]


def test_stretches_of_a_file_stay_apart(bench: Bench) -> None:
    """What can be taken up again keeps its own batch and id; what comes again is skipped."""
    parts = [
        delivery(line("gw", str(n)), fingerprint="f", resume=str(n), reference_at=5)
        for n in range(3)
    ]
    bench.collector.take_all(parts)
    again = [*parts[1:], delivery(line("gw", "3"), fingerprint="f", resume="3")]
    bench.collector.take_all(again)
    assert [(one.sequence, one.previous, one.resume) for one in bench.batches] == [
        (n + 1, n, str(n)) for n in range(4)
    ]


def test_what_the_journal_refuses_waits_in_the_spool(bench: Bench) -> None:
    """While the store is locked records are spooled, also later ones; then all come in order."""
    bench.collector.take(delivery(line("gw", "0")))
    with bench.held():
        assert bench.collector.take(delivery(line("gw", "1"), line("dc", "2"))) == 2
        assert bench.collector.take(delivery(line("gw", "3"))) == 1
        with pytest.raises(StoreError, match="locked"):
            bench.collector.drain()
        assert any("2 deliveries" in one and "locked" in one for one in bench.collector.troubles())
    assert bench.collector.take(delivery(line("gw", "4"))) == 1
    assert len(bench.batches) == 1
    assert bench.telemetry.value("saqshy_spool_deliveries") == 3
    while bench.collector.drain():
        pass
    bench.collector.take(delivery(line("gw", "5")))
    assert [one[-1:] for one in bench.records] == [b"0", b"1", b"2", b"3", b"4", b"5"]
    stands = [(one.source_id, one.previous, one.sequence) for one in bench.batches]
    assert stands == [
        ("gw", 0, 1), ("gw", 1, 2), ("dc", 0, 1), ("gw", 2, 3), ("gw", 3, 4), ("gw", 4, 5),
    ]  # fmt: skip
    assert len({one.id for one in bench.batches}) == 6
    assert bench.telemetry.value("saqshy_spool_deliveries") == 0
    assert bench.telemetry.value("saqshy_journal_records_total", "l") == 6
    assert list(bench.collector.troubles()) == []


def test_no_time_passes_while_the_spool_waits(bench: Bench) -> None:
    """A tick would overtake records that came before it, so none is journalled."""
    with bench.held():
        bench.collector.take(delivery(line("gw", "0")))
    bench.collector.tick()
    assert bench.stores.journal.read(0, 9) == []
    bench.collector.drain()
    bench.collector.tick()
    kinds = [batch.kind for _, batch in bench.stores.journal.read(0, 9)]
    assert kinds == [BatchKind.RAW, BatchKind.CLOCK]


def test_a_source_goes_on_behind_what_is_spooled(bench: Bench) -> None:
    """Where a listener resumes counts what waits in the spool."""
    assert bench.collector.resume("l") == ""
    bench.collector.take(delivery(line("gw", "0"), resume="one", fingerprint="f"))
    assert bench.collector.resume("l") == "one"
    with bench.held():
        bench.collector.take(delivery(line("gw", "1"), resume="two", fingerprint="f"))
    assert bench.collector.resume("l") == "two"
    assert bench.collector.resume("other") == ""


def test_drained_twice_is_kept_once(bench: Bench, tmp_path: Path) -> None:
    """What was journalled and not yet let go of when a kill came is known by its id."""
    with bench.held():
        for number in range(3):
            bench.collector.take(delivery(line("gw", str(number))))
    spool = bench.collector.spool
    assert spool is not None
    spool.close()
    bench.collector.drain()
    bench.collector.spool = DiskSpool(tmp_path / "spool", 2**24)  # as a new process would find it
    while bench.collector.drain():
        pass
    assert [one[-1:] for one in bench.records] == [b"0", b"1", b"2"]
    assert [one.sequence for one in bench.batches] == [1, 2, 3]


@pytest.mark.parametrize("spool", [None, MemorySpool(10)], ids=["none", "full"])
def test_where_nothing_takes_it_nothing_is_done(bench: Bench, spool: Spool | None) -> None:
    """Without spool, or with a full one, the same deliveries may come again, counted once."""
    bench.collector.spool = spool
    bench.collector.quotas = Quotas({"l": Limit(10, 3)})
    records = [line("gw", "0"), line("gw", "1"), b"<13>Mar  2 20:00:00 x app: unknown"]
    unknown = Delivery("other", "192.0.2.1", (records[2],), format="syslog")
    with bench.held():
        for _ in range(3):
            with pytest.raises(StoreError):
                bench.collector.take_all([delivery(*records[:2])], drops=True)
        with pytest.raises(StoreError):
            bench.collector.take_all([unknown, delivery(*records[:2])], drops=True)
    taken = bench.collector.take_all([delivery(*records[:2])], drops=True)
    assert taken.kept == 2
    assert bench.collector.seen == 2
    refused = bench.telemetry.value("saqshy_records_refused_total", "other", "unknown_source")
    assert refused == 0


def test_the_guard_stands_before_the_spool(bench: Bench) -> None:
    """What is not admitted is not spooled either."""
    stranger = Delivery(
        "other", "192.0.2.1", (b"<13>Mar  2 20:00:00 x app: CANARY",), format="auto"
    )
    with bench.held():
        assert bench.collector.take(stranger) == 0
        assert bench.collector.take(delivery(line("gw", "0"))) == 1
    assert bench.collector.spool is not None
    spooled = [batch for one in bench.collector.spool.read() for batch in one.batches]
    assert [batch.records for batch in spooled] == [(line("gw", "0"),)]
    assert spooled[0].revisions == Revisions("c", "r", "p")


def test_a_refusal_is_paged_before_what_came_with_it_is_kept(bench: Bench) -> None:
    """No tick has to come: a process killed behind its first batch has journalled the page."""
    unknown = b"<13>Mar  2 20:00:00 x app: unknown"
    other = Delivery("other", "192.0.2.1", (unknown, line("gw", "0")), format="syslog")
    bench.collector.take_all([other])
    bench.collector.take_all([other])
    kinds = [batch.kind for _, batch in bench.stores.journal.read(0, 100)]
    assert kinds == [BatchKind.REFUSED, BatchKind.RAW, BatchKind.RAW]
    bench.collector.tick()
    kinds = [batch.kind for _, batch in bench.stores.journal.read(0, 100)]
    assert kinds[3:] == [BatchKind.CLOCK]


def test_over_its_quota_a_source_is_refused_where_nobody_can_wait(bench: Bench) -> None:
    """Beyond rate and burst records are dropped, counted and told; another source is untouched."""
    bench.collector.quotas = Quotas({"l": Limit(10, 5)})
    flood = delivery(*(line("gw", str(n)) for n in range(8)))
    quiet = delivery(line("dc", "q"), peer="192.0.2.2")
    taken = bench.collector.take_all([flood, quiet, flood], drops=True)
    assert (taken.kept, taken.waits) == (6, {})
    assert [one[-1:] for one in bench.records] == [b"0", b"1", b"2", b"3", b"4", b"q"]
    bench.collector.tell_refusals(NOW)
    assert bench.telemetry.value("saqshy_records_refused_total", "l", "over_quota") == 11
    assert bench.telemetry.value("saqshy_source_dropped_total", "plant", "gw") == 11
    (page,) = [one for _, one in bench.stores.journal.read(0, 99) if one.kind is BatchKind.REFUSED]
    assert (page.object_id, page.records) == ("plant", (b"over_quota",))
    bench.clock.advance_to(NOW + NANOSECONDS)
    assert bench.collector.take_all([flood], drops=True).kept == 5


def test_over_its_quota_a_source_waits_where_it_can(bench: Bench) -> None:
    """Everything is kept, and the answer says which peer owes how many seconds."""
    bench.collector.quotas = Quotas({"l": Limit(10, 5)})
    flood = delivery(*(line("gw", str(n)) for n in range(25)))
    taken = bench.collector.take_all([flood, delivery(line("dc", "q"), peer="192.0.2.2")])
    assert (taken.kept, taken.waits) == (26, {"192.0.2.1": 2.0})


def test_the_registrys_quota_counts() -> None:
    """A quota of the source in the registry reaches the collector with its records."""
    limited = {**source("gw", hosts=["gw"]), "quota_records_per_second": 7, "quota_burst": 9}
    admission = Admission(registry(record(sources=[limited])), peek)
    (group,) = admission(delivery(line("gw", "0")), NOW).groups
    assert (group.rate, group.burst) == (7, 9)


_CHILD = """
import sys
from pathlib import Path
from tests.runtime.test_collect import work
work(Path(sys.argv[1]), int(sys.argv[2]))
"""


def work(folder: Path, number: int) -> None:
    """Take numbered records for ever, with the store locked now and then; say what is kept."""
    database._BUSY_SECONDS = 0.001
    stores, clock = open_sqlite(folder / "store.db"), StoryClock(NOW + number)
    made = collector(stores, clock, DiskSpool(folder / "spool", 2**26))
    bench = Bench(folder / "store.db", stores, made, Silent(), clock)
    while made.drain():
        pass
    while True:
        with bench.held():
            number = _some(made, clock, number)
        for _ in range(random.Random(number).randrange(12)):
            made.drain()
        number = _some(made, clock, number)


def _some(made: Collector, clock: StoryClock, number: int) -> int:
    for _ in range(5):
        clock.advance_to(NOW + number)
        made.take(delivery(line("gw", f"{number:06d}")))
        sys.stdout.write(f"kept {number}\n")
        sys.stdout.flush()
        number += 1
    return number


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.proof)])
def test_kills_lose_and_repeat_nothing(tmp_path: Path, kills: int) -> None:
    """Killed at any instant, spooling, draining or journalling: what was told is kept once."""
    told: list[int] = []
    chance = random.Random(kills)
    at = 0
    for _ in range(kills):
        command = [sys.executable, "-c", _CHILD, str(tmp_path), str(at)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(chance.randrange(3, 16))]
            child.kill()
            lines += child.stdout.readlines()
        told += [int(one[5:]) for one in lines if one.startswith("kept ") and one.endswith("\n")]
        at = told[-1] + 2  # the one that was under way may be kept
    stores = open_sqlite(tmp_path / "store.db")
    made = collector(stores, StoryClock(NOW), DiskSpool(tmp_path / "spool", 2**26))
    while made.drain():
        pass
    rows = stores.journal.read(0, 10_000)
    kept = [int(one[-6:]) for _, batch in rows for one in batch.records]
    stores.database.close()
    assert kept == sorted(set(kept))
    assert set(told) <= set(kept)
    assert len(kept) - len(told) <= kills
    assert [batch.sequence for _, batch in rows] == list(range(1, len(rows) + 1))


def test_a_full_spool_says_so(bench: Bench, tmp_path: Path) -> None:
    """Where the spool reaches its bound the error names the spool and the setting."""
    bench.collector.spool = DiskSpool(tmp_path / "small", 300)
    with bench.held():
        bench.collector.take(delivery(line("gw", "0")))
        with pytest.raises(StoreFull, match=r"spool\.bytes"):
            bench.collector.take(delivery(line("gw", random.Random(7).randbytes(900).hex())))


def test_a_batch_is_bounded_in_bytes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large records make smaller batches, so that each fits a message; one alone may be larger."""
    monkeypatch.setattr(collect, "MOST_BYTES", 100)
    sizes = [40, 40, 40, 300, 10, 90, 10]
    records = tuple(bytes(b"x" * size) for size in sizes)
    assert bench.collector.take_all([Delivery("l", "192.0.2.1", records)]).kept == len(sizes)
    assert [[len(one) for one in batch.records] for batch in bench.batches] == [
        [40, 40], [40], [300], [10, 90], [10],
    ]  # fmt: skip
