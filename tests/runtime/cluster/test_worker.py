"""Real workers on a real broker: the same answers, whoever is killed in the middle."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.kafka_link import connected
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.topics import Told, Topics, pack_raw, raw_headers, unpack_outcome
from connectors.stores.memory import open_memory
from pipeline.model import BatchKind, RawBatch
from pipeline.runtime.bootstrap import System
from pipeline.runtime.knowledge import keep_knowledge
from pipeline.settings import ClusterSettings
from tests.connectors.kafka_broker import Broker
from tests.runtime.cluster.played import story_played
from tests.runtime.cluster.simulated import Came

PARTITIONS = 4
PATIENCE = 150.0  # seconds


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[System, list[RawBatch], Came]]:
    """Give the first half of the story as one machine makes it."""
    with story_played(tmp_path_factory.mktemp("standalone"), 0.5) as made:
        yield made


@dataclass
class Cluster:
    """Topics of its own on the session's broker, and workers over them."""

    folder: Path
    broker: Broker
    topics: Topics
    producer: Any

    def settings(self, name: str) -> ClusterSettings:
        """Give the settings of one process, with a folder of its own."""
        return ClusterSettings(
            brokers=(self.broker.plain,),
            prefix=self.topics.prefix,
            folder=self.folder / name,
            session_seconds=6,
        )

    def keep(self, system: System) -> None:
        """Put the knowledge in force where workers look for it."""

        def send(messages: list[Any]) -> None:
            for one in messages:
                self.producer.send(one.topic, key=one.key, value=one.value, partition=one.partition)
            self.producer.flush()

        content = KafkaContentStore(self.settings("keeper"), self.topics, send)
        stores = replace(open_memory(), content=content)
        keep_knowledge(stores, system.reloader.knowledge, system.clock.now())

    def journal(self, batches: list[RawBatch]) -> None:
        """Write batches as a collector does."""
        for number, batch in enumerate(batches):
            ticks = batch.kind is BatchKind.CLOCK
            for partition in range(PARTITIONS) if ticks else [number % PARTITIONS]:
                self.producer.send(
                    self.topics("raw"),
                    value=pack_raw(batch),
                    headers=raw_headers(batch, "c1", "wire"),
                    partition=partition,
                )
        self.producer.flush()

    @contextmanager
    def worker(self, name: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a worker as its own process for as long as the block runs."""
        own = self.settings(name)
        cluster = {
            "brokers": list(own.brokers), "prefix": own.prefix, "folder": str(own.folder),
            "session_seconds": own.session_seconds, "port": None,
        }  # fmt: skip
        config = self.folder / f"{name}.yml"
        cache = str(self.folder / "cache")
        config.write_text(yaml.safe_dump({"cluster": cluster, "content": {"cache": cache}}))
        command = [sys.executable, "-m", "pipeline.runtime.cli", "worker", "--config", str(config)]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def follow(self, came: Came, until: Callable[[], bool]) -> None:
        """Take what workers tell until that is so; fails where it takes too long."""
        from kafka import KafkaConsumer, TopicPartition

        end = time.monotonic() + PATIENCE
        with closing(connected(KafkaConsumer, bootstrap_servers=self.broker.plain)) as consumer:
            parts = [TopicPartition(self.topics("outcomes"), one) for one in range(PARTITIONS)]
            consumer.assign(parts)
            consumer.seek_to_beginning(*parts)
            while not until() and time.monotonic() < end:
                for messages in consumer.poll(timeout_ms=200).values():
                    for message in messages:
                        told = unpack_outcome(message.value)
                        if isinstance(told, Told):
                            came.take(told.findings, told.incidents, told.notices)
        logs = [one.read_text(errors="replace")[-1500:] for one in self.folder.glob("*.log")]
        assert until(), "\n".join(logs)


@pytest.fixture
def cluster(kafka: Broker, tmp_path: Path) -> Iterator[Cluster]:
    """Give topics of the test's own."""
    from kafka import KafkaAdminClient, KafkaProducer
    from kafka.admin import NewTopic

    topics = Topics(f"{tmp_path.name}.")
    counts = dict.fromkeys(("raw", "observations", "events", "failures", "outcomes"), PARTITIONS)
    with closing(connected(KafkaAdminClient, bootstrap_servers=kafka.plain)) as admin:
        wanted = {**counts, "centre": 1, "bundles": 1}
        admin.create_topics([NewTopic(topics(name), n, 1) for name, n in wanted.items()])
    options = {"acks": "all", "linger_ms": 5, "max_request_size": 8_000_000}
    with closing(connected(KafkaProducer, bootstrap_servers=kafka.plain, **options)) as producer:
        yield Cluster(tmp_path, kafka, topics, producer)


@pytest.mark.proof
def test_workers_find_what_one_machine_finds_though_one_is_killed(
    cluster: Cluster, played: tuple[System, list[RawBatch], Came]
) -> None:
    """Two workers, one killed in the middle and started again: nothing is lost, nothing differs."""
    system, batches, expected = played
    cluster.keep(system)
    came, half = Came(), len(batches) // 2
    with cluster.worker("one"):
        with cluster.worker("two") as two:
            cluster.journal(batches[:half])
            cluster.follow(came, lambda: len(came.incidents) > len(expected.incidents) // 4)
            two.kill()
        cluster.journal(batches[half:])
        with cluster.worker("two"):
            cluster.follow(came, lambda: came.incidents.keys() >= expected.incidents.keys())
    assert came.findings == expected.findings
    assert came.incidents == expected.incidents
    assert came.notices == expected.notices
