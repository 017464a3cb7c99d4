"""Where `saqshy bench search` asks: a file of SQLite or an Elasticsearch, filled for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.stores.elasticsearch import search as elastic_search
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.elasticsearch.templates import apply
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.search import open_search
from pipeline.errors import ConfigurationError, Problem
from pipeline.ports.searching import Search
from pipeline.runtime.cli.bench_search_made import index_events, keep_events, make_incidents
from pipeline.settings import ElasticsearchSettings

_PREFIX = "saqshybench"


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is made."""

    incidents: int
    events: int


@dataclass(frozen=True, slots=True)
class Ground:
    """A search, the seconds in which its store was made (0: it was there), its bytes."""

    search: Search
    made: float
    size: int


@contextmanager
def sqlite_ground(path: Path, amounts: Amounts, told: Callable[[str], None]) -> Iterator[Ground]:
    """Make a file where there is none, and open it for questions."""
    started, new = time.perf_counter(), not path.exists()
    stores = open_sqlite(path)  # which brings a file of an earlier version up to date
    try:
        if new:
            make_incidents(stores.incidents, amounts.incidents, told)
            keep_events(stores, amounts.events, told)
    finally:
        stores.database.close()
    made = time.perf_counter() - started if new else 0.0
    with closing(open_search(path)) as search:
        yield Ground(search, made, path.stat().st_size)


@contextmanager
def elastic_ground(
    settings: ElasticsearchSettings | None, amounts: Amounts, told: Callable[[str], None]
) -> Iterator[Ground]:
    """Fill indices of their own, which are dropped at the end."""
    if settings is None:
        problem = "the settings name no elasticsearch: give --config with one"
        raise ConfigurationError([Problem("bench search", 0, problem)])
    own = settings.model_copy(update={"prefix": _PREFIX, "replicas": 0})
    store = open_elastic(own)
    try:
        _drop(store)
        apply(store.client, store.documents.names, own)
        started = time.perf_counter()
        make_incidents(store.incidents, amounts.incidents, told)
        index_events(store, amounts.events, told)
        store.client.indices.refresh(index=f"{_PREFIX}*")
        made = time.perf_counter() - started
        stats = store.client.indices.stats(index=f"{_PREFIX}*", metric="store")
        size = int(stats["_all"]["primaries"]["store"]["size_in_bytes"])
        with closing(elastic_search.open_search(own)) as search:
            yield Ground(search, made, size)
    finally:
        _drop(store)
        store.close()


def _drop(store: ElasticStore) -> None:
    names = list(store.client.indices.get(index=f"{_PREFIX}*", expand_wildcards="all"))
    if names:
        store.client.indices.delete(index=",".join(names))
