"""A Kafka topic: one message a notice, kept by all replicas that are in sync before it counts.

The key is the incident's id, so that an incident's notices stay in order; the value is the letter.
The producer is idempotent, so that its own retries repeat nothing; ours have the notice's id. The
receipt names topic, partition and offset: the brokers have it, nobody has read it yet.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from kafka import KafkaProducer
from kafka.errors import (
    AuthorizationError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    SaslAuthenticationFailedError,
)

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from connectors.sinks.letter import lateness, letter, sha256
from connectors.sinks.trouble import tls_or_name
from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryRejected
from pipeline.model import Notice, Receipt, Recipient
from pipeline.settings import TopicSettings

Address: TypeAlias = Callable[[str, Recipient], str]
SAID = 200


class TopicSink:
    """Write to a topic; safe to use from several threads at once. Connects when first used."""

    channel = "kafka"

    def __init__(self, settings: TopicSettings, address: Address) -> None:
        self._settings, self._address = settings, address
        self._place = ",".join(settings.brokers)
        self._guard = threading.Lock()
        self._producer: Any = None
        self._closed = False

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Write the message and wait until it is kept.

        DeliveryDelayed where no broker answers or keeps it in time; DeliveryRejected where it is
        too large; DeliveryRefused where we may not write.
        """
        body, late = letter(notice), lateness(notice, now)
        topic = self._address(self.channel, notice.recipient) or self._settings.topic
        headers = [("saqshy-notice-id", notice.id.encode())]
        if late is not None:
            headers.append(("saqshy-late", late))
        try:
            kept = (
                self._connected()
                .send(topic, body, key=notice.incident_id.encode(), headers=headers)
                .get(timeout=self._settings.timeout_seconds)
            )
        except (KafkaError, OSError) as error:
            raise self._mapped(error) from error
        return Receipt(
            notice_id=notice.id,
            recipient=f"{notice.recipient.role}:{notice.recipient.party_id}",
            received_at=now,
            body={
                "kind": "kept",
                "sha256": sha256(body),
                "topic": kept.topic,
                "partition": kept.partition,
                "offset": kept.offset,
            },
        )

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
        with self._guard:
            self._closed = True
            producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=5)

    def _connected(self) -> Any:
        with self._guard:
            if self._closed:
                raise DeliveryDelayed(f"{self._place}: this channel is closed")
            if self._producer is None:
                self._producer = self._made()
            return self._producer

    def _made(self) -> Any:
        milliseconds = int(self._settings.timeout_seconds * 1000)
        return connected(
            KafkaProducer,
            bootstrap_servers=list(self._settings.brokers),
            client_id="saqshy",
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            allow_auto_create_topics=False,
            max_block_ms=milliseconds,
            request_timeout_ms=milliseconds,
            delivery_timeout_ms=milliseconds + 2,
            bootstrap_timeout_ms=min(BOOTSTRAP_MILLISECONDS, milliseconds),
            reconnect_backoff_max_ms=5_000,
            metrics_enabled=False,
            **security(self._settings),
        )

    def _mapped(self, error: Exception) -> DeliveryError:
        known = tls_or_name(self._place, error)
        if known is not None:
            return known
        what = f"{self._place}: {type(error).__name__}: {error}"[:SAID]
        if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
            return DeliveryRejected(what)
        if isinstance(error, SaslAuthenticationFailedError | AuthorizationError):
            return DeliveryRefused(what, "not_let_in")
        if isinstance(error, InvalidTopicError):
            return DeliveryRefused(what, "no_channel")
        slow = isinstance(error, KafkaTimeoutError | TimeoutError)
        return DeliveryDelayed(what, "slow" if slow else "unreachable")
