"""Bundles of content, registry and pack by revision."""

from base64 import b64decode, b64encode

import orjson
from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.bulk import Action, Bulk, Fate
from connectors.stores.elasticsearch.documents import Documents
from connectors.stores.elasticsearch.names import BUNDLES
from connectors.stores.elasticsearch.scan import one
from pipeline.errors import StoreError


class ElasticContentStore:
    """``ports.ContentStore`` on Elasticsearch."""

    def __init__(self, client: Elasticsearch, documents: Documents, bulk: Bulk) -> None:
        self._client = client
        self._names = documents.names
        self._bulk = bulk

    def put_bundle(self, kind: str, revision: str, data: bytes) -> None:
        """Keep a bundle; a revision names its content, so a known one is left as it is."""
        document = {"kind": kind, "revision": revision, "data": b64encode(data).decode()}
        index, name = self._names.lasting(BUNDLES), f"{kind}-{revision}"
        (item,) = self._bulk([Action("create", index, name, orjson.dumps(document))])
        if item.fate not in {Fate.WRITTEN, Fate.KNOWN}:
            raise StoreError(f"elasticsearch: the bundle {name}: {item.reason}")

    def bundle(self, kind: str, revision: str) -> bytes | None:
        """Give a bundle's bytes."""
        hit = one(self._client, self._names.alias(BUNDLES), f"{kind}-{revision}")
        return None if hit is None else b64decode(hit["_source"]["data"])
