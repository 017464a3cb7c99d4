"""The consumer of a Kafka source: settings to kafka-python, nothing committed by itself."""

from typing import Any

from kafka import KafkaConsumer

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from pipeline.settings import KafkaSettings

FETCH_BYTES = 16 * 1024 * 1024  # of one answer: larger ones only fill memory
PARTITION_BYTES = 4 * 1024 * 1024


def make_consumer(settings: KafkaSettings) -> Any:
    """Connect a consumer; KafkaError where no broker answers, OSError where a file is unreadable.

    A topic that is not there is not created by reading it.
    """
    consumer = _consumer(settings)
    consumer.subscribe(topics=list(settings.topics))
    return consumer


def resume_joining(consumer: Any) -> None:
    """Let a consumer go on with a rebalance that it has forgotten.

    kafka-python (3.0.12) rejoins its group when a topic's partitions become known. If that takes
    longer than one poll, the leader has stored the new partitions meanwhile, sees nothing that it
    would have to join for, and stays without partitions for good. Only its coordinator knows.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 (nothing public tells a lost rebalance)
    if coordinator.rejoining and not coordinator.need_rejoin():
        coordinator.request_rejoin()


def _consumer(settings: KafkaSettings) -> Any:
    session = int(settings.session_seconds * 1000)
    return connected(
        KafkaConsumer,
        bootstrap_servers=list(settings.brokers),
        bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS,
        client_id="saqshy",
        group_id=settings.group,
        enable_auto_commit=False,
        auto_offset_reset=settings.begin,
        allow_auto_create_topics=False,
        session_timeout_ms=session,
        heartbeat_interval_ms=session // 3,
        fetch_max_bytes=FETCH_BYTES,
        max_partition_fetch_bytes=PARTITION_BYTES,
        reconnect_backoff_max_ms=5_000,
        metrics_enabled=False,
        **security(settings),
    )
