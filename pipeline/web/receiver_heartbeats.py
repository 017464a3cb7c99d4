"""Heartbeats at the receiver: signs of life of operations centres, and that they stay away.

``POST /v1/heartbeats`` takes one over the same mutual TLS as notices: the body is its sender's
canonical JSON, signed as ``saqshy-heartbeat+jws`` with detached content. It is kept whole, with all
that stands in it; ``checkpoint``, where it has one, is a signed checkpoint of the sender's audit
trail (a compact JWS), kept and shown so that a cut tail shows later. ``GET /v1/heartbeats`` says
who was heard when, and whose heartbeats stay away. A repetition, or one that says an earlier time
than the last, is answered and kept, and is no new sign of life.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS, Instant, rfc3339
from pipeline.web.receiver_answers import as_json, bounded_body, places, problem
from pipeline.web.receiver_books import Beat
from pipeline.web.receiver_faults import Taken
from pipeline.web.receiver_reception import SIGNATURE, Reception

TYPE = "saqshy-heartbeat+jws"
MOST_BEAT = 100_000  # bytes
MOST_ABSENCES = 50
log = structlog.get_logger("saqshy.receiver")


class Heartbeat(BaseModel):
    """What the receiver reads of a heartbeat; what else stands in it is kept unread."""

    model_config = ConfigDict(frozen=True, extra="allow")

    format: Literal["saqshy-heartbeat-1"]
    centre: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
    at: Instant
    checkpoint: Annotated[str, Field(max_length=65_536)] | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """A centre whose heartbeats stay away, since when it was heard last (nanoseconds)."""

    centre: str
    since: int


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """The ways of heartbeats."""

    reception: Reception

    @property
    def quiet(self) -> int:
        """Give how long a centre may be silent, nanoseconds."""
        return int(self.reception.quiet_seconds * NANOSECONDS)

    async def take(self, request: Request) -> Response:
        """Take one heartbeat: 201 new, 200 known; 401, 413, 422 where it is not taken."""
        reception = self.reception
        if (failed := await reception.failing.before(reception.fault, request)) is not None:
            return failed
        body = await bounded_body(request, MOST_BEAT)
        if body is None:
            return problem(413, f"a heartbeat is at most {MOST_BEAT} bytes")
        signature = request.headers.get(SIGNATURE, "")
        if not reception.is_signed(signature, body, TYPE):
            return problem(401, f"{SIGNATURE} is no valid signature of this heartbeat")
        try:
            said = Heartbeat.model_validate_json(body)
        except ValidationError as error:
            return problem(422, "this is no heartbeat", places(error))
        at = reception.now()
        claims = {
            "heartbeat": said.centre,
            "sha256": hashlib.sha256(body).hexdigest(),
            "received_at": rfc3339(at),
            "receiver": reception.name,
        }
        given = (at, reception.receipt(claims))
        take = reception.book.heartbeats.take
        try:
            kept = await run_in_threadpool(
                take, said.centre, said.at, body, signature, given, self.quiet
            )
        except StoreError:
            log.exception("receiver.store")
            return problem(507, "the heartbeat could not be kept; send it again")
        taken = Taken(claims, kept.receipt, kept.deliveries > 1)
        return await reception.failing.after(reception.fault, taken, reception.receipt)

    def away(self) -> list[Away]:
        """Give the centres whose heartbeats stay away now."""
        now = self.reception.now()
        return [
            Away(one.centre, one.received_at)
            for one in self.reception.book.heartbeats.last()
            if now - one.received_at > self.quiet
        ]

    async def listing(self, _request: Request) -> Response:
        """Say of each centre when it was heard last and with what, and when it stayed away."""
        return as_json(200, await run_in_threadpool(self.document))

    def document(self) -> dict[str, Any]:
        """Give the heartbeats as they are listed."""
        book = self.reception.book.heartbeats
        away = {one.centre for one in self.away()}
        return {
            "quiet_seconds": self.reception.quiet_seconds,
            "centres": [_entry(one, away=one.centre in away) for one in book.last()],
            "absences": [
                {
                    "centre": one.centre,
                    "since": rfc3339(one.since),
                    "until": rfc3339(one.until),
                }
                for one in book.absences(MOST_ABSENCES)
            ],
        }


@dataclass(slots=True)
class Watch:
    """Tells once of each centre whose heartbeats begin to stay away, and when it is back."""

    heartbeats: Heartbeats
    _told: tuple[Away, ...] = ()

    def look(self) -> Sequence[Away]:
        """Look now; give who is away."""
        away = tuple(self.heartbeats.away())
        before, now = {one.centre for one in self._told}, {one.centre for one in away}
        for one in away:
            if one.centre not in before:
                log.error("receiver.silent", centre=one.centre, since=rfc3339(one.since))
        for centre in sorted(before - now):
            log.info("receiver.heard_again", centre=centre)
        self._told = away
        return away


def _entry(beat: Beat, *, away: bool) -> dict[str, Any]:
    said = orjson.loads(beat.body)
    return {
        "centre": beat.centre,
        "received_at": rfc3339(beat.received_at),
        "away": away,
        "sha256": beat.sha256,
        "receipt": beat.receipt,
        "checkpoint": said.get("checkpoint"),
        "heartbeat": said,
    }
