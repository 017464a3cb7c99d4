"""A recipient's webhook over TLS on loopback, which answers as a test says."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.connectors.sinks.certificates import Leaf


@dataclass
class Called:
    """One request: path, headers by lower-case name, body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebhookServer:
    """Where it listens, what came, and how it answers: status, headers, body."""

    port: int = 0
    calls: list[Called] = field(default_factory=list)
    connections: int = 0
    answer: Callable[[Called], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")


@contextmanager
def webhook_server(leaf: Leaf) -> Iterator[WebhookServer]:
    """Serve on a free port of 127.0.0.1 for as long as the block runs."""
    server = WebhookServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            called = Called(self.path, headers, body)
            server.calls.append(called)
            status, more, said = server.answer(called)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Listening(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Let clients go as they like: that is what these tests are about."""

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(leaf.certificate, leaf.key)
    listening = Listening(("127.0.0.1", 0), Handler)
    listening.socket = tls.wrap_socket(
        listening.socket, server_side=True, do_handshake_on_connect=False
    )
    server.port = listening.server_address[1]
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
