"""A real relay on loopback (aiosmtpd) with TLS, which answers as a test says."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from pipeline.runtime.receiver import bind
from tests.connectors.sinks.certificates import Leaf

USER, PASSWORD = "saqshy", "tests only"


@dataclass
class Relay:
    """Where it listens, what it took, and what it answers to RCPT and DATA ("" is yes)."""

    port: int = 0
    taken: list[tuple[str, list[str], bytes, bool]] = field(default_factory=list)
    rcpt: str = ""
    data: str = ""
    connections: int = 0

    def messages(self) -> list[EmailMessage]:
        """Give what was taken, as messages."""
        return [
            message_from_bytes(data, EmailMessage, policy=default) for _, _, data, _ in self.taken
        ]


class _Handler:
    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def handle_RCPT(  # noqa: N802 (the server calls it so)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self._relay.rcpt:
            return self._relay.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (the server calls it so)
        self, _server: Any, session: Any, envelope: Any
    ) -> str:
        if self._relay.data:
            return self._relay.data
        secure = session.ssl is not None
        self._relay.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, secure))
        return "250 taken as 4711"


@contextmanager
def relay(leaf: Leaf | None, *, implicit: bool = False, login: bool = False) -> Iterator[Relay]:
    """Serve on a free port; without a ``leaf`` it offers no TLS."""
    made = Relay()
    tls = None
    if leaf is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(leaf.certificate, leaf.key)

    def authenticated(
        _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=data == known, handled=False)

    def serving() -> SMTP:
        made.connections += 1
        session = SMTP(
            _Handler(made),
            hostname="relay.test",
            enable_SMTPUTF8=True,
            tls_context=None if implicit else tls,
            require_starttls=tls is not None and not implicit,
            authenticator=authenticated if login else None,
            auth_required=login and not implicit,  # it knows no TLS from the first byte
            auth_require_tls=not implicit,
            loop=loop,
        )
        sessions.append(session)
        return session

    sessions: list[SMTP] = []
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = bind("127.0.0.1", 0)
    made.port = listening.getsockname()[1]
    opening = loop.create_server(serving, sock=listening, ssl=tls if implicit else None)
    server = asyncio.run_coroutine_threadsafe(opening, loop).result(10)
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(_ended(server, sessions), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _ended(server: asyncio.AbstractServer, sessions: list[SMTP]) -> None:
    server.close()
    for session in sessions:
        if isinstance(session.transport, asyncio.Transport):
            session.transport.abort()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(5):  # transports close in the turns after this one
        await asyncio.sleep(0)
