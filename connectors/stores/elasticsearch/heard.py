"""When each source was heard last, from the events that are kept: one question for all of them."""

from collections.abc import Mapping
from typing import Any, Final

from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.names import EVENTS, Names
from pipeline.model import Instant, Json

_SOURCES: Final = 1_000  # of one request
_MILLISECOND: Final = 1_000_000


def last_heard(client: Elasticsearch, names: Names) -> Mapping[tuple[str, str], Instant]:
    """Give the newest receive time (nanoseconds, to the millisecond) by object and source.

    It shows what a refresh has shown; StoreError where Elasticsearch cannot be asked.
    """
    found: dict[tuple[str, str], Instant] = {}
    fields = ("object_id", "source_id")
    sources = [{one: {"terms": {"field": f"saqshy.{one}"}}} for one in fields]
    composite: Json = {"size": _SOURCES, "sources": sources}
    newest = {"newest": {"max": {"field": "saqshy.received_at"}}}
    while True:
        with mapped("when sources were heard"):
            answer: Any = client.search(
                index=names.alias(EVENTS),
                size=0,
                aggs={"heard": {"composite": composite, "aggs": newest}},
            )
        told = answer["aggregations"]["heard"] if "aggregations" in answer else {"buckets": []}
        for bucket in told["buckets"]:
            if bucket["newest"]["value"] is not None:
                key = (str(bucket["key"]["object_id"]), str(bucket["key"]["source_id"]))
                found[key] = int(bucket["newest"]["value"]) * _MILLISECOND
        if "after_key" not in told:
            return found
        composite = {**composite, "after": told["after_key"]}
