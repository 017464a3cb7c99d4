"""One listener's work, over real sockets: one transaction a round, gentle pauses, nothing lost."""

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.sources import MemorySource, SyslogTcp, SyslogUdp
from connectors.stores.memory import open_memory
from connectors.stores.memory_spool import MemorySpool
from connectors.stores.sqlite import database, open_sqlite
from pipeline.errors import StoreError
from pipeline.model import BatchKind, RawBatch, Revisions
from pipeline.normalize import peek
from pipeline.ports import Source, Stores
from pipeline.registry import Admission
from pipeline.runtime import intake as intaking
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.collect import Collector
from pipeline.runtime.intake import Intake
from pipeline.runtime.quota import Limit, Quotas
from pipeline.runtime.telemetry import Silent
from pipeline.settings import ListenerSettings
from tests.registry.making import record, registry, source

SOURCES = [
    source("noisy", addresses=["127.0.0.1"]),
    source("quiet", addresses=["127.0.0.2"]),
    source("all", listeners=["memory"]),
]


@dataclass
class Bench:
    """A collector, and intakes of it."""

    stores: Stores
    collector: Collector
    telemetry: Silent
    stack: ExitStack

    def intake(self, one: Source, *, patient: bool = True) -> Intake:
        """Open a source and make its intake."""
        one.open("")
        self.stack.callback(one.close)
        return Intake(one, self.collector, 100, threading.Event(), patient)

    @property
    def batches(self) -> list[RawBatch]:
        """Give what is journalled of sources."""
        rows = self.stores.journal.read(0, 10_000)
        return [batch for _, batch in rows if batch.kind is BatchKind.RAW]

    def records(self, source_id: str) -> list[bytes]:
        """Give the records of one source."""
        return [one for of in self.batches if of.source_id == source_id for one in of.records]


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Give a bench on a store in memory."""
    with ExitStack() as stack:
        yield made(open_memory(), stack)


def made(stores: Stores, stack: ExitStack) -> Bench:
    telemetry = Silent()
    admission = Admission(registry(record(sources=SOURCES)), peek)
    collector = Collector("t", stores, admission, Revisions(), SystemClock(), telemetry)
    return Bench(stores, collector, telemetry, stack)


def listener(kind: str) -> ListenerSettings:
    return ListenerSettings.model_validate({"name": "edge", "kind": kind, "address": "0.0.0.0"})


def until(step: Callable[[], object], holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        step()
    raise AssertionError("it never held")


def test_what_is_there_goes_into_one_round(bench: Bench) -> None:
    """Deliveries that wait are taken together and acknowledged once they are durable."""
    memory = MemorySource("memory", endless=True)
    intake = bench.intake(memory)
    for number in range(10):
        memory.put(f"127.0.1.{number}", b"<13>%d" % number)
    assert intake.round(0.0) == 10
    assert len({batch.received_at for batch in bench.batches}) == 1
    assert sorted(bench.records("all")) == [b"<13>%d" % number for number in range(10)]
    assert intake.round(0.0) == 0


@pytest.mark.parametrize("kind", ["syslog_tcp", "syslog_udp"])
def test_a_noisy_source_starves_nobody(bench: Bench, kind: str) -> None:
    """Over its quota one peer waits, or loses its own records; the other's come all, and soon."""
    bench.collector.quotas = Quotas({"edge": Limit(100, 200)})
    one = SyslogTcp(listener(kind)) if kind == "syslog_tcp" else SyslogUdp(listener(kind))
    intake = bench.intake(one)
    stream = socket.SOCK_STREAM if kind == "syslog_tcp" else socket.SOCK_DGRAM
    senders = {}
    for peer in ("127.0.0.1", "127.0.0.2"):
        sender = bench.stack.enter_context(closing(socket.socket(socket.AF_INET, stream)))
        sender.bind((peer, 0))
        sender.connect((peer, one.port))
        sender.settimeout(5)
        senders[peer] = sender
    for number in range(20):
        for _ in range(200):
            senders["127.0.0.1"].send(b"<13>noise %04d\n" % number)
        senders["127.0.0.2"].send(b"<13>word %04d\n" % number)
        intake.round(0.01)
    until(lambda: intake.round(0.01), lambda: len(bench.records("quiet")) == 20)
    noisy = len(bench.records("noisy"))
    if kind == "syslog_tcp":
        assert bench.telemetry.value("saqshy_senders_paused_seconds_total", "edge") > 0
        assert noisy < 4000
    else:
        over = bench.telemetry.value("saqshy_records_refused_total", "edge", "over_quota")
        intake.tell(at_once=True)
        assert noisy + over + one.dropped == 4000
        assert 200 <= noisy < 1000


def test_a_source_that_cannot_pause_one_pauses_all(bench: Bench) -> None:
    """A file over its quota is not read on until its debt is paid."""
    now = [0.0]
    bench.collector.quotas = Quotas({"memory": Limit(10, 5)})
    memory = MemorySource("memory", endless=True)
    intake = bench.intake(memory)
    intake.clock = lambda: now[0]
    for number in range(100):
        memory.put("127.0.0.9", b"<13>%d" % number)
    assert intake.round(0.0) == 100
    memory.put("127.0.0.9", b"<13>more")
    intake.round(0.0)
    assert len(bench.records("all")) == 100
    now[0] = 10.0
    assert intake.round(0.0) == 1
    assert len(bench.records("all")) == 101


@pytest.fixture
def locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Bench, Callable[[str], object]]]:
    """Give a bench on a file, and a way to lock and unlock it as another program would."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.01)
    monkeypatch.setattr(intaking, "RETRY_SECONDS", 0.01)
    with ExitStack() as stack:
        stores = open_sqlite(tmp_path / "store.db")
        stack.callback(stores.database.close)
        other = sqlite3.connect(
            tmp_path / "store.db", isolation_level=None, check_same_thread=False
        )
        stack.callback(other.close)
        yield made(stores, stack), other.execute


def test_while_nothing_takes_it_the_sender_waits(
    locked: tuple[Bench, Callable[[str], object]],
) -> None:
    """With journal locked and spool full the source is not read; afterwards all comes, once."""
    bench, execute = locked
    bench.collector.spool = MemorySpool(10)
    one = SyslogTcp(listener("syslog_tcp"))
    intake = bench.intake(one)
    thread = threading.Thread(target=intake.run)
    execute("BEGIN IMMEDIATE")
    thread.start()
    sent = 0
    with closing(socket.create_connection(("127.0.0.1", one.port))) as sender:
        sender.setblocking(False)
        message = b"<13>" + b"x" * 995 + b"\n"
        try:
            while sent < 500_000:
                sent += sender.send(message[sent % 1000 :] + message * 99)
        except BlockingIOError:
            pass
        assert sent > 0
        until(lambda: threading.Event().wait(0.01), lambda: bool(intake.trouble))
        assert "locked" in intake.trouble
        assert bench.records("noisy") == []
        execute("ROLLBACK")
        until(
            lambda: threading.Event().wait(0.01),
            lambda: len(bench.records("noisy")) >= sent // 1000,
        )
    intake.stop.set()
    thread.join()
    assert intake.trouble == ""
    assert len(bench.records("noisy")) == -(-sent // 1000)


def test_without_patience_the_error_ends_it(
    locked: tuple[Bench, Callable[[str], object]],
) -> None:
    """A run that is to end does not wait for a store."""
    bench, execute = locked
    memory = MemorySource("memory", endless=True)
    intake = bench.intake(memory, patient=False)
    memory.put("127.0.0.9", b"<13>a")
    execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        intake.round(0.0)
    execute("ROLLBACK")


def test_who_is_refused_is_counted(bench: Bench) -> None:
    """What a source refuses and the kernel drops reach telemetry, each as it grows."""
    one = SyslogTcp(listener("syslog_tcp").model_copy(update={"connections": 1}))
    intake = bench.intake(one)
    address = ("127.0.0.1", one.port)
    for wanted in (1, 2):
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(closing(socket.create_connection(address)))
            until(
                lambda: intake.round(0.01),
                lambda: one.refusals.get("too_many_connections") == wanted,  # noqa: B023 (at once)
            )
            intake.tell(at_once=True)
        until(lambda: intake.round(0.01), lambda: not one.connections)
        value = bench.telemetry.value(
            "saqshy_senders_refused_total", "edge", "too_many_connections"
        )
        assert value == wanted
