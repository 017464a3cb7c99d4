"""Hash chains, create-only by (chain, number): the indexer's user has no right to overwrite."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Final

from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.bulk import Bulk, Fate
from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.documents import Documents, entry_id, noun
from connectors.stores.elasticsearch.names import AUDIT
from connectors.stores.elasticsearch.ordering import by
from connectors.stores.elasticsearch.scan import by_ids, hits
from pipeline.errors import IntegrityError, StoreError
from pipeline.model import AuditEntry, Json
from pipeline.model.checkpoint import ChainHead

_CHAINS: Final = 1_000  # of one request


class ElasticAuditStore:
    """``ports.AuditStore`` on Elasticsearch. Heads and lists show what a refresh has shown."""

    def __init__(self, client: Elasticsearch, documents: Documents, bulk: Bulk) -> None:
        self._client = client
        self._documents = documents
        self._alias = documents.names.alias(AUDIT)
        self._bulk = bulk

    def head(self, chain: str) -> AuditEntry | None:
        """Give the newest entry of a chain."""
        with mapped(f"the head of the chain {chain}"):
            found = self._client.search(
                index=self._alias,
                query={"term": {"chain": chain}},
                sort=[{"number": "desc"}],
                size=1,
            )["hits"]["hits"]
        return noun(AuditEntry, found[0]) if found else None

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Keep entries; a taken (chain, number) or a known entry id raises IntegrityError."""
        names = [entry_id(entry.chain, entry.number) for entry in entries]
        taken = list(by_ids(self._client, self._alias, names))
        ids = {entry.entry_id for entry in entries}
        if taken or min(len(ids), len(set(names))) < len(entries) or self._any(sorted(ids)):
            raise IntegrityError(_TAKEN)
        for item in self._bulk(list(self._documents.entries(entries))):
            if item.fate is Fate.KNOWN:
                raise IntegrityError(_TAKEN)
            if item.fate is not Fate.WRITTEN:
                raise StoreError(f"elasticsearch: an entry of the audit trail: {item.reason}")

    def read(self, chain: str | None = None) -> Iterator[AuditEntry]:
        """Give entries by chain and number."""
        query: Json = {"match_all": {}} if chain is None else {"term": {"chain": chain}}
        with closing(hits(self._client, self._alias, query, by("chain", "number"))) as found:
            yield from map(partial(noun, AuditEntry), found)

    def known(self, entry_id: str) -> bool:
        """Tell whether an entry of that id is in a chain."""
        return self._any([entry_id])

    def heads(self) -> Sequence[ChainHead]:
        """Give where every chain ends, by chain."""
        ends = [entry_id(chain, number) for chain, number in self._ends()]
        entries = map(partial(noun, AuditEntry), by_ids(self._client, self._alias, ends))
        return [ChainHead(one.chain, one.number, one.hash) for one in entries]

    def _ends(self) -> Iterator[tuple[str, int]]:
        sources = [{"chain": {"terms": {"field": "chain"}}}]
        composite: Json = {"size": _CHAINS, "sources": sources}
        while True:
            with mapped("the ends of the audit trail"):
                found = self._client.search(
                    index=self._alias,
                    size=0,
                    aggs={
                        "chains": {
                            "composite": composite,
                            "aggs": {"end": {"max": {"field": "number"}}},
                        }
                    },
                )["aggregations"]["chains"]
            for bucket in found["buckets"]:
                yield bucket["key"]["chain"], int(bucket["end"]["value"])
            if "after_key" not in found:
                return
            composite = {**composite, "after": found["after_key"]}

    def _any(self, ids: Sequence[str]) -> bool:
        with mapped("entries of the audit trail"):
            answer = self._client.search(
                index=self._alias, query={"terms": {"entry_id": list(ids)}}, size=0,
                terminate_after=1,
            )  # fmt: skip
        return bool(answer["hits"]["total"]["value"])


_TAKEN = (
    "a number of an audit chain, or one of these entries, is already in elasticsearch: the chain is"
    " append-only; find out which process made two"
)
