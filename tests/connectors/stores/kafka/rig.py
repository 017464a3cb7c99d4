"""A cluster's topics of a test's own, on a real broker, and collectors' stores over them."""

import gc
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.opening import KafkaStores, Opening, at_home
from connectors.stores.kafka.reading import Read, Reading
from connectors.stores.kafka.topics import Topics, unpack_raw
from connectors.stores.spool import DiskSpool
from pipeline.model import RawBatch
from pipeline.ports import Spool
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.runtime.cluster.topology import read_topology
from pipeline.settings import ClusterSettings
from tests.connectors.kafka_broker import Broker

SPOOL_BYTES = 4 * 1024 * 1024


@dataclass
class Rig:
    """Topics under a prefix of its own; ``waited`` are the leases that were waited out."""

    broker: Broker
    folder: Path
    partitions: int = 3
    link: dict[str, Any] = field(default_factory=dict)
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:10]}.")
    waited: list[float] = field(default_factory=list)

    @property
    def settings(self) -> ClusterSettings:
        """Give the cluster's settings."""
        return ClusterSettings.model_validate(
            {
                "brokers": (self.broker.plain,),
                "prefix": self.prefix,
                "partitions": self.partitions,
                "replication": 1,
                "folder": self.folder,
                "lease_seconds": 4.0,
                **self.link,
            }
        )

    @property
    def topics(self) -> Topics:
        """Give the names of the topics."""
        return Topics(self.prefix)

    def apply(self) -> "Rig":
        """Make the topics."""
        with closing(Administration(self.settings)) as administration:
            wanted = read_topology(self.settings)
            administration.apply(wanted, administration.differences(wanted))
        return self

    @contextmanager
    def opened(self, where: str = "home", **more: Any) -> Iterator[KafkaStores]:
        """Open a collector's stores in a folder of that name."""
        lock, home = at_home(self.folder / where)
        try:
            stores = self.opening(home, self.spool(where), **more)()
            try:
                yield stores
            finally:
                stores.database.close()
        finally:
            lock.release()
            gc.collect()  # the client leaves sockets to the collector: here, where nobody is blamed

    def opening(self, home: str, spool: Spool | None, **more: Any) -> Opening:
        """Make what opens a collector's stores."""
        values: dict[str, Any] = {"settings": self.settings, "name": "one", **more}
        return Opening(
            home=home, spool=spool, place=partition_of, wait=self.waited.append, **values
        )

    def spool(self, where: str = "home", most: int = SPOOL_BYTES) -> DiskSpool:
        """Open the spool in a folder."""
        return DiskSpool(self.folder / where / "spool", most)

    def read(self, topic: str) -> list[Read]:
        """Give what stands in a topic, partition by partition."""
        with Reading(self.settings) as reading:
            bounds = reading.bounds(self.topics(topic))
            found = list(
                reading.messages(
                    self.topics(topic), [begin for begin, _ in bounds], [end for _, end in bounds]
                )
            )
        gc.collect()
        return sorted(found, key=lambda one: (one.partition, one.offset))

    def raw(self) -> list[RawBatch]:
        """Give the batches of ``raw`` in the order of their positions, repeats included."""
        messages = sorted(self.read("raw"), key=lambda one: int(one.headers["position"]))
        found = [unpack_raw(one.value) for one in messages]
        return [one for one in found if isinstance(one, RawBatch)]
