"""Letting go of whole days: what must stay is copied out first, then the day's index is deleted.

A query that deletes leaves most of a day's disk in use until segments are merged, and not every
edition has it; an index goes at once and whole.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from typing import Final

import orjson
from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.bulk import Action, Bulk
from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.documents import Documents
from connectors.stores.elasticsearch.names import DAILY, EVENTS
from connectors.stores.elasticsearch.scan import hits
from pipeline.errors import StoreError
from pipeline.model import Json, rfc3339
from pipeline.ports.retention import Held, Kept, Period

_IDS: Final = 10_000  # of one query, well below index.max_terms_count
_COPIED: Final = 1_000
_SORT: Final = ({"@timestamp": "asc"},)


class ElasticPeriods:
    """``ports.retention.Periods`` on Elasticsearch."""

    def __init__(self, client: Elasticsearch, documents: Documents, bulk: Bulk) -> None:
        self._client = client
        self._names = documents.names
        self._bulk = bulk
        self.refuge = f"{self._names.alias(EVENTS)}-kept"

    def periods(self) -> Sequence[Period]:
        """Give every day or month that is kept, the oldest first."""
        found = []
        for kind in DAILY:
            with mapped("the sizes of indices"):
                stats = self._client.indices.stats(
                    index=self._names.pattern(kind), metric=["docs", "store"]
                )["indices"]
            for index, one in stats.items():
                end = self._names.ends(index)
                if end is not None:
                    sizes = one["primaries"]
                    count, size = sizes["docs"]["count"], sizes["store"]["size_in_bytes"]
                    found.append(Period(kind, index, end, count, size))
        return sorted(found, key=lambda period: (period.end, period.name))

    def bound(self, period: Period, kept: Kept) -> int:
        """Give how many of a period's documents must stay."""
        return sum(1 for _ in self._found(period.name, kept)) if period.kind == EVENTS else 0

    def let_go(self, period: Period, kept: Kept) -> int:
        """Copy out what must stay, see that it is there, delete the rest; give how many stay."""
        stays = 0
        if period.kind == EVENTS:
            stays = self._copied(period.name, kept)
        with mapped(f"the deletion of {period.name}"):
            self._client.indices.delete(index=period.name)
        return stays

    def freed(self, kept: Kept, before: int, *, dry: bool) -> int:
        """Delete from the refuge what nothing holds any more; give how many went or would go."""
        if not self._there():
            return 0
        bound = {hit["_id"] for hit in self._found(self.refuge, kept)}
        query: Json = {"range": {"@timestamp": {"lt": rfc3339(before)}}}
        with closing(hits(self._client, self.refuge, query, _SORT)) as found:
            loose = [hit["_id"] for hit in found if hit["_id"] not in bound]
        if not dry:
            self._bulk.strictly([Action("delete", self.refuge, one) for one in loose])
            self._refresh()
        return len(loose)

    def _copied(self, index: str, kept: Kept) -> int:
        waiting: list[Action] = []
        copied: set[str] = set()
        for hit in self._found(index, kept):
            waiting.append(Action("index", self.refuge, hit["_id"], orjson.dumps(hit["_source"])))
            copied.add(hit["_id"])
            if len(waiting) == _COPIED:
                self._bulk.strictly(waiting)
                waiting.clear()
        self._bulk.strictly(waiting)
        if copied:
            self._refresh()
            there = {hit["_id"] for hit in self._found(self.refuge, kept)}
            if not copied <= there:
                raise StoreError(
                    f"elasticsearch: {len(copied - there)} events of {index} that must stay are not"
                    f" in {self.refuge}: nothing is deleted"
                )
        return len(copied)

    def _found(self, index: str, kept: Kept) -> Iterator[Json]:
        """Give what must stay of an index, each once."""
        seen: set[str] = set()
        for query in _queries(kept.event_ids, kept.held):
            with closing(hits(self._client, index, query, _SORT)) as found:
                for hit in found:
                    if hit["_id"] not in seen:
                        seen.add(hit["_id"])
                        yield hit

    def _there(self) -> bool:
        with mapped(self.refuge):
            return bool(self._client.indices.exists(index=self.refuge))

    def _refresh(self) -> None:
        with mapped(self.refuge):
            self._client.indices.refresh(index=self.refuge)


def _queries(ids: Collection[str], held: Sequence[Held]) -> Iterator[Json]:
    ordered = sorted(ids)
    for begin in range(0, len(ordered), _IDS):
        yield {"ids": {"values": ordered[begin : begin + _IDS]}}
    for one in held:
        span: Json = {"gte": rfc3339(one.begin), "lt": rfc3339(one.end)}
        filters: list[Json] = [{"range": {"@timestamp": span}}]
        if one.object_id:
            filters.append({"term": {"saqshy.object_id": one.object_id}})
        yield {"bool": {"filter": filters}}
