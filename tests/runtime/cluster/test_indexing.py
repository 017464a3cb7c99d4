"""The indexer between a real broker and a real Elasticsearch."""

import gc
import random
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest

from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.elasticsearch.templates import apply
from connectors.stores.kafka.frames import SIGN, VERSION
from connectors.stores.kafka.topics import (
    Failed,
    Told,
    pack_audit,
    pack_events,
    pack_failures,
    pack_notice,
    pack_outcome,
)
from pipeline.model import FailureCode, NoticeState, event_lines
from tests.connectors.elastic_server import Server
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.nouns import (
    at,
    batch,
    entry,
    event,
    failure,
    finding,
    incident,
    notice,
)
from tests.runtime.cluster.indexing_rig import Rig, counted, events_of, within

# kafka-python leaves the sockets of connections that fail to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed.*")


@pytest.fixture
def rig(kafka: Broker, elastic: Server) -> Iterator[Rig]:
    """Give topics of a test's own."""
    yield Rig(kafka, elastic)
    gc.collect()


def told(*incidents: object, **over: object) -> bytes:
    """Write what a step of a fold came to."""
    values = {"object_id": "power-7", "cause": "b-1", "at": at(1), "incidents": incidents}
    return pack_outcome(Told(**{**values, **over}))  # type: ignore[arg-type]


def test_everything_that_is_kept_arrives(rig: Rig, elastic_store: ElasticStore) -> None:
    """Events, findings, incidents, notices, audit entries and dead letters are read back equal."""
    done = notice(1, state=NoticeState.ACKNOWLEDGED, attempts=1)
    rig.put(
        *events_of(1, 3),
        ("outcomes", b"power-7", told(incident(1), findings=(finding(1),), notices=(notice(1),))),
        ("outcomes", b"power-7", told(incident(1, 2))),
        ("notices", b"incident-1", pack_notice(notice(1))),
        ("notices", b"incident-1", pack_notice(done)),
        ("audit", b"power-7", pack_audit([entry(1), entry(2)])),
        ("failures", b"b-1", pack_failures(Failed("raw/0/7", (failure(1), failure(2))))),
    )
    with rig.running() as indexer:
        assert within(lambda: rig.committed() == 7)
        assert indexer.unready == ""
    elastic_store.client.indices.refresh(index="saqshy-*")
    kept = batch(1)
    documents = elastic_store.events.get([f"{kept.id}-{index}" for index in range(3)])
    assert [orjson.loads(one) for one in documents.values()] == [
        event(kept, index, at(1)).document() for index in range(3)
    ]
    assert elastic_store.incidents.finding("finding-1") == finding(1)
    assert elastic_store.incidents.history("incident-1") == [incident(1), incident(1, 2)]
    assert list(elastic_store.incidents.latest()) == [incident(1, 2)]
    assert list(elastic_store.notices.list()) == [done]
    assert list(elastic_store.audit.read()) == [entry(1), entry(2)]
    assert list(elastic_store.dead_letters.list()) == [failure(1), failure(2)]


def test_replays_and_races_converge(rig: Rig, elastic_store: ElasticStore) -> None:
    """Two indexers over the same documents, shuffled and several times: one store, no alarm."""
    states = [
        notice(1),
        notice(1, attempts=1, next_attempt_at=at(5)),
        notice(1, attempts=2, state=NoticeState.SENT, next_attempt_at=at(5)),
    ]
    messages = [one for number in range(1, 21) for one in events_of(number, 20)]
    messages += [("outcomes", b"power-7", told(incident(1, n))) for n in range(1, 11)]
    messages += [("notices", b"incident-1", pack_notice(one)) for one in states]
    messages += [("audit", b"power-7", pack_audit([entry(n)])) for n in range(1, 6)]
    shuffled = messages * 3
    random.Random(7).shuffle(shuffled)
    rig.put(*shuffled)
    with rig.running() as first, rig.running() as second:
        assert within(lambda: rig.committed() == len(shuffled))
    assert first.figures.value("clash") + second.figures.value("clash") == 0
    assert counted(elastic_store) == 400
    elastic_store.client.indices.refresh(index="saqshy-*")
    assert len(elastic_store.incidents.history("incident-1")) == 10
    assert list(elastic_store.incidents.latest()) == [incident(1, 10)]
    assert list(elastic_store.notices.list()) == [states[-1]]
    assert len(list(elastic_store.audit.read())) == 5


def test_an_equal_revision_with_another_content_is_an_alarm(
    rig: Rig, elastic_store: ElasticStore
) -> None:
    """What stands stays; the other is counted, told and kept among the dead letters."""
    other = replace(incident(1), event_count=99)
    rig.put(("outcomes", b"power-7", told(incident(1))))
    rig.put(("outcomes", b"power-7", told(other)))
    with rig.running(bulk_documents=1) as indexer:
        assert within(lambda: rig.committed() == 2)
        assert indexer.figures.value("clash") == 1
    elastic_store.client.indices.refresh(index="saqshy-*")
    assert elastic_store.incidents.history("incident-1") == [incident(1)]
    assert list(elastic_store.incidents.latest()) == [incident(1)]
    (dead,) = elastic_store.dead_letters.list()
    assert (dead.stage, dead.code, dead.object_id) == ("index", FailureCode.UNINDEXED, "power-7")
    assert "another content" in dead.detail


def test_what_the_store_refuses_is_kept_plain(rig: Rig, elastic_store: ElasticStore) -> None:
    """One document among others that no field takes: all others are written, it is kept whole."""
    kept = batch(1)
    events = [event(kept, index, at(index)) for index in range(5)]
    events[2] = replace(events[2], native={"a\x00b": "hostile"})
    rig.put(*(("events", b"b", value) for value in pack_events(event_lines(events))))
    with rig.running() as indexer:
        assert within(lambda: rig.committed() == 1)
        assert indexer.figures.value("plain") == 1
    assert counted(elastic_store) == 5
    found = [orjson.loads(one) for one in elastic_store.events.search("power-7", at(0), at(9), 9)]
    assert found == [one.document() for one in events]
    elastic_store.client.indices.refresh(index="saqshy-*")
    (dead,) = elastic_store.dead_letters.list()
    assert (dead.batch_id, dead.index, dead.stage) == (kept.id, 2, "index")
    assert "reserved character" in dead.detail


@pytest.mark.parametrize(
    ("topic", "value", "code"),
    [
        pytest.param("events", b"", FailureCode.CORRUPT, id="empty"),
        pytest.param(
            "outcomes", SIGN + bytes((VERSION,)) + b"no frame", FailureCode.CORRUPT, id="no frame"
        ),
        pytest.param("notices", b'{"version":1,"id":3}', FailureCode.CORRUPT, id="no notice"),
    ],
)
def test_what_cannot_be_read_goes_to_the_dead_letters(
    rig: Rig, elastic_store: ElasticStore, topic: str, value: bytes, code: FailureCode
) -> None:
    """A broken message is told with its place, and stands in nobody's way."""
    rig.put((topic, b"k", value), *events_of(1, 2))
    with rig.running():
        assert within(lambda: rig.committed() == 2)
    assert counted(elastic_store) == 2
    elastic_store.client.indices.refresh(index="saqshy-*")
    (dead,) = elastic_store.dead_letters.list()
    assert (dead.stage, dead.code) == ("index", code)
    assert dead.batch_id.startswith(f"{rig.topics(topic)}/")


def test_a_newer_message_waits(rig: Rig, elastic_store: ElasticStore) -> None:
    """A message of a version that this process does not know holds its partition, and no other."""
    rig.put(
        ("events", b"same", SIGN + bytes((VERSION + 1,))),
        ("audit", b"power-7", pack_audit([entry(1)])),
    )
    with rig.running() as indexer:
        assert within(lambda: rig.committed() == 1)
        assert within(lambda: indexer.feed.held == 1)
    elastic_store.client.indices.refresh(index="saqshy-*")
    assert list(elastic_store.audit.read()) == [entry(1)]
    assert elastic_store.dead_letters.count() == 0


def test_only_what_the_store_had_no_room_for_is_written_again(
    rig: Rig, elastic_store: ElasticStore
) -> None:
    """Items of a barred index wait, others of the same request are written; nothing is lost."""
    audit = elastic_store.documents.names.lasting("audit")
    elastic_store.client.indices.put_settings(index=audit, settings={"index.blocks.write": True})
    rig.put(*events_of(1, 10), ("audit", b"power-7", pack_audit([entry(1)])))
    with rig.running() as indexer:
        assert within(lambda: indexer.figures.value("busy") > 2)
        assert counted(elastic_store) == 10
        assert rig.committed() == 0
        elastic_store.client.indices.put_settings(
            index=audit, settings={"index.blocks.write": None}
        )
        assert within(lambda: rig.committed() == 2)
        assert indexer.figures.value("written") == 11
    assert elastic_store.dead_letters.count() == 0


def test_it_waits_for_its_indices(rig: Rig, elastic_store: ElasticStore) -> None:
    """Without templates nothing is written: the store would map by itself what arrives."""
    names = elastic_store.documents.names
    elastic_store.client.indices.delete(index=names.lasting("audit"))
    rig.put(*events_of(1, 2))
    with rig.running() as indexer:
        assert within(lambda: "cluster apply" in indexer.unready)
        assert counted(elastic_store) == 0
        apply(elastic_store.client, names, rig.server.as_user("root"))
        assert within(lambda: counted(elastic_store) == 2)


def test_nothing_is_lost_when_the_store_is_killed(rig: Rig, elastic_store: ElasticStore) -> None:
    """A server that is killed in the middle and comes back has every event once."""
    rig.put_events(range(1, 101))
    with rig.running(bulk_documents=100, timeout_seconds=5) as indexer:
        assert within(lambda: indexer.figures.value("written") > 500)
        rig.server.kill()
        try:
            rig.put_events(range(101, 121))
            assert within(lambda: indexer.figures.value("busy") > 0)
        finally:
            rig.server.start()
        assert within(lambda: rig.committed() == 120)
    assert counted(elastic_store) == 120 * 50
