"""The token of a collector's name: who has it may write, and only one process has it.

It is a transactional producer, which brokers fence as soon as another one of its name begins. With
it the collector's tails are written: each time proves that nobody took over, for as long as a lease
lasts. Who takes over waits out the lease of the one before, unless that one is known to be dead.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import (
    InvalidProducerEpochError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFencedError,
)

from connectors.kafka_link import connected
from connectors.stores.kafka.carrier import CLOSE_SECONDS, producer_options
from connectors.stores.kafka.trouble import told
from pipeline.errors import StoreCorrupt
from pipeline.settings import ClusterSettings

RIGHTS = "WRITE and DESCRIBE on the transactional id and on the topic of the tails"


class Token:
    """Holds a collector's name at the brokers; one thread at a time.

    ``ours`` asks the brokers whether the tails that stand there are this process's: a producer that
    an outage broke is made anew only then, or two processes would take the name from each other.
    ``clock`` gives seconds.
    """

    def __init__(
        self,
        settings: ClusterSettings,
        name: str,
        topic: str,
        ours: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._name, self._topic, self._ours = settings, name, topic, ours
        self._place = ",".join(settings.brokers)
        self._seconds = settings.lease_seconds / 2
        self._clock = clock
        self._producer: Any = None
        self._proved = float("-inf")

    @property
    def stale(self) -> bool:
        """Tell whether it was last proved more than half of a lease ago."""
        return self._clock() - self._proved > self._seconds

    def claim(self, seconds: float) -> None:
        """Take the name within so long: from now on nobody before us can prove theirs."""
        options = producer_options(self._settings, self._seconds)
        options["max_block_ms"] = int(seconds * 1000)
        try:
            with told(self._place, RIGHTS):
                self._producer = connected(
                    KafkaProducer,
                    transactional_id=f"{self._settings.prefix}collect.{self._name}",
                    transaction_timeout_ms=int(self._settings.timeout_seconds * 1000),
                    **options,
                )
                self._producer.init_transactions()
        except BaseException:
            self._drop()
            raise

    def prove(self, value: bytes) -> None:
        """Write the tails under the token; StoreCorrupt where another has it now.

        StoreError where brokers do not answer: nothing is proved then.
        """
        began = self._clock()
        if self._producer is None:
            if not self._ours():
                raise self._lost()
            self.claim(self._seconds)
        try:
            with told(self._place, RIGHTS):
                self._write(value)
        except BaseException as error:
            self._drop()
            if isinstance(error.__cause__, ProducerFencedError | InvalidProducerEpochError):
                raise self._lost() from error
            raise
        self._proved = began

    def close(self) -> None:
        """Let go of the producer; the name stays ours until another claims it."""
        self._drop(CLOSE_SECONDS)

    def _drop(self, seconds: float = 0) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, OSError):
                producer.close(timeout=seconds)

    def _write(self, value: bytes) -> None:
        producer = self._producer
        producer.begin_transaction()
        sent = producer.send(self._topic, value, key=self._name.encode(), partition=0)
        # commit_transaction() of 3.0.12 waits without an end while no broker answers.
        done = producer._transaction_manager.begin_commit()  # noqa: SLF001
        producer._sender.wakeup()  # noqa: SLF001
        if not done.wait(timeout_ms=int(self._seconds * 1000)):
            raise KafkaTimeoutError("a transaction was not completed in time")
        sent.get(timeout=0)

    def _lost(self) -> StoreCorrupt:
        return StoreCorrupt(
            f"another collector named {self._name!r} writes to {self._place}: end one of them, or "
            "give each a name of its own (cluster.collector)"
        )
