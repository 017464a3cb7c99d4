"""A topic of a test's own, with a producer and the source that reads it."""

import gc
import uuid
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

from connectors.sources.kafka_topic import KafkaTopic
from pipeline.normalize import read_stream
from pipeline.settings import ListenerSettings
from tests.connectors.kafka_broker import Broker

RECORD_BYTES = 1000


class Topic:
    """A topic of its own, with a producer."""

    def __init__(self, broker: Broker, partitions: int = 1) -> None:
        from kafka import KafkaAdminClient, KafkaProducer

        self.broker = broker
        self.name = f"t-{uuid.uuid4().hex[:12]}"
        with closing(KafkaAdminClient(bootstrap_servers=broker.plain)) as admin:
            admin.create_topics({self.name: {"num_partitions": partitions}})
        self._producer: Callable[..., Any] = partial(
            KafkaProducer, bootstrap_servers=broker.plain, linger_ms=20
        )

    def put(self, *messages: bytes | None, partition: int = 0, **options: object) -> None:
        """Write messages, durably."""
        with closing(self._producer(**options)) as producer:
            for message in messages:
                producer.send(self.name, message, partition=partition, key=b"k")
            producer.flush()

    def source(self, **changes: object) -> KafkaTopic:
        """Make a source of this topic."""
        kafka = {"brokers": [self.broker.plain], "topics": [self.name], "group": self.name}
        listener = ListenerSettings.model_validate(
            {"name": "k", "kind": "kafka", "kafka": {**kafka, "session_seconds": 2, **changes}}
        )
        assert listener.kafka is not None
        split = partial(read_stream, format="auto", record_bytes=RECORD_BYTES)
        return KafkaTopic(listener, listener.kafka, split, RECORD_BYTES)

    def committed(self, partition: int = 0) -> int | None:
        """Give the group's offset at the broker."""
        from kafka import KafkaConsumer, TopicPartition

        with closing(
            KafkaConsumer(bootstrap_servers=self.broker.plain, group_id=self.name)
        ) as consumer:
            found: int | None = consumer.committed(TopicPartition(self.name, partition))
        gc.collect()  # the client leaves sockets to the collector: here, where no test is blamed
        return found
