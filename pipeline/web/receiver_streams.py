"""Streams of events at the receiver: ``POST /v1/events`` takes a batch, ``GET`` lists what came.

A batch is durable before its receipt leaves, which names its id, its places and its hash. The same
batch again gets the first receipt. Where another content comes under a known id, that one's receipt
goes back with 409: the sender took something out since, or is mended by a person; it is alarmed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import StoreError
from pipeline.model import rfc3339
from pipeline.notify.streamed import NoBatch, StreamHead, read_batch
from pipeline.web.receiver_answers import as_json, problem
from pipeline.web.receiver_faults import Taken
from pipeline.web.receiver_notices import MOST_SEQUENCE, PAGE, ROLE
from pipeline.web.receiver_reception import SIGNATURE, Reception
from pipeline.web.receiver_signed import signed_content

TYPE = "saqshy-events+jws"
log = structlog.get_logger("saqshy.receiver")


class Stretch(Protocol):
    """What a batch says of itself."""

    @property
    def batch_id(self) -> str:
        """Id of the batch."""

    @property
    def stream(self) -> str:
        """Id of its stream."""

    @property
    def begin(self) -> str:
        """Where it begins."""

    @property
    def end(self) -> str:
        """Where it ends."""

    @property
    def count(self) -> int:
        """How many events it holds."""

    @property
    def sha256(self) -> str:
        """Hash of its content."""


class KeptBatch(Protocol):
    """One batch as the book keeps it."""

    @property
    def sequence(self) -> int:
        """Order of arrival, from 1."""

    @property
    def stretch(self) -> Stretch:
        """What it says of itself."""

    @property
    def received_at(self) -> int:
        """When it came first, nanoseconds."""

    @property
    def receipt(self) -> str:
        """The receipt given for it."""

    @property
    def gap(self) -> bool:
        """Tell whether it does not follow on the batch before it."""

    @property
    def deliveries(self) -> int:
        """How often it came."""


class StreamBook(Protocol):
    """Where batches are kept durably (``connectors/stores/received_streams.py``)."""

    def take(
        self, said: tuple[str, str, str, str, int, str], content: bytes, at: int, receipt: str
    ) -> KeptBatch:
        """Keep a batch, or find the first under its id; ``said``: a ``Stretch``'s fields."""

    def listed(self, after: int, limit: int) -> Sequence[KeptBatch]:
        """Give batches behind a sequence number."""


@dataclass(frozen=True, slots=True)
class Streams:
    """The ways of event streams."""

    reception: Reception
    book: StreamBook
    role: str = ROLE

    def routes(self) -> list[Route]:
        """Give the ways in."""
        return [
            Route("/v1/events", self.listing, methods=["GET"]),
            Route("/v1/events", self.take, methods=["POST"]),
        ]

    async def take(self, request: Request) -> Response:
        """Take a batch: 201 new, 200 known, 409 known with another content; 401, 413, 422."""
        reception = self.reception
        if (failed := await reception.failing.before(reception.fault, request)) is not None:
            return failed
        read = await signed_content(request)
        if isinstance(read, Response):
            return read
        content, signature = read
        if not await run_in_threadpool(reception.is_signed, signature, content, TYPE):
            return problem(401, f"{SIGNATURE} is no valid signature of this batch")
        try:
            batch = await run_in_threadpool(read_batch, content)
        except NoBatch as error:
            return problem(422, "the batch does not fit its closed schema", error.places)
        if batch.head.recipient.role != self.role:
            return problem(422, "the batch is addressed to somebody else")
        return await self._keep(batch.head, content)

    async def _keep(self, head: StreamHead, content: bytes) -> Response:
        reception, at = self.reception, self.reception.now()
        digest = hashlib.sha256(content).hexdigest()
        claims = {
            "notice_id": head.id,
            "begin": head.begin,
            "end": head.end,
            "count": head.count,
            "sha256": digest,
            "received_at": rfc3339(at),
            "receiver": reception.name,
        }
        said = (head.id, head.stream, head.begin, head.end, head.count, digest)
        try:
            kept = await run_in_threadpool(
                self.book.take, said, content, at, reception.receipt(claims)
            )
        except StoreError:
            log.exception("receiver.store")
            return problem(507, "the batch could not be kept; send it again")
        if kept.stretch.sha256 != digest:
            log.error("receiver.conflict", batch=head.id, kept=kept.stretch.sha256, came=digest)
            what = "another content stands under this id; this is alarmed"
            return as_json(409, {"error": what, "receipt": kept.receipt})
        if kept.gap and kept.deliveries == 1:
            log.error("receiver.gap", stream=head.stream, begin=head.begin)
        taken = Taken(claims, kept.receipt, kept.deliveries > 1)
        return await reception.failing.after(reception.fault, taken, reception.receipt)

    async def listing(self, request: Request) -> Response:
        """List batches by arrival, without their events: ``after``, a sequence number."""
        try:
            after = int(request.query_params.get("after", "0"))
        except ValueError:
            return problem(400, "after is a whole number")
        after = max(0, min(after, MOST_SEQUENCE))
        kept = await run_in_threadpool(self.book.listed, after, PAGE)
        return as_json(
            200,
            {
                "batches": [_entry(one) for one in kept],
                "next": kept[-1].sequence if kept else after,
            },
        )


def _entry(kept: KeptBatch) -> dict[str, Any]:
    stretch = kept.stretch
    return {
        "sequence": kept.sequence,
        "id": stretch.batch_id,
        "stream": stretch.stream,
        "begin": stretch.begin,
        "end": stretch.end,
        "count": stretch.count,
        "sha256": stretch.sha256,
        "received_at": rfc3339(kept.received_at),
        "gap": kept.gap,
        "deliveries": kept.deliveries,
        "receipt": kept.receipt,
    }
