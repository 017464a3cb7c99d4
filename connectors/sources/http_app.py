"""The HTTP intake as an ASGI application: who may, what they bring, and an answer once it is kept.

``POST /ingest`` takes any records: NDJSON, a JSON array or document, lines of text, or a file of
logs as it is. The rest is the subset of Elasticsearch's protocol that shippers use.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO, Protocol, TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.sources.binding import peer_of
from connectors.sources.elasticsearch_bulk import (
    MOST_ITEMS,
    REJECTED,
    Item,
    Trouble,
    bulk_answer,
    document_item,
    forbidden,
    item_answer,
    read_bulk,
    told_apart,
)
from connectors.sources.elasticsearch_hello import filtered, hello_answer
from connectors.sources.http_body import Body, Room
from connectors.sources.http_refusal import AGAIN, RequestRefused, json_answer, refusal_answer
from connectors.sources.http_tokens import ANY, Tokens
from connectors.sources.http_waiting import Lot, Waiting
from pipeline.model import RecordNote
from pipeline.settings import HttpSettings

CERTIFICATES = "saqshy.certificates"  # of the connection, in an ASGI scope's state
_SENT = frozenset({"POST", "PUT"})
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="saqshy", ApiKey, Basic realm="saqshy"'}


class CutRecord(Protocol):
    """What a splitter gives; see ``pipeline.normalize.framing.Framed``."""

    @property
    def data(self) -> bytes:
        """The record's exact bytes."""

    @property
    def note_kind(self) -> str:
        """What kept the record from being whole, or ""."""

    @property
    def note_detail(self) -> str:
        """The note in words."""

    @property
    def preamble(self) -> bytes:
        """The header over the record, or b""."""


Splitter: TypeAlias = Callable[[BinaryIO], Iterator[CutRecord]]


@dataclass(slots=True)
class IntakeApp:
    """Answers requests; ``waiting`` is where their records wait until they are durable.

    ``split`` cuts the body of ``/ingest`` into records, ``split_lines`` that of plain text.
    ``refused`` counts by reason who was not let in.
    """

    settings: HttpSettings
    waiting: Waiting
    tokens: Tokens
    split: Splitter
    split_lines: Splitter
    record_bytes: int
    clients: bool = False  # whether client certificates are asked for
    refused: dict[str, int] = field(default_factory=dict)
    paused: dict[str, float] = field(default_factory=dict)  # peer -> until, monotonic seconds
    room: Room = field(init=False)
    _run: str = field(default_factory=lambda: uuid.uuid4().hex[:10])
    _number: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.room = Room(max(self.settings.waiting_bytes, self.settings.body_bytes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        request = Request(scope, receive)
        body = Body(request, self.room, self.settings.body_bytes, self.settings.silent_seconds)
        try:
            answer = await self._answer(request, body)
        except RequestRefused as refused:
            self._count(str(refused.status))
            if refused.status in (401, 403, 404, 405, 429) and "expect" not in request.headers:
                await body.skip()
            answer = refusal_answer(refused)
        except ClientDisconnect:
            return
        finally:
            body.release()
        await answer(scope, receive, send)

    async def _answer(self, request: Request, body: Body) -> Response:
        parts = tuple(part for part in request.url.path.split("/") if part)
        sender = self._sender(request)
        last = parts[-1] if parts else ""
        if request.method in _SENT:
            self._not_paused(sender.peer)
            if parts == ("ingest",):
                return await self._ingest(request, body, sender)
            if last == "_bulk" and len(parts) <= 2:
                return await self._bulk(request, body, sender, parts[0] if parts[1:] else "")
            if len(parts) in (2, 3) and parts[1] in ("_doc", "_create"):
                return await self._document(request, body, sender, parts)
        await body.read()
        return hello_answer(request.method, parts, request.headers.get("host", ""))

    def _sender(self, request: Request) -> "_Sender":
        """Tell who sends; RequestRefused (401) where nobody knows."""
        peer = peer_of((request.client.host if request.client else "",))
        certificates = request.scope.get("state", {}).get(CERTIFICATES, ())
        authorization = request.headers.get("authorization", "")
        source = self.tokens.source_of(authorization) if authorization else None
        if source is not None:
            return _Sender(peer, certificates, "" if source == ANY else source)
        if certificates or not (self.tokens.known or self.clients):
            return _Sender(peer, certificates)
        why = "this token is not known here" if authorization else "a token is needed"
        raise RequestRefused(401, "security_exception", f"{why}: see http.tokens", _CHALLENGE)

    def _not_paused(self, peer: str) -> None:
        until = self.paused.get(peer)
        if until is None:
            return
        left = until - time.monotonic()
        if left <= 0:
            self.paused.pop(peer, None)
            return
        again = {"Retry-After": str(max(1, round(left)))}
        kind = "es_rejected_execution_exception"
        raise RequestRefused(429, kind, "more than its quota: come again", again)

    async def _ingest(self, request: Request, body: Body, sender: "_Sender") -> Response:
        data = await body.read()
        kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        split = self.split_lines if kind == "text/plain" else self.split
        lot = await asyncio.to_thread(self._cut, split, data, sender)
        del data
        await self._kept(request, lot)
        troubles = _troubles(lot)
        refused = [
            {"index": index, "status": one.status, "reason": one.reason}
            for index, one in sorted(troubles.items())
        ]
        answer = {"accepted": len(lot.records) - len(refused), "refused": refused}
        statuses = {one.status for one in troubles.values()}
        status = 200 if len(refused) < len(lot.records) or not statuses else min(statuses)
        if 429 in statuses:
            return json_answer(answer, 429 if status == 429 else 207, AGAIN)
        return json_answer(answer, status if status != 200 or not refused else 207)

    def _cut(self, split: Splitter, data: bytes, sender: "_Sender") -> Lot:
        records: list[bytes] = []
        notes: dict[int, RecordNote] = {}
        preambles = [(0, b"")]
        size = 0
        for one in split(BytesIO(data)):
            if not one.data and not one.note_kind:
                continue
            size += len(one.data)
            if size > self.settings.body_bytes or len(records) == MOST_ITEMS:
                message = f"more than {self.settings.body_bytes} bytes or {MOST_ITEMS} records"
                raise RequestRefused(413, "content_too_long_exception", message)
            if one.preamble != preambles[-1][1]:
                preambles.append((len(records), one.preamble))
            if one.note_kind:
                index = len(records)
                notes[index] = RecordNote(index, one.note_kind, one.note_detail)
            records.append(one.data)
        return sender.lot(records, notes=notes, preambles=tuple(preambles))

    async def _bulk(self, request: Request, body: Body, sender: "_Sender", index: str) -> Response:
        begin = time.monotonic()
        data = await body.read()
        items = await asyncio.to_thread(read_bulk, data, index, self.record_bytes)
        del data
        troubles = await self._items_kept(request, items, sender)
        took = round((time.monotonic() - begin) * 1000)
        answer = bulk_answer(items, troubles, took, self._request_name())
        paths = request.query_params.get("filter_path", "")
        return json_answer(filtered(answer, paths) if paths else answer)

    async def _document(
        self, request: Request, body: Body, sender: "_Sender", parts: tuple[str, ...]
    ) -> Response:
        """Take one document, under ``/{index}/_doc[/{id}]`` or ``/{index}/_create/{id}``."""
        item_id = parts[2] if parts[2:] else ""
        item = document_item("create", parts[0], item_id, await body.read(), self.record_bytes)
        troubles = await self._items_kept(request, [item], sender)
        trouble = troubles.get(0) or item.trouble
        if trouble is not None:
            raise RequestRefused(
                trouble.status, trouble.kind, trouble.reason, AGAIN if trouble is REJECTED else None
            )
        return json_answer(item_answer(item, None, self._request_name())["create"], 201)

    async def _items_kept(
        self, request: Request, items: list[Item], sender: "_Sender"
    ) -> Mapping[int, Trouble]:
        """Wait until the documents are durable; give what was refused, by item."""
        places = [index for index, item in enumerate(items) if item.record is not None]
        records: list[bytes] = []
        notes = {}
        for item in items:
            if item.record is None:
                continue
            if len(item.record) > self.record_bytes:
                place = len(records)
                detail = f"a document of {len(item.record)} bytes"
                notes[place] = RecordNote(place, "oversized", detail)
            records.append(item.record[: self.record_bytes])
        lot = sender.lot(records, ids=told_apart(items), notes=notes)
        await self._kept(request, lot)
        return {places[place]: trouble for place, trouble in _troubles(lot).items()}

    async def _kept(self, request: Request, lot: Lot) -> None:
        """Wait until a lot is settled, as far as it is taken in time.

        RequestRefused (429) where nothing of it was taken, 503 where the listener ends.
        """
        if not lot.records:
            return
        loop = asyncio.get_running_loop()
        settled = asyncio.Event()

        def tell() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settled.set)

        lot.told = tell
        if not self.waiting.put(lot):
            raise _ending()
        done = asyncio.ensure_future(settled.wait())
        gone = asyncio.ensure_future(_gone(request))
        try:
            seconds = self.settings.wait_seconds
            await asyncio.wait({done, gone}, timeout=seconds, return_when="FIRST_COMPLETED")
            if not done.done():
                self.waiting.withdraw(lot)
                if lot.settled < lot.end:
                    await done
        finally:
            done.cancel()
            gone.cancel()
        if not lot.end:
            if self.waiting.closed:
                raise _ending()
            raise RequestRefused(429, REJECTED.kind, REJECTED.reason, AGAIN)

    def _request_name(self) -> str:
        return f"{self._run}-{next(self._number)}"

    def _count(self, reason: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1


@dataclass(frozen=True, slots=True)
class _Sender:
    peer: str
    certificates: tuple[str, ...] = ()
    proven: str = ""

    def lot(
        self,
        records: list[bytes],
        *,
        ids: tuple[str, ...] = (),
        notes: Mapping[int, RecordNote] | None = None,
        preambles: tuple[tuple[int, bytes], ...] = ((0, b""),),
    ) -> Lot:
        return Lot(
            self.peer,
            records,
            proven=self.proven,
            certificates=self.certificates,
            ids=ids,
            notes=notes or {},
            preambles=preambles,
        )


def _troubles(lot: Lot) -> dict[int, Trouble]:
    found = {index: forbidden(reason) for index, reason in lot.refused.items()}
    found |= dict.fromkeys(range(lot.end, len(lot.records)), REJECTED)
    return found


def _ending() -> RequestRefused:
    return RequestRefused(503, "cluster_block_exception", "the system is going down", AGAIN)


async def _gone(request: Request) -> None:
    """Wait until the sender has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
