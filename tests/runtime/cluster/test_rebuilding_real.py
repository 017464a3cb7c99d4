"""A rebuild of a real cluster: its state is made again, and nothing is sent a second time."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from connectors.kafka_link import connected
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import (
    Told,
    Topics,
    Unread,
    pack_raw,
    raw_headers,
    unpack_audit,
    unpack_notice,
    unpack_outcome,
)
from connectors.stores.memory import open_memory
from pipeline.incidents.audit import verify
from pipeline.model import AuditEntry, BatchKind, Notice, NoticeState, RawBatch
from pipeline.runtime.bootstrap import System
from pipeline.runtime.knowledge import keep_knowledge
from pipeline.settings import ClusterSettings
from tests.connectors.kafka_broker import Broker
from tests.runtime.cluster.played import story_played
from tests.runtime.cluster.simulated import Came
from tests.runtime.cluster.test_rebuilding import asked

pytestmark = pytest.mark.proof
PARTITIONS = 2
PATIENCE = 150.0  # seconds
WAITING = (NoticeState.PENDING, NoticeState.FAILED)


@dataclass
class Stood:
    """What stands in the topics."""

    came: Came
    notices: dict[str, Notice]
    audit: dict[tuple[str, int], AuditEntry]


@dataclass
class Cluster:
    """A cluster of its own on the session's broker."""

    folder: Path
    broker: Broker
    topics: Topics

    def config(self, generation: int) -> Path:
        """Write the settings of a generation."""
        document = {
            "cluster": {
                "brokers": [self.broker.plain],
                "prefix": self.topics.prefix,
                "partitions": PARTITIONS,
                "replication": 1,
                "standbys": 0,
                "session_seconds": 10,
                "folder": str(self.folder / "state"),
                "port": None,
                "generation": generation,
            },
            "content": {"cache": str(self.folder / "cache")},
            "audit": {"checkpoint_minutes": 0},
            "notify": {"folder": {"path": str(self.folder / "outgoing")}, "retry_seconds": 0.05},
        }
        path = self.folder / f"generation-{generation}.yml"
        path.write_text(yaml.safe_dump(document))
        return path

    def ask(self, generation: int, *words: str, status: int = 0) -> str:
        """Run a command to its end; give what it says."""
        command = [sys.executable, "-m", "pipeline.runtime.cli", *words, "--config"]
        done = subprocess.run(
            [*command, str(self.config(generation))],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def process(self, kind: str, generation: int) -> Iterator[None]:
        """Run a process for as long as the block runs."""
        command = [sys.executable, "-m", "pipeline.runtime.cli", kind, "--config"]
        with (self.folder / f"{kind}.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, str(self.config(generation))], stdout=log, stderr=log
            )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def journal(self, system: System, batches: list[RawBatch]) -> None:
        """Put the knowledge in force in its topic, and batches into raw as a collector does."""
        from kafka import KafkaProducer

        options = {"acks": "all", "linger_ms": 5, "max_request_size": 8_000_000}
        link = connected(KafkaProducer, bootstrap_servers=self.broker.plain, **options)
        with closing(link) as producer:

            def send(messages: list[Any]) -> None:
                for one in messages:
                    producer.send(one.topic, key=one.key, value=one.value, partition=one.partition)
                producer.flush()

            content = KafkaContentStore(self._settings, self.topics, send)
            stores = replace(open_memory(), content=content)
            keep_knowledge(stores, system.reloader.knowledge, system.clock.now())
            for number, batch in enumerate(batches):
                clock, command = batch.kind is BatchKind.CLOCK, batch.kind is BatchKind.COMMAND
                own = [0 if command else number % PARTITIONS]
                for partition in range(PARTITIONS) if clock else own:
                    producer.send(
                        self.topics("raw"),
                        value=pack_raw(batch),
                        headers=raw_headers(batch, "c1", "wire"),
                        partition=partition,
                    )
            producer.flush()

    @property
    def _settings(self) -> ClusterSettings:
        return ClusterSettings(brokers=(self.broker.plain,), prefix=self.topics.prefix)

    def stands(self) -> Stood:
        """Read what stands in the topics; what was told twice must be the same both times."""
        stood = Stood(Came(), {}, {})
        with Reading(self._settings) as reading:
            for name in ("outcomes", "notices", "audit"):
                bounds = reading.bounds(self.topics(name))
                begins, ends = [one for one, _ in bounds], [end for _, end in bounds]
                for message in reading.messages(self.topics(name), begins, ends):
                    _note(stood, name, message.value)
        return stood

    def settled(self, expected: Mapping[str, Notice]) -> Stood:
        """Wait until every notice was told and none waits."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            stood = self.stands()
            waits = any(one.state in WAITING for one in stood.notices.values())
            if stood.notices.keys() >= expected.keys() and not waits:
                return stood
            threading.Event().wait(1.0)  # a process of its own works meanwhile
        logs = [one.read_text(errors="replace")[-1500:] for one in self.folder.glob("*.log")]
        pytest.fail("\n".join(logs))

    def left(self) -> list[str]:
        """Give the files that left, and when each was written."""
        files = (self.folder / "outgoing").rglob("*.json")
        return sorted(f"{one.name} {one.stat().st_mtime_ns}" for one in files)


def _note(stood: Stood, name: str, value: bytes | None) -> None:
    if name == "outcomes":
        told = unpack_outcome(value)
        if isinstance(told, Told):
            stood.came.take(told.findings, told.incidents, told.notices)
    elif name == "notices":
        notice = unpack_notice(value)
        assert isinstance(notice, Notice), notice
        stood.notices[notice.id] = notice
    else:
        entries = unpack_audit(value)
        assert not isinstance(entries, Unread), entries
        for entry in entries:
            assert stood.audit.setdefault((entry.chain, entry.number), entry) == entry


@pytest.fixture
def cluster(kafka: Broker, tmp_path: Path) -> Cluster:
    """Give topics of the test's own, made as an operator makes them."""
    made = Cluster(tmp_path, kafka, Topics(f"{tmp_path.name}."))
    made.ask(1, "cluster", "apply")
    return made


def test_a_real_cluster_is_rebuilt(cluster: Cluster) -> None:
    """From raw and from a snapshot: before and after are equal, and nothing leaves again."""
    with story_played(cluster.folder / "one", 0.3, terms=True) as (system, played, came):
        batches = [*played, *asked(played, list(came.incidents.values()))]
        notices = {one.id: one for one in system.stores.outbox.list()}
        cluster.journal(system, batches)
    with cluster.process("worker", 1), cluster.process("notifier", 1):
        cluster.settled(notices)
        cluster.ask(1, "cluster", "rebuild", "--watch")
        snapshot = cluster.folder / "snapshot"
        cluster.ask(1, "cluster", "snapshot", str(snapshot))
        refused = cluster.ask(1, "cluster", "rebuild", "--dry-run", status=1)
        assert "end them first" in refused
    before = cluster.settled(notices)
    left = cluster.left()
    assert sum(bool(one.command) for one in before.came.incidents.values()) > 1
    assert len(left) > 5
    plan = orjson.loads(cluster.ask(1, "cluster", "rebuild", "--dry-run", "--json"))
    assert plan["refusals"] == []
    cluster.ask(1, "cluster", "rebuild")
    assert "is ready" in cluster.ask(1, "worker", status=2)
    with cluster.process("worker", 2), cluster.process("notifier", 2):
        cluster.ask(2, "cluster", "rebuild", "--watch")
    after = cluster.stands()
    assert after.notices == before.notices
    assert after.audit == before.audit
    assert after.came == before.came
    assert cluster.left() == left
    trail = sorted(before.audit.values(), key=lambda one: (one.chain, one.number))
    assert verify(trail) == []
    cluster.ask(2, "cluster", "rebuild", "--snapshot", str(snapshot))
    assert "is ready" in cluster.ask(2, "worker", status=2)
    with cluster.process("worker", 3), cluster.process("notifier", 3):
        cluster.ask(3, "cluster", "rebuild", "--watch")
    again = cluster.stands()
    assert again.notices == before.notices
    assert again.audit == before.audit
    assert again.came == before.came
    assert cluster.left() == left
