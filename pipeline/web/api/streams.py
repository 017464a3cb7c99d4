"""Live lists as server-sent events: a page, and again when what the viewer sees of it changes.

An event's id is the digest of the page: who comes back with ``Last-Event-ID`` is sent nothing that
it has. A change in the store that the viewer may not see sends nothing. One look at the store's
mark serves every list of the process.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from pipeline.access import Viewer
from pipeline.errors import StoreError
from pipeline.web.api.guarded import client_of
from pipeline.web.api.limits import ApiLimits, Seats
from pipeline.web.api.problems import Problem
from pipeline.web.api.questions import Asking
from pipeline.web.desk import Asked, Desk, Listed

RETRY = 2_000  # milliseconds after which a browser comes back
_ENDED = (StoreError, OSError, ValueError)  # the client comes again, and is told why


@dataclass(slots=True)
class Pulse:
    """Looks at a store's mark for all who ask, each of them every so many seconds."""

    desk: Desk
    every: float
    _mark: str = ""
    _seen_at: float = -1.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def mark(self) -> str:
        """Give the mark, not older than half of ``every`` seconds."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            if self._seen_at < 0 or loop.time() - self._seen_at >= self.every / 2:
                self._mark = await run_in_threadpool(self.desk.mark)
                self._seen_at = loop.time()
        return self._mark


@dataclass(frozen=True, slots=True)
class Streams:
    """Answers with live lists, within bounds."""

    desk: Desk
    limits: ApiLimits
    seats: Seats
    pulse: Pulse

    def answer(self, viewer: Viewer, asked: Asked, headers: Headers) -> Response:
        """Begin a stream; Asking where there is no room, errors of the question at once."""
        seen = headers.get("last-event-id", "")[:64]
        client = client_of(viewer)
        first = self.desk.live(viewer, asked, seen)
        if not self.seats.take(client):
            raise Asking(Problem("too-many", headers=(("retry-after", "10"),)))
        events = _Events(self, viewer, asked, seen)(first)
        self.seats.until_gone(events, client)
        unbuffered = {"x-accel-buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=unbuffered)


@dataclass(slots=True)
class _Events:
    """One stream."""

    streams: Streams
    viewer: Viewer
    asked: Asked
    seen: str

    async def __call__(self, first: tuple[str, Listed] | None) -> AsyncIterator[bytes]:
        try:
            yield b"retry: %d\n\n" % RETRY
            if first is not None:
                yield self._event(*first)
            async for data in self._following():
                yield data
        except _ENDED:
            yield b"event: end\ndata: {}\n\n"

    async def _following(self) -> AsyncIterator[bytes]:
        limits, loop = self.streams.limits, asyncio.get_running_loop()
        ends = loop.time() + limits.stream_seconds
        mark = await self.streams.pulse.mark()
        looked = loop.time()
        while loop.time() < ends:
            await asyncio.sleep(limits.look_seconds)
            now = await self.streams.pulse.mark()
            late = loop.time() - looked >= limits.heartbeat_seconds
            if now == mark and not late:
                continue
            # What may be seen changes with time as well: an attestation ends, a glass closes.
            mark, looked = now, loop.time()
            look = partial(self.streams.desk.live, self.viewer, self.asked, self.seen)
            found = await run_in_threadpool(look)
            if found is not None:
                yield self._event(*found)
            elif late:
                yield b": here\n\n"

    def _event(self, digest: str, listed: Listed) -> bytes:
        self.seen = digest
        body = {"rows": listed.rows, "complete": listed.complete}
        return b"id: %b\nevent: page\ndata: %b\n\n" % (digest.encode(), orjson.dumps(body))
