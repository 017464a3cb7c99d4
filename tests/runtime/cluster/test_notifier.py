"""Real notifiers on a real broker: each notice leaves once, whoever is killed in the middle."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.kafka_link import connected
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.topics import Topics, Unread, unpack_audit, unpack_notice
from connectors.stores.memory import open_memory
from pipeline.incidents.audit import verify
from pipeline.model import AuditEntry, Notice, NoticeState
from pipeline.runtime.bootstrap import System
from pipeline.runtime.cluster.notifier import ENDED
from pipeline.runtime.knowledge import keep_knowledge
from pipeline.settings import ClusterSettings
from tests.connectors.kafka_broker import Broker
from tests.runtime.cluster.played import story_played
from tests.runtime.cluster.simulated import Simulated

FOLDS = 3
PATIENCE = 100.0  # seconds
WAITING = (NoticeState.PENDING, NoticeState.FAILED)


@dataclass(repr=False)
class Played:
    """What one machine made of a part of the story, and what workers say of it, by partition."""

    system: System
    notices: dict[str, Notice]
    outcomes: list[list[bytes]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Give half of the story."""
    with story_played(tmp_path_factory.mktemp("alone"), 0.5, terms=True) as (system, batches, _):
        made = Simulated(system.engine.chain, 1, FOLDS, random.Random(3))
        made.journal(batches)
        made.run()
        logs = [made.logs.get(("outcomes", number), []) for number in range(FOLDS)]
        yield Played(system, {one.id: one for one in system.stores.outbox.list()}, logs)


@dataclass(repr=False)
class Cluster:
    """Topics of its own on the session's broker, and notifiers over them."""

    folder: Path
    broker: Broker
    topics: Topics
    producer: Any
    notices: dict[str, Notice] = field(default_factory=dict)
    audit: dict[tuple[str, int], AuditEntry] = field(default_factory=dict)

    def keep(self, system: System) -> None:
        """Put the knowledge in force where notifiers look for it."""

        def send(messages: list[Any]) -> None:
            for one in messages:
                self.producer.send(one.topic, key=one.key, value=one.value, partition=one.partition)
            self.producer.flush()

        settings = ClusterSettings(brokers=(self.broker.plain,), prefix=self.topics.prefix)
        content = KafkaContentStore(settings, self.topics, send)
        stores = replace(open_memory(), content=content)
        keep_knowledge(stores, system.reloader.knowledge, system.clock.now())

    def tell(self, outcomes: list[list[bytes]], begin: float, end: float) -> None:
        """Write a part of what workers say."""
        for partition, values in enumerate(outcomes):
            for value in values[int(len(values) * begin) : int(len(values) * end)]:
                self.producer.send(self.topics("outcomes"), value=value, partition=partition)
        self.producer.flush()

    @contextmanager
    def notifier(self, name: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a notifier as its own process for as long as the block runs."""
        cluster = {
            "brokers": [self.broker.plain], "prefix": self.topics.prefix, "session_seconds": 6,
            "folder": str(self.folder / name), "port": None,
        }  # fmt: skip
        document = {
            "cluster": cluster,
            "content": {"cache": str(self.folder / "cache")},
            "notify": {"folder": {"path": str(self.folder / "outgoing")}, "retry_seconds": 0.05},
        }
        config = self.folder / f"{name}.yml"
        config.write_text(yaml.safe_dump(document))
        command = [sys.executable, "-m", "pipeline.runtime.cli", "notifier", "--config"]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen([*command, str(config)], stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def gone(self) -> int:
        """Give how many notices left, by what was told of them."""
        return sum(one.state is NoticeState.SENT for one in self.notices.values())

    def done(self, notices: Mapping[str, Notice]) -> bool:
        """Tell whether notices were told, and nothing waits any more."""
        waits = any(one.state in WAITING for one in self.notices.values())
        return self.notices.keys() >= notices.keys() and not waits

    def follow(self, consumer: Any, until: Callable[[], bool]) -> None:
        """Take what notifiers tell until that is so; fails where it takes too long."""
        end = time.monotonic() + PATIENCE
        while not until() and time.monotonic() < end:
            for messages in consumer.poll(timeout_ms=200).values():
                for message in messages:
                    self._take(message)
        logs = [one.read_text(errors="replace")[-1500:] for one in self.folder.glob("*.log")]
        if not until():
            pytest.fail("\n".join([f"{len(self.notices)} told, {self.gone()} gone", *logs]))

    def _take(self, message: Any) -> None:
        if message.topic == self.topics("notices"):
            notice = unpack_notice(message.value)
            assert isinstance(notice, Notice), notice
            self.notices[notice.id] = notice
            return
        entries = unpack_audit(message.value)
        assert not isinstance(entries, Unread), entries
        for entry in entries:
            assert self.audit.setdefault((entry.chain, entry.number), entry) == entry

    def consumer(self) -> Any:
        """Read both topics from their beginning."""
        from kafka import KafkaConsumer, TopicPartition

        consumer = connected(KafkaConsumer, bootstrap_servers=self.broker.plain)
        parts = [TopicPartition(self.topics("notices"), one) for one in range(FOLDS)]
        parts.append(TopicPartition(self.topics("audit"), 0))
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        return consumer


@pytest.fixture
def cluster(kafka: Broker, tmp_path: Path) -> Iterator[Cluster]:
    """Give topics of the test's own."""
    from kafka import KafkaAdminClient, KafkaProducer
    from kafka.admin import NewTopic

    topics = Topics(f"{tmp_path.name}.")
    wanted = {
        "outcomes": FOLDS,
        "notices": FOLDS,
        "failures": 1,
        "audit": 1,
        "bundles": 1,
        "checkpoints": 1,
    }
    with closing(connected(KafkaAdminClient, bootstrap_servers=kafka.plain)) as admin:
        admin.create_topics([NewTopic(topics(name), n, 1) for name, n in wanted.items()])
    options = {"acks": "all", "linger_ms": 5, "max_request_size": 8_000_000}
    with closing(connected(KafkaProducer, bootstrap_servers=kafka.plain, **options)) as producer:
        yield Cluster(tmp_path, kafka, topics, producer)


@pytest.mark.proof
def test_every_notice_leaves_once_though_a_notifier_is_killed(
    cluster: Cluster, played: Played
) -> None:
    """Two notifiers, one killed while it delivers: all is told, all leaves, all chains hold."""
    cluster.keep(played.system)
    with closing(cluster.consumer()) as consumer, cluster.notifier("one"):
        with cluster.notifier("two") as two:
            cluster.tell(played.outcomes, 0.0, 0.8)
            cluster.follow(consumer, lambda: cluster.gone() > 0)
            cluster.tell(played.outcomes, 0.8, 1.0)
            two.kill()
        with cluster.notifier("two"):
            cluster.follow(consumer, lambda: cluster.done(played.notices))
    whole(cluster, played)


@pytest.mark.proof
def test_a_notifier_that_stood_still_ends_before_it_writes(
    cluster: Cluster, played: Played
) -> None:
    """One that is stopped for longer than its session, and goes on, harms nothing and ends."""
    cluster.keep(played.system)
    with closing(cluster.consumer()) as consumer, cluster.notifier("one") as one:
        cluster.tell(played.outcomes, 0.0, 0.8)
        cluster.follow(consumer, lambda: cluster.gone() > 0)
        cluster.tell(played.outcomes, 0.8, 1.0)
        one.send_signal(signal.SIGSTOP)
        with cluster.notifier("two"):
            cluster.follow(consumer, lambda: cluster.done(played.notices))
            one.send_signal(signal.SIGCONT)
            assert one.wait(30) == ENDED
            cluster.follow(consumer, lambda: cluster.done(played.notices))
    whole(cluster, played)


def whole(cluster: Cluster, played: Played) -> None:
    """Tell that every notice left once, and that every chain holds."""
    assert len(played.notices) > 20
    files = [one.stem for one in (cluster.folder / "outgoing").rglob("*.json")]
    left = [name for name in files if not name.endswith(".late")]
    assert len(left) == len(set(left))
    sent = {one.id for one in cluster.notices.values() if one.state is NoticeState.SENT}
    assert sent == set(left)
    trail = sorted(cluster.audit.values(), key=lambda one: (one.chain, one.number))
    assert verify(trail) == []
