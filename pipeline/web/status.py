"""The status page, metrics, health and a first reading API: what one runtime tells over HTTP.

Read only and without accounts: it belongs on loopback. A web page of somebody else cannot read it
either: requests that name another host than ours (DNS rebinding) are refused, and nothing is
loaded from elsewhere.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import orjson
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import StoreError
from pipeline.model import as_document
from pipeline.notify.texts import LANGUAGES
from pipeline.ports import Stores
from pipeline.web.status_page import STYLE, Facts, Status, status_page
from pipeline.web.status_words import Words, page_texts, spoken

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SHOWN = 50
MOST = 1000

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Metrics(Protocol):
    """What has been counted, whatever counts it."""

    @property
    def media_type(self) -> str:
        """Give the media type of ``text``."""

    def text(self) -> bytes:
        """Give everything in the form that a scrape reads."""

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """Give (name, label values in their order, value) of every sample."""


def status_app(
    stores: Stores,
    metrics: Metrics,
    facts: Callable[[], Facts],
    now: Callable[[], int],
    hosts: Sequence[str] = LOOPBACK,
) -> Starlette:
    """Build the application over a runtime's stores and metrics.

    ``facts`` and ``now`` are asked at each request; ``hosts`` are the names under which it may be
    called (the configured address, where that is not loopback).
    """
    pages = _Pages(stores, metrics, facts, now)
    return Starlette(
        routes=[
            Route("/", pages.status),
            *(Route(f"/{language}", pages.status) for language in LANGUAGES),
            Route("/metrics", pages.metrics),
            Route("/healthz", pages.health),
            Route("/readyz", pages.readiness),
            Route("/api/v1/incidents", pages.incidents),
            Route("/api/v1/notices", pages.notices),
        ],
        middleware=[
            Middleware(_Headers),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        ],
        exception_handlers={StoreError: _unreadable},
    )


class _Headers:
    """Put the protecting headers on every answer, refusals and errors too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers)


class _Pages:
    """The answers. None is a coroutine: reading a store blocks, so each runs in a worker thread."""

    def __init__(
        self,
        stores: Stores,
        metrics: Metrics,
        facts: Callable[[], Facts],
        now: Callable[[], int],
    ) -> None:
        self._stores = stores
        self._metrics = metrics
        self._facts = facts
        self._now = now

    def status(self, request: Request) -> Response:
        """Give the page for people, in the language of its path, else of the browser."""
        wanted = request.url.path.strip("/"), request.headers.get("accept-language", "")
        said = Words(page_texts(), spoken(*wanted))
        latest = list(self._stores.incidents.latest(last=SHOWN))
        end = self._stores.journal.tail("", "", "")
        status = Status(
            facts=self._facts(),
            at=self._now(),
            committed=self._stores.journal.committed(),
            journalled=end.sequence if end else 0,
            events=self._stores.events.count(),
            dead_letters=self._stores.dead_letters.count(),
            samples={(name, labels): value for name, labels, value in self._metrics.samples()},
            incidents=[
                (incident, list(self._stores.outbox.list(incident.id)))
                for incident in reversed(latest)
            ],
        )
        return HTMLResponse(status_page(status, said))

    def metrics(self, _request: Request) -> Response:
        """Give every series in Prometheus' text format."""
        headers = {"content-type": self._metrics.media_type}
        return Response(self._metrics.text(), headers=headers)

    def health(self, _request: Request) -> Response:
        """Tell that the process answers."""
        return PlainTextResponse("ok\n")

    def readiness(self, _request: Request) -> Response:
        """Tell whether the runtime works: the store is read, and nothing is waited for."""
        self._stores.journal.committed()
        waiting = self._facts().waiting
        return PlainTextResponse(f"{waiting or 'ready'}\n", 503 if waiting else 200)

    def incidents(self, request: Request) -> Response:
        """Give the newest incidents in their latest revision; of one object if asked."""
        latest = self._stores.incidents.latest(
            request.query_params.get("object_id"), last=_limit(request)
        )
        return _json("incidents", reversed(list(latest)))

    def notices(self, request: Request) -> Response:
        """Give the newest notices; of one incident if asked."""
        notices = self._stores.outbox.list(
            request.query_params.get("incident_id"), last=_limit(request)
        )
        return _json("notices", reversed(list(notices)))


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "100")
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= MOST):
        raise HTTPException(400, f"limit must be a number from 1 to {MOST}")
    return int(text)


def _json(name: str, nouns: Iterable[Any]) -> Response:
    body = orjson.dumps({name: [as_document(noun) for noun in nouns]})
    return Response(body, media_type="application/json")


def _unreadable(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 503)
