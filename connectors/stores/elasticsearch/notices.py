"""Notices as they stand: what people read of the outbox, which itself is the notifier's state."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice

from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.bulk import Bulk, Fate
from connectors.stores.elasticsearch.documents import Documents, noun
from connectors.stores.elasticsearch.names import NOTICES
from connectors.stores.elasticsearch.ordering import by, exactly
from connectors.stores.elasticsearch.scan import hits, one
from pipeline.errors import StoreError
from pipeline.model import Json, Notice


class ElasticNotices:
    """The reading half of ``ports.Outbox`` on Elasticsearch, and ``put``; nobody delivers by it."""

    def __init__(self, client: Elasticsearch, documents: Documents, bulk: Bulk) -> None:
        self._client = client
        self._documents = documents
        self._alias = documents.names.alias(NOTICES)
        self._bulk = bulk

    def put(self, notices: Sequence[Notice]) -> None:
        """Keep new notices; a known one stays as it stands."""
        for item in self._bulk(list(self._documents.made(notices))):
            if item.fate not in {Fate.WRITTEN, Fate.KNOWN}:
                raise StoreError(f"elasticsearch: a notice: {item.reason}")

    def get(self, notice_id: str) -> Notice | None:
        """Give one notice."""
        hit = one(self._client, self._alias, notice_id)
        return None if hit is None else noun(Notice, hit)

    def list(self, incident_id: str | None = None, last: int | None = None) -> Iterator[Notice]:
        """Give notices by creation and id; ``last``: only so many, from the end."""
        query: Json = {"match_all": {}}
        if incident_id is not None:
            query = {"term": {"incident_id": incident_id}}
        backwards = last is not None
        sort = by("created_at", "id", backwards=backwards)
        with closing(hits(self._client, self._alias, query, sort)) as found:
            ordered = exactly(found, partial(noun, Notice), _creation, backwards=backwards)
            if last is None:
                yield from ordered
            else:
                yield from reversed([*islice(ordered, max(last, 0))])


def _creation(notice: Notice) -> tuple[int, str]:
    return notice.created_at, notice.id
