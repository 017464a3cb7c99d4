"""Put console and API together: the desk over a store that another process writes, the login.

It reads beside the writers and writes nothing into the store: what people read and do is left in
the spool folder, in the cluster at the brokers. Without a login in front nobody is known, and every
way of the API answers 401.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from pipeline.access import Policy, load_policy
from pipeline.errors import ConfigurationError, Problem, SourceError, StoreError
from pipeline.model import Command, Instant
from pipeline.ports.identity import IdentityProvider
from pipeline.runtime.cluster.indexing_wiring import wanted
from pipeline.runtime.configuration import bundled
from pipeline.runtime.login_wiring import entrance, logged, login_settings, provider, sealing
from pipeline.runtime.reading import in_cluster
from pipeline.runtime.reads import READ
from pipeline.runtime.receiver import bind
from pipeline.runtime.web_answers import StoreAnswers
from pipeline.runtime.web_console import PackWords, console_beside
from pipeline.runtime.web_figures import Measured, WebFigures, routes_of
from pipeline.runtime.web_ground import Ground, opened_ground
from pipeline.runtime.web_in_force import AccessInForce
from pipeline.runtime.web_tls import serving_tls, tls_options
from pipeline.settings import LoginSettings, ServingSettings, Settings
from pipeline.web.api import PREFIX, ApiLimits, api_app
from pipeline.web.asked import Means
from pipeline.web.caught import Caught
from pipeline.web.console.routes import console_routes
from pipeline.web.desk import Desk
from pipeline.web.failing import failing
from pipeline.web.login import (
    BREAK_GLASS,
    END_GLASS,
    EVENTS,
    Door,
    Gate,
    Pages,
    SafeHeaders,
    account_routes,
    login_routes,
)
from pipeline.web.recorded import Recorded
from pipeline.web.status import LOOPBACK

log = structlog.get_logger("saqshy.web")
FLUSH_SECONDS = 5.0
STARTED_WITHIN = 20.0
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Front:
    """What is served: the desk and its store, and the application in front of them."""

    desk: Desk
    app: Starlette
    settings: ServingSettings
    figures: WebFigures
    unready: Callable[[], str]

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
def opened_front(
    settings: Settings, store: Path | None, clock: Callable[[], Instant]
) -> Iterator[Front]:
    """Open what is served: the file ``store``, else what the settings name.

    ConfigurationError with everything that is wrong, StoreError.
    """
    policy, login, vouching = fitting(settings, store)
    with ExitStack() as stack:
        ground = stack.enter_context(opened_ground(settings, store, clock))
        figures = WebFigures()
        leave = figures.counting(ground.leave)
        desk = desk_of(settings, replace(ground, leave=leave), policy, clock)
        stack.enter_context(flushing(desk.recorded, clock))
        door = entrance(login, heard(leave, clock, figures))
        stack.callback(door.store.close)
        pages = Pages(door, Door(login.origin), clock, vouching)
        told = console_beside(desk, ground, settings, clock)
        words = PackWords(desk, ground.stores, clock)
        routes = [
            Route("/healthz", _alive),
            Mount(PREFIX, api_app(desk, clock, _limits(settings.serving))),
            *login_routes(pages),
            *account_routes(pages),
            *console_routes(desk, clock, words, told),  # the last of them takes the rest
        ]
        failed = failing(clock)
        middleware = [
            Middleware(Measured, figures=figures, routes=tuple(routes_of(routes))),
            Middleware(SafeHeaders, secure=pages.door.secure),
            Middleware(Caught, answer=failed),  # of the gate itself
            Middleware(Gate, entrance=door, door=pages.door, clock=clock),
            Middleware(Caught, answer=failed),  # inside it: cookies that it changes are not lost
        ]
        app = Starlette(
            routes=routes, middleware=middleware, exception_handlers={HTTPException: failed}
        )
        yield Front(desk, app, settings.serving, figures, partial(_unready, ground, desk))


def fitting(
    settings: Settings, store: Path | None
) -> tuple[Policy, LoginSettings, IdentityProvider | None]:
    """Read all that the settings name; ConfigurationError with everything that is wrong in it."""
    problems: list[Problem] = []

    def tried(read: Callable[[], _Read]) -> _Read | None:
        try:
            return read()
        except ConfigurationError as error:
            problems.extend(error.problems)
            return None

    tried(lambda: checked(settings.serving))
    if in_cluster(settings, store):
        tried(lambda: wanted(settings))
    policy = tried(lambda: load_policy(settings.serving.policy or _bundled_policy()))
    login = tried(lambda: login_settings(settings))
    vouching = None
    if login is not None:
        tried(lambda: sealing(login))
        vouching = tried(lambda: provider(login))
    if problems or policy is None or login is None:
        raise ConfigurationError(problems)
    return policy, login, vouching


def desk_of(
    settings: Settings, ground: Ground, policy: Policy, clock: Callable[[], Instant]
) -> Desk:
    """Make the desk over what is served."""
    answers = StoreAnswers(ground.stores, ground.search, settings, clock, ground.settling)
    means = Means(
        leave=replace(ground.once, send=ground.leave),
        check=answers.check,
        why=answers.why,
        statistics=answers.statistics,
        compliance=answers.compliance,
        verify=answers.verify,
        versions=answers.versions,
        clock=clock,
        parts=ground.parts,
    )
    access = AccessInForce(policy, ground.search, ground.stores.content, clock)
    return Desk(ground.search, access, Recorded(ground.leave, policy.live), means)


def _bundled_policy() -> Path:
    return bundled("access") / "policy.yml"


def _limits(serving: ServingSettings) -> ApiLimits:
    return ApiLimits(a_second=serving.a_second, at_once=serving.at_once, streams=serving.streams)


def _unready(ground: Ground, desk: Desk) -> str:
    """Say why nothing can be answered now; "" where it can: the store answers, knowledge is read.

    Before a system ran there is no registry, and with it nothing that anybody may see.
    """
    if why := ground.unready():
        return why
    try:
        known = desk.access().registry.histories
    except StoreError as error:
        return str(error)
    return "" if known else "no registry is in force yet: no system has run"


def heard(
    leave: Callable[[Command], None], clock: Callable[[], Instant], figures: WebFigures
) -> Callable[[str, str, str], None]:
    """Give who is told of logins: log and figures of all, the trail of glass and accounts."""

    def told(event: str, actor: str, detail: str) -> None:
        logged(event, actor, detail)
        figures.heard(event)
        if event in (BREAK_GLASS, END_GLASS, *EVENTS):
            role, _, author = actor.partition("/")
            leave(Command(READ, role, author, detail, clock(), {"what": event}))

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
            except (OSError, StoreError) as error:
                log.warning("web.reads_not_recorded", error=str(error))

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
