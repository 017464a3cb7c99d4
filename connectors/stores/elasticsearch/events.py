"""Events, one document each, in the index of their day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Final

import orjson
from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.bulk import Action, Bulk
from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.documents import Documents, content
from connectors.stores.elasticsearch.names import EVENTS
from connectors.stores.elasticsearch.ordering import by, exactly
from connectors.stores.elasticsearch.scan import hits
from pipeline.model import Event, Json, RawBatch, event_lines, instant, rfc3339

_MILLISECOND: Final = 1_000_000  # nanoseconds; what Elasticsearch orders times by
_IDS: Final = 1_000
_BY_TIME: Final = by("@timestamp", "saqshy.batch", "saqshy.index")


class ElasticEventStore:
    """``ports.EventStore`` on Elasticsearch. What was written is found after a refresh."""

    def __init__(self, client: Elasticsearch, documents: Documents, bulk: Bulk) -> None:
        self._client = client
        self._documents = documents
        self._bulk = bulk
        self._alias = documents.names.alias(EVENTS)

    def add(self, batch: RawBatch, events: Sequence[Event]) -> None:
        """Keep the events of one batch; the same batch again overwrites.

        What it had before and has no more is removed as far as a refresh has shown it.
        """
        lines = event_lines(sorted(events, key=lambda one: one.index))
        actions = list(self._documents.events(lines)) if events else []
        kept = {(action.index, action.id) for action in actions}
        query = {"term": {"saqshy.batch": batch.id}}
        for hit in hits(self._client, self._alias, query, [{"saqshy.index": "asc"}]):
            if (hit["_index"], hit["_id"]) not in kept:
                actions.append(Action("delete", hit["_index"], hit["_id"]))
        self._bulk.strictly(actions)

    def get(self, event_ids: Iterable[str]) -> Mapping[str, bytes]:
        """Give the documents of events by id, as JSON; unknown ids are absent."""
        asked = iter(sorted({one for one in event_ids if one}))
        found: dict[str, bytes] = {}
        while some := list(islice(asked, _IDS)):
            with mapped("events by id"):
                answer = self._client.search(
                    index=self._alias,
                    query={"ids": {"values": some}},
                    size=len(some),
                    track_total_hits=False,
                )
            found.update((hit["_id"], content(hit["_source"])) for hit in answer["hits"]["hits"])
        return found

    def of_batch(self, batch_id: str) -> Sequence[bytes]:
        """Give the documents of one batch as JSON, by the index of their records."""
        query = {"term": {"saqshy.batch": batch_id}}
        with closing(hits(self._client, self._alias, query, by("saqshy.index"))) as found:
            return [content(hit["_source"]) for hit in found]

    def search(self, object_id: str, begin: int, end: int, limit: int) -> Iterator[bytes]:
        """Give documents of one object with event time in [begin, end), oldest first."""
        query = self._query(object_id, begin, end)
        with closing(hits(self._client, self._alias, query, _BY_TIME)) as found:
            ordered = exactly(found, _placed, lambda placed: placed[:3])
            inside = (body for time, _, _, body in ordered if begin <= time < end)
            yield from islice(inside, limit)

    def count(self) -> int:
        """Give how many events are kept and shown."""
        with mapped("the number of events"):
            answer = self._client.count(index=self._alias)
        return int(answer["count"])

    @staticmethod
    def _query(object_id: str, begin: int, end: int) -> Json:
        last = rfc3339((end - 1) // _MILLISECOND * _MILLISECOND)
        first = rfc3339(begin // _MILLISECOND * _MILLISECOND)
        return {
            "bool": {
                "filter": [
                    {"term": {"saqshy.object_id": object_id}},
                    {"range": {"@timestamp": {"gte": first, "lte": last}}},
                ]
            }
        }


def _placed(hit: Json) -> tuple[int, str, int, bytes]:
    body = content(hit["_source"])
    document = orjson.loads(body)
    own = document["saqshy"]
    return instant(document["@timestamp"]), own["batch"], own["index"], body
