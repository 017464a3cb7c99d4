"""Put the reference receiver together: its folder, keys, store, socket and server."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette

from connectors.sinks.ncc_https import read_key
from connectors.stores.received import ReceivedNotices
from connectors.stores.received_bundles import SCHEMA as BUNDLES
from connectors.stores.received_bundles import ReceivedBundles
from connectors.stores.received_file import ReceivedFile
from connectors.stores.received_streams import SCHEMA as STREAMS
from connectors.stores.received_streams import ReceivedStreams
from pipeline.assess import load_pack
from pipeline.errors import SourceError, StoreError
from pipeline.notify.texts import read_texts
from pipeline.registry.moments import LATEST
from pipeline.runtime.configuration import bundled
from pipeline.runtime.pki import Pki, development_pki
from pipeline.web.receiver import receiver_app
from pipeline.web.receiver_bundles import Bundles, HandOn, keep_only
from pipeline.web.receiver_faults import Fault
from pipeline.web.receiver_heartbeats import Heartbeats, Watch
from pipeline.web.receiver_reception import Reception
from pipeline.web.receiver_server import (
    Revocations,
    ServerIdentity,
    mutual_tls,
    receiver_server,
)
from pipeline.web.receiver_streams import Streams

log = structlog.get_logger("saqshy.receiver")
PKI, STORE, EXCHANGE = "pki", "received.db", "exchange.db"
LOOK_SECONDS = 1.0
_STARTED_WITHIN = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver that listens: run it here until it is ended, or beside this thread."""

    pki: Pki
    reception: Reception
    book: ReceivedNotices
    server: uvicorn.Server
    listening: socket.socket
    watch: Callable[[], None]
    exchange: ReceivedFile

    @property
    def url(self) -> str:
        """Give the address for ``notify.ncc.url``."""
        host, port = self.listening.getsockname()[:2]
        return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"

    def run(self) -> None:
        """Serve until interrupted or told to end, and look out for what stays away."""
        ended = threading.Event()

        def watching() -> None:
            while not ended.wait(LOOK_SECONDS):
                self.watch()

        thread = threading.Thread(target=watching, name="receiver-watch", daemon=True)
        thread.start()
        try:
            self.server.run(sockets=[self.listening])
        finally:
            ended.set()
            thread.join()

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
        self.exchange.close()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a receiver behaves: whom it lets in, what it is told to do wrong.

    ``crl`` lists senders' certificates that were revoked; ``quiet_seconds`` is how long heartbeats
    may stay away before that is an alarm.
    """

    fault: Fault | None = None
    slow_seconds: float = 60.0
    quiet_seconds: float = 180.0
    crl: Path | None = None


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class PeersKnown:
    """Whose bundles are taken: public keys by the centre's name; and who is given them.

    Without keys the sender of the notices is the one peer. ``alone``: bundles are taken, and
    nothing else.
    """

    keys: Mapping[str, Path] = field(default_factory=dict)
    hand_on: HandOn = keep_only
    alone: bool = False


NO_PEERS = PeersKnown()


def open_receiver(
    folder: Path,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    pack: Path | None = None,
    now: Callable[[], int] = time.time_ns,
    manner: Manner = PLAIN,
    peering: PeersKnown = NO_PEERS,
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
    tls = mutual_tls(ServerIdentity(pki.receiver, pki.receiver_key, pki.ca, manner.crl))
    with ExitStack() as opened:
        listening = opened.enter_context(bind(address, port))
        book = ReceivedNotices(folder / STORE)
        opened.callback(book.close)
        reception = Reception(
            book=book,
            texts=texts,
            receipt_key=receipt_key,
            centre_key=centre_key,
            now=now,
            legs=frozenset(leg.id for leg in legs),
            fault=manner.fault,
            slow_seconds=manner.slow_seconds,
            quiet_seconds=manner.quiet_seconds,
        )
        exchange = ReceivedFile(folder / EXCHANGE, STREAMS, BUNDLES)
        opened.callback(exchange.close)
        keys = {name: read_key(path, private=False) for name, path in peering.keys.items()}
        peers = keys or {"centre": centre_key}
        bundles = Bundles(reception, ReceivedBundles(exchange), peers, peering.hand_on)
        ways = [*Streams(reception, ReceivedStreams(exchange)).routes(), *bundles.routes()]
        only = Starlette(routes=bundles.routes()) if peering.alone else None
        server = receiver_server(only or receiver_app(reception, ways), tls)
        opened.pop_all()  # from here on the receiver closes them
    revoked = Revocations(tls, manner.crl) if manner.crl is not None else None
    watch = partial(_look, Watch(Heartbeats(reception)), revoked)
    return Receiver(pki, reception, book, server, listening, watch, exchange)


def _look(watch: Watch, revoked: Revocations | None) -> None:
    """Look once for what stays away, and for certificates that were revoked."""
    if revoked is not None:
        revoked.refresh(datetime.now(UTC))
    try:
        watch.look()
    except StoreError as error:
        log.warning("receiver.store", error=str(error))


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
