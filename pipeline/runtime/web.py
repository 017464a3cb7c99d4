"""Serve the status page and the metrics in a thread of the running process."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from pipeline.errors import SourceError
from pipeline.runtime.receiver import bind
from pipeline.settings import WebSettings

STARTED_WITHIN = 10.0


@contextmanager
def serving(
    settings: WebSettings | None, page: Callable[[], Starlette]
) -> Iterator[dict[str, str]]:
    """Serve for as long as the block runs; give the addresses by name, none without settings."""
    if settings is None:
        yield {}
        return
    listening = bind(settings.address, settings.port)
    config = uvicorn.Config(
        page(), log_config=None, log_level="warning", access_log=False, server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="web", daemon=True
    )
    thread.start()
    end = time.monotonic() + STARTED_WITHIN
    while not server.started and thread.is_alive() and time.monotonic() < end:
        time.sleep(0.01)
    try:
        if not server.started:
            raise SourceError(f"{settings.address}:{settings.port}: the status page did not start")
        host, port = listening.getsockname()[:2]
        base = f"http://{host}:{port}"
        yield {"status page": f"{base}/", "metrics": f"{base}/metrics"}
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
