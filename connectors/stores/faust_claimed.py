"""A faust table that recovers what counts of its changelog: by ``partition_claims``.

faust itself puts every record of a changelog into RocksDB, whoever wrote it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, cast

import faust
from faust.stores.rocksdb import Store

from connectors.stores.faust_table import written_behind
from connectors.stores.kafka.state_reading import kept_between
from connectors.stores.partition_claims import Kept, epoch_of
from pipeline.settings import ClusterSettings


class _Claimed(Protocol):
    """An application that has the settings of its brokers."""

    cluster: ClusterSettings


class ClaimedStore(Store):
    """faust's RocksDB, of which recovery passes over what does not count."""

    def apply_changelog_batch(
        self,
        batch: Iterable[Any],
        to_key: Callable[[Any], Any],  # noqa: ARG002 (keys and values are bytes)
        to_value: Callable[[Any], Any],  # noqa: ARG002
    ) -> None:
        """Put what a changelog says behind what was put before, place included."""
        partitions: defaultdict[int, list[Kept]] = defaultdict(list)
        for event in batch:
            one = event.message
            kept = Kept(one.offset, one.key, one.value, epoch_of(one.headers))
            partitions[one.partition].append(kept)
        for partition, records in partitions.items():
            written_behind(self._db_for_partition(partition), self.offset_key, records)


class ClaimedTable(faust.Table[bytes, bytes]):
    """A table over such a store, of an application that has the settings as ``cluster``."""

    async def between(self, partition: int, begin: int, end: int) -> Sequence[Kept]:
        """Give what the changelog has of a partition in [begin, end); StoreError else."""
        topic = self.changelog_topic.get_topic_name()
        cluster = cast("_Claimed", self.app).cluster
        return await asyncio.to_thread(kept_between, cluster, topic, partition, begin, end)

    def _new_store(self) -> Any:
        return ClaimedStore(
            self.app.conf.store,
            self.app,
            self,
            table_name=self.name,
            key_type=self.key_type,
            key_serializer=self.key_serializer,
            value_serializer=self.value_serializer,
            value_type=self.value_type,
            loop=self.loop,
            options=self.options,
        )
