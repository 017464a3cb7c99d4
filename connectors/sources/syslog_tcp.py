"""Syslog over TCP (RFC 6587) and TLS (RFC 5425), both framings, told per connection.

One thread's worth of work without a thread: ``poll`` accepts, reads and gives. Not polled, nothing
is read, the kernel's buffers fill, and TCP makes the senders wait. Syslog has no answer: what a
sender handed to its kernel when a connection breaks is lost, at most one buffer each way.
"""

import errno
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from connectors.sources.binding import bound, is_spare, peer_of, within_descriptors
from connectors.sources.connection import READ, Connection, Secured, keep_alive
from connectors.sources.framing_rfc6587 import Frame, Rfc6587
from connectors.sources.tls import ListenerTls, reason_of
from pipeline.errors import SourceError
from pipeline.model import RecordNote
from pipeline.ports import Delivery
from pipeline.settings import ListenerSettings

__all__ = ["READ", "SyslogTcp"]

PAUSE_SECONDS = 1.0  # without accepting, after the system had no descriptor to give
LOOK_SECONDS = 1.0  # how often unfinished handshakes are looked at
TOO_MANY = "too_many_connections"
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class SyslogTcp:
    """Listens for connections; ``port`` is the port that was taken.

    At most ``listener.connections`` are held, and no more than the process's descriptors allow
    (``most``). When all places are taken, the one that was silent longest makes room if that was
    ``idle_seconds``; else the new one is refused and counted in ``refusals``. Where the system has
    no descriptor to give, accepting rests for a second, counted in ``starved``: who connects then
    waits in the backlog. ``clock`` gives seconds.
    """

    def __init__(
        self,
        listener: ListenerSettings,
        record_bytes: int = 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = listener.name
        self.port = 0
        self.starved = 0
        self.dropped = 0  # TCP makes senders wait instead
        self.most = listener.connections
        self.refusals: Mapping[str, int] = Counter()
        self._tls = ListenerTls(listener, clock) if listener.kind == "syslog_tls" else None
        self._listener = listener
        self._record_bytes = record_bytes
        self._clock = clock
        self._socket: socket.socket | None = None
        self._selector: selectors.BaseSelector | None = None
        self._accept_again: float | None = None  # accepting rests until then
        self._look_at = 0.0
        self._connections: dict[int, Connection] = {}
        self._ready: deque[Connection] = deque()
        self._paused: dict[str, float] = {}  # peers, and until when nothing is read of them
        self._finishing = False
        self._refused: dict[str, str] = {}  # by reason, who was refused last

    @property
    def connections(self) -> int:
        """Count the connections that are open."""
        return len(self._connections)

    @property
    def troubles(self) -> Sequence[str]:
        """Say whom it refuses and why, and what would mend it."""
        found = [self._tls.trouble] if self._tls is not None and self._tls.trouble else []
        for reason, peer in sorted(self._refused.items()):
            count = self.refusals[reason]
            found.append(f"{self.name}: {count} refused, the last {peer}: {self._way_out(reason)}")
        return found

    def open(self, resume: str) -> None:  # noqa: ARG002 (a stream does not come again)
        """Listen; SourceError where the system refuses, or a certificate cannot be used."""
        if self._tls is not None:
            self._tls.open()
        self.most = within_descriptors(self._listener.connections)
        self._accept_again = None
        self._finishing = False
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
            if left <= 0 or self.exhausted():
                break
        if not self._ready:
            return None
        connection = self._ready.popleft()
        ready = connection.ready
        frames = [ready.popleft() for _ in range(min(limit, len(ready)))]
        if ready:
            self._ready.append(connection)
        return self._delivery(connection, frames)

    def acknowledge(self, delivery: Delivery) -> None:
        """Do nothing: plain TCP syslog has no answer."""

    def exhausted(self) -> bool:
        """Tell that more can always come, until it was finished and all senders have gone."""
        return self._finishing and not self._connections and not self._ready

    def pause(self, peer: str, seconds: float) -> bool:
        """Read nothing of a peer's connections for so long; TCP makes it wait."""
        self._paused[peer] = max(self._paused.get(peer, 0.0), self._clock() + seconds)
        for connection in self._connections.values():
            if connection.peer == peer and not connection.greeting:
                self._watch(connection, 0)
        return True

    def finish(self) -> None:
        """Let in who waits and nobody more, and tell each sender that we go.

        A sender that looks keeps its messages and connects again; until it knows, what it sends
        still comes.
        """
        if self._selector is None or self._socket is None or self._finishing:
            return
        while self._accept(self._selector):
            pass
        self._finishing = True
        if self._accept_again is None:
            self._selector.unregister(self._socket)
        self._accept_again = None
        self._socket.close()
        self._socket = None
        self._resume(everybody=True)
        for connection in list(self._connections.values()):
            connection.half_close()

    def close(self) -> None:
        """Close all connections and the listening socket."""
        for connection in list(self._connections.values()):
            if self._finishing:
                connection.cut()
            self._forget(connection)
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._ready.clear()
        self._paused.clear()

    def _read(self, selector: selectors.BaseSelector, timeout: float) -> None:
        """Wait for something to read, and read each connection once."""
        now = self._clock()
        if self._accept_again is not None:
            timeout = min(timeout, self._resumed(selector, self._accept_again))
        if self._paused:
            self._resume()
            timeout = min([timeout, *(until - now for until in self._paused.values())])
        for key, _ in selector.select(max(timeout, 0.0)):
            connection = key.data
            if connection is None:
                self._accept(selector)
            elif connection.greeting:
                self._greet(connection)
            else:
                self._receive(connection)
        if self._tls is not None and self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_SECONDS
            self._end_greetings(self._tls.settings.handshake_seconds)

    def _resumed(self, selector: selectors.BaseSelector, again: float) -> float:
        """Accept again once the rest is over; gives the seconds that are left of it."""
        left = again - self._clock()
        if left > 0:
            return left
        assert self._socket is not None
        selector.register(self._socket, selectors.EVENT_READ)
        self._accept_again = None
        return PAUSE_SECONDS

    def _resume(self, *, everybody: bool = False) -> None:
        """Read again of whom the pause is over."""
        now = self._clock()
        over = {peer for peer, until in self._paused.items() if everybody or until <= now}
        for peer in over:
            del self._paused[peer]
        for connection in self._connections.values():
            if connection.peer in over:
                self._watch(connection, selectors.EVENT_READ)

    def _accept(self, selector: selectors.BaseSelector) -> bool:
        """Take in one who waits; False where nobody does, or no descriptor is left."""
        if self._socket is None:
            return False
        try:
            accepted, address = self._socket.accept()
        except OSError as error:
            if error.errno in _EXHAUSTED:  # it stays ready: to try at once would only spin
                self.starved += 1
                selector.unregister(self._socket)
                self._accept_again = self._clock() + PAUSE_SECONDS
            return False  # else the peer went away before it was taken in
        peer = peer_of(address)
        if not is_spare(accepted.fileno()) or not self._has_place():
            self._refuse(TOO_MANY, peer)
            accepted.close()
            return True
        accepted.setblocking(False)
        keep_alive(accepted)
        self._take_in(accepted, peer)
        return True

    def _take_in(self, accepted: socket.socket, peer: str) -> None:
        now = self._clock()
        secured = Secured(self._tls.context) if self._tls is not None else None
        frames, greeting = Rfc6587(self._record_bytes), secured is not None
        connection = Connection(accepted, peer, frames, now, now, secured, greeting)
        self._connections[accepted.fileno()] = connection
        waits = peer in self._paused and not connection.greeting
        self._watch(connection, 0 if waits else selectors.EVENT_READ)

    def _has_place(self) -> bool:
        """Tell whether one more can be held; who was silent for too long makes room."""
        if len(self._connections) < self.most:
            return True
        longest = min(self._connections.values(), key=lambda one: one.heard_at)
        if self._clock() - longest.heard_at < self._listener.idle_seconds or longest.ready:
            return False
        self._take(longest, longest.frames.end())
        self._forget(longest)
        return True

    def _greet(self, connection: Connection) -> None:
        try:
            done = connection.greet()
        except OSError as error:
            self._refuse(reason_of(error), connection.peer)
            self._forget(connection)
            return
        if done:
            connection.heard_at = self._clock()
            self._watch(connection, 0 if connection.peer in self._paused else selectors.EVENT_READ)
            self._receive(connection)  # the library may hold what came with the handshake's end

    def _end_greetings(self, seconds: float) -> None:
        horizon = self._clock() - seconds
        for connection in list(self._connections.values()):
            if connection.greeting and connection.since < horizon:
                self._refuse("handshake_timeout", connection.peer)
                self._forget(connection)

    def _receive(self, connection: Connection) -> None:
        data = connection.read()
        if data:
            connection.heard_at = self._clock()
            self._take(connection, connection.frames.feed(data))
        if connection.ended:
            self._take(connection, connection.frames.end())
            self._forget(connection)

    def _take(self, connection: Connection, frames: list[Frame]) -> None:
        if not frames:
            return
        if not connection.ready:
            self._ready.append(connection)
        connection.ready.extend(frames)

    def _watch(self, connection: Connection, events: int) -> None:
        """Let the selector tell of these events alone; 0: of none."""
        assert self._selector is not None
        known = self._selector.get_map().get(connection.socket)
        if known is None and events:
            self._selector.register(connection.socket, events, connection)
        elif known is not None and not events:
            self._selector.unregister(connection.socket)
        elif known is not None and known.events != events:
            self._selector.modify(connection.socket, events, connection)

    def _forget(self, connection: Connection) -> None:
        self._connections.pop(connection.socket.fileno(), None)
        if self._selector is not None:
            self._watch(connection, 0)
        connection.socket.close()

    def _refuse(self, reason: str, peer: str) -> None:
        self.refusals[reason] += 1  # type: ignore[index] # shown as a mapping, kept as a counter
        self._refused[reason] = peer

    def _way_out(self, reason: str) -> str:
        if reason == TOO_MANY or self._tls is None:
            return (
                f"all {self.most} places are taken; raise listeners.{self.name}.connections, or "
                "the number of open files (ulimit -n)"
            )
        return self._tls.way_out(reason)

    def _delivery(self, connection: Connection, frames: list[Frame]) -> Delivery:
        notes = tuple(
            RecordNote(index, frame.note_kind, frame.note_detail)
            for index, frame in enumerate(frames)
            if frame.note_kind
        )
        return Delivery(
            self.name,
            connection.peer,
            tuple([frame.data for frame in frames]),
            notes,
            format=self._listener.format,
            certificates=connection.certificates,
        )
