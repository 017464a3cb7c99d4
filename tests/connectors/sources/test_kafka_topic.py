"""Kafka topics of others, against a real broker."""

import gc
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from connectors.sources.kafka_topic import KafkaTopic
from pipeline.errors import SourceError
from pipeline.ports import Delivery, Listening
from tests.connectors.kafka_broker import PASSWORD, USER, Broker
from tests.connectors.kafka_topics import RECORD_BYTES, Topic

# kafka-python leaves the sockets of connections that fail to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed.*")


@pytest.fixture
def topic(kafka: Broker) -> Topic:
    """Give a topic with one partition."""
    return Topic(kafka)


def taken(source: KafkaTopic, wanted: int, limit: int = 100) -> list[Delivery]:
    """Poll until so many records came."""
    found: list[Delivery] = []
    end = time.monotonic() + 30
    while sum(len(one.records) for one in found) < wanted and time.monotonic() < end:
        delivery = source.poll(limit, 0.2)
        if delivery is not None:
            found.append(delivery)
    return found


def records(deliveries: list[Delivery]) -> list[bytes]:
    return [record for one in deliveries for record in one.records]


def within(holds: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        threading.Event().wait(0.05)
    return holds()


@pytest.mark.parametrize(
    ("message", "cut"),
    [
        (b'{"a":1}', [b'{"a":1}']),
        (b'{"a":1}\n', [b'{"a":1}']),
        (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
        (b'[{"a":1}, {"b":2}]', [b'{"a":1}', b'{"b":2}']),
        (b"<13>one\r\n<13>two\r\n", [b"<13>one", b"<13>two"]),
        (b"text", [b"text"]),
        (b"\xff\x00\x01", [b"\xff\x00\x01"]),
        (gzip.compress(b"one\ntwo\n"), [b"one", b"two"]),
        (b"", []),
        (None, []),
        (b"\n", []),
    ],
    ids=[
        "one", "line", "ndjson", "array", "lines", "text", "bytes", "packed", "empty", "tombstone",
        "blank",
    ],
)  # fmt: skip
def test_messages_are_cut_into_records(
    topic: Topic, message: bytes | None, cut: list[bytes]
) -> None:
    """A message holds one record or many, or nothing; what follows it comes in any case."""
    topic.put(message, b"end")
    with closing(topic.source()) as source:
        source.open("")
        found = taken(source, len(cut) + 1)
    assert records(found) == [*cut, b"end"]
    assert {one.peer for one in found} == {topic.name}


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_batches_are_read(topic: Topic, codec: str) -> None:
    """Batches in every compression that Kafka knows are read."""
    sent = [b"record %d %b" % (number, b"x" * 200) for number in range(500)]
    topic.put(*sent, compression_type=codec)
    with closing(topic.source()) as source:
        source.open("")
        assert records(taken(source, len(sent))) == sent


def test_what_is_too_long_is_cut_and_noted(topic: Topic) -> None:
    """A record longer than one may be is cut and noted; a large message comes in parts."""
    large = b"\n".join(b"%d" % number for number in range(5000))
    topic.put(b"y" * 5000, large, max_request_size=8_000_000)
    with closing(topic.source()) as source:
        source.open("")
        found = taken(source, 5001)
    assert found[0].records[0] == b"y" * RECORD_BYTES
    assert [(note.index, note.kind) for note in found[0].notes] == [(0, "oversized")]
    assert records(found)[1:] == [b"%d" % number for number in range(5000)]
    assert max(len(one.records) for one in found) == 100


def test_offsets_follow_what_is_durable(topic: Topic) -> None:
    """At the broker nothing counts as read before it was acknowledged, and then it does."""
    topic.put(*(b"%d" % number for number in range(10)))
    with closing(topic.source()) as source:
        source.open("")
        first = source.poll(4, 10) or taken(source, 4, 4)[0]
        (second,) = taken(source, 4, 4)
        assert topic.committed() == 0
        source.acknowledge(first)
        assert within(lambda: (source.poll(4, 0.05), topic.committed() == 4)[1])
        source.acknowledge(second)
        assert within(lambda: (source.poll(4, 0.05), topic.committed() == 8)[1])
    with closing(topic.source()) as source:
        source.open("")
        assert records(taken(source, 2)) == [b"8", b"9"]


def test_what_is_journalled_is_not_read_again(topic: Topic) -> None:
    """Killed between journal and commit, it goes on behind the journal, also inside a message."""
    topic.put(b"a\nb\nc\nd", b"e")
    with closing(topic.source()) as source:
        source.open("")
        (first,) = taken(source, 3, 3)
    assert topic.committed() == 0
    with closing(topic.source()) as source:
        source.open(first.resume)
        assert records(taken(source, 2)) == [b"d", b"e"]
    with closing(topic.source()) as source:
        source.open("")
        again = taken(source, 3, 3)
    assert again[0].fingerprint == first.fingerprint
    assert again[0].resume == first.resume


def test_a_new_topic_of_the_old_name_is_read_from_its_beginning(topic: Topic) -> None:
    """Where the group has no offsets, a kept place is one of another topic and says nothing."""
    topic.put(b"a", b"b")
    with closing(topic.source()) as source:
        source.open(f'{{"{topic.name}":{{"0":[1000,0]}}}}')
        assert records(taken(source, 2)) == [b"a", b"b"]


def test_members_of_a_group_share_partitions(kafka: Broker) -> None:
    """When a member comes and goes every record is read, and by each member at most once."""
    topic = Topic(kafka, partitions=4)
    sources = [topic.source(), topic.source()]
    seen: list[list[bytes]] = [[], []]
    ends = [threading.Event(), threading.Event()]

    def run(number: int) -> None:
        with closing(sources[number]) as source:
            source.open("")
            while not ends[number].is_set():
                delivery = source.poll(10, 0.1)
                if delivery is not None:
                    seen[number].extend(delivery.records)
                    source.acknowledge(delivery)

    threads = [threading.Thread(target=run, args=(number,)) for number in (0, 1)]

    def put(begin: int) -> None:
        for partition in range(4):
            topic.put(*(b"%d-%d" % (partition, begin + n) for n in range(50)), partition=partition)

    put(0)
    threads[0].start()
    assert within(lambda: len(seen[0]) == 200)
    threads[1].start()
    assert within(lambda: bool(sources[1]._next))
    put(50)
    assert within(lambda: len(set(seen[0]) | set(seen[1])) == 400)
    assert seen[1]
    ends[1].set()
    threads[1].join(30)
    put(100)
    assert within(lambda: len(set(seen[0]) | set(seen[1])) == 600)
    ends[0].set()
    threads[0].join(30)
    assert len(seen[0]) == len(set(seen[0]))
    assert len(seen[1]) == len(set(seen[1]))


def test_what_was_durable_before_a_rebalance_is_committed_after_it(kafka: Broker) -> None:
    """A partition that goes to another member and comes back has its offset told at the broker."""
    topic = Topic(kafka, partitions=2)
    for partition in (0, 1):
        topic.put(b"one", partition=partition)
    with closing(topic.source()) as source:
        source.open("")
        found = taken(source, 2)
        ends = threading.Event()

        def share() -> None:
            with closing(topic.source()) as other:
                other.open("")
                while not ends.is_set():
                    other.poll(10, 0.1)

        thread = threading.Thread(target=share)
        thread.start()
        assert within(lambda: (source.poll(10, 0.05), len(source._next) == 1)[1])
        for delivery in found:
            source.acknowledge(delivery)
        ends.set()
        thread.join(30)
        assert within(lambda: (source.poll(10, 0.05), len(source._next) == 2)[1])
        for told in (topic.committed, partial(topic.committed, 1)):
            assert within(lambda: (source.poll(10, 0.05), told() == 1)[1])  # noqa: B023 (called here)


def test_a_paused_topic_waits_at_the_broker(topic: Topic) -> None:
    """A topic over its quota is not fetched for so long, and then it is."""
    topic.put(b"a")
    with closing(topic.source()) as source:
        source.open("")
        assert isinstance(source, Listening)
        assert records(taken(source, 1)) == [b"a"]
        assert source.pause(topic.name, 60)
        topic.put(b"b")
        assert all(source.poll(10, 0.1) is None for _ in range(10))
        source.pause(topic.name, 0)
        assert records(taken(source, 1)) == [b"b"]


def test_finishing_gives_what_was_fetched(topic: Topic) -> None:
    """Told to finish, it fetches nothing more and gives what it has."""
    topic.put(b"a", b"b", b"c")
    with closing(topic.source()) as source:
        source.open("")
        assert records(taken(source, 1, 1)) == [b"a"]
        source.finish()
        assert not source.exhausted()
        assert records(taken(source, 2, 1)) == [b"b", b"c"]
        assert source.exhausted()


def secure(broker: Broker, folder: Path, password: str, **changes: object) -> dict[str, object]:
    path = folder / "password"
    path.write_text(f"{password}\n", encoding="utf-8")
    return {
        "brokers": [broker.secure],
        "security": "sasl_ssl",
        "mechanism": "SCRAM-SHA-512",
        "user": USER,
        "password_file": str(path),
        "ca": str(broker.pki.ca),
        **changes,
    }


def test_it_reads_over_tls_with_a_password(topic: Topic, tmp_path: Path) -> None:
    """SASL_SSL with SCRAM lets in who has the password."""
    topic.put(b"secret")
    with closing(topic.source(**secure(topic.broker, tmp_path, PASSWORD))) as source:
        source.open("")
        assert records(taken(source, 1)) == [b"secret"]
        assert list(source.troubles) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "does not accept user or password"),
        ({"ca": None}, "certificate is not accepted"),
        ({"brokers": ["127.0.0.1:1"]}, "cannot be reached"),
    ],
    ids=["password", "authority", "address"],
)
def test_what_keeps_it_out_is_told(
    topic: Topic, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    """A wrong password, authority or address is a trouble in words, and no poll raises."""
    with closing(topic.source(**secure(topic.broker, tmp_path, "wrong", **changes))) as source:
        source.open("")
        assert source.poll(10, 0.1) is None
        assert within(
            lambda: source.poll(10, 0.1) is None and words in "".join(source.troubles), 15
        )


def test_a_topic_that_is_absent_is_told(topic: Topic) -> None:
    """A topic that is not there is named, is not made by asking, and is read once it is there."""
    with closing(topic.source(topics=["absent"])) as source:
        source.open("")
        assert within(
            lambda: (
                source.poll(10, 0.1) is None
                and "the topic absent is not there" in "".join(source.troubles)
            ),
            15,
        )


@pytest.mark.proof
def test_a_broker_that_dies_is_waited_for(kafka: Broker, tmp_path: Path, topic: Topic) -> None:
    """A killed broker is a trouble until it is back; then reading goes on, nothing twice."""
    from tests.connectors.kafka_broker import make_broker

    assert kafka.plain == topic.broker.plain
    broker = make_broker(tmp_path)
    try:
        broker.start()
        own = Topic(broker)
        own.put(b"before")
        with closing(own.source()) as source:
            source.open("")
            (first,) = taken(source, 1)
            source.acknowledge(first)
            assert within(lambda: own.committed() == 1)
            broker.kill()
            assert within(
                lambda: source.poll(10, 0.1) is None and "reached" in "".join(source.troubles)
            )
            broker.start()
            own.put(b"after")
            assert records(taken(source, 1)) == [b"after"]
            assert list(source.troubles) == []
    finally:
        broker.kill()


def test_a_position_that_is_none_is_refused(topic: Topic) -> None:
    """What is no position ends the start with the way out."""
    for resume in ("x", "[1]", '{"t":{"0":[]}}', '{"t":{"a":[1,2]}}'):
        with pytest.raises(SourceError, match="is no position"):
            topic.source().open(resume)


@pytest.fixture(autouse=True)
def _no_threads_stay() -> Iterator[None]:
    """Check that a test leaves no thread of a client behind."""
    yield
    gc.collect()
    assert within(
        lambda: not any("kafka" in thread.name.casefold() for thread in threading.enumerate())
    )
