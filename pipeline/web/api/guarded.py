"""Stands before every way of the interface: nobody unknown, nothing too much, nothing cached."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil
from urllib.parse import unquote

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders, State
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.access import Viewer
from pipeline.model import Instant
from pipeline.web.api.limits import ApiLimits, Rates
from pipeline.web.api.problems import Problem, language_of

GROUND = "saqshy-basis"  # the ground of a read, percent-encoded UTF-8; else the session's
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Guarded:
    """ASGI middleware: ``request.state.viewer`` must be there; a login in front puts it there."""

    app: ASGIApp
    limits: ApiLimits
    rates: Rates
    clock: Callable[[], Instant] = field(repr=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        headers = Headers(scope=scope)
        viewer = known_viewer(scope)
        if viewer is None:
            problem = Problem("unauthenticated", headers=(("www-authenticate", "Bearer"),))
        elif wait := self.rates.wait(client_of(viewer)):
            problem = Problem("too-many", headers=(("retry-after", str(ceil(wait))),))
        elif _size(headers) > self.limits.body_bytes:
            problem = Problem("too-large", f"a body has at most {self.limits.body_bytes} bytes")
        else:
            if ground := headers.get(GROUND):
                viewer = replace(viewer, basis=unquote(ground)[:500])
            scope["state"] = {**scope.get("state", {}), "viewer": viewer}
            await self.app(scope, self._bounded(receive), sent)
            return
        answer = problem.answer(language_of(headers, viewer.language if viewer else ""))
        await answer(scope, receive, sent)

    def _bounded(self, receive: Receive) -> Receive:
        """Count what comes: a body may come in parts, and say nothing of its length."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limits.body_bytes:
                raise HTTPException(413)  # the one kind that reading a body lets through
            return message

        return counted


def known_viewer(scope: Scope) -> Viewer | None:
    """Give who asks, as the login in front found out; None: nobody known."""
    state = scope.get("state", {})
    viewer = state.get("viewer") if isinstance(state, dict) else getattr(state, "viewer", None)
    return viewer if isinstance(viewer, Viewer) else None


def viewer_of(request: Request) -> Viewer:
    """Give who asks, behind the guard."""
    state: State = request.state
    viewer: Viewer = state.viewer
    return viewer


def client_of(viewer: Viewer) -> str:
    """Name a client for its bounds: its session, else who it is."""
    return viewer.session or viewer.actor


def _size(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
