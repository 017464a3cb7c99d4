"""`saqshy indexer`: the process that writes what Kafka carries into Elasticsearch."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from connectors.stores.elasticsearch.templates import write
from pipeline.runtime.cli.options import Config
from pipeline.runtime.cli.output import say, told_errors
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.cluster.indexing_wiring import make_indexer, wanted
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.logs import set_up_logging
from pipeline.runtime.web import serving
from pipeline.settings import WebSettings
from pipeline.web.status import LOOPBACK


def indexer(
    config: Config = None,
    templates: Annotated[
        Path | None,
        typer.Option("--templates", help="Write the index templates into this folder and end."),
    ] = None,
) -> None:
    """Write events, incidents, notices and the audit trail from Kafka into Elasticsearch.

    While Elasticsearch takes nothing, Kafka holds; detection and notices go on without it.
    Example: saqshy indexer --config saqshy.yml
    """
    with told_errors():
        if templates is not None:
            templates.mkdir(parents=True, exist_ok=True)
            say(f"{len(write(templates))} templates in {templates}")
            return
        settings = read_settings(config)
        set_up_logging(settings.log)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        cluster, _ = wanted(settings)
        made = make_indexer(settings, stopped)
        port = cluster.port
        web = None if port is None else WebSettings(address=cluster.address, port=port)
        hosts = (*LOOPBACK, cluster.address)
        figures = made.figures.registry

        def unready() -> str:
            return made.unready

        try:
            with serving(web, lambda: health_app(unready, figures, hosts)) as addresses:
                for name, url in addresses.items():
                    say(f"{name}: {url}")
                made.run()
        finally:
            made.store.close()
        say("ended; what was not known to be written comes again")
