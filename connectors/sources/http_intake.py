"""Records over HTTP(S): NDJSON and what shippers for Elasticsearch speak, answered once durable.

The server has a thread of its own, since a request must be read before it can be told to wait. What
waits is bounded in bytes and in time: beyond that senders are told to come again (429).
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import TypeAlias

import uvicorn

from connectors.sources.binding import bound, within_descriptors
from connectors.sources.http_app import IntakeApp, Splitter
from connectors.sources.http_connection import Bounds, connection_kind
from connectors.sources.http_tokens import read_tokens
from connectors.sources.http_waiting import Waiting
from connectors.sources.tls import ListenerTls
from pipeline.errors import ConfigurationError, Problem, SourceError
from pipeline.ports import Delivery
from pipeline.settings import ListenerSettings

STARTED_WITHIN = 20.0  # seconds
LOOK_SECONDS = 2.0  # between two looks at tokens and certificates
KEEP_ALIVE = 75  # seconds between two requests on a connection
MOST_PAUSED = 10_000  # peers

Judge: TypeAlias = Callable[[Delivery], Mapping[int, str]]
"""Says of each record of a delivery that is not kept why, in words for its sender."""


def _everybody(_: Delivery) -> Mapping[int, str]:
    return {}


class HttpIntake:
    """Listens for HTTP; ``port`` is the port that was taken.

    ``split`` cuts a body into records, ``split_lines`` one of plain text. ``judge`` tells which
    records of a delivery the collector does not keep, and may be set until it is opened.
    """

    def __init__(
        self,
        listener: ListenerSettings,
        split: Splitter,
        split_lines: Splitter,
        record_bytes: int = 1024 * 1024,
        judge: Judge = _everybody,
    ) -> None:
        """ConfigurationError with everything of the settings that cannot be used."""
        problems = list(http_problems(listener))
        if problems:
            raise ConfigurationError(problems)
        self.name = listener.name
        self.port = 0
        self.dropped = 0  # senders are told instead
        self.judge = judge
        self._listener = listener
        self._splitters = (split, split_lines)
        self._record_bytes = record_bytes
        self._ending = False
        self._files: tuple[tuple[int, int], ...] = ()
        self._look_at = 0.0
        self._trouble = ""
        self._tls: ssl.SSLContext | None = None
        self._app: IntakeApp | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._waiting = Waiting(listener.name, listener.format)

    def open(self, resume: str) -> None:  # noqa: ARG002 (what was sent does not come again)
        """Listen and serve; SourceError where the system refuses."""
        listener = self._listener
        self._ending = False
        self._files, self._trouble = self._file_state(), ""
        self._waiting = Waiting(listener.name, listener.format)
        self._app = IntakeApp(
            settings=listener.http,
            waiting=self._waiting,
            tokens=read_tokens(listener.http.tokens),
            split=self._splitters[0],
            split_lines=self._splitters[1],
            record_bytes=self._record_bytes,
            clients=listener.tls is not None and listener.tls.ca is not None,
        )
        listening = bound(listener, socket.SOCK_STREAM)
        self.port = int(listening.getsockname()[1])
        self._tls = _server_tls(listener)
        self._server = server = uvicorn.Server(_config(listener, self._app, self._tls))
        thread = threading.Thread(
            target=server.run, args=([listening],), name=f"http-{self.name}", daemon=True
        )
        self._thread = thread
        thread.start()
        end = time.monotonic() + STARTED_WITHIN
        while not server.started and thread.is_alive() and time.monotonic() < end:
            time.sleep(0.005)
        if not server.started:
            self.close()
            listening.close()
            raise SourceError(f"{self.name}: the server for {listener.address} did not start")

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` records of one sender; the requests take turns."""
        if self._thread is None:
            raise SourceError(f"{self.name}: is not open; open it before polling")
        if not self._thread.is_alive() and not self._ending:
            raise SourceError(f"{self.name}: the server ended; start again and see the log")
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self._refresh()
        return self._waiting.poll(limit, timeout)

    def acknowledge(self, delivery: Delivery) -> None:
        """Answer the senders whose records are all settled; each record that is not kept, too."""
        self._waiting.acknowledge(delivery, self.judge(delivery))

    def exhausted(self) -> bool:
        """Tell whether the end was asked for and everything given."""
        return self._ending and self._waiting.empty

    def close(self) -> None:
        """Answer who waits that it was not kept, and let go of all connections."""
        self._waiting.close()
        if self._server is not None:
            self._server.should_exit = True
            self._server = None
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def refusals(self) -> Mapping[str, int]:
        """Count who was not let in since ``open``, by the answer's status."""
        return dict(self._app.refused) if self._app is not None else {}

    @property
    def troubles(self) -> Sequence[str]:
        """Say which changed file cannot be used, so that the old content stays in force."""
        return (f"{self.name}: {self._trouble}",) if self._trouble else ()

    def pause(self, peer: str, seconds: float) -> bool:
        """Tell a peer to come again (429) for so long."""
        if self._app is None:
            return False
        paused = self._app.paused
        if len(paused) >= MOST_PAUSED:
            paused.clear()
        paused[peer] = time.monotonic() + seconds
        return True

    def finish(self) -> None:
        """Let in nobody more; what waits is still given."""
        self._ending = True
        if self._server is not None:
            self._server.should_exit = True

    def _file_state(self) -> tuple[tuple[int, int], ...]:
        tls = self._listener.tls
        files = [*self._listener.http.tokens, *((tls.certificate, tls.key) if tls else ())]
        state = []
        for path in files:
            try:
                found = path.stat()
            except OSError:
                state.append((0, 0))
            else:
                state.append((found.st_mtime_ns, found.st_size))
        return tuple(state)

    def _refresh(self) -> None:
        """Read tokens and certificate again where they changed; what is broken changes nothing."""
        state = self._file_state()
        if state == self._files or self._app is None:
            return
        self._files = state
        try:
            self._app.tokens = read_tokens(self._listener.http.tokens)
            if self._tls is not None and self._listener.tls is not None:
                self._tls.load_cert_chain(self._listener.tls.certificate, self._listener.tls.key)
        except ConfigurationError as error:
            self._trouble = f"{error.problems[0]}; the old tokens stay in force"
        except OSError as error:
            self._trouble = f"the new certificate cannot be used: {error}; the old one stays"
        else:
            self._trouble = ""


def _config(
    listener: ListenerSettings, app: IntakeApp, tls: ssl.SSLContext | None
) -> uvicorn.Config:
    settings = listener.http

    def refused() -> None:
        app.refused["connections"] = app.refused.get("connections", 0) + 1

    bounds = Bounds(within_descriptors(listener.connections), settings.silent_seconds, refused)
    return uvicorn.Config(
        app,
        http=connection_kind(bounds),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=5,
        ssl_context_factory=(lambda _config, _default: tls) if tls is not None else None,
    )


def _server_tls(listener: ListenerSettings) -> ssl.SSLContext | None:
    """Make the server's side of TLS; SourceError where a file cannot be used."""
    if listener.tls is None:
        return None
    made = ListenerTls(listener, time.monotonic)
    made.open()
    return made.context


def http_problems(listener: ListenerSettings) -> Iterator[Problem]:
    """Give everything of a listener's settings that cannot be used, with the way out."""
    place = f"settings: listeners.{listener.name}"
    try:
        read_tokens(listener.http.tokens)
    except ConfigurationError as error:
        yield from error.problems
    if listener.tls is not None:
        try:
            _server_tls(listener)
        except SourceError as error:
            yield Problem(f"{place}.tls", 0, str(error))
    elif not (listener.http.plain or _is_loopback(listener.address)):
        message = f"HTTP without TLS on {listener.address}: tokens and records could be read"
        yield Problem(place, 0, message, "add tls, or http.plain: true where the way is safe")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
