"""Put an indexer together from the settings, and serve what it tells of itself."""

import threading
from collections.abc import Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.stores.elasticsearch.store import open_elastic
from connectors.stores.kafka.topics import Topics
from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.cluster.indexed import Indexed
from pipeline.runtime.cluster.indexing import Indexer
from pipeline.runtime.cluster.indexing_feed import Feed, make_indexing_consumer
from pipeline.runtime.cluster.indexing_figures import IndexingFigures
from pipeline.runtime.cluster.indexing_writer import Writer
from pipeline.runtime.exposition import Exposition
from pipeline.settings import ClusterSettings, ElasticsearchSettings, Settings


def make_indexer(settings: Settings, stopped: threading.Event) -> Indexer:
    """Make an indexer; it ends when ``stopped`` is set.

    ConfigurationError where the settings name no cluster or no Elasticsearch, StoreError where a
    file of theirs is unreadable.
    """
    cluster, elastic = wanted(settings)
    store = open_elastic(elastic)
    figures = IndexingFigures()
    writer = Writer(
        bulk=store.bulk,
        documents=store.documents,
        figures=figures,
        pause=stopped.wait,
        retry=elastic.retry_seconds,
        longest=elastic.retry_most_seconds,
    )
    connect = partial(make_indexing_consumer, cluster, cluster.group("indexer"))
    return Indexer(
        feed=Feed(connect, stopped.wait),
        indexed=Indexed(store.documents, Topics(cluster.prefix)),
        store=store,
        writer=writer,
        figures=figures,
        stopped=stopped,
        documents=elastic.bulk_documents,
        seconds=elastic.bulk_seconds,
    )


def wanted(settings: Settings) -> tuple[ClusterSettings, ElasticsearchSettings]:
    """Give the sections that an indexer needs; ConfigurationError with all that are absent."""
    cluster, elastic = settings.cluster, settings.elasticsearch
    if cluster is None or elastic is None:
        absent = [
            Problem("settings", 0, f"the section {name} is absent", "add it; see saqshy init")
            for name, section in (("cluster", cluster), ("elasticsearch", elastic))
            if section is None
        ]
        raise ConfigurationError(absent)
    return cluster, elastic


def indexer_app(indexer: Indexer, hosts: Sequence[str]) -> Starlette:
    """Build what an indexer serves: ``/healthz``, ``/readyz`` (why not, with 503), ``/metrics``."""
    exposition = Exposition(indexer.figures.registry)

    def health(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    def readiness(_request: Request) -> Response:
        why = indexer.unready
        return PlainTextResponse(f"{why or 'ready'}\n", 503 if why else 200)

    def metrics(_request: Request) -> Response:
        return Response(exposition.text(), media_type=exposition.media_type)

    return Starlette(
        routes=[
            Route("/healthz", health),
            Route("/readyz", readiness),
            Route("/metrics", metrics),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*hosts])],
    )
