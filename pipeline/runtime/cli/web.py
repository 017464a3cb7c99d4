"""`saqshy web`: the console and the interface for programs, beside a running system."""

import signal
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import emit, say, told_errors
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.logs import set_up_logging
from pipeline.runtime.reading import in_cluster
from pipeline.runtime.web import serving
from pipeline.runtime.web_wiring import opened_front
from pipeline.settings import Settings, WebSettings
from pipeline.web.status import LOOPBACK

Port = Annotated[int | None, typer.Option("--port", help="Instead of serving.port; 0: any.")]


def web(
    port: Port = None, config: Config = None, store: Store = None, json: AsJson = False
) -> None:
    """Serve the console and the API over a running system's store.

    Needs logins (saqshy accounts init) and, beyond loopback, a certificate (serving.certificate).
    Several may serve the same store; none of them writes into it. Where the settings name
    Elasticsearch, that is read, and what people do goes to the brokers of the cluster.
    Example: saqshy web --config saqshy.yml
    """
    with told_errors():
        settings = read_settings(config)
        set_up_logging(settings.log)
        if port is not None:
            asked = settings.serving.model_copy(update={"port": port})
            settings = settings.model_copy(update={"serving": asked})

        def told(address: str, beside: Mapping[str, str]) -> None:
            if json:
                emit({"console": f"{address}/", "api": f"{address}/api/v1", **beside})
            else:
                say(f"console: {address}/\nAPI: {address}/api/v1")
                for name, url in beside.items():
                    say(f"{name}: {url}")

        with opened_front(settings, store, time.time_ns) as front, ExitStack() as stack:
            ended = threading.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: ended.set())
            watched = metrics_on(settings, store)
            hosts = (*LOOPBACK, *((watched.address,) if watched else ()))
            page = partial(health_app, front.unready, front.figures.registry, hosts)
            beside = stack.enter_context(serving(watched, page))
            told(stack.enter_context(front.beside()), beside)
            ended.wait()


def metrics_on(settings: Settings, store: Path | None) -> WebSettings | None:
    """Give where readiness and metrics are served; None: nowhere."""
    if in_cluster(settings, store) and settings.cluster is not None:
        address, port = settings.cluster.address, settings.cluster.port
    else:
        address, port = settings.serving.metrics_address, settings.serving.metrics_port
    return None if port is None else WebSettings(address=address, port=port)
