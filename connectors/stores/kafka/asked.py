"""What people ask through processes that only look: kept in ``asked`` until a collector takes it.

Who looks writes nothing else in the cluster. The collector that gives the time journals each
command as if it lay in its spool folder, and commits behind it: a kill between the two journals it
again under the same id, which is known and skipped.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.kafka.frames import MOST_MESSAGE
from connectors.stores.kafka.topics import Topics, Unread, pack_command, unpack_command
from connectors.stores.kafka.trouble import told
from pipeline.errors import StoreError
from pipeline.model import Command
from pipeline.settings import ClusterSettings

GROUP = "collect.asked"
LEFT_WITHIN = 5.0  # seconds: a person waits for the page
SHUT = 2.0  # seconds in which nothing is tried after a failure
RIGHTS = "READ on the topic asked and on the group collect.asked"
_CLOSE_MILLISECONDS = 2_000
_MESSAGES = 100


@dataclass(slots=True)
class AskedOut:
    """Leaves commands for the running cluster; from any thread, one after another."""

    settings: ClusterSettings
    monotonic: Callable[[], float] = time.monotonic
    _carrier: Carrier = field(init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _shut: float = float("-inf")
    _why: str = ""

    def __post_init__(self) -> None:
        self._carrier = Carrier(self.settings, min(LEFT_WITHIN, self.settings.timeout_seconds))

    def __call__(self, command: Command) -> None:
        """Leave a command; StoreError where brokers do not keep it, or did not a moment ago."""
        topic = Topics(self.settings.prefix)("asked")
        message = Message(topic, pack_command(command), command.id.encode(), 0)
        with self._turn:
            if self.monotonic() - self._shut < SHUT:  # or all who wait would wait in a row
                raise StoreError(self._why)
            try:
                self._carrier.send([message])
            except StoreError as error:
                self._shut, self._why = self.monotonic(), str(error)
                raise
            self._why = ""

    @property
    def trouble(self) -> str:
        """Say why the last command was not kept; "" where it was."""
        return self._why

    def close(self) -> None:
        """Let go of the brokers; safe to call twice."""
        with self._turn:
            self._carrier.close()


@dataclass(slots=True)
class AskedIn:
    """Gives commands in the order in which brokers kept them; one thread.

    What was given and not ``done`` comes again to whoever reads next.
    """

    settings: ClusterSettings
    _consumer: Any = None

    def poll(self, seconds: float) -> list[tuple[int, Command | Unread]]:
        """Give what came, each with its offset, waiting so long; StoreError without a broker."""
        with told(",".join(self.settings.brokers), RIGHTS):
            try:
                found = self._connected().poll(int(seconds * 1000), max_records=_MESSAGES)
            except (KafkaError, OSError):
                self.close()
                raise
        messages = [one for some in found.values() for one in some]
        return [(one.offset, unpack_command(one.value)) for one in messages]

    def done(self, offset: int) -> None:
        """Commit that all up to an offset was journalled; StoreError where that is not kept."""
        next_one = {self._part: OffsetAndMetadata(offset + 1, "", -1)}
        with told(",".join(self.settings.brokers), RIGHTS):
            try:
                self._connected().commit(next_one)
            except (KafkaError, OSError):
                self.close()
                raise

    def close(self) -> None:
        """Let go of the brokers; safe to call twice."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError, OSError):  # what was done is committed already
                consumer.close(autocommit=False, timeout_ms=_CLOSE_MILLISECONDS)

    @property
    def _part(self) -> TopicPartition:
        return TopicPartition(Topics(self.settings.prefix)("asked"), 0)

    def _connected(self) -> Any:
        if self._consumer is None:
            self._consumer = connected(
                KafkaConsumer,
                bootstrap_servers=list(self.settings.brokers),
                bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS,
                client_id="saqshy-asked",
                group_id=f"{self.settings.prefix}{GROUP}",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                max_partition_fetch_bytes=MOST_MESSAGE + 1024 * 1024,
                reconnect_backoff_max_ms=2_000,
                metrics_enabled=False,
                **security(self.settings),
            )
            self._consumer.assign([self._part])
        return self._consumer
