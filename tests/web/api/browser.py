"""Calls the interface in its own process, as somebody whom a login in front let in."""

import asyncio
import atexit
from collections.abc import Coroutine
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.access import Viewer
from pipeline.web.api import PREFIX, ApiLimits, api_app
from pipeline.web.login import SafeHeaders
from tests.web.desks import Centre

GENEROUS = ApiLimits(a_second=1e6, at_once=10**6, look_seconds=0.01, stream_seconds=0.05)


RUNNER = asyncio.Runner()
atexit.register(RUNNER.close)


class Client:
    """A client of a centre's interface; ``viewer`` None: nobody logged in."""

    def __init__(self, centre: Centre, viewer: Viewer | None, limits: ApiLimits = GENEROUS) -> None:
        self.viewer = viewer
        self.app = served(centre, limits)

    async def sent(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request."""

        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"] = {"viewer": self.viewer}
            await self.app(scope, receive, send)

        transport = httpx.ASGITransport(front, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(method, PREFIX + path, **options)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the requests, in their loop."""
        RUNNER.run(work)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request and wait for the answer."""
        return RUNNER.run(self.sent(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Read a path."""
        return self.request("GET", path, **options)

    def json(self, path: str, **options: Any) -> Any:
        """Read a path that answers 200."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def text(self, path: str, **options: Any) -> str:
        """Read a path, whatever it answers."""
        return self.get(path, **options).text

    def as_(self, viewer: Viewer | None) -> "Client":
        """Give the same interface for somebody else."""
        other = Client.__new__(Client)
        other.viewer, other.app = viewer, self.app
        return other


def served(centre: Centre, limits: ApiLimits = GENEROUS) -> ASGIApp:
    """Make a centre's interface."""
    routes = [Mount(PREFIX, api_app(centre.desk, centre.clock, limits))]
    return Starlette(routes=routes, middleware=[Middleware(SafeHeaders, secure=False)])
