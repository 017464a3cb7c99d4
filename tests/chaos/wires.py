"""A wire between clients and a server that can be cut, silenced and mended; loopback only."""

import socket
import threading
from contextlib import suppress

CHUNK = 64 * 1024


class Wire:
    """Carries connections to a port. ``port`` is where clients connect."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._flows = threading.Event()
        self._flows.set()
        self._broken = self._closed = False
        self._ends: set[socket.socket] = set()
        self._guard = threading.Lock()
        threading.Thread(target=self._accept, name=f"wire-{self.port}", daemon=True).start()

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self._broken = True
        self._flows.set()
        with self._guard:
            ends = list(self._ends)
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """Let nothing pass and break nothing, as a network does that drops what it is given."""
        self._flows.clear()

    def mend(self) -> None:
        """Carry again."""
        self._broken = False
        self._flows.set()

    def close(self) -> None:
        """End for good."""
        self._closed = True
        self.cut()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                if self._broken:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._guard:
                self._ends |= {near, far}
            left = threading.Semaphore(0)
            for one, other in ((near, far), (far, near)):
                pump = threading.Thread(target=self._pump, args=(one, other, left), daemon=True)
                pump.start()
            threading.Thread(target=self._end, args=(near, far, left), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket, left: threading.Semaphore) -> None:
        with suppress(OSError):
            while data := one.recv(CHUNK):
                self._flows.wait()
                if self._broken:
                    break
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        left.release()

    def _end(self, near: socket.socket, far: socket.socket, left: threading.Semaphore) -> None:
        for _ in (near, far):
            left.acquire()
        with self._guard:
            self._ends -= {near, far}
        near.close()
        far.close()
