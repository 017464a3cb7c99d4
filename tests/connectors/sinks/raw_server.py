"""A TLS server that answers with given bytes: what no well-behaved framework would send."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette

from pipeline.runtime.pki import Pki
from pipeline.runtime.receiver import bind
from pipeline.web.receiver_server import ServerIdentity, mutual_tls, receiver_server


@dataclass(slots=True)
class RawServer:
    """Where it listens, and each request as it came: head and body."""

    url: str
    requests: list[tuple[bytes, bytes]] = field(default_factory=list)
    connections: int = 0


def read_request(link: ssl.SSLSocket) -> tuple[bytes, bytes]:
    """Read one request; empty where the peer went away. Without a content-length it has no body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = link.recv(65536)
        if not part:
            return b"", b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    _, named, rest = head.lower().partition(b"content-length:")
    wanted = int(rest.split(b"\r\n")[0]) if named else 0
    while len(body) < wanted:
        body += link.recv(65536)
    return head, body


def shook_hands(link: ssl.SSLSocket) -> bool:
    """Shake hands; where that fails, let the alert arrive before the connection is closed."""
    try:
        link.do_handshake()
    except ssl.SSLError:
        plain = socket.socket(fileno=link.detach())
        with plain:
            plain.settimeout(20)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65536):
                pass
        return False
    return True


@contextmanager
def tls_server(app: Starlette, tls: ssl.SSLContext) -> Iterator[str]:
    """Serve an application under a certificate of one's own; gives the address."""
    listening = bind("127.0.0.1", 0)
    server = receiver_server(app, tls)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        threading.Event().wait(0.01)
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@contextmanager
def raw_server(pki: Pki, answer: Callable[[ssl.SSLSocket, bytes], None]) -> Iterator[RawServer]:
    """Serve each connection by ``answer(link, body)``, then close it."""
    listening = bind("127.0.0.1", 0)
    server = RawServer(f"https://127.0.0.1:{listening.getsockname()[1]}")
    tls = mutual_tls(ServerIdentity(pki.receiver, pki.receiver_key, pki.ca))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                link, _ = listening.accept()
            except OSError:
                return
            server.connections += 1
            # The client may be gone before, during or after: that is what these tests are about.
            link.settimeout(20)
            with (
                contextlib.suppress(OSError),
                tls.wrap_socket(link, server_side=True, do_handshake_on_connect=False) as secure,
            ):
                if not shook_hands(secure):
                    continue
                head, body = read_request(secure)
                if head:
                    server.requests.append((head, body))
                    answer(secure, body)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(20)
