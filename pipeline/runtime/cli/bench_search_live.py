"""How soon a live list tells what was committed: server-sent events of `saqshy web`, timed."""

import threading
import time
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import httpx

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreError
from pipeline.model import identity
from pipeline.runtime.cli.bench_search_made import more
from pipeline.runtime.cli.bench_search_readers import served

_LATEST = 30.0  # seconds after which an event counts as lost
_PAUSES = (0.7, 1.03, 0.55, 0.91, 1.27)  # seconds between commits, so that they fall anywhere


def live(path: Path, times: int) -> list[float]:
    """Commit incidents one by one while somebody listens to their list.

    Give after how many seconds each was heard. StoreError where one is not.
    """
    heard: SimpleQueue[float] = SimpleQueue()
    over = threading.Event()
    spent = []
    with served(path) as (address, token):
        listener = threading.Thread(target=_listen, args=(address, token, heard), daemon=True)
        listener.start()
        _next(heard)  # the list as it stands
        stores = open_sqlite(path)
        try:
            run = time.time_ns()
            for number in range(times):
                over.wait(_PAUSES[number % len(_PAUSES)])
                made = more(run // 1_000_000_000 + number)[2]
                made = replace(made, id=identity("bench-live", run, number))
                stores.incidents.put_incidents([made])
                committed = time.perf_counter()
                spent.append(_next(heard) - committed)
        finally:
            stores.database.close()
    listener.join(_LATEST)
    return spent


def _listen(address: str, token: str, heard: "SimpleQueue[float]") -> None:
    """Tell when each page came, until the server is gone."""
    entered = {"authorization": f"Bearer {token}"}
    asked = f"{address}/incidents/live?limit=50"
    try:
        with httpx.stream("GET", asked, headers=entered, verify=False, timeout=60) as answer:  # noqa: S501 (HTTP)
            for line in answer.iter_lines():
                if line == "event: page":
                    heard.put(time.perf_counter())
    except httpx.HTTPError:
        return


def _next(heard: "SimpleQueue[float]") -> float:
    try:
        return heard.get(timeout=_LATEST)
    except Empty:
        raise StoreError("a live list of saqshy web did not tell what was committed") from None
