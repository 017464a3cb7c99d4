"""What the indexer reads: its topics as one member of a group, nothing committed by itself."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from connectors.sources.kafka_client import resume_joining
from connectors.stores.kafka.frames import MOST_MESSAGE
from connectors.stores.kafka.topics import Topics
from pipeline.runtime.cluster.indexed import INDEXED, Message
from pipeline.settings import ClusterSettings

_MESSAGES = 16  # of one fetch from what the client holds: each has many records
_CLOSE_MILLISECONDS = 5_000
_HELD_SECONDS = 30.0  # until a partition that waits for a newer process is looked at again
_AGAIN_SECONDS = 1.0  # until a broker that did not answer is asked again
log = structlog.get_logger("saqshy.indexer")


def make_indexing_consumer(settings: ClusterSettings, group: str, session: float = 10.0) -> Any:
    """Connect a consumer of the indexed topics; KafkaError where no broker answers."""
    consumer = connected(
        KafkaConsumer,
        bootstrap_servers=list(settings.brokers),
        bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS,
        client_id="saqshy-indexer",
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        session_timeout_ms=int(session * 1000),
        heartbeat_interval_ms=int(session * 300),
        max_partition_fetch_bytes=MOST_MESSAGE + 1024 * 1024,
        fetch_max_bytes=4 * MOST_MESSAGE,
        reconnect_backoff_max_ms=5_000,
        metrics_enabled=False,
        **security(settings),
    )
    topics = Topics(settings.prefix)
    consumer.subscribe(topics=[topics(name) for name in INDEXED])
    return consumer


@dataclass(slots=True)
class Feed:
    """Gives messages of the topics; ``connect`` makes the consumer, also again after a failure.

    ``wait`` lets so many seconds pass, less where the process is to end.
    """

    connect: Callable[[], Any]
    wait: Callable[[float], object]
    monotonic: Callable[[], float] = time.monotonic
    _consumer: Any = None
    _again: float = 0.0
    _held: dict[TopicPartition, float] = field(default_factory=dict)
    trouble: str = "not connected yet"

    def poll(self, seconds: float) -> list[Message]:
        """Give what came, waiting so long; nothing while no broker answers."""
        if self._consumer is None and self._again > self.monotonic():
            self.wait(min(seconds, self._again - self.monotonic()))
            return []
        try:
            if self._consumer is None:
                self._consumer = self.connect()
            self._look_again()
            resume_joining(self._consumer)
            found = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=_MESSAGES)
        except (KafkaError, OSError) as error:
            self._lost(error)
            return []
        # A partition that waits is paused. One that brings something was another's meanwhile, and
        # came back with nothing paused, from where that one has committed.
        for partition in found:
            self._held.pop(partition, None)
        self.trouble = "" if self._consumer.assignment() else "has no partitions yet"
        return list(_messages(found))

    def hold_on(self, seconds: float) -> None:
        """Stay a member of the group and take nothing: what is under way must be done first."""
        if self._consumer is None:
            return
        try:
            self._consumer.pause(*self._consumer.assignment())
            resume_joining(self._consumer)
            found = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=_MESSAGES)
            for partition, messages in found.items():  # came with a rebalance
                self._consumer.seek(partition, messages[0].offset)
            held = self._held.keys()
            self._consumer.resume(*(one for one in self._consumer.assignment() if one not in held))
        except (KafkaError, OSError) as error:
            self._lost(error)

    def hold(self, message: Message) -> None:
        """Leave a partition at a message until a newer process reads it; look again sometimes."""
        partition = TopicPartition(message.topic, message.partition)
        self._held[partition] = self.monotonic() + _HELD_SECONDS
        self._consumer.seek(partition, message.offset)
        self._consumer.pause(partition)

    def holds(self, partition: TopicPartition) -> bool:
        """Tell whether a partition waits for a newer process."""
        return partition in self._held

    @property
    def held(self) -> int:
        """Tell how many partitions wait for a newer process."""
        return len(self._held)

    def commit(self, next_offsets: Mapping[TopicPartition, int]) -> bool:
        """Commit where reading goes on, in partitions that are ours still; False where it fails."""
        if self._consumer is None:
            return False
        ours = self._consumer.assignment()
        told = {
            one: OffsetAndMetadata(offset, "", -1)
            for one, offset in next_offsets.items()
            if one in ours
        }
        try:
            if told:
                self._consumer.commit(told, timeout_ms=_CLOSE_MILLISECONDS)
        except (KafkaError, OSError, AssertionError) as error:  # the group has gone on without us
            log.warning("index.uncommitted", error=f"{type(error).__name__}: {error}")
            return False
        return True

    def lags(self) -> Mapping[str, int]:
        """Give how many messages lie behind what was read, by topic, as the last fetch told it."""
        found: dict[str, int] = {}
        if self._consumer is None:
            return found
        for partition in self._consumer.assignment():
            high = self._consumer.highwater(partition)
            at = self._consumer.position(partition, timeout_ms=0) if high is not None else None
            if high is not None and at is not None:
                found[partition.topic] = found.get(partition.topic, 0) + max(high - at, 0)
        return found

    def close(self) -> None:
        """Leave the group; safe to call twice."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            try:
                consumer.close(autocommit=False, timeout_ms=_CLOSE_MILLISECONDS)
            except (KafkaError, OSError) as error:
                log.info("index.leave", error=str(error))

    def _look_again(self) -> None:
        now, ours = self.monotonic(), self._consumer.assignment()
        for partition, until in list(self._held.items()):
            if partition not in ours:
                del self._held[partition]
            elif until <= now:
                del self._held[partition]
                self._consumer.resume(partition)

    def _lost(self, error: Exception) -> None:
        self.trouble = f"Kafka: {type(error).__name__}: {error}"[:300]
        log.warning("index.kafka", error=self.trouble)
        self.close()
        self._held.clear()
        self._again = self.monotonic() + _AGAIN_SECONDS


def _messages(found: Mapping[TopicPartition, Any]) -> Iterator[Message]:
    for partition, records in found.items():
        for one in records:
            yield Message(
                topic=partition.topic,
                partition=partition.partition,
                offset=one.offset,
                sent=one.timestamp,
                key=one.key or b"",
                value=one.value,
            )
