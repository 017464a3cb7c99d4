"""Put the reference receiver together: its folder, keys, store, socket and server."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from connectors.sinks.ncc_https import read_key
from connectors.stores.received import ReceivedNotices
from pipeline.assess import load_pack
from pipeline.errors import SourceError
from pipeline.notify.texts import read_texts
from pipeline.registry.moments import LATEST
from pipeline.runtime.configuration import bundled
from pipeline.runtime.pki import Pki, development_pki
from pipeline.web.receiver import Fault, Reception, receiver_app
from pipeline.web.receiver_server import ServerIdentity, receiver_server

PKI, STORE = "pki", "received.db"
_STARTED_WITHIN = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver that listens: run it here until it is ended, or beside this thread."""

    pki: Pki
    reception: Reception
    book: ReceivedNotices
    server: uvicorn.Server
    listening: socket.socket

    @property
    def url(self) -> str:
        """Give the address for ``notify.ncc.url``."""
        host, port = self.listening.getsockname()[:2]
        return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"

    def run(self) -> None:
        """Serve until interrupted or told to end."""
        self.server.run(sockets=[self.listening])

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Serve in a thread of its own for as long as the block runs."""
        thread = threading.Thread(target=self.run, name="receiver", daemon=True)
        thread.start()
        end = time.monotonic() + _STARTED_WITHIN
        while not self.server.started and thread.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        try:
            if not self.server.started:
                raise SourceError(f"{self.url}: the receiver did not start")
            yield
        finally:
            self.server.should_exit = True
            thread.join()

    def close(self) -> None:
        """Let go of socket and store; safe to call twice."""
        self.listening.close()
        self.book.close()


def open_receiver(
    folder: Path,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    fault: Fault | None = None,
    slow_seconds: float = 60.0,
    pack: Path | None = None,
) -> Receiver:
    """Open a receiver over a folder that holds its development PKI and its store.

    It takes the legs of a law pack, without one those of the bundled Kazakh pack. SourceError where
    the port is taken, ConfigurationError or StoreError where the folder or the pack cannot be used.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pki = development_pki(folder / PKI, datetime.now(UTC))
    texts = read_texts()
    legs = load_pack(pack or bundled("law") / "kz").at(LATEST - 1).legs
    receipt_key = read_key(pki.receipt_signing, private=True)
    centre_key = read_key(pki.centre_verifying, private=False)
    identity = ServerIdentity(pki.receiver, pki.receiver_key, pki.ca)
    with ExitStack() as opened:
        listening = opened.enter_context(bind(address, port))
        book = ReceivedNotices(folder / STORE)
        opened.callback(book.close)
        reception = Reception(
            book=book,
            texts=texts,
            receipt_key=receipt_key,
            centre_key=centre_key,
            now=time.time_ns,
            legs=frozenset(leg.id for leg in legs),
            fault=fault,
            slow_seconds=slow_seconds,
        )
        server = receiver_server(receiver_app(reception), identity)
        opened.pop_all()  # from here on the receiver closes them
    return Receiver(pki, reception, book, server, listening)


def bind(address: str, port: int) -> socket.socket:
    """Open a listening TCP socket; SourceError with the way out where that is not possible."""
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        # Named as TCP: asyncio turns off Nagle's delay (40 ms an answer) for such sockets only.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise SourceError(f"{address}: is no address of this machine: {error.strerror}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise SourceError(
            f"cannot listen on {address} port {port}: {error.strerror} "
            "(end the program that has it, or choose another with --port)"
        ) from error
    return listening
