"""A collector's transactions over real brokers: kept as a whole, numbered once, fenced."""

import gc
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.stores.kafka.opening import KafkaStores, at_home
from connectors.stores.kafka.reading import Read
from connectors.stores.kafka.topics import Told, unpack_command, unpack_outcome
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.model import BatchKind, Command, RawBatch, to_json
from pipeline.ports import SourceTail
from pipeline.runtime.cluster.outputs import partition_of
from tests.connectors.kafka_broker import PASSWORD, USER, Broker, fetch, make_broker
from tests.connectors.stores.kafka.rig import Rig
from tests.connectors.stores.nouns import batch

pytestmark = pytest.mark.proof  # minutes: kills, leases that are waited out


@pytest.fixture
def rig(kafka: Broker, tmp_path: Path) -> Rig:
    """Give topics of the test's own."""
    return Rig(kafka, tmp_path).apply()


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Give a broker that a test may kill; it runs again afterwards."""
    fetch()
    broker = make_broker(tmp_path_factory.mktemp("mortal"))
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


@pytest.fixture
def leavings(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Collect the sockets that clients leave of attempts to connect, where they are known."""
    before = threading.active_count()
    caplog.set_level(logging.CRITICAL + 1, "kafka")  # its lines would hold what they tell of
    yield
    end = time.monotonic() + 10.0
    while threading.active_count() > before and time.monotonic() < end:
        threading.Event().wait(0.1)
    for _ in range(3):
        gc.collect()
    assert threading.active_count() <= before


def numbers(found: list[RawBatch], source: str = "dc-1") -> list[int]:
    """Give the sequences of a source as they stand, repeats of one id taken once."""
    seen: dict[str, int] = {}
    for one in found:
        if one.source_id == source:
            assert seen.setdefault(one.id, one.sequence) == one.sequence
    return list(seen.values())


def test_a_transaction_is_kept_as_a_whole_and_numbers_go_on(rig: Rig) -> None:
    """What one block appends stands in order in one partition; a later process goes on behind."""
    with rig.opened() as stores:
        for number in range(1, 6):
            with stores.database.transaction():
                stores.journal.append("udp", [batch(number)])
                stores.journal.append("tcp", [batch(number, source_id="dc-2")])
                assert stores.journal.tail("", "power-7", "dc-2") == SourceTail(number, "")
    with rig.opened() as stores:
        assert stores.journal.tail("udp", "", "") == SourceTail(5, "offset 5")
        assert stores.journal.tail("", "", "") == SourceTail(10, "")
        ((position, last),) = stores.journal.read(9, 1)
        assert (position, last.id) == (10, batch(5, source_id="dc-2").id)
        assert stores.state.objects() == ["power-7"]
        with pytest.raises(StoreError, match="its own last batch only"):
            stores.journal.read(0, 1)
        stores.journal.append("udp", [batch(5), batch(6)])
    assert numbers(rig.raw()) == [1, 2, 3, 4, 5, 6]
    assert numbers(rig.raw(), "dc-2") == [1, 2, 3, 4, 5]
    places = _partitions(rig.read("raw"))
    assert len(places) == 3  # by turns
    assert sum(places.values()) == 11


def _partitions(messages: list[Read]) -> Counter[int]:
    return Counter(one.partition for one in messages)


def test_a_block_that_raises_leaves_nothing(rig: Rig) -> None:
    """Nothing of it is sent, and its numbers are given again."""

    def broken() -> None:
        with stores.database.transaction():
            stores.journal.append("udp", [batch(1)])
            stores.audit.tell([_draft("e1")])
            raise KeyError

    with rig.opened() as stores:
        with pytest.raises(KeyError):
            broken()
        assert stores.journal.tail("", "power-7", "dc-1") is None
        stores.journal.append("udp", [batch(1)])
    assert numbers(rig.raw()) == [1]
    assert rig.read("outcomes") == []


def _draft(entry: str, chain: str = "administration") -> dict[str, object]:
    return {"chain": chain, "entry_id": entry, "at": "2026-03-02T12:00:00Z", "kind": "k"}


def test_a_tick_goes_through_every_partition_and_a_command_into_its_topic(rig: Rig) -> None:
    """Time holds behind what stands in each partition; what people ask is kept for ever."""
    command = Command("silence_add", "duty_lead", "a", "why", 5)
    tick = replace(batch(1, "", "clock"), kind=BatchKind.CLOCK)
    asked = replace(
        batch(1, "", "commands"), id=command.id, kind=BatchKind.COMMAND, records=(to_json(command),)
    )
    with rig.opened() as stores:
        stores.journal.append("clock", [tick])
        for _ in range(2):
            stores.journal.append("commands", [asked])
    with rig.opened() as stores:  # known for good
        stores.journal.append("commands", [asked])
        assert stores.journal.tail("", "", "clock") == SourceTail(1, "")
    assert Counter(one.source_id for one in rig.raw()) == {"clock": 3, "commands": 1}
    assert _partitions([one for one in rig.read("raw") if one.headers["kind"] == b"clock"]) == {
        0: 1, 1: 1, 2: 1,
    }  # fmt: skip
    assert [unpack_command(one.value) for one in rig.read("commands")] == [command]


def test_entries_of_the_trail_go_to_the_process_that_chains_them(rig: Rig) -> None:
    """Each chain's drafts lie together, where its chain is written."""
    drafts = [_draft("e1"), _draft("e2", "power-7"), _draft("e3")]
    with rig.opened() as stores:
        stores.audit.tell(drafts)
    found = {one.partition: unpack_outcome(one.value) for one in rig.read("outcomes")}
    told = [one for one in found.values() if isinstance(one, Told)]
    assert {one.object_id: [draft["entry_id"] for draft in one.drafts] for one in told} == {
        "administration": ["e1", "e3"], "power-7": ["e2"],
    }  # fmt: skip
    assert set(found) == {partition_of("administration", 3), partition_of("power-7", 3)}


def test_a_second_collector_of_a_name_takes_over_and_the_first_ends(rig: Rig) -> None:
    """Two processes never write under one name: the later waits out the earlier's lease."""
    with rig.opened() as stores:
        stores.journal.append("udp", [batch(1)])
        with pytest.raises(StoreError, match="is in use"), rig.opened():
            pass
        with rig.opened("elsewhere") as others:
            assert rig.waited == [rig.settings.lease_seconds]
            with pytest.raises(StoreCorrupt, match="another collector named 'one'"):
                stores.database.renew()
            others.journal.append("udp", [batch(2)])
            others.database.renew()
    assert numbers(rig.raw()) == [1, 2]


def test_a_name_that_never_collected_looks_for_nothing(rig: Rig) -> None:
    """A new collector of a cluster full of records does not read them all; an old one does."""
    with rig.opened() as stores:
        stores.journal.append("udp", [batch(1)])
    with rig.opened("two", name="two", fresh=True) as stores:
        assert stores.journal.tail("", "", "") is None
        assert stores.database.standing.ends == [1, 0, 0]
    with rig.opened("three", name="three") as stores:
        stores.journal.append("udp", [batch(1, source_id="dc-3")])
    with rig.opened("two", name="two") as stores:
        assert stores.journal.tail("", "power-7", "dc-3") is None


def test_a_topic_made_anew_is_no_end_of_the_numbers(rig: Rig) -> None:
    """Somebody deletes a topic: sequences go on, so that no fold takes new records for old."""
    from contextlib import closing

    from kafka import KafkaAdminClient

    with rig.opened() as stores:
        for number in (1, 2):
            stores.journal.append("udp", [batch(number)])
    with closing(KafkaAdminClient(bootstrap_servers=rig.broker.plain)) as admin:
        admin.delete_topics([rig.topics("raw")])
        while rig.topics("raw") in admin.list_topics():
            threading.Event().wait(0.05)
    rig.apply()
    with rig.opened() as stores:
        assert stores.journal.read(1, 1) == ()
        stores.journal.append("udp", [batch(3)])
    assert numbers(rig.raw()) == [3]


def test_records_are_kept_over_tls_with_a_password(rig: Rig, tmp_path: Path) -> None:
    """A collector writes over SASL_SSL with SCRAM; a wrong password ends nothing and says why."""
    secret = tmp_path / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    rig.link = {
        "brokers": (rig.broker.secure,),
        "security": "sasl_ssl",
        "user": USER,
        "password_file": secret,
        "ca": rig.broker.pki.ca,
    }
    with rig.opened() as stores:
        stores.journal.append("tls", [batch(1)])
    assert numbers(rig.raw()) == [1]


# What follows kills its broker.


def spooling(stores: KafkaStores, begin: int, end: int) -> None:
    """Append batches of two listeners, a tick and an entry of the trail."""
    for number in range(begin, end):
        with stores.database.transaction():
            stores.journal.append("udp", [batch(number)])
            stores.journal.append("tcp", [batch(number, source_id="dc-2")])
    last = stores.journal.tail("", "", "clock")
    number = last.sequence + 1 if last else 1
    tick = replace(batch(number, "", "clock"), kind=BatchKind.CLOCK)
    stores.journal.append("clock", [tick])
    stores.audit.tell([_draft(f"e{begin}")])


@pytest.mark.usefixtures("leavings")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_dead_broker_fills_the_spool_which_drains_in_order(
    mortal: Broker, tmp_path: Path
) -> None:
    """Nothing is lost or reordered over an outage and a restart in it; repeats have their id."""
    rig = Rig(mortal, tmp_path, link={"lease_seconds": 2.0}).apply()
    with rig.opened() as stores:
        spooling(stores, 1, 4)
        mortal.kill()
        spooling(stores, 4, 9)
        waiting = stores.database.waiting[0]
        assert waiting >= 7
        assert stores.database.trouble
        with pytest.raises(StoreError):
            stores.database.drain()
        assert stores.journal.tail("udp", "", "") == SourceTail(8, "offset 8")
    mortal.start()
    with rig.opened() as stores:  # as after a kill: what waited has its numbers
        assert stores.database.waiting[0] == waiting
        assert stores.journal.tail("", "power-7", "dc-2") == SourceTail(8, "")
        spooling(stores, 9, 12)  # goes behind
        assert stores.database.waiting[0] > waiting
        while stores.database.drain():
            pass
        assert stores.database.trouble == ""
        stores.journal.append("udp", [batch(12)])
    found = rig.raw()
    assert numbers(found) == list(range(1, 13))
    assert numbers(found, "dc-2") == list(range(1, 12))
    assert numbers(found, "clock") == [1, 2, 3]
    told = [unpack_outcome(one.value) for one in rig.read("outcomes")]
    entries = [draft["entry_id"] for one in told if isinstance(one, Told) for draft in one.drafts]
    assert list(dict.fromkeys(entries)) == ["e1", "e4", "e9"]


@pytest.mark.usefixtures("leavings")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_room_nothing_is_taken_and_what_was_tried_comes_first(
    mortal: Broker, tmp_path: Path
) -> None:
    """Senders wait; what they hand over again is known, and no number is given twice."""
    rig = Rig(mortal, tmp_path, link={"lease_seconds": 2.0}).apply()
    lock, home = at_home(rig.folder / "home")
    stores = rig.opening(home, None)()
    stores.journal.append("udp", [batch(1)])
    mortal.kill()
    for _ in range(2):
        with pytest.raises(StoreError):
            stores.journal.append("udp", [batch(2)])
    mortal.start()
    with stores.database.transaction():  # what a network sender sent has its id by its number
        last = stores.journal.tail("", "power-7", "dc-1")
        assert last == SourceTail(2, "")
        stores.journal.append("udp", [replace(batch(3), id="new", resume="offset 2")])
    assert stores.journal.tail("", "power-7", "dc-1") == SourceTail(2, "")
    stores.journal.append("udp", [batch(3)])
    stores.database.close()
    lock.release()
    assert numbers(rig.raw()) == [1, 2, 3]
