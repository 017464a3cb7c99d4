"""The consumer of a Kafka source: settings to kafka-python, nothing committed by itself."""

import ssl
from typing import Any

from kafka import KafkaConsumer

from pipeline.settings import KafkaLink, KafkaSettings

BOOTSTRAP_MILLISECONDS = 2_000  # for which one attempt to connect may hold up a poll
FETCH_BYTES = 16 * 1024 * 1024  # of one answer: larger ones only fill memory
PARTITION_BYTES = 4 * 1024 * 1024


def make_consumer(settings: KafkaSettings) -> Any:
    """Connect a consumer; KafkaError where no broker answers, OSError where a file is unreadable.

    A topic that is not there is not created by reading it.
    """
    secure = security(settings)
    made: list[Any] = []

    def client(**options: Any) -> Any:
        made.append(KafkaConsumer.DEFAULT_CONFIG["kafka_client"](**options))
        return made[0]

    try:
        consumer = _consumer(settings, kafka_client=client, **secure)
    except BaseException:
        for one in made:  # a consumer that cannot connect leaves its thread and sockets behind
            one.close()
        raise
    consumer.subscribe(topics=list(settings.topics))
    return consumer


def security(settings: KafkaLink) -> dict[str, Any]:
    """Give kafka-python's options for TLS and SASL; OSError where a file is unreadable."""
    secure: dict[str, Any] = {"security_protocol": settings.security.upper()}
    if settings.security.endswith("ssl"):
        secure["ssl_context"] = _tls(settings)
    if settings.security.startswith("sasl"):
        secure |= {
            "sasl_mechanism": settings.mechanism,
            "sasl_plain_username": settings.user,
            "sasl_plain_password": _password(settings),
        }
    return secure


def resume_joining(consumer: Any) -> None:
    """Let a consumer go on with a rebalance that it has forgotten.

    kafka-python (3.0.12) rejoins its group when a topic's partitions become known. If that takes
    longer than one poll, the leader has stored the new partitions meanwhile, sees nothing that it
    would have to join for, and stays without partitions for good. Only its coordinator knows.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 (nothing public tells a lost rebalance)
    if coordinator.rejoining and not coordinator.need_rejoin():
        coordinator.request_rejoin()


def _consumer(settings: KafkaSettings, **more: Any) -> Any:
    session = int(settings.session_seconds * 1000)
    return KafkaConsumer(
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
        **more,
    )


def _tls(settings: KafkaLink) -> ssl.SSLContext:
    tls = ssl.create_default_context(cafile=settings.ca)
    if settings.certificate is not None:
        tls.load_cert_chain(settings.certificate, settings.key)
    return tls


def _password(settings: KafkaLink) -> str:
    if settings.password_file is None:
        return ""
    return settings.password_file.read_text(encoding="utf-8").partition("\n")[0].strip("\r")
