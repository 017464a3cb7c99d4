"""What every answer tells a browser: nothing from elsewhere, nothing inline, nothing kept.

Sources: Content Security Policy Level 3; OWASP Secure Headers.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    f"{directive} {value}"
    for directive, value in (
        ("default-src", "'none'"), ("script-src", "'self'"), ("style-src", "'self'"),
        ("img-src", "'self' data:"), ("font-src", "'self'"), ("connect-src", "'self'"),
        ("manifest-src", "'self'"), ("form-action", "'self'"), ("frame-ancestors", "'none'"),
        ("base-uri", "'none'"),
    )
)  # fmt: skip
_ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: a browser then names no origin of the forms that people send (Fetch, 3.1).
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_YEAR = "max-age=31536000; includeSubDomains"


class SafeHeaders:
    """Adds them to every answer; what an answer says itself of keeping it stands."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
                if self._secure:
                    headers["strict-transport-security"] = _YEAR
            await send(message)

        await self._app(scope, receive, sent)
