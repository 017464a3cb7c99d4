"""The engine over stores in memory: order, poison, rollback, revisions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from connectors.stores.memory import open_memory
from pipeline.errors import StoreFull
from pipeline.model import (
    NANOSECONDS,
    AuditEntry,
    BatchKind,
    Event,
    FailureCode,
    Finding,
    IncidentState,
    Observation,
    RawBatch,
    Revisions,
)
from pipeline.model.rows import Rows
from pipeline.normalize import Normalized, peek
from pipeline.ports import Delivery, Stores
from pipeline.registry import Admission
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.collect import Collector
from pipeline.runtime.configuration import default_settings
from pipeline.runtime.engine import Engine, Outcome
from pipeline.runtime.knowledge import Knowledge, Shelf, keep_knowledge, read_knowledge
from pipeline.runtime.stages import Stages
from pipeline.runtime.telemetry import Silent

AT = 1_772_460_000 * NANOSECONDS
LOGON = (
    b"<86>1 2026-03-02T20:00:%02d.000+05:00 bank-gw01 sshd 9 - - "
    b"Failed password for invalid user u%d from 203.0.113.9 port %d ssh2"
)


@dataclass
class Bench:
    """A collector and an engine over stores in memory, and what the engine committed."""

    stores: Stores
    collector: Collector
    engine: Engine
    telemetry: Silent
    outcomes: list[Outcome] = field(default_factory=list)

    def deliver(self, records: Sequence[bytes], resume: str = "") -> int:
        """Take one delivery of syslog."""
        delivery = Delivery(
            source="test", peer="192.0.2.1", records=tuple(records), format="syslog", resume=resume
        )
        return self.collector.take(delivery)

    def drain(self) -> None:
        """Process everything that is journalled."""
        while self.engine.run_pending():
            pass


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    """Give the bundled content, registry and pack."""
    settings = default_settings()
    cache = tmp_path_factory.mktemp("cache")
    content = settings.content.model_copy(update={"cache": cache})
    return read_knowledge(settings.model_copy(update={"content": content}))


@pytest.fixture
def bench(knowledge: Knowledge, tmp_path: Path) -> Bench:
    """Give a fresh bench under the bundled knowledge."""
    from pipeline.notify import Channels, Composer, read_texts

    stores, telemetry, clock = open_memory(), Silent(), StoryClock(AT)
    keep_knowledge(stores, knowledge, AT)
    shelf = Shelf(stores, tmp_path)
    shelf.put(knowledge)
    stages = Stages(
        regime="normal",
        repeat=3600 * NANOSECONDS,
        composer=Composer("TEST", read_texts()),
        channels=Channels(),
        telemetry=telemetry,
    )

    def chain(stamp: Revisions):  # type: ignore[no-untyped-def]
        return stages(shelf(stamp), stamp)

    admission = Admission(knowledge.registry, peek)
    collector = Collector("t", stores, admission, knowledge.revisions, clock, telemetry)
    made = Bench(stores, collector, Engine(stores, chain, clock, telemetry), telemetry)
    made.engine.watch = made.outcomes.append
    return made


def logons(count: int) -> list[bytes]:
    """Give failed logons on as many accounts at one gateway of the bank."""
    return [LOGON % (n, n, 1000 + n) for n in range(count)]


def test_batches_are_processed_in_the_order_of_the_journal(bench: Bench) -> None:
    """Sequences run on per source, and every outcome is committed once, in order."""
    for number in range(3):
        bench.deliver(logons(2), resume=str(number))
    bench.drain()
    assert [outcome.position for outcome in bench.outcomes] == [1, 2, 3]
    assert [outcome.batch.sequence for outcome in bench.outcomes] == [1, 2, 3]
    assert bench.stores.events.count() == 6
    assert bench.stores.journal.committed() == 3


def test_an_unknown_host_is_refused_counted_and_audited(bench: Bench) -> None:
    """Nothing of an unknown source is journalled; reason and count are kept."""
    assert bench.deliver([b"<13>Mar  2 20:00:00 stranger app: CANARY"]) == 0
    bench.collector.tell_refusals(AT)
    ((_, told),) = bench.stores.journal.read(0, 9)
    assert (told.kind, told.records) == (BatchKind.REFUSED, (b"unknown_source",))
    (entry,) = [one for one in bench.stores.audit.read() if one.kind == "records_refused"]
    assert (entry.detail["reason"], entry.detail["count"]) == ("unknown_source", 1)
    assert bench.telemetry.value("saqshy_records_refused_total", "test", "unknown_source") == 1


def test_refused_records_of_a_registered_object_page_the_duty_officer(bench: Bench) -> None:
    """Without attestation nothing is kept; the duty officer is told so once, without content."""
    for number in range(3):
        bench.deliver([b"<86>Mar  2 20:00:0%d foundry-gw01 app: CANARY" % number])
    bench.collector.tell_refusals(AT)
    bench.drain()
    (incident,) = bench.stores.incidents.latest("kz-unattested")
    assert incident.state is IncidentState.CANDIDATE
    (notice,) = bench.stores.outbox.list()
    assert (notice.recipient.role, notice.guard.decision) == ("duty_officer", "hold")
    assert bench.stores.events.count() == 0
    journalled = [batch for _, batch in bench.stores.journal.read(0, 99)]
    assert b"CANARY" not in b"".join(record for batch in journalled for record in batch.records)
    assert "CANARY" not in str(notice)


def test_a_sender_that_nobody_registered_pages_the_duty_officer(bench: Bench) -> None:
    """The centre's own officer is told of a network that sends and is not registered, once."""
    for number in range(3):
        bench.deliver([b"<13>Mar  2 20:00:0%d stranger app: CANARY" % number])
        bench.collector.tell_refusals(AT)
    bench.drain()
    (incident,) = bench.stores.incidents.latest()
    assert incident.object_id == "@unregistered:192.0.2.0/24"
    assert incident.state is IncidentState.CANDIDATE
    (notice,) = bench.stores.outbox.list()
    assert (notice.recipient.role, notice.guard.decision) == ("duty_officer", "hold")
    assert "CANARY" not in str(notice)
    journalled = [batch for _, batch in bench.stores.journal.read(0, 99)]
    assert b"CANARY" not in b"".join(record for batch in journalled for record in batch.records)


def test_made_up_senders_fill_no_audit_trail(bench: Bench) -> None:
    """Of a flood of unknown senders a bounded number is named; the rest is counted together."""
    for number in range(200):
        bench.deliver([b"<13>Mar  2 20:00:00 stranger%d app: hello" % number])
    bench.collector.tell_refusals(AT)
    entries = [one for one in bench.stores.audit.read() if one.kind == "records_refused"]
    assert len(entries) <= 2 * 66
    assert sum(int(one.detail["count"]) for one in entries) == 200


@dataclass(frozen=True)
class Breaking:
    """A normaliser that breaks on one record: what no parser may do, and what must not stop us."""

    inner: Callable[[RawBatch], Normalized]

    def __call__(self, batch: RawBatch) -> Normalized:
        """Break where the poison is, else do the real work."""
        if any(b"port 1002" in record for record in batch.records):
            raise RuntimeError("boom")
        return self.inner(batch)


def test_a_poisonous_record_goes_to_the_dead_letters_alone(bench: Bench) -> None:
    """A record that breaks a stage becomes a failure; its neighbours become events."""
    inner = bench.engine.chain

    def broken(stamp: Revisions):  # type: ignore[no-untyped-def]
        chain = inner(stamp)
        return replace(chain, normalizer=Breaking(chain.normalizer))

    bench.engine.chain = broken
    bench.deliver(logons(5))
    bench.drain()
    (failure,) = bench.stores.dead_letters.list()
    assert (failure.index, failure.code) == (2, FailureCode.POISON)
    assert "RuntimeError" in failure.detail
    assert "boom" not in failure.detail
    assert bench.stores.events.count() == 4


def test_a_full_store_leaves_nothing_half_done(bench: Bench) -> None:
    """Where an outcome cannot be kept none of it is, and the next attempt gives the same."""
    bench.deliver(logons(3))
    append = bench.stores.audit.append

    def full(entries: Sequence[AuditEntry]) -> None:
        append(entries)
        raise StoreFull("no space left on the test's disk")

    bench.deliver(logons(30), resume="more")
    bench.stores.audit.append = full  # type: ignore[method-assign]
    with pytest.raises(StoreFull):
        bench.drain()
    assert bench.stores.journal.committed() < 2
    assert bench.stores.events.count() in (0, 3)
    assert list(bench.stores.incidents.latest()) == []
    bench.stores.audit.append = append  # type: ignore[method-assign]
    bench.drain()
    assert bench.stores.journal.committed() == 2
    assert len(list(bench.stores.incidents.latest())) == 1


def test_what_breaks_the_fold_is_set_aside_and_the_rest_goes_on(bench: Bench) -> None:
    """A batch that no fold survives leaves events, dead letters and its sequence; others go on."""
    inner = bench.engine.chain

    def broken(stamp: Revisions):  # type: ignore[no-untyped-def]
        chain = inner(stamp)
        step = chain.correlator.step

        class Correlator:
            def step(self, state: Rows, seen: Observation) -> list[Finding]:
                if seen.matches and seen.sequence == 1:
                    raise ZeroDivisionError
                return step(state, seen)

        return replace(chain, correlator=Correlator())  # type: ignore[arg-type]

    bench.engine.chain = broken
    bench.deliver(logons(3), resume="1")
    bench.deliver(logons(30), resume="2")
    bench.drain()
    assert bench.stores.journal.committed() == 2
    assert {one.code for one in bench.stores.dead_letters.list()} == {FailureCode.POISON}
    assert bench.stores.dead_letters.count() == 3
    assert bench.stores.events.count() == 33
    assert len(list(bench.stores.incidents.latest())) == 1


def test_what_nothing_can_keep_is_left_out_whole(bench: Bench) -> None:
    """All records of a batch that breaks the store too are dead letters, and others go on."""
    add = bench.stores.events.add

    def broken(batch: RawBatch, events: Sequence[Event]) -> None:
        if batch.sequence == 1:
            raise ZeroDivisionError
        add(batch, events)

    bench.stores.events.add = broken  # type: ignore[method-assign]
    bench.deliver(logons(3), resume="1")
    bench.drain()
    assert bench.stores.journal.committed() == 1
    assert sorted(one.index for one in bench.stores.dead_letters.list()) == [0, 1, 2]
    assert bench.stores.events.count() == 0
    assert list(bench.stores.incidents.latest()) == []


def test_ticks_find_what_fell_silent(bench: Bench) -> None:
    """A journalled tick past a source's limit makes a finding without any record."""
    clock = bench.collector.clock
    assert isinstance(clock, StoryClock)
    bench.collector.tick()
    for minutes in range(5, 61, 5):
        clock.advance_to(AT + minutes * 60 * NANOSECONDS)
        bench.collector.tick()
    bench.drain()
    silent = {
        finding.object_id
        for outcome in bench.outcomes
        for part in outcome.folded
        for finding in part.findings
    }
    assert "kz-clinic-hosted" in silent
