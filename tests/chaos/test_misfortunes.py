"""What else befalls a cluster's topics, rights, brokers and spool; real processes, one each."""

import random
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka_link import connected
from connectors.stores.kafka.frames import SIGN, VERSION, framed
from connectors.stores.kafka.topics import Failed, unpack_failures, unpack_raw
from pipeline.model import BatchKind, FailureCode, RawBatch
from pipeline.runtime.cluster.worker import ENDED
from tests.chaos.account import account, come_to_rest
from tests.chaos.brokers import Brokers, brokers
from tests.chaos.reckoning import Outcome, event_ids, messages, read_raw
from tests.chaos.stream import Stream
from tests.chaos.town import PARTITIONS, Plan, Town, town
from tests.connectors.kafka_broker import Broker, fetch
from tests.runtime.cores.deadly import DEADLY

PATIENCE = 240.0  # seconds
KILLED = Path(__file__).with_name("deadly_worker.py")
BOMB = SIGN + bytes((VERSION,)) + b"O" + bytes.fromhex("28b52ffd c0 00 0000000000010000")
FOREIGN: dict[str, bytes | None] = {
    "nothing": None,
    "empty": b"",
    "another's": b'{"some": "JSON"}',
    "a sign alone": SIGN,
    "an older version": SIGN + bytes((0,)) + b"O" + framed(b"{}")[2:],
    "cut off": framed(b'["c1", 0]\n{"batch": 1}', b"O")[:-4],
    "no such noun": framed(b'["c1", 0]\n{"batch": 1}', b"O"),
    "no such tag": framed(b"{}", b"Z"),
    "a bomb": BOMB,
    "noise": bytes(range(256)),
}


@contextmanager
def lone(folder: Path, *lines: str, **plan: Any) -> Iterator[tuple[Brokers, Town, Stream]]:
    """Run a broker of its own with a collector and a worker over it, and a stream."""
    fetch()
    with ExitStack() as stack:
        (folder / "broker").mkdir()
        made = stack.enter_context(brokers([folder / "broker"], *lines))
        wanted = Plan(workers=1, notifies=False, near=tuple(made.near), **plan)
        city = stack.enter_context(town(folder, wanted, made))
        stream = Stream(city.files, random.Random(1), every=0.25)
        yield made, city, stream


def put(city: Town, topic: str, *values: bytes | None, partition: int = 0) -> None:
    """Write messages as anybody may who has the right to."""
    from kafka import KafkaProducer

    near = list(city.plan.near)
    with closing(connected(KafkaProducer, bootstrap_servers=near)) as producer:
        for value in values:
            producer.send(city.topics(topic), value=value, key=b"k", partition=partition)
        producer.flush()


def set_aside(city: Town) -> dict[str, FailureCode]:
    """Give the codes of dead letters by the place of the message that they are of."""
    found = {}
    for message in messages(city, "failures"):
        failed = unpack_failures(message.value)
        assert isinstance(failed, Failed)
        found[failed.place] = failed.failures[0].code
    return found


@pytest.mark.proof
def test_foreign_bytes_are_dead_letters_and_hold_up_nothing(kafka: Broker, tmp_path: Path) -> None:
    """Whatever others write into our topics ends no process; each such message is set aside."""
    plan = Plan(workers=1, near=(kafka.plain,))
    read_by_faust = ("raw", "observations", "centre", "outcomes")
    with town(tmp_path, plan) as city:
        for topic in (*read_by_faust, "bundles", "tails", "commands"):
            put(city, topic, *FOREIGN.values())
        stream = Stream(city.files, random.Random(1), every=0.25)
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 30, PATIENCE, "outcomes")
        come_to_rest(city, stream.written, strict=False)
        aside = set_aside(city)
        found = Outcome()
        read_raw(city, found, strict=False)
        assert found.lines.keys() == set(stream.written)
        ended = {name: dict(one.ended) for name, one in city.processes.items()}
    for topic in read_by_faust:
        named = [place for place in aside if place.split("/")[0] == topic]
        assert len(named) == len(FOREIGN), (topic, sorted(aside))
    assert {aside[place] for place in aside} == {FailureCode.CORRUPT, FailureCode.OVERSIZED}
    assert ended == {"collector": {0: 1}, "worker 1": {}, "notifier": {}}


@pytest.mark.proof
def test_a_record_that_kills_workers_is_set_aside(kafka: Broker, tmp_path: Path) -> None:
    """It kills each worker once at most, and then becomes a dead letter; all others go on."""
    plan = Plan(notifies=False, near=(kafka.plain,))
    with town(tmp_path, plan) as city:
        workers = [one for name, one in city.processes.items() if "worker" in name]
        for one in workers:
            one.end()
            one.command = [sys.executable, "-W", "ignore", str(KILLED), *one.command[-3:]]
            one.start()
        stream = Stream(city.files, random.Random(1), every=0.5)
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 8, PATIENCE, "outcomes")
            stream.put([stream.written[0] + b" " + DEADLY])
            city.wait(lambda: bool(set_aside(city)), PATIENCE, "a dead letter")
            done = city.outcomes()
            city.wait(lambda: city.outcomes() > done + 8, PATIENCE, "outcomes again")
        come_to_rest(city, stream.written)
        found = Outcome()
        read_raw(city, found)
        records = [
            (f"{batch.id}-{index}", record)
            for batch in found.batches
            for index, record in enumerate(batch.records)
            if batch.kind is BatchKind.RAW
        ]
        matched = event_ids(city)
        assert {record for name, record in records if name in matched} == {
            record for record in stream.written if DEADLY not in record
        }
        assert list(set_aside(city).values()) == [FailureCode.POISON]
        deaths = [one.ended[-signal.SIGKILL] for one in workers]
    assert sum(deaths) >= 1
    assert max(deaths) <= 1


@pytest.mark.proof
def test_what_cannot_be_sent_on_is_not_acknowledged(tmp_path: Path) -> None:
    """A worker that may not write ends, acknowledges nothing of it, and no commit jumps ahead."""
    from kafka.admin import ACLOperation, ACLPermissionType

    rights = (
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found=true",
    )
    with lone(tmp_path, *rights) as (_, city, stream):
        worker = city.processes["worker 1"]
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 20, PATIENCE, "outcomes")
            rules = [  # a topic with one rule has no rights but by rules
                _rule(city, "events", ACLOperation.ALL, ACLPermissionType.ALLOW),
                _rule(city, "events", ACLOperation.WRITE, ACLPermissionType.DENY),
            ]
            with _admin(city) as admin:
                admin.create_acls(rules)
            city.wait(lambda: worker.ended[ENDED] > 1, PATIENCE, "an end of the worker")
            assert "ends" in worker.last_words
            worker.end()
            matched = event_ids(city)
            left = 0
            for batch, passed in acknowledged(city):
                sent = {f"{batch.id}-{index}" for index in range(len(batch.records))}
                assert not passed or sent <= matched.keys()
                left += not passed
            assert left
            with _admin(city) as admin:
                admin.delete_acls([_filter(rule) for rule in rules])
            worker.start()
            done = city.outcomes()
            city.wait(lambda: city.outcomes() > done + 20, PATIENCE, "outcomes again")
        come_to_rest(city, stream.written)
        assert account(city, stream.written)["findings"]


@pytest.mark.proof
def test_a_topic_that_is_deleted_under_a_worker(tmp_path: Path) -> None:
    """It ends instead of going on without, and goes on once somebody has made the topic again."""
    with lone(tmp_path) as (_, city, stream):
        worker = city.processes["worker 1"]
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 20, PATIENCE, "outcomes")
            with _admin(city) as admin:
                admin.delete_topics([city.topics("events")])
            city.wait(lambda: bool(worker.ended), PATIENCE, "an end of the worker")
            city.apply()
            done = city.outcomes()
            city.wait(lambda: city.outcomes() > done + 20, PATIENCE, "outcomes again")
        come_to_rest(city, stream.written)
        found = Outcome()
        read_raw(city, found)
        assert found.lines.keys() == set(stream.written)
        matched = event_ids(city)
        last = [one for one in found.batches if one.kind is BatchKind.RAW][-20:]
        assert {
            f"{one.id}-{at}" for one in last for at in range(len(one.records))
        } <= matched.keys()


@pytest.mark.proof
def test_all_brokers_away_for_long(tmp_path: Path) -> None:
    """The spool fills to its bound and the source waits; once brokers answer all comes, once."""
    with lone(tmp_path, spool=64 * 1024) as (made, city, stream):
        broker = made.each[0].process
        spool = tmp_path / "collector" / "collect" / "spool"
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 20, PATIENCE, "outcomes")
            broker.end()
            before = len(stream.written)
            city.wait(lambda: len(stream.written) > before + 1500, PATIENCE, "an hour's records")
            waited = sum(one.stat().st_size for one in spool.rglob("*") if one.is_file())
            assert 0 < waited < 4 * 64 * 1024
            broker.start()
            made.wait()
            done = city.outcomes()
            city.wait(lambda: city.outcomes() > done + 20, PATIENCE, "outcomes again")
        come_to_rest(city, stream.written)
        assert account(city, stream.written)["findings"]


@pytest.mark.proof
@pytest.mark.parametrize("damage", ["noise", "emptied", "removed"])
def test_a_collector_starts_over_a_spool_that_is_broken(tmp_path: Path, damage: str) -> None:
    """It goes on where raw ends: its files are read again from there, and nothing comes twice."""
    with lone(tmp_path) as (made, city, stream):
        broker, collector = made.each[0].process, city.processes["collector"]
        spool = tmp_path / "collector" / "collect" / "spool"
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 20, PATIENCE, "outcomes")
            broker.end()
            before = len(stream.written)
            city.wait(lambda: len(stream.written) > before + 300, PATIENCE, "what waits")
        collector.end()
        collector.ended.clear()
        files = [one for one in spool.rglob("*") if one.is_file() and one.stat().st_size]
        assert files
        for file in files:
            if damage == "removed":
                file.unlink()
            else:
                file.write_bytes(bytes(range(256)) * 16 if damage == "noise" else b"")
        broker.start()
        made.wait()
        collector.start()
        with stream.flowing():
            done = city.outcomes()
            city.wait(lambda: city.outcomes() > done + 20, PATIENCE, "outcomes again")
        come_to_rest(city, stream.written)
        assert account(city, stream.written)["findings"]


def acknowledged(city: Town) -> Iterator[tuple[RawBatch, bool]]:
    """Give each batch of records in raw, and whether the group's commit is behind it."""
    from kafka import KafkaConsumer, TopicPartition

    group = city.cluster().group("worker")
    near = list(city.plan.near)
    name = city.topics("raw")
    with closing(connected(KafkaConsumer, bootstrap_servers=near, group_id=group)) as asked:
        places = [
            asked.committed(TopicPartition(name, number)) or 0 for number in range(PARTITIONS)
        ]
    for message in messages(city, "raw"):
        batch = unpack_raw(message.value)
        if isinstance(batch, RawBatch) and batch.kind is BatchKind.RAW:
            yield batch, message.offset < places[message.partition]


@contextmanager
def _admin(city: Town) -> Iterator[Any]:
    from kafka import KafkaAdminClient

    near = list(city.plan.near)
    with closing(connected(KafkaAdminClient, bootstrap_servers=near)) as admin:
        yield admin


def _rule(city: Town, topic: str, operation: Any, kind: Any) -> Any:
    from kafka.admin import ACL
    from kafka.admin._acls import ResourcePattern, ResourceType

    pattern = ResourcePattern(ResourceType.TOPIC, city.topics(topic))
    return ACL("User:ANONYMOUS", "*", operation, kind, pattern)


def _filter(rule: Any) -> Any:
    from kafka.admin import ACLFilter

    return ACLFilter(
        rule.principal, rule.host, rule.operation, rule.permission_type, rule.resource_pattern
    )
