"""Reading a topic from a place to its present end, without a group: what stands there is asked."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from connectors.stores.kafka.frames import MOST_MESSAGE
from connectors.stores.kafka.trouble import told
from pipeline.errors import StoreError
from pipeline.settings import ClusterSettings

RIGHTS = "READ and DESCRIBE on the topics"
FETCH_BYTES = 32 * 1024 * 1024
POLL_MILLISECONDS = 500


@dataclass(frozen=True, slots=True)
class Read:
    """One message as it stands."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]


class Reading:
    """A consumer of its own for as long as the block runs; StoreError where no broker answers.

    ``committed``: of what transactions wrote, only what they completed.
    """

    def __init__(self, settings: ClusterSettings, *, committed: bool = False) -> None:
        self._settings = settings
        self._place = ",".join(settings.brokers)
        self._level = "read_committed" if committed else "read_uncommitted"
        self._consumer: Any = None

    def __enter__(self) -> Self:
        with told(self._place, RIGHTS):
            self._consumer = connected(
                KafkaConsumer,
                bootstrap_servers=list(self._settings.brokers),
                bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS,
                client_id="saqshy-reading",
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                isolation_level=self._level,
                fetch_max_bytes=FETCH_BYTES,
                max_partition_fetch_bytes=MOST_MESSAGE + 1024 * 1024,
                reconnect_backoff_max_ms=2_000,
                metrics_enabled=False,
                **security(self._settings),
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        consumer, self._consumer = self._consumer, None
        consumer.close(autocommit=False, timeout_ms=BOOTSTRAP_MILLISECONDS)

    def partitions(self, topic: str) -> int:
        """Give how many partitions a topic has; StoreError where it is not there."""
        end = time.monotonic() + self._settings.timeout_seconds
        while True:
            with told(self._place, RIGHTS):
                found = self._consumer.partitions_for_topic(topic)
            if found:
                return len(found)
            if time.monotonic() > end:
                raise StoreError(
                    f"{self._place}: the topic {topic} is not there: make the topics with "
                    "`saqshy cluster apply`"
                )
            self._consumer.poll(timeout_ms=100)

    def bounds(self, topic: str) -> tuple[tuple[int, int], ...]:
        """Give the first and the next offset of each partition."""
        parts = [TopicPartition(topic, number) for number in range(self.partitions(topic))]
        with told(self._place, RIGHTS):
            begins = self._consumer.beginning_offsets(parts)
            ends = self._consumer.end_offsets(parts)
        return tuple((begins[part], ends[part]) for part in parts)

    def messages(self, topic: str, begins: Sequence[int], ends: Sequence[int]) -> Iterator[Read]:
        """Give what stands in [begin, end) of each partition; order holds within a partition.

        StoreError where nothing comes for ``timeout_seconds``.
        """
        parts = {TopicPartition(topic, number): end for number, end in enumerate(ends)}
        parts = {one: end for one, end in parts.items() if begins[one.partition] < end}
        with told(self._place, RIGHTS):
            self._consumer.assign(list(parts))
            for part in parts:
                self._consumer.seek(part, begins[part.partition])
        patience = time.monotonic() + self._settings.timeout_seconds
        while parts:
            with told(self._place, RIGHTS):
                found = self._consumer.poll(timeout_ms=POLL_MILLISECONDS)
            for part, messages in found.items():
                yield from (_read(one) for one in messages if one.offset < parts.get(part, 0))
            done = [part for part, end in parts.items() if self._at(part) >= end]
            if found or done:
                patience = time.monotonic() + self._settings.timeout_seconds
            elif time.monotonic() > patience:
                raise StoreError(f"{self._place}: the topic {topic} gives nothing: try again")
            for part in done:
                del parts[part]
            if done:
                self._consumer.assign(list(parts))

    def _at(self, part: TopicPartition) -> int:
        with told(self._place, RIGHTS):
            position = self._consumer.position(part, timeout_ms=BOOTSTRAP_MILLISECONDS)
        return int(position or 0)


def first_behind(settings: ClusterSettings, topic: str, partition: int, offset: int) -> int:
    """Give the offset of the first message at or behind one; the partition's end where none is.

    StoreError where no broker answers.
    """
    with Reading(settings) as reading:
        bounds = reading.bounds(topic)
        begins = [end for _, end in bounds]
        begin, end = bounds[partition]
        begins[partition] = max(begin, offset)
        found = reading.messages(topic, begins, [end for _, end in bounds])
        return next((one.offset for one in found), end)


def _read(message: Any) -> Read:
    headers = dict(message.headers or ())
    return Read(message.partition, message.offset, message.key, message.value, headers)
