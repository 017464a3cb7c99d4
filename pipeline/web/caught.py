"""Stands before what may break: whatever it is, it is answered in full, and the connection lives.

Servers cut a connection on which an exception came up to them, and the next request of an honest
client dies with it.
"""

from collections.abc import Callable
from traceback import extract_tb
from typing import TypeAlias

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("saqshy.web")
Answer: TypeAlias = Callable[[Request, Exception], Response]


class Caught:
    """ASGI middleware: answers with ``answer`` where nothing was answered yet.

    An answer that broke on its way can only be cut off, so that nobody takes it for a whole one.
    """

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:
            _logged(scope["path"], error)
            if begun:
                raise
            await self._answer(Request(scope), error)(scope, receive, send)


def _logged(path: str, error: Exception) -> None:
    """Tell kind and place of what broke; its text may quote what was asked or stored."""
    frames = extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    log.error("web.failed", way=path, error=type(error).__name__, place=place)
