"""How many incidents stand, counted where they are kept: by object, and by act of the law."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.names import INCIDENTS, Names
from pipeline.model import Json, Tri

_BUCKETS: Final = 1_000  # of one request
_BY: Final = {"state": "state", "severity": "assessment.severity", "object": "object_id"}


def standing_by_object(client: Elasticsearch, names: Names) -> Mapping[tuple[str, str, str], int]:
    """Count the latest revisions by state, severity and object; StoreError.

    It shows what a refresh has shown.
    """
    found: dict[tuple[str, str, str], int] = {}
    sources = [{name: {"terms": {"field": field}}} for name, field in _BY.items()]
    for bucket in _buckets(client, names, sources):
        key = bucket["key"]
        found[key["state"], key["severity"], key["object"]] = int(bucket["doc_count"])
    return found


def standing_by_act(
    client: Elasticsearch, names: Names, acts: Sequence[str]
) -> Mapping[tuple[str, str], int]:
    """Count the latest revisions by act and state, of those that bear the act; StoreError."""
    wanted = {one: {"term": {f"assessment.acts.{one}": Tri.YES.value}} for one in acts}
    if not wanted:
        return {}
    states = {"states": {"terms": {"field": "state", "size": 100}}}
    with mapped("how many incidents stand"):
        answer: Any = client.search(
            index=names.alias(INCIDENTS),
            size=0,
            aggs={"acts": {"filters": {"filters": wanted}, "aggs": states}},
        )
    told = answer["aggregations"]["acts"]["buckets"] if "aggregations" in answer else {}
    return {
        (act, bucket["key"]): int(bucket["doc_count"])
        for act, held in told.items()
        for bucket in held["states"]["buckets"]
    }


def _buckets(client: Elasticsearch, names: Names, sources: list[Json]) -> Iterator[Json]:
    composite: Json = {"size": _BUCKETS, "sources": sources}
    while True:
        with mapped("how many incidents stand"):
            answer: Any = client.search(
                index=names.alias(INCIDENTS), size=0, aggs={"held": {"composite": composite}}
            )
        told = answer["aggregations"]["held"] if "aggregations" in answer else {"buckets": []}
        yield from told["buckets"]
        if "after_key" not in told:
            return
        composite = {**composite, "after": told["after_key"]}
