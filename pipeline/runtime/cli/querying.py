"""The option ``--query`` of lists: people's question to the store, its errors as wrong usage."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from connectors.stores.sqlite.search import open_search
from pipeline.errors import ConfigurationError, Problem
from pipeline.model.conditions import Condition
from pipeline.ports.searching import Ask, Kind, Search
from pipeline.query import QueryError, condition
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import in_cluster

QueryText = Annotated[
    str | None,
    typer.Option("--query", help="Only those, in KQL: 'state: new and opened_at >= now-7d'."),
]


def meant(text: str, kind: Kind) -> Condition:
    """Read a question; ConfigurationError with the place in it where it is none."""
    try:
        return condition(text, kind, time.time_ns())
    except QueryError as error:
        place = f"--query, at character {error.position + 1}"
        raise ConfigurationError([Problem(place, 0, error.problem, error.way_out)]) from error


def queried(config: Path | None, store: Path | None, kind: Kind, text: str) -> Iterator[bytes]:
    """Give the documents of a kind that fit a question, by the kind's time, oldest first."""
    where = meant(text, kind)
    with _searching(config, store) as search:
        yield from search.every(Ask(kind, where, descending=False))


@contextmanager
def _searching(config: Path | None, store: Path | None) -> Iterator[Search]:
    settings = read_settings(config)
    if in_cluster(settings, store):
        from pipeline.runtime.cluster.looking import cluster_kept  # noqa: PLC0415 (an extra)

        with cluster_kept(settings) as kept:
            yield kept.search
        return
    with closing(open_search(store or settings.store.path)) as search:
        yield search
