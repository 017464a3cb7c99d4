"""One sender's connection, plain or TLS: read without waiting, greeted without waiting.

TLS runs on buffers in memory between the socket and the library. So all that came is decrypted at
once, and we can say goodbye properly: a library that reads the socket itself, told to close, takes
what the sender still writes for an attack and throws it away.
"""

import contextlib
import socket
import ssl
import struct
from collections import deque
from dataclasses import dataclass, field

from connectors.sources.framing_rfc6587 import Frame, Rfc6587
from connectors.sources.tls import names_of

READ = 256 * 1024  # bytes of one connection at once
# A dead sender is found after 60 + 4 * 15 seconds without an answer from its system (tcp(7)).
_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
_RESET = struct.pack("ii", 1, 0)  # linger for no time at all (socket(7))


class Secured:
    """The TLS of one connection, between two buffers."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self._came, self._goes, server_side=True)

    def handshake(self, plain: socket.socket, data: bytes) -> bool:
        """Go on with the handshake; True at its end, OSError where it fails."""
        self._came.write(data)
        try:
            self.session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self.flush(plain)  # an alert too
        return True

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """Give what these bytes say, and whether the sender has ended or broken its stream."""
        self._came.write(data)
        parts: list[bytes] = []
        ended = False
        while not ended:
            try:
                part = self.session.read(READ)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError:
                part = b""
            ended = not part
            parts.append(part)
        return b"".join(parts), ended

    def goodbye(self, plain: socket.socket) -> None:
        """Tell the sender that we write no more; what it writes can be read on."""
        with contextlib.suppress(ssl.SSLError):  # it wants the sender's own goodbye, in time
            self.session.unwrap()
        self.flush(plain)

    def flush(self, plain: socket.socket) -> None:
        """Send what the library wants to say: little, and so it fits the system's buffer."""
        if self._goes.pending:
            with contextlib.suppress(OSError):  # it has gone: reading tells
                plain.send(self._goes.read())


@dataclass(slots=True, eq=False)
class Connection:
    """A connection and what of it waits. ``heard_at`` is in seconds of the listener's clock.

    ``greeting``: the TLS handshake is not over; ``since`` is when the connection began. ``ended``:
    nothing more will come.
    """

    socket: socket.socket
    peer: str
    frames: Rfc6587
    since: float
    heard_at: float
    secured: Secured | None = None
    greeting: bool = False
    ended: bool = False
    certificates: tuple[str, ...] = ()
    ready: deque[Frame] = field(default_factory=deque)

    def greet(self) -> bool:
        """Go on with the handshake; True at its end. Raises OSError where it fails."""
        assert self.secured is not None
        try:
            data = self.socket.recv(READ)
        except BlockingIOError:
            return False
        if not data:
            raise ConnectionResetError("the sender went away in the handshake")
        if self.secured.handshake(self.socket, data):
            self.certificates = names_of(self.secured.session)
            self.greeting = False
        return not self.greeting

    def read(self) -> bytes:
        """Give what has come, about 256 KiB at most; b"": nothing, or ``ended``.

        A reset by the peer is an end: what came before it counts.
        """
        try:
            data = self.socket.recv(READ)
            self.ended = not data
        except BlockingIOError:
            data = b""
        except OSError:
            data, self.ended = b"", True
        if self.secured is None:
            return data
        text, over = self.secured.decrypt(data)
        self.secured.flush(self.socket)
        self.ended = self.ended or over
        return text

    def half_close(self) -> None:
        """Tell the sender that we go; what it has sent until it knows still comes."""
        if self.secured is not None and not self.greeting:
            self.secured.goodbye(self.socket)
        with contextlib.suppress(OSError):  # it has gone before us: reading tells
            self.socket.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """Let closing be a reset: who saw no goodbye then fails at once when it writes again.

        After an orderly close its next message would vanish in its own system's buffer.
        """
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def keep_alive(accepted: socket.socket) -> None:
    """Let the system find out that a silent sender is no longer there."""
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        option = getattr(socket, name, None)  # not every system has all of them
        if option is not None:
            accepted.setsockopt(socket.IPPROTO_TCP, option, value)
