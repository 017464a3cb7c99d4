"""Syslog over TCP (RFC 6587), both framings, told per connection.

One thread's worth of work without a thread: ``poll`` accepts, reads and gives. Not polled, nothing
is read, the kernel's buffers fill, and TCP makes the senders wait. Plain TCP syslog has no answer:
what a sender handed to its kernel when a connection breaks is lost, at most one buffer each way.
"""

import errno
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.sources.binding import bound, is_spare, peer_of, within_descriptors
from connectors.sources.framing_rfc6587 import Frame, Rfc6587
from pipeline.errors import SourceError
from pipeline.model import RecordNote
from pipeline.ports import Delivery
from pipeline.settings import ListenerSettings

READ = 256 * 1024  # bytes of one connection at once
MOST_CONNECTIONS = 1024
IDLE_SECONDS = 3600.0  # a sender that keeps silent longer connects again
PAUSE_SECONDS = 1.0  # without accepting, after the system had no descriptor to give
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


@dataclass(slots=True, eq=False)
class _Connection:
    socket: socket.socket
    peer: str
    frames: Rfc6587
    heard_at: float
    ready: deque[Frame] = field(default_factory=deque)


class SyslogTcp:
    """Listens for connections; ``port`` is the port that was taken.

    At most ``most_connections`` are held, and no more than the process's descriptors allow
    (``most``); a further one is refused and counted in ``refused``. Where the system has no
    descriptor to give, accepting rests for a second, counted in ``starved``: who connects then
    waits in the backlog. One that says nothing for ``idle_seconds`` is closed. ``clock`` gives
    seconds.
    """

    def __init__(
        self,
        listener: ListenerSettings,
        record_bytes: int = 1024 * 1024,
        most_connections: int = MOST_CONNECTIONS,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = listener.name
        self.port = 0
        self.refused = 0
        self.starved = 0
        self.dropped = 0  # TCP makes senders wait instead
        self._listener = listener
        self._record_bytes = record_bytes
        self._wanted = most_connections
        self.most = most_connections
        self._idle = idle_seconds
        self._clock = clock
        self._socket: socket.socket | None = None
        self._selector: selectors.BaseSelector | None = None
        self._accept_again: float | None = None  # accepting rests until then
        self._idle_look = clock() + idle_seconds / 16
        self._connections: dict[int, _Connection] = {}
        self._ready: deque[_Connection] = deque()

    @property
    def connections(self) -> int:
        """Count the connections that are open."""
        return len(self._connections)

    def open(self, resume: str) -> None:  # noqa: ARG002 (a stream does not come again)
        """Listen; SourceError where the system refuses."""
        self.most = within_descriptors(self._wanted)
        self._accept_again = None
        self._socket = bound(self._listener, socket.SOCK_STREAM)
        self.port = int(self._socket.getsockname()[1])
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` messages of one connection, the connections in turn.

        Nothing is read while messages of an earlier read wait: memory is bounded by one read and
        one unfinished message a connection.
        """
        if self._selector is None:
            raise SourceError(f"{self.name}: is not open; open it before polling")
        until = self._clock() + timeout
        while not self._ready:
            left = until - self._clock()
            self._read(self._selector, max(left, 0.0))
            if left <= 0:
                break
        if not self._ready:
            return None
        connection = self._ready.popleft()
        frames = [connection.ready.popleft() for _ in range(min(limit, len(connection.ready)))]
        if connection.ready:
            self._ready.append(connection)
        return self._delivery(connection.peer, frames)

    def acknowledge(self, delivery: Delivery) -> None:
        """Do nothing: plain TCP syslog has no answer."""

    def exhausted(self) -> bool:
        """Tell that more can always come."""
        return False

    def close(self) -> None:
        """Close all connections and the listening socket."""
        for connection in list(self._connections.values()):
            self._forget(connection)
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._ready.clear()

    def _read(self, selector: selectors.BaseSelector, timeout: float) -> None:
        """Wait for something to read, and read each connection once."""
        if self._accept_again is not None:
            timeout = min(timeout, self._resumed(selector, self._accept_again))
        for key, _ in selector.select(timeout):
            if key.data is None:
                self._accept(selector)
            else:
                self._receive(key.data)
        if self._clock() >= self._idle_look:
            self._close_idle()

    def _resumed(self, selector: selectors.BaseSelector, again: float) -> float:
        """Accept again once the rest is over; gives the seconds that are left of it."""
        left = again - self._clock()
        if left > 0:
            return left
        assert self._socket is not None
        selector.register(self._socket, selectors.EVENT_READ)
        self._accept_again = None
        return PAUSE_SECONDS

    def _accept(self, selector: selectors.BaseSelector) -> None:
        assert self._socket is not None
        try:
            accepted, address = self._socket.accept()
        except OSError as error:
            if error.errno in _EXHAUSTED:  # it stays ready: to try at once would only spin
                self.starved += 1
                selector.unregister(self._socket)
                self._accept_again = self._clock() + PAUSE_SECONDS
            return  # else the peer went away before it was taken in
        if len(self._connections) >= self.most or not is_spare(accepted.fileno()):
            self.refused += 1
            accepted.close()
            return
        accepted.setblocking(False)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        frames = Rfc6587(self._record_bytes)
        connection = _Connection(accepted, peer_of(address), frames, self._clock())
        self._connections[accepted.fileno()] = connection
        selector.register(accepted, selectors.EVENT_READ, connection)

    def _receive(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # reset by the peer: what came before it counts, as after an orderly end
        connection.heard_at = self._clock()
        if data:
            self._take(connection, connection.frames.feed(data))
        else:
            self._take(connection, connection.frames.end())
            self._forget(connection)

    def _take(self, connection: _Connection, frames: list[Frame]) -> None:
        if not frames:
            return
        if not connection.ready:
            self._ready.append(connection)
        connection.ready.extend(frames)

    def _close_idle(self) -> None:
        horizon = self._clock() - self._idle
        self._idle_look = self._clock() + self._idle / 16
        for connection in list(self._connections.values()):
            if connection.heard_at < horizon:
                self._take(connection, connection.frames.end())
                self._forget(connection)

    def _forget(self, connection: _Connection) -> None:
        self._connections.pop(connection.socket.fileno(), None)
        if self._selector is not None:
            self._selector.unregister(connection.socket)
        connection.socket.close()

    def _delivery(self, peer: str, frames: list[Frame]) -> Delivery:
        notes = tuple(
            RecordNote(index, frame.note_kind, frame.note_detail)
            for index, frame in enumerate(frames)
            if frame.note_kind
        )
        records = tuple(frame.data for frame in frames)
        return Delivery(self.name, peer, records, notes, format=self._listener.format)
