"""Signs of life of the cluster to the coordination centre, with the newest checkpoint.

They are given by the notifier that has the administration's partition: where no notifier has it,
nobody delivers for it either, and the coordination centre misses the next one. Nothing is said of
alarms: who looks for them is the auditor, which gives signs of its own.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
import structlog

from connectors.stores.partition_stores import PartitionStores
from pipeline import __version__
from pipeline.errors import DeliveryError, StoreError
from pipeline.model import Json, rfc3339
from pipeline.runtime.auditor_process import HEARTBEAT, Beating

log = structlog.get_logger("saqshy.notifier")


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """Gives a sign of life every so many seconds; ``held`` are the partitions of this process."""

    heart: Beating
    held: Callable[[], Sequence[PartitionStores]]
    centre: str
    seconds: float
    now: Callable[[], int]

    def run(self, stopping: threading.Event) -> None:
        """Beat until told to stop."""
        try:
            while not stopping.wait(self.seconds):
                self.beat()
        finally:
            self.heart.close()

    def beat(self) -> bool:
        """Give one sign of life where this process has to; tell whether it was taken."""
        try:
            body = self._body(self.now())
            if body is None:
                return False
            self.heart.beat(body, self.now())
        except (DeliveryError, StoreError) as error:
            log.warning("notifier.heartbeat", error=str(error))
            return False
        return True

    def _body(self, now: int) -> bytes | None:
        for one in self.held():
            last = one.stores.checkpoints.last()
            if last is not None:
                document: Json = {
                    "format": HEARTBEAT,
                    "centre": self.centre,
                    "at": rfc3339(now),
                    "version": __version__,
                    "checkpoint": last.token,
                }
                return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        return None
