"""What is damaged or absent in Elasticsearch, and bulk requests that are too large, are told."""

import orjson
import pytest

from connectors.stores.elasticsearch.bulk import Action, Fate
from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.store import ElasticStore
from pipeline.errors import StoreCorrupt, StoreError


def test_a_damaged_document_is_told(elastic_store: ElasticStore) -> None:
    """What does not decode is no empty answer."""
    body = orjson.dumps({"id": "incident-1", "revision": 1, "state": "new"})
    elastic_store.bulk.strictly([Action("index", "saqshy-incidents-v1", "incident-1", body)])
    with pytest.raises(StoreCorrupt, match="incident-1"):
        elastic_store.incidents.history("incident-1")


def test_absent_indices_are_told(elastic_store: ElasticStore) -> None:
    """A store without its indices says so, and shows no emptiness."""
    elastic_store.client.indices.delete(index="saqshy-incidents-v1")
    with pytest.raises(StoreError, match="cluster apply"):
        list(elastic_store.incidents.latest())
    with pytest.raises(StoreError), mapped("a search"):
        elastic_store.client.search(index="saqshy-nowhere")


def test_a_closed_index_is_waited_for(elastic_store: ElasticStore) -> None:
    """Not every error of the status 400 is the document's: a closed index opens again."""
    elastic_store.client.indices.close(index="saqshy-audit-v1")
    (item,) = elastic_store.bulk([Action("create", "saqshy-audit-v1", "1@a", b'{"chain":"a"}')])
    elastic_store.client.indices.open(index="saqshy-audit-v1")
    assert item.fate is Fate.BUSY
    assert "index_closed_exception" in item.reason


def test_too_large_a_request_is_divided(elastic_store: ElasticStore) -> None:
    """What is more than a node takes at once goes in parts, each item with its answer."""
    text = "x" * 8_000_000
    actions = [
        Action("index", "saqshy-events-2026.01.01", f"{n}", orjson.dumps({"labels": {"a": text}}))
        for n in range(7)  # 56 MB, where the node takes a tenth of its 512
    ]
    items = elastic_store.bulk.send([action.lines() for action in actions])
    assert [item.fate for item in items] == [Fate.WRITTEN] * 7
