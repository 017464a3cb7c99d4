"""Put console and API together: the desk over a store that another process writes, the login.

It reads beside the writer and writes nothing into the store: what people read and do is left in
the spool folder. Without a login in front nobody is known, and every way of the API answers 401.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.search import open_search
from pipeline.access import load_policy
from pipeline.errors import ConfigurationError, Problem, SourceError
from pipeline.model import Command, Instant
from pipeline.ports import Stores
from pipeline.ports.searching import Search
from pipeline.runtime.configuration import bundled
from pipeline.runtime.leaving import leave, spool_of
from pipeline.runtime.leaving_once import LeaveOnce
from pipeline.runtime.login_wiring import entrance, logged, login_settings, provider
from pipeline.runtime.reads import READ
from pipeline.runtime.receiver import bind
from pipeline.runtime.web_answers import StoreAnswers
from pipeline.runtime.web_console import console_beside, console_words
from pipeline.runtime.web_in_force import AccessInForce
from pipeline.runtime.web_tls import serving_tls, tls_options
from pipeline.settings import ServingSettings, Settings
from pipeline.web.api import PREFIX, ApiLimits, api_app
from pipeline.web.asked import Means
from pipeline.web.console.routes import console_routes
from pipeline.web.desk import Desk
from pipeline.web.login import BREAK_GLASS, Door, Gate, Pages, SafeHeaders, login_routes
from pipeline.web.recorded import Recorded
from pipeline.web.status import LOOPBACK

log = structlog.get_logger("saqshy.web")
FLUSH_SECONDS = 5.0
STARTED_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Front:
    """What is served: the desk and its store, and the application in front of them."""

    desk: Desk
    app: Starlette
    settings: ServingSettings

    @contextmanager
    def beside(self) -> Iterator[str]:
        """Serve in a thread of its own for as long as the block runs; give the address."""
        listening = bind(self.settings.address, self.settings.port)
        server = uvicorn.Server(_server(self.app, self.settings))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="web", daemon=True
        )
        thread.start()
        end = time.monotonic() + STARTED_WITHIN
        while not server.started and thread.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        try:
            host, port = listening.getsockname()[:2]
            if not server.started:
                raise SourceError(f"{host}:{port}: console and API did not start")
            scheme = "https" if self.settings.certificate else "http"
            yield f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
        finally:
            server.should_exit = True
            thread.join()
            listening.close()


@contextmanager
def opened_front(settings: Settings, store: Path, clock: Callable[[], Instant]) -> Iterator[Front]:
    """Open what is served; ConfigurationError with everything that is wrong, StoreError."""
    serving = checked(settings.serving)
    with ExitStack() as stack:
        stores = open_sqlite(store, readonly=True)
        stack.callback(stores.database.close)
        search = open_search(store)
        stack.callback(search.close)
        spool = spool_of(store)
        desk = desk_of(settings, (stores, search), spool, clock)
        stack.enter_context(flushing(desk.recorded, clock))
        login = login_settings(settings)
        door = entrance(login, heard(spool, clock))
        stack.callback(door.store.close)
        limits = ApiLimits(
            a_second=serving.a_second, at_once=serving.at_once, streams=serving.streams
        )
        pages = Pages(door, Door(login.origin), clock, provider(login))
        words, beside = console_words(desk, stores), console_beside(desk, stores, settings, clock)
        routes = [
            Route("/healthz", _alive),
            Mount(PREFIX, api_app(desk, clock, limits)),
            *login_routes(pages),
            *console_routes(desk, clock, words, beside),  # the last of them takes the rest
        ]
        middleware = [
            Middleware(SafeHeaders, secure=pages.door.secure),
            Middleware(Gate, entrance=door, door=pages.door, clock=clock),
        ]
        yield Front(desk, Starlette(routes=routes, middleware=middleware), serving)


def desk_of(
    settings: Settings, of: tuple[Stores, Search], spool: Path, clock: Callable[[], Instant]
) -> Desk:
    """Make the desk over a store and its search; commands go into the spool folder."""
    stores, search = of
    policy = load_policy(settings.serving.policy or bundled("access") / "policy.yml")
    answers = StoreAnswers(stores, search, settings, clock)

    def recording(command: Command) -> None:
        leave(spool, command)

    means = Means(
        leave=LeaveOnce(spool),
        check=answers.check,
        why=answers.why,
        statistics=answers.statistics,
        compliance=answers.compliance,
        verify=answers.verify,
        versions=answers.versions,
        clock=clock,
    )
    access = AccessInForce(policy, search, stores.content, clock)
    return Desk(search, access, Recorded(recording, policy.live), means)


def heard(spool: Path, clock: Callable[[], Instant]) -> Callable[[str, str, str], None]:
    """Give who is told of logins: the log of all, the audit trail of who broke the glass."""

    def told(event: str, actor: str, detail: str) -> None:
        logged(event, actor, detail)
        if event == BREAK_GLASS:
            role, _, author = actor.partition("/")
            leave(spool, Command(READ, role, author, detail, clock(), {"what": event}))

    return told


def _alive(_request: Request) -> Response:
    return PlainTextResponse("alive\n")


@contextmanager
def flushing(recorded: Recorded, clock: Callable[[], Instant]) -> Iterator[None]:
    """Leave the ends of recorded windows while the block runs, and all of them behind it."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(FLUSH_SECONDS):
            try:
                recorded.flush(clock())
            except OSError as error:
                log.warning("web.reads_not_recorded", error=error.strerror)

    thread = threading.Thread(target=run, name="web-reads", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        recorded.flush(clock(), everything=True)


def checked(serving: ServingSettings) -> ServingSettings:
    """Give the settings; ConfigurationError where they would serve in clear text to others."""
    if (serving.certificate is None) != (serving.key is None):
        problem = Problem("serving", 0, "certificate and key go together", "give both or none")
        raise ConfigurationError([problem])
    if serving.certificate is None and serving.address not in LOOPBACK:
        what = f"{serving.address} would be served without TLS"
        way_out = "give certificate and key, or listen on 127.0.0.1 behind a proxy with TLS"
        raise ConfigurationError([Problem("serving.address", 0, what, way_out)])
    return serving


def _server(app: Starlette, serving: ServingSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
        **tls_options(serving_tls(serving)),
    )
