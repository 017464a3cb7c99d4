"""`saqshy web`: the console and the interface for programs, beside a running system."""

import signal
import threading
import time
from typing import Annotated

import typer

from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import emit, say, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.logs import set_up_logging
from pipeline.runtime.web_wiring import opened_front

Port = Annotated[int | None, typer.Option("--port", help="Instead of serving.port; 0: any.")]


def web(
    port: Port = None, config: Config = None, store: Store = None, json: AsJson = False
) -> None:
    """Serve the console and the API over a running system's store.

    Needs logins (saqshy accounts init) and, beyond loopback, a certificate (serving.certificate).
    Several may serve the same store; none of them writes into it.
    Example: saqshy web --config saqshy.yml
    """
    with told_errors():
        settings = read_settings(config)
        set_up_logging(settings.log)
        if port is not None:
            serving = settings.serving.model_copy(update={"port": port})
            settings = settings.model_copy(update={"serving": serving})

        def told(address: str) -> None:
            if json:
                emit({"console": f"{address}/", "api": f"{address}/api/v1"})
            else:
                say(f"console: {address}/\nAPI: {address}/api/v1")

        with opened_front(settings, store or settings.store.path, time.time_ns) as front:
            ended = threading.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: ended.set())
            with front.beside() as address:
                told(address)
                ended.wait()
