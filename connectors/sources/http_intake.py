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
from connectors.sources.http_tokens import Tokens, read_tokens
from connectors.sources.http_waiting import Waiting
from pipeline.errors import ConfigurationError, Problem, SourceError
from pipeline.ports import Delivery
from pipeline.settings import ListenerSettings, TlsSettings

STARTED_WITHIN = 20.0  # seconds
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
        self._app: IntakeApp | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._waiting = Waiting(listener.name, listener.format)

    def open(self, resume: str) -> None:  # noqa: ARG002 (what was sent does not come again)
        """Listen and serve; SourceError where the system refuses."""
        listener = self._listener
        self._ending = False
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
        self._server = server = uvicorn.Server(_config(listener, self._app))
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
        """Say what hinders: nothing that a sender does not learn itself."""
        return ()

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


def _config(listener: ListenerSettings, app: IntakeApp) -> uvicorn.Config:
    settings = listener.http

    def refused() -> None:
        app.refused["connections"] = app.refused.get("connections", 0) + 1

    bounds = Bounds(within_descriptors(listener.connections), settings.silent_seconds, refused)
    tls = server_tls(listener.tls, tokens=bool(app.tokens.known)) if listener.tls else None
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


def server_tls(settings: TlsSettings, *, tokens: bool) -> ssl.SSLContext:
    """Make the server's side of TLS 1.2 or later; OSError where a file cannot be used.

    Where an authority is named, client certificates are required as the settings say, unless
    senders may show a token instead.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.load_cert_chain(settings.certificate, settings.key)
    if settings.ca is not None:
        tls.load_verify_locations(settings.ca)
        required = settings.client_certificates == "required" and not tokens
        tls.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return tls


def http_problems(listener: ListenerSettings) -> Iterator[Problem]:
    """Give everything of a listener's settings that cannot be used, with the way out."""
    place = f"settings: listeners.{listener.name}"
    tokens = Tokens()
    try:
        tokens = read_tokens(listener.http.tokens)
    except ConfigurationError as error:
        yield from error.problems
    if listener.tls is not None:
        try:
            server_tls(listener.tls, tokens=bool(tokens.known))
        except OSError as error:
            files = (listener.tls.certificate, listener.tls.key, listener.tls.ca)
            named = next((one for one in files if one is not None and not one.is_file()), files[0])
            reason = error.strerror or str(error)
            yield Problem(str(named), 0, f"cannot be used for TLS: {reason}", f"see {place}.tls")
    elif not (listener.http.plain or _is_loopback(listener.address)):
        message = f"HTTP without TLS on {listener.address}: tokens and records could be read"
        yield Problem(place, 0, message, "add tls, or http.plain: true where the way is safe")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
