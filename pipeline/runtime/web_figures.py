"""What a process that serves console and API tells of itself: requests, logins, reads, commands."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from re import Pattern

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Mount, Route, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import StoreError
from pipeline.model import Command
from pipeline.runtime.catalogue import CATALOGUE
from pipeline.runtime.reads import READ

OTHER = "other"
STREAM = "text/event-stream"
REFUSED_LOGINS = {"login_failed": "failed", "login_held": "held"}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class WebFigures:
    """The series of one serving process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        of = {name: (name, one.help, one.labels) for name, one in CATALOGUE.items()}
        self._requests = Counter(*of["saqshy_web_requests_total"], registry=registry)
        self._seconds = Histogram(
            *of["saqshy_web_request_seconds"], buckets=_SECONDS, registry=registry
        )
        self._refused = Counter(*of["saqshy_web_logins_refused_total"], registry=registry)
        self._reads = Counter(*of["saqshy_web_reads_recorded_total"], registry=registry)
        self._left = Counter(*of["saqshy_web_commands_left_total"], registry=registry)
        for reason in REFUSED_LOGINS.values():
            self._refused.labels(reason)
        for outcome in ("kept", "refused"):
            self._left.labels(outcome)

    def answered(self, route: str, status: int, seconds: float | None) -> None:
        """Count a request; ``seconds`` is None where it streams for as long as somebody looks."""
        self._requests.labels(route, str(status)).inc()
        if seconds is not None:
            self._seconds.labels(route).observe(seconds)

    def heard(self, event: str) -> None:
        """Count an event of the entrance, where it is a refusal."""
        if event in REFUSED_LOGINS:
            self._refused.labels(REFUSED_LOGINS[event]).inc()

    def counting(self, leave: Callable[[Command], None]) -> Callable[[Command], None]:
        """Count what is left, and what could not be."""

        def counted(command: Command) -> None:
            try:
                leave(command)
            except (StoreError, OSError):
                self._left.labels("refused").inc()
                raise
            self._left.labels("kept").inc()
            if command.name == READ:
                self._reads.inc()

        return counted


@dataclass(frozen=True, slots=True)
class Measured:
    """ASGI middleware: counts every answer by the route that its path is of."""

    app: ASGIApp
    figures: WebFigures
    routes: Sequence[tuple[Pattern[str], str]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through and count its answer; 500 where it broke before one."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        route, begun = named(self.routes, scope["path"]), time.monotonic()
        status, streams = 500, False

        async def sent(message: Message) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status = message["status"]
                kind = Headers(raw=message.get("headers", [])).get("content-type", "")
                streams = kind.startswith(STREAM)
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            self.figures.answered(route, status, None if streams else time.monotonic() - begun)


def named(routes: Sequence[tuple[Pattern[str], str]], path: str) -> str:
    """Give the route of a path as it is written in the code; what is none is ``other``."""
    return next((name for pattern, name in routes if pattern.match(path)), OTHER)


def routes_of(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[Pattern[str], str]]:
    """Give every route's pattern and name, in the order in which they are tried.

    What a mount has no routes of (static files) is one; what takes all the rest is none.
    """
    for route in routes:
        path = f"{prefix}{getattr(route, 'path', '')}"
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            for way in route.app.openapi()["paths"]:
                yield _compiled(f"{path}{way}")
        elif isinstance(route, Mount):
            within = list(routes_of(route.routes or [], path))
            yield from within or [(re.compile(f"{re.escape(path)}/"), f"{path}/")]
        elif isinstance(route, Route) and ":path}" not in path:
            yield _compiled(path)


def _compiled(path: str) -> tuple[Pattern[str], str]:
    pattern, name, _ = compile_path(path)
    return pattern, name
