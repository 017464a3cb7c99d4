"""A real pipeline run between real services: what dashboards are asked about in tests.

The bundled story goes through a standalone system whose metrics Prometheus scrapes meanwhile; what
it came to is written into Elasticsearch by the indexer's own writer, and an auditor reads it again.
"""

import json
import threading
from collections import namedtuple
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from connectors.stores.elasticsearch.bulk import Action
from connectors.stores.elasticsearch.store import ElasticStore
from pipeline.model import NANOSECONDS, event_lines
from pipeline.runtime.auditor_process import AuditorGauges
from pipeline.runtime.auditor_wiring import make_process
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.cluster.indexing_figures import IndexingFigures
from pipeline.runtime.cluster.indexing_writer import Writer
from pipeline.runtime.cluster.progress import Progress, watch_progress
from pipeline.runtime.configuration import bundled
from pipeline.runtime.story import expand, load_story
from pipeline.runtime.web import serving
from pipeline.runtime.web_figures import Measured, WebFigures, routes_of
from pipeline.settings import WebSettings
from pipeline.web.status import LOOPBACK
from tests.connectors.elastic_server import PASSWORD, Server, empty_store
from tests.dashboards.grafana import Services, Span
from tests.dashboards.prometheus_server import prometheus, scraped, until
from tests.runtime.centre import Centre, centre
from tests.runtime.stories import play

SOURCES = Path(__file__).parents[2] / "deploy/grafana/provisioning/datasources/saqshy.yml"
Message = namedtuple("Message", "topic partition offset timestamp")  # noqa: PYI024 (as faust's)


@dataclass
class Consumer:
    """What faust's consumer tells of one partition."""

    topic: str
    end: int

    def assignment(self) -> set[tuple[str, int]]:
        """Give its partitions."""
        return {(self.topic, 0)}

    def highwater(self, _partition: object) -> int:
        """Give where they end."""
        return self.end


@dataclass
class App:
    """What is asked of a faust application."""

    consumer: Consumer


@contextmanager
def filled(folder: Path, elastic: Server) -> Iterator[Services]:
    """Run the story between Prometheus and Elasticsearch; give both as Grafana would ask them."""
    steps = list(expand(load_story(bundled("scenario") / "story.yml")))
    with ExitStack() as stack:
        made = stack.enter_context(centre(folder / "centre", steps[0].at))
        made.system.engine.standing.sector = made.system._gauges().sector()
        figures = IndexingFigures()
        watch_progress(figures.registry, App(Consumer("saqshy.raw", 9)), _progress(), str)
        auditor = make_auditor_of(made, folder)
        figures.registry.register(AuditorGauges(auditor))
        web, console = WebSettings(port=0), WebFigures()
        answers = health_app(lambda: "", console.registry, LOOPBACK)
        routes = list(routes_of(answers.routes))
        answers.add_middleware(Measured, figures=console, routes=routes)
        pages = [
            stack.enter_context(serving(web, made.system._page)),
            stack.enter_context(
                serving(web, lambda: health_app(lambda: "", figures.registry, LOOPBACK))
            ),
            stack.enter_context(serving(web, lambda: answers)),
        ]
        targets = [urlsplit(one["metrics"]).netloc for one in pages]
        client = stack.enter_context(prometheus(folder / "prometheus", targets))
        until(lambda: scraped(client, len(targets)), "both targets are scraped")
        begin = _now(client)
        play(made, steps)
        made.tick(120)  # reminders that are on their way
        auditor.once(everything=True)
        store = _indexed(made, elastic, figures)
        stack.callback(store.close)
        seen = _now(client)
        until(lambda: _now(client) - seen > 3, "the last figures are scraped")
        last = made.clock.now() / NANOSECONDS
        yield Services(
            prometheus=client,
            elastic=stack.enter_context(_elastic(elastic)),
            stores=_stores(),
            metrics=Span(begin, _now(client)),
            documents=Span(last - 30 * 86_400, last + 60),
        )


def _progress() -> Progress:
    progress = Progress()
    progress.note([Message("saqshy.raw", 0, 4, 1_770_000_000.0)])
    return progress


def make_auditor_of(made: Centre, folder: Path) -> Any:
    """Make an auditor over a centre's store, with its state in a folder."""
    settings = made.system.settings
    own = settings.auditor.model_copy(
        update={
            "state": folder / "auditor.db",
            "pages": folder / "pages",
            "heartbeats": folder / "heartbeats",
        }
    )
    settings = settings.model_copy(update={"auditor": own})
    return make_process(settings, settings.store.path, made.clock)


def _indexed(made: Centre, elastic: Server, figures: IndexingFigures) -> ElasticStore:
    """Write everything that the run came to with the writer of `saqshy indexer`."""
    store = empty_store(elastic)
    writer = Writer(store.bulk, store.documents, figures, threading.Event().wait)
    documents = store.documents
    actions: list[Action] = []
    for outcome in made.outcomes:
        if outcome.observed.events:
            actions += documents.events(event_lines(outcome.observed.events))
        for part in outcome.folded:
            actions += [*documents.findings(part.findings), *documents.incidents(part.incidents)]
    actions += [documents.standing(one) for one in made.system.stores.outbox.list()]
    for begin in range(0, len(actions), 1000):
        writer(actions[begin : begin + 1000])
    figures.lag("events", 0)
    store.client.indices.refresh(index="saqshy*")
    return store


def _elastic(server: Server) -> httpx.Client:
    verify = str(server.pki.ca)
    return httpx.Client(
        base_url=server.url, auth=("dashboards", PASSWORD), verify=_context(verify), timeout=30
    )


def _context(ca: str) -> Any:
    import ssl

    return ssl.create_default_context(cafile=ca)


def _stores() -> dict[str, tuple[str, str]]:
    given = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["datasources"]
    return {
        one["uid"]: (one["jsonData"]["index"], one["jsonData"]["timeField"])
        for one in given
        if one["type"] == "elasticsearch"
    }


def _now(client: httpx.Client) -> float:
    given = client.get("/api/v1/query", params={"query": "time()"}).json()
    return float(json.loads(json.dumps(given["data"]["result"]))[1])
