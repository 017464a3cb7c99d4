"""Elasticsearch as one store: its client, its names, and the ports over them."""

from dataclasses import dataclass

from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.audit import ElasticAuditStore
from connectors.stores.elasticsearch.bulk import Bulk
from connectors.stores.elasticsearch.client import connect
from connectors.stores.elasticsearch.content import ElasticContentStore
from connectors.stores.elasticsearch.dead_letters import ElasticDeadLetters
from connectors.stores.elasticsearch.documents import Documents
from connectors.stores.elasticsearch.events import ElasticEventStore
from connectors.stores.elasticsearch.incidents import ElasticIncidentStore
from connectors.stores.elasticsearch.names import Names
from connectors.stores.elasticsearch.notices import ElasticNotices
from pipeline.settings import ElasticsearchSettings


@dataclass(frozen=True, slots=True)
class ElasticStore:
    """The ports over one cluster. ``bulk`` writes, ``documents`` says what and where."""

    client: Elasticsearch
    documents: Documents
    bulk: Bulk
    events: ElasticEventStore
    incidents: ElasticIncidentStore
    notices: ElasticNotices
    audit: ElasticAuditStore
    dead_letters: ElasticDeadLetters
    content: ElasticContentStore

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
        self.client.close()


def open_elastic(settings: ElasticsearchSettings, *, refresh: bool = False) -> ElasticStore:
    """Make the store; nothing is asked yet. With ``refresh`` what is written is shown at once."""
    client = connect(settings)
    documents = Documents(Names(settings.prefix, settings.past_days))
    bulk = Bulk(client, settings.bulk_documents, settings.bulk_bytes, refresh)
    return ElasticStore(
        client=client,
        documents=documents,
        bulk=bulk,
        events=ElasticEventStore(client, documents, bulk),
        incidents=ElasticIncidentStore(client, documents, bulk),
        notices=ElasticNotices(client, documents, bulk),
        audit=ElasticAuditStore(client, documents, bulk),
        dead_letters=ElasticDeadLetters(client, documents, bulk),
        content=ElasticContentStore(client, documents, bulk),
    )
