"""Syslog over UDP: one datagram, one message (RFC 5426, section 3.1).

UDP cannot pause a sender: what the kernel's buffer cannot hold while nobody polls is lost. The
buffer is asked for and what was granted is shown; what the kernel dropped is counted and shown.
What was read is never dropped here: what a quota drops, the collector counts apart.
"""

import os
import select
import socket
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from connectors.sources.binding import bound, peer_of
from pipeline.errors import SourceError
from pipeline.model import RecordNote
from pipeline.ports import Delivery
from pipeline.settings import ListenerSettings

DATAGRAM = 65_535  # bytes, the longest that UDP carries
_COUNTERS = ("/proc/net/udp", "/proc/net/udp6")


class SyslogUdp:
    """Listens for datagrams; reads only in ``poll``, has no thread.

    ``port`` is the port that was taken, ``granted`` the receive buffer in bytes that the system
    gave; ``shortfall`` says how to get more where it gave less.
    """

    def __init__(
        self,
        listener: ListenerSettings,
        record_bytes: int = DATAGRAM,
    ) -> None:
        self.name = listener.name
        self.refusals: Mapping[str, int] = {}
        self.port = 0
        self.granted = 0
        self._listener = listener
        self._record_bytes = record_bytes
        self._wanted = listener.receive_buffer_bytes
        self._socket: socket.socket | None = None
        self._pending: deque[tuple[str, list[bytes]]] = deque()
        self._dropped = 0
        self._finishing = False
        self._drained = False

    def open(self, resume: str) -> None:  # noqa: ARG002 (a datagram does not come again)
        """Bind the socket; SourceError where the system refuses."""
        self._socket = bound(self._listener, socket.SOCK_DGRAM)
        self.port = int(self._socket.getsockname()[1])
        self.granted = _ask_for_buffer(self._socket, self._wanted)
        self._finishing = self._drained = False

    @property
    def shortfall(self) -> str:
        """Say what the buffer lacks and what grants it; "" where it has what it asked for."""
        if self._socket is None or self.granted >= self._wanted:
            return ""
        return (
            f"{self.name}: the receive buffer is {self.granted} bytes instead of {self._wanted}: "
            f"bursts will be dropped; set net.core.rmem_max={self._wanted} (sysctl)"
        )

    @property
    def troubles(self) -> Sequence[str]:
        """Say what makes datagrams drop, and what would mend it."""
        return (self.shortfall,) if self.shortfall else ()

    @property
    def dropped(self) -> int:
        """Count datagrams that the kernel could not hold since the socket was opened."""
        if self._socket is not None:
            counted = _kernel_drops(self._socket)
            if counted is not None:
                self._dropped = counted
        return self._dropped

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` messages of one peer."""
        if self._socket is None:
            raise SourceError(f"{self.name}: is not open; open it before polling")
        if not self._pending:
            self._receive(self._socket, limit, timeout)
        if not self._pending:
            return None
        peer, records = self._pending.popleft()
        if len(records) > limit:
            self._pending.appendleft((peer, records[limit:]))
            records = records[:limit]
        return self._delivery(peer, records)

    def acknowledge(self, delivery: Delivery) -> None:
        """Do nothing: UDP has no answer."""

    def exhausted(self) -> bool:
        """Tell that more can always come, until it was finished and all that was there is read."""
        return self._finishing and self._drained and not self._pending

    def pause(self, peer: str, seconds: float) -> bool:  # noqa: ARG002 (the port's signature)
        """Tell that UDP makes nobody wait."""
        return False

    def finish(self) -> None:
        """Give what the kernel still holds, and then no more."""
        self._finishing = True

    def close(self) -> None:
        """Close the socket; what was read and not polled is gone with it."""
        if self._socket is not None:
            self._dropped = self.dropped
            self._socket.close()
            self._socket = None
        self._pending.clear()

    def _receive(self, sock: socket.socket, limit: int, timeout: float) -> None:
        """Read what is there, at most ``limit`` datagrams, and part it by peer."""
        if not select.select([sock], [], [], 0.0 if self._finishing else timeout)[0]:
            self._drained = self._finishing
            return
        by_peer: dict[str, list[bytes]] = {}
        for _ in range(limit):
            try:
                data, address = sock.recvfrom(DATAGRAM)
            except BlockingIOError:
                break
            except OSError as error:
                raise SourceError(
                    f"{self.name}: port {self.port} cannot be read ({error.strerror or error}); "
                    "restart the listener"
                ) from error
            by_peer.setdefault(address[0], []).append(data)
        self._pending.extend((peer_of((host,)), records) for host, records in by_peer.items())

    def _delivery(self, peer: str, records: list[bytes]) -> Delivery:
        limit = self._record_bytes
        notes = tuple(
            RecordNote(index, "oversized", f"a datagram of {len(data)} bytes, more than {limit}")
            for index, data in enumerate(records)
            if len(data) > limit
        )
        kept = tuple(data[:limit] for data in records) if notes else tuple(records)
        return Delivery(self.name, peer, kept, notes, format=self._listener.format)


def _ask_for_buffer(sock: socket.socket, wanted: int) -> int:
    """Ask for a receive buffer; gives what was granted, in bytes of payload."""
    linux = sys.platform == "linux"
    # SO_RCVBUFFORCE goes beyond net.core.rmem_max, for the privileged; Python does not name it.
    for option in (33, socket.SO_RCVBUF) if linux else (socket.SO_RCVBUF,):
        try:
            sock.setsockopt(socket.SOL_SOCKET, option, wanted)
            break
        except OSError:
            continue
    granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return granted // 2 if linux else granted  # Linux doubles it for its bookkeeping (socket(7))


def _kernel_drops(sock: socket.socket) -> int | None:
    """Read the socket's drop counter by its inode; None where the system shows none."""
    inode = str(os.fstat(sock.fileno()).st_ino)
    for path in _COUNTERS:
        try:
            lines = Path(path).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            parts = line.split()
            if len(parts) > 12 and parts[9] == inode:
                return int(parts[-1])
    return None
