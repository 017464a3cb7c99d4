"""A connection of the HTTP intake: bounded in number and in time, with its certificate's names."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.sources.http_app import CERTIFICATES
from connectors.sources.http_refusal import RequestRefused, refusal_answer
from connectors.sources.tls import names_of


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be, how long one may say nothing, and whom to tell."""

    most: int
    silent_seconds: float
    refused: Callable[[], None]


class BoundedConnection(H11Protocol):
    """Uvicorn's connection within bounds.

    One beyond ``most`` is closed at once; one that brings no whole head of a request in time, or
    does not read our answer, is closed too. A body's time is its reader's matter.
    """

    bounds: ClassVar[Bounds]
    _due: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection in, or close it."""
        super().connection_made(transport)
        if len(self.connections) > self.bounds.most:
            self.bounds.refused()
            transport.abort()
            return
        tls = transport.get_extra_info("ssl_object")
        names = names_of(tls) if tls is not None else ()
        self.app_state = {**self.app_state, CERTIFICATES: names}
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timers."""
        self._end_of_head()
        self._end_of_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and watch what is not whole."""
        super().data_received(data)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the shape of all other errors, and close."""
        answer = refusal_answer(RequestRefused(400, "illegal_argument_exception", msg))
        headers = [*answer.raw_headers, (b"connection", b"close")]
        events: tuple[h11.Event, ...] = (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def pause_writing(self) -> None:
        """Give the sender so long to read what it was answered."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.bounds.silent_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Answer on."""
        super().resume_writing()
        self._end_of_stall()

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._end_of_head()
        elif self._due is None:
            self._due = self.loop.call_later(self.bounds.silent_seconds, self.transport.close)

    def _end_of_head(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _end_of_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


def connection_kind(bounds: Bounds) -> type[BoundedConnection]:
    """Give the class of a listener's connections."""
    return type("Connection", (BoundedConnection,), {"bounds": bounds})
