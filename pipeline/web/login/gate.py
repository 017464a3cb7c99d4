"""Stands before every route: says who asks, changes cookies, and refuses forged forms.

Forms are protected three times: cookies are not sent from elsewhere (``SameSite=Lax``), what names
another origin is refused, and each form carries its session's token. Who shows a token or a client
certificate needs no form token: no page elsewhere can make a browser send those unasked, and what a
browser sends names its origin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.access import Viewer
from pipeline.model import Instant
from pipeline.ports.accounts import Session
from pipeline.web.ground_cookie import forget_ground
from pipeline.web.login.entrance import Entrance, Opened
from pipeline.web.login.sealing import fresh

CERTIFICATES = "saqshy.certificates"  # names of a verified client certificate, in a scope's state
MOST_FORM = 1024 * 1024  # bytes
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Door:
    """Where this deployment is: its origin, and whether cookies need TLS."""

    origin: str

    @property
    def secure(self) -> bool:
        """Tell whether browsers come over TLS; without it only on loopback."""
        return self.origin.startswith("https:")

    def cookie(self, name: str) -> str:
        """Name a cookie: with TLS one that no other host or path can set (RFC 6265bis, 4.1.3)."""
        return f"__Host-{name}" if self.secure else name

    def set(self, headers: MutableHeaders, name: str, value: str) -> None:
        """Set a cookie for this browser session; "" takes it away."""
        crumb = f"{self.cookie(name)}={value}; Path=/; HttpOnly; SameSite=Lax"
        crumb += "; Secure" if self.secure else ""
        headers.append("set-cookie", crumb if value else f"{crumb}; Max-Age=0")


@dataclass(slots=True)
class _Asked:
    """What is found out about one request."""

    viewer: Viewer | None = None
    session: Session | None = None
    family: str = ""  # of the session, or of a browser that has none yet
    cookie: str = ""  # to be set
    before: str = ""  # to be set, of a browser without a session


class Gate:
    """ASGI middleware; puts ``viewer``, ``login`` (the session) and ``csrf`` into the state."""

    def __init__(
        self, app: ASGIApp, entrance: Entrance, door: Door, clock: Callable[[], Instant]
    ) -> None:
        self._app, self._entrance, self._door, self._clock = app, entrance, door, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through with who asks it, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = dict(scope.get("state", {}))
        scope["state"] = state
        headers = Headers(scope=scope)
        asked = await run_in_threadpool(self._asked, headers, state.get(CERTIFICATES, ()))
        state["viewer"], state["login"] = asked.viewer, asked.session
        state["csrf"] = self._entrance.sealing.form_token(asked.family)
        if scope["method"] not in SAFE:
            if self._foreign(headers):
                await _refuse(scope, receive, send)
                return
            if asked.session is not None or scope["path"].startswith("/login"):
                receive, fits = await self._form(scope, receive, headers, asked.family)
                if not fits:
                    await _refuse(scope, receive, send)
                    return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._cookies(MutableHeaders(scope=message), state, asked)
            await send(message)

        await self._app(scope, receive, sent)

    def _asked(self, headers: Headers, certificates: tuple[str, ...]) -> _Asked:
        now = self._clock()
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer":
            return _Asked(self._entrance.by_token(shown.strip(), now))
        crumbs = _crumbs(headers.get("cookie", ""))
        cookie = crumbs.get(self._door.cookie("saqshy"), "")
        opened = self._entrance.seen(cookie, now) if cookie else None
        if opened is not None:
            viewer = self._entrance.viewer(opened.session, now)
            return _Asked(viewer, opened.session, opened.session.family, opened.cookie)
        viewer = self._entrance.by_certificate(certificates) if certificates else None
        known = crumbs.get(self._door.cookie("saqshy-before"), "")
        made = "" if known else fresh()
        return _Asked(viewer, family=f"before:{known or made}", before=made)

    def _foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None:
            return origin != self._door.origin
        return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")

    async def _form(
        self, scope: Scope, receive: Receive, headers: Headers, family: str
    ) -> tuple[Receive, bool]:
        """Tell whether a request carries its session's token; give its body to be read again."""
        fits = self._entrance.sealing.form_fits
        if shown := headers.get("x-csrf-token"):
            return receive, fits(family, shown)
        if not headers.get("content-type", "").startswith(_FORMS):
            return receive, False
        body = await _whole(receive)
        if body is None:
            return receive, False
        async with Request(scope, _again(body)).form(max_files=8, max_fields=200) as form:
            carried = form.get("csrf")
            return _again(body), isinstance(carried, str) and fits(family, carried)

    def _cookies(self, headers: MutableHeaders, state: dict[str, Any], asked: _Asked) -> None:
        opened: Opened | None = state.get("opened")
        left = bool(state.get("left"))
        if left or (opened is not None and opened.session.family != asked.family):
            forget_ground(headers)
        if left:
            self._door.set(headers, "saqshy", "")
        elif opened is not None and opened.cookie:
            self._door.set(headers, "saqshy", opened.cookie)
        elif asked.cookie:
            self._door.set(headers, "saqshy", asked.cookie)
        if asked.before:
            self._door.set(headers, "saqshy-before", asked.before)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    text = "This form is not of this session: go back, load the page again, and send it once more."
    await PlainTextResponse(text, status_code=403)(scope, receive, send)


async def _whole(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > MOST_FORM:
            return None
        if not message.get("more_body"):
            return body


def _again(body: bytes) -> Receive:
    """Give a body that was read already; behind it, that the client is gone."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return left.pop() if left else {"type": "http.disconnect"}

    return receive


def _crumbs(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
