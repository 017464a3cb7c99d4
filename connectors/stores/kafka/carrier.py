"""Messages to brokers: in order, kept by all replicas in sync, or an error; nothing in between.

What a failed call sent may stand there all the same: who sends the same again, in the same order,
repeats and never jumps.
"""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from connectors.stores.kafka.frames import MOST_MESSAGE
from connectors.stores.kafka.trouble import told
from pipeline.settings import ClusterSettings

RIGHTS = "WRITE and DESCRIBE on the topics"
CLOSE_SECONDS = 2.0
IN_FLIGHT = 32 * 1024 * 1024  # bytes that wait for their acknowledgement


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent; ``topic`` is the full name, ``partition`` None where the key decides.

    A ``value`` of None takes away what a compacted topic has under the key.
    """

    topic: str
    value: bytes | None
    key: bytes | None = None
    partition: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Carrier:
    """An idempotent producer that is made anew after each failure; one thread at a time.

    ``seconds`` is how long one message may take to be kept.
    """

    def __init__(self, settings: ClusterSettings, seconds: float) -> None:
        self._settings = settings
        self._place = ",".join(settings.brokers)
        self._seconds = seconds
        self._producer: Any = None

    def send(self, messages: Sequence[Message]) -> list[tuple[int, int]]:
        """Send messages in order and wait until all are kept; give their (partition, offset).

        StoreError where one is not: those before it are kept, it and those behind it may be.
        """
        places: list[tuple[int, int]] = []
        waiting: deque[tuple[Any, int]] = deque()
        size = 0
        try:
            with told(self._place, RIGHTS):
                producer = self._connected()
                for message in messages:
                    bytes_sent = len(message.value or b"")
                    waiting.append((_sent(producer, message), bytes_sent))
                    size += bytes_sent
                    while size > IN_FLIGHT:
                        size -= self._kept(waiting, places)
                while waiting:
                    self._kept(waiting, places)
        except BaseException:
            self._drop()
            raise
        return places

    def partitions(self, topic: str) -> int:
        """Give how many partitions a topic has; StoreError where no broker says so."""
        try:
            with told(self._place, RIGHTS):
                return len(self._connected().partitions_for(topic))
        except BaseException:
            self._drop()
            raise

    def close(self) -> None:
        """Let go of the producer; safe to call twice."""
        self._drop(CLOSE_SECONDS)

    def _drop(self, seconds: float = 0) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, OSError):  # what it had not sent is told as not sent
                producer.close(timeout=seconds)

    def _kept(self, waiting: deque[tuple[Any, int]], places: list[tuple[int, int]]) -> int:
        future, size = waiting.popleft()
        kept = future.get(timeout=2 * self._seconds)  # it gives up by itself in half of that
        places.append((kept.partition, kept.offset))
        return size

    def _connected(self) -> Any:
        if self._producer is None:
            options = producer_options(self._settings, self._seconds)
            self._producer = connected(KafkaProducer, **options)
        return self._producer


def producer_options(settings: ClusterSettings, seconds: float) -> dict[str, Any]:
    """Give the options of an idempotent producer whose messages take no longer than that."""
    milliseconds = int(seconds * 1000)
    return {
        "bootstrap_servers": list(settings.brokers),
        "client_id": "saqshy-collect",
        "acks": "all",
        "enable_idempotence": True,
        "linger_ms": 0,
        "allow_auto_create_topics": False,
        "max_request_size": MOST_MESSAGE + 1024 * 1024,
        "max_block_ms": milliseconds,
        "request_timeout_ms": milliseconds,
        "delivery_timeout_ms": milliseconds,
        "bootstrap_timeout_ms": min(BOOTSTRAP_MILLISECONDS, milliseconds),
        "reconnect_backoff_max_ms": 1_000,
        "metrics_enabled": False,
        **security(settings),
    }


def _sent(producer: Any, message: Message) -> Any:
    return producer.send(
        message.topic,
        message.value,
        key=message.key,
        partition=message.partition,
        headers=list(message.headers),
    )
