"""The stores of a collector over Kafka: journal, entries of the trail, what is known of objects."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from connectors.stores.kafka.database import KafkaDatabase
from connectors.stores.kafka.parcel import Numbered
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.tails import noted
from connectors.stores.kafka.topics import Told, Topics, Unread, unpack_raw
from pipeline.errors import StoreError
from pipeline.model import Json, RawBatch, instant
from pipeline.ports import SourceTail
from pipeline.settings import ClusterSettings


class KafkaJournal:
    """What a collector needs of ``ports.Journal``, over ``raw``; positions are the collector's."""

    def __init__(self, database: KafkaDatabase, settings: ClusterSettings, topics: Topics) -> None:
        self._database, self._settings, self._topics = database, settings, topics

    def append(self, listener: str, batches: Sequence[RawBatch]) -> int:
        """Have the batches sent when the transaction ends, known ids skipped."""
        with self._database.transaction():
            work = self._database.work
            for batch in batches:
                if work.tails.knows(batch.id):
                    continue
                one = Numbered(work.tails.count + 1, listener, batch)
                work.tails.note(noted(batch, listener, one.position))
                work.parcel.batches.append(one)
            return work.tails.count

    def tail(self, listener: str, object_id: str, source_id: str) -> SourceTail | None:
        """Give where (object, source), the listener or the collector stands."""
        return self._database.tails.tail(listener, object_id, source_id)

    def read(self, after: int, limit: int) -> Sequence[tuple[int, RawBatch]]:
        """Give the collector's last batch, which alone is at hand; StoreError for earlier ones."""
        count = self._database.tails.count
        if limit < 1 or after >= count:
            return ()
        if after < count - 1:
            raise StoreError("a collector reads its own last batch only")
        batch = self._database.newest or self._last()
        return [(count, batch)] if batch is not None else ()

    def _last(self) -> RawBatch | None:
        """Read the last batch back; None where it is no longer kept."""
        place = self._database.standing.last
        if place is None:
            return None
        partition, offset = place
        with Reading(self._settings) as reading:
            bounds = reading.bounds(self._topics("raw"))
            if (
                partition >= len(bounds)
                or not bounds[partition][0] <= offset < bounds[partition][1]
            ):
                return None
            begins = [offset if number == partition else 0 for number in range(len(bounds))]
            ends = [offset + 1 if number == partition else 0 for number in range(len(bounds))]
            message = next(iter(reading.messages(self._topics("raw"), begins, ends)), None)
        batch = unpack_raw(message.value) if message is not None else None
        return None if isinstance(batch, Unread) else batch


class KafkaTrail:
    """Entries of the audit trail on their way to the one who chains them."""

    def __init__(self, database: KafkaDatabase) -> None:
        self._database = database

    def tell(self, drafts: Sequence[Json]) -> None:
        """Have drafts sent when the transaction ends, each chain's together."""
        with self._database.transaction():
            told = self._database.work.parcel.told
            for chain, part in groupby(sorted(drafts, key=_chain), key=_chain):
                its = tuple(part)
                told.append(Told(chain, its[0]["entry_id"], instant(its[0]["at"]), drafts=its))


class KafkaObjects:
    """The objects of which a batch was journalled."""

    def __init__(self, database: KafkaDatabase) -> None:
        self._database = database

    def objects(self) -> Sequence[str]:
        """Give them, sorted."""
        return sorted(self._database.tails.objects())


def _chain(draft: Json) -> Any:
    return draft["chain"]
