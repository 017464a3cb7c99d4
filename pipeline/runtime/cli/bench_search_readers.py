"""What people who read cost: events are kept in a file that `saqshy web` serves to readers."""

import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import httpx
import orjson

from connectors.stores.blocks import PackedEvents
from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreError
from pipeline.ports import Stores
from pipeline.runtime.cli.bench_search_made import more

A_SECOND = 2.0  # requests of all readers together
_TURNS = 4
_AT_ONCE = 8  # requests under way
_PATIENCE = 300  # seconds in which all are connected
_ASKED = (
    "/incidents?limit=50",
    "/incidents?q=state%3Anew&limit=50",
    "/incidents?sort=changed_at&limit=50",
    "/events?limit=50",
    "/events?q=host.name%3Ahost-0042&limit=50",
    "/incidents/facets?fields=state",
)


def beside_readers(path: Path, readers: int, seconds: int) -> dict[str, object]:
    """Keep events alone and beside readers, in turns; give what the readers cost, and waited.

    ``slowed``: the part by which ingestion was slower, by medians over the turns; negative where
    noise is greater than what reading costs.
    """
    alone: list[float] = []
    beside: list[float] = []
    with served(path) as (address, token), _reading(address, token, readers) as (on, waits):
        stores = open_sqlite(path)
        try:
            number = stores.events.count() // 500  # after those of an earlier run
            for _ in range(_TURNS):
                for switched, rates in ((False, alone), (True, beside)):
                    on.set() if switched else on.clear()
                    kept, spent = _ingest(stores, number, seconds)
                    number += kept
                    rates.append(kept / spent)
            on.clear()
        finally:
            stores.database.close()
        told = sorted(waits())
    at = [round(told[int(len(told) * part)] * 1_000, 1) if told else None for part in (0.5, 0.95)]
    return {
        "readers": readers,
        "requests": len(told),
        "requests_a_second": A_SECOND,
        "answered_p50_ms": at[0],
        "answered_p95_ms": at[1],
        "batches_a_second_alone": round(statistics.median(alone), 1),
        "batches_a_second_beside": round(statistics.median(beside), 1),
        "slowed": round(1 - statistics.median(beside) / statistics.median(alone), 3),
    }


def _ingest(stores: Stores, number: int, seconds: float) -> tuple[int, float]:
    """Keep batch after batch, an incident with each; give how many, and the seconds they took."""
    began, kept = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        batch, block, incident = more(number + kept)
        with stores.database.transaction():
            stores.events.add(batch, PackedEvents(block))
            stores.incidents.put_incidents([incident])
        kept += 1
    return kept, spent


@contextmanager
def served(path: Path) -> Iterator[tuple[str, str]]:
    """Serve a file with `saqshy web`; give its API's address and a token that reads."""
    with tempfile.TemporaryDirectory(prefix="saqshy-bench-web-") as folder:
        config = Path(folder) / "saqshy.yml"
        config.write_text(
            "login: {accounts: accounts.db, key: login.key, origin: 'http://127.0.0.1:1'}\n"
            "serving: {port: 0, metrics_port: null, a_second: 1000, at_once: 1000}\n"
        )
        given = ["--config", str(config)]
        _saqshy(folder, "accounts", "init", *given)
        named = ["--certificate", "bench.invalid", "--role", "duty_lead"]
        _saqshy(folder, "accounts", "add", "bench", *named, *given)
        token = _saqshy(folder, "accounts", "token", "bench", "--scope", "read:*", *given)
        asked = ["web", "--json", "--store", str(path.absolute()), *given]
        server = subprocess.Popen(  # noqa: S603 (ourselves)
            _command(*asked), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            line = server.stdout.readline() if server.stdout else b""
            if not line:
                raise StoreError("saqshy web did not begin to serve the file of the bench")
            yield orjson.loads(line)["api"], token.strip()
        finally:
            server.terminate()
            server.wait()
            if server.stdout:
                server.stdout.close()


@contextmanager
def _reading(
    address: str, token: str, readers: int
) -> Iterator[tuple[Event, Callable[[], list[float]]]]:
    """Let people read from a process of their own while ``on`` is set; give what they waited."""
    context = multiprocessing.get_context("spawn")
    on, ended = context.Event(), context.Event()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=read, args=((address, token, readers), on, ended, theirs), daemon=True
    )
    process.start()
    theirs.close()

    def heard() -> list[float]:
        try:
            told: list[float] = ours.recv() if ours.poll(_PATIENCE) else []
        except EOFError:
            raise StoreError("the readers of the bench could not read from saqshy web") from None
        return told

    def waits() -> list[float]:
        ended.set()
        return heard()

    try:
        heard()  # everybody is connected
        yield on, waits
    finally:
        ended.set()
        process.join(60)


def read(served: tuple[str, str, int], on: Event, ended: Event, told: Connection) -> None:
    """Ask as so many readers in turn, each over a connection of its own; tell the seconds."""
    address, token, readers = served
    entered = {"authorization": f"Bearer {token}"}
    spent: list[float] = []

    def ask(client: httpx.Client, path: str) -> None:
        began = time.perf_counter()
        client.get(path).raise_for_status()
        if on.is_set():
            spent.append(time.perf_counter() - began)

    with ExitStack() as stack:
        people = [
            stack.enter_context(
                httpx.Client(base_url=address, headers=entered, verify=False, timeout=60)  # noqa: S501 (HTTP)
            )
            for _ in range(readers)
        ]
        hands = stack.enter_context(ThreadPoolExecutor(_AT_ONCE))
        asking = [hands.submit(ask, one, _ASKED[0]) for one in people]
        for one in asking:
            one.result()
        told.send(())
        number = 0
        while not ended.wait(1 / A_SECOND):
            if on.is_set():
                path = _ASKED[number % len(_ASKED)]
                asking.append(hands.submit(ask, people[number % readers], path))
                number += 1
        for one in asking:
            one.result()
    told.send(spent)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipeline.runtime.cli", *arguments]


def _saqshy(folder: str, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    done = subprocess.run(  # noqa: S603 (ourselves)
        _command(*arguments), cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise StoreError(f"saqshy {arguments[0]} {arguments[1]}: {done.stderr.strip()}")
    return done.stdout
