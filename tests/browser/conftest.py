"""A real browser at a real server: Debian's Chromium, the console over the small centre."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.access import Role
from pipeline.runtime.web_console import PackWords
from pipeline.web.console import console_routes
from pipeline.web.login import SafeHeaders
from tests.web.console.consoles import CSRF, hostile_beside
from tests.web.desks import Centre, centre, viewer

CHROMIUM = Path("/usr/bin/chromium")
SHOTS = Path(__file__).parents[2] / "var" / "browser"
"""Where screenshots are kept for people to look at."""


class ByCookie:
    """Enters whoever the cookies ``role`` and ``language`` name; the login is tested elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through."""
        if scope["type"] == "http":
            header = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
            crumbs = {name: one.value for name, one in SimpleCookie(header).items()}
            who = replace(viewer(Role(crumbs["role"])), language=crumbs.get("language", "en"))
            scope["state"] = {"viewer": who, "csrf": CSRF}
        await self._app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Site:
    """The server's address, the centre behind it, and the browser at it."""

    address: str
    centre: Centre
    browser: Browser

    def enter(self, role: Role, language: str = "en", **more: Any) -> BrowserContext:
        """Open the browser as somebody of a role; ``more`` are options of Playwright."""
        context = self.browser.new_context(base_url=self.address, **more)
        crumbs = {"role": role.value, "language": language}
        for name, value in crumbs.items():
            context.add_cookies([{"name": name, "value": value, "url": self.address}])
        return context


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser, for one file: while it runs no other loop may in this thread."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not on this machine")
    SHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def site(chromium: Browser) -> Iterator[Site]:
    """Serve the console of a centre of one's own."""
    made = centre()
    words = PackWords(made.desk, made.stores, made.clock)
    routes = console_routes(made.desk, made.clock, words, hostile_beside())
    middleware = [Middleware(SafeHeaders, secure=False), Middleware(ByCookie)]
    config = uvicorn.Config(
        Starlette(routes=routes, middleware=middleware),
        host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started and time.monotonic() < end:
        threading.Event().wait(0.02)
    assert server.started
    try:
        yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", made, chromium)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
