"""Notices at the receiver: ``POST /v1/notices`` takes one, ``GET /v1/notices`` lists what came.

A notice is durable before its receipt leaves; the same letter again gets the first receipt, marked
as duplicate; another content under a known id is refused and alarmed. What is said beside a letter
that comes late (``X-Saqshy-Late``) is kept with it; where it does not verify the letter is taken
all the same, since a first notice must not wait for what stands beside it, and that is alarmed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import StoreError
from pipeline.model import rfc3339
from pipeline.notify.late import Late
from pipeline.notify.letter import Letter
from pipeline.web.receiver_answers import as_json, bounded_body, places, problem
from pipeline.web.receiver_books import Kept, Lateness
from pipeline.web.receiver_faults import Fault, Taken
from pipeline.web.receiver_reception import SIGNATURE, Reception

ROLE = "ncc"
TYPE, LATE_TYPE = "saqshy-notice+jws", "saqshy-late+jws"
LATENESS = "x-saqshy-late"
MOST_LETTER = 100_000  # bytes; a letter in three languages is about 3,000
PAGE = 200
MOST_SEQUENCE = 2**62  # what a store's sequence can hold
log = structlog.get_logger("saqshy.receiver")


@dataclass(frozen=True, slots=True)
class Notices:
    """The ways of notices."""

    reception: Reception

    async def take(self, request: Request) -> Response:
        """Take one letter: 201 new, 200 known; 400, 401, 409, 413, 422 where it is not taken."""
        reception = self.reception
        if (failed := await reception.failing.before(reception.fault, request)) is not None:
            return failed
        body = await bounded_body(request, MOST_LETTER)
        if body is None:
            return problem(413, f"a letter is at most {MOST_LETTER} bytes")
        if not reception.is_signed(request.headers.get(SIGNATURE, ""), body, TYPE):
            return problem(401, f"{SIGNATURE} is no valid signature of this letter")
        try:
            letter = Letter.model_validate_json(body)
        except ValidationError as error:
            return problem(422, "the letter does not fit its closed schema", places(error))
        return self._misplaced(letter) or await self._keep(
            letter, body, request.headers.get(LATENESS, "")
        )

    def _misplaced(self, letter: Letter) -> Response | None:
        if letter.leg not in self.reception.legs:
            return problem(422, "no notice of this leg is known here", ["leg"])
        if letter.recipient.role != ROLE:
            return problem(422, "the letter is addressed to somebody else")
        return None

    async def _keep(self, letter: Letter, body: bytes, late: str) -> Response:
        reception, at = self.reception, self.reception.now()
        digest = hashlib.sha256(body).hexdigest()
        claims = {
            "notice_id": letter.id,
            "sha256": digest,
            "received_at": rfc3339(at),
            "receiver": reception.name,
        }
        receipt, keep = reception.receipt(claims), reception.book.keep
        try:
            for _ in range(2 if reception.fault is Fault.DUPLICATE else 1):
                kept = await run_in_threadpool(keep, letter.id, body, at, receipt)
            if late and kept.sha256 == digest:
                await run_in_threadpool(self._keep_late, letter.id, at, late)
        except StoreError:
            log.exception("receiver.store")
            return problem(507, "the letter could not be kept; send it again")
        if kept.sha256 != digest:
            log.error("receiver.conflict", notice=letter.id, kept=kept.sha256, came=digest)
            return problem(409, "another content stands under this id; this is alarmed")
        taken = Taken(claims, kept.receipt, kept.deliveries > 1)
        return await reception.failing.after(reception.fault, taken, reception.receipt)

    def _keep_late(self, notice_id: str, at: int, token: str) -> None:
        """Keep what is said of a letter's lateness, and whether the centre said it."""
        said = self.reception.opened(token, LATE_TYPE)
        verified = said is not None and _is_of(said, notice_id)
        if not verified:
            log.error("receiver.lateness", notice=notice_id, what="does not verify")
        kept = token if len(token) <= MOST_LETTER else ""
        self.reception.book.note_late(notice_id, at, kept, verified=verified)

    async def listing(self, request: Request) -> Response:
        """List notices by arrival: ``after`` a sequence number, at most ``limit``."""
        try:
            after = int(request.query_params.get("after", "0"))
            limit = int(request.query_params.get("limit", str(PAGE)))
        except ValueError:
            return problem(400, "after and limit are whole numbers")
        after, limit = max(0, min(after, MOST_SEQUENCE)), max(1, min(limit, PAGE))
        book = self.reception.book
        kept = await run_in_threadpool(book.listed, after, limit)
        conflicts = await run_in_threadpool(book.conflicts, PAGE)
        return as_json(
            200,
            {
                "notices": await run_in_threadpool(self.entries, kept),
                "next": kept[-1].sequence if kept else after,
                "conflicts": [
                    {"at": rfc3339(one.at), "notice_id": one.notice_id, "sha256": one.sha256}
                    for one in conflicts
                ],
            },
        )

    def entries(self, kept: Sequence[Kept]) -> list[dict[str, Any]]:
        """Give notices as they are listed, each with what was said beside it."""
        late = self.reception.book.late([one.notice_id for one in kept])
        return [self._entry(one, late.get(one.notice_id, ())) for one in kept]

    def _entry(self, kept: Kept, late: Sequence[Lateness]) -> dict[str, Any]:
        entry = {
            "sequence": kept.sequence,
            "id": kept.notice_id,
            "sha256": kept.sha256,
            "received_at": rfc3339(kept.received_at),
            "deliveries": kept.deliveries,
            "receipt": kept.receipt,
            "letter": orjson.loads(kept.letter),
        }
        return {**entry, "late": [self._said(one) for one in late]} if late else entry

    def _said(self, late: Lateness) -> dict[str, Any]:
        told = self.reception.opened(late.jws, LATE_TYPE) if late.verified else None
        return {
            "at": rfc3339(late.at),
            "jws": late.jws,
            "verified": late.verified,
            "said": orjson.loads(told) if told is not None else None,
        }


def _is_of(said: bytes, notice_id: str) -> bool:
    try:
        return Late.model_validate_json(said).notice_id == notice_id
    except ValidationError:
        return False
