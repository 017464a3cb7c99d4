"""Put an indexer together from the settings."""

import threading
from functools import partial

from connectors.stores.elasticsearch.store import open_elastic
from connectors.stores.kafka.topics import Topics
from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.cluster.generations import fit_generation
from pipeline.runtime.cluster.indexed import Indexed
from pipeline.runtime.cluster.indexing import Indexer
from pipeline.runtime.cluster.indexing_feed import Feed, make_indexing_consumer
from pipeline.runtime.cluster.indexing_figures import IndexingFigures
from pipeline.runtime.cluster.indexing_writer import Writer
from pipeline.settings import ClusterSettings, ElasticsearchSettings, Settings


def make_indexer(settings: Settings, stopped: threading.Event) -> Indexer:
    """Make an indexer; it ends when ``stopped`` is set.

    ConfigurationError where the settings name no cluster or no Elasticsearch, or a generation that
    is not the one in force; StoreError where a file of theirs is unreadable or no broker answers.
    """
    cluster, elastic = wanted(settings)
    fit_generation(cluster)
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
