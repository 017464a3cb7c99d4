"""An indexer of a test's own between real Kafka topics and the session's Elasticsearch."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.kafka.topics import TOPICS, Topics, pack_events
from pipeline.model import event_lines
from pipeline.runtime.cluster.indexing import Indexer
from pipeline.runtime.cluster.indexing_wiring import make_indexer
from pipeline.settings import Settings
from tests.connectors.elastic_server import Server
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.nouns import at, batch, event


class Rig:
    """Topics under a prefix of their own, a producer, and indexers that read them."""

    def __init__(self, broker: Broker, server: Server, partitions: int = 2) -> None:
        from kafka import KafkaAdminClient

        self.broker, self.server = broker, server
        self.topics = Topics(f"t{uuid.uuid4().hex[:8]}.")
        made = {self.topics(name): {"num_partitions": partitions} for name in TOPICS}
        for options in made.values():
            options["configs"] = {"max.message.bytes": "16000000"}  # type: ignore[assignment]
        with closing(KafkaAdminClient(bootstrap_servers=broker.plain)) as admin:
            admin.create_topics(made)

    def put(self, *messages: tuple[str, bytes, bytes | None]) -> None:
        """Write (topic, key, value) in this order."""
        from kafka import KafkaProducer

        with closing(KafkaProducer(bootstrap_servers=self.broker.plain)) as producer:
            for topic, key, value in messages:
                producer.send(self.topics(topic), value, key=key)
            producer.flush()

    def put_events(self, batches: Sequence[int], each: int = 50) -> None:
        """Write the events of numbered batches."""
        self.put(*(one for number in batches for one in events_of(number, each)))

    def indexer(self, stopped: threading.Event, **elastic: object) -> Indexer:
        """Make an indexer with the rights of its role."""
        over = {"retry_seconds": 0.05, "retry_most_seconds": 0.2, "bulk_seconds": 0.1, **elastic}
        settings = Settings.model_validate(
            {
                "cluster": {
                    "brokers": [self.broker.plain],
                    "prefix": self.topics.prefix,
                    "port": None,
                },
                "elasticsearch": self.server.as_user("indexer", **over).model_dump(),
            }
        )
        return make_indexer(settings, stopped)

    @contextmanager
    def running(self, **elastic: object) -> Iterator[Indexer]:
        """Run an indexer in a thread for as long as the block lasts."""
        stopped = threading.Event()
        made = self.indexer(stopped, **elastic)
        failed: list[BaseException] = []

        def run() -> None:
            try:
                made.run()
            except BaseException as error:  # noqa: BLE001 (told by the test's own thread)
                failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield made
        finally:
            stopped.set()
            thread.join(60)
            made.store.close()
        assert not thread.is_alive()
        assert not failed, failed

    def committed(self) -> int:
        """Give how many messages the group has committed, over all indexed topics."""
        from kafka import KafkaConsumer, TopicPartition

        group = f"{self.topics.prefix}indexer"
        with closing(KafkaConsumer(bootstrap_servers=self.broker.plain, group_id=group)) as one:
            names = ("events", "outcomes", "notices", "audit", "failures")
            return sum(
                one.committed(TopicPartition(self.topics(name), partition)) or 0
                for name in names
                for partition in range(2)
            )


def events_of(number: int, each: int = 50) -> Iterator[tuple[str, bytes, bytes]]:
    """Give the messages of ``events`` of one batch."""
    kept = batch(number)
    lines = event_lines([event(kept, index, at(number)) for index in range(each)])
    for value in pack_events(lines):
        yield "events", kept.id.encode(), value


def within(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait until something holds; tell whether it does."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        threading.Event().wait(0.05)
    return holds()


def counted(store: ElasticStore) -> int:
    """Give how many events the store has now."""
    store.client.indices.refresh(index=store.documents.names.alias("events"))
    return store.events.count()
