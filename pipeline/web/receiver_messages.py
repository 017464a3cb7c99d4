"""Messages at the receiver: what the coordination centre tells and asks of operations centres.

``GET /v1/messages?after=N`` gives signed messages behind a place, in their order, each a compact
JWS, and ``next``, the place to go on from; a ``next`` below what was asked says that this is
another book than before. ``POST /v1/messages/ID/acknowledgement`` takes what a centre says of one:
a letter like a notice, signed as ``saqshy-acknowledgement+jws``, kept and receipted like one.
"""

import hashlib
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
from pipeline.notify.letter import Letter
from pipeline.notify.payload import Acknowledging
from pipeline.web.receiver_answers import as_json, bounded_body, places, problem
from pipeline.web.receiver_books import Sent
from pipeline.web.receiver_faults import Taken
from pipeline.web.receiver_notices import MOST_LETTER, MOST_SEQUENCE, ROLE
from pipeline.web.receiver_reception import SIGNATURE, Reception

TYPE = "saqshy-acknowledgement+jws"
MOST_MESSAGES = 50
log = structlog.get_logger("saqshy.receiver")


@dataclass(frozen=True, slots=True)
class Messages:
    """The ways of messages."""

    reception: Reception

    async def listing(self, request: Request) -> Response:
        """Give messages behind the place ``after``."""
        try:
            after = int(request.query_params.get("after", "0"))
        except ValueError:
            return problem(400, "after is a whole number")
        after = max(0, min(after, MOST_SEQUENCE))
        book = self.reception.book.messages
        found = await run_in_threadpool(book.after, after, MOST_MESSAGES)
        end = found[-1].sequence if found else min(after, await run_in_threadpool(book.end))
        told = [{"sequence": one.sequence, "jws": one.jws} for one in found]
        return as_json(200, {"messages": told, "next": end})

    async def acknowledge(self, request: Request) -> Response:
        """Take an acknowledgement: 201 new, 200 known; 401, 404, 409, 413, 422 where not."""
        reception = self.reception
        if (failed := await reception.failing.before(reception.fault, request)) is not None:
            return failed
        message_id = request.path_params["message_id"]
        body = await bounded_body(request, MOST_LETTER)
        if body is None:
            return problem(413, f"a letter is at most {MOST_LETTER} bytes")
        if not reception.is_signed(request.headers.get(SIGNATURE, ""), body, TYPE):
            return problem(401, f"{SIGNATURE} is no valid signature of this acknowledgement")
        sent = await run_in_threadpool(reception.book.messages.one, message_id)
        if sent is None:
            return problem(404, "no such message was sent")
        try:
            letter = Letter.model_validate_json(body)
        except ValidationError as error:
            return problem(422, "the letter does not fit its closed schema", places(error))
        return _unfit(letter, sent) or await self._keep(letter, sent, body)

    async def _keep(self, letter: Letter, sent: Sent, body: bytes) -> Response:
        reception, at = self.reception, self.reception.now()
        digest = hashlib.sha256(body).hexdigest()
        claims = {
            "notice_id": letter.id,
            "message_id": sent.message_id,
            "sha256": digest,
            "received_at": rfc3339(at),
            "receiver": reception.name,
        }
        answer = reception.book.messages.answer
        try:
            kept = await run_in_threadpool(
                answer, sent.message_id, letter.id, body, at, reception.receipt(claims)
            )
        except StoreError:
            log.exception("receiver.store")
            return problem(507, "the acknowledgement could not be kept; send it again")
        if kept.sha256 != digest:
            log.error("receiver.conflict", notice=letter.id, kept=kept.sha256, came=digest)
            return problem(409, "another content stands under this id; this is alarmed")
        taken = Taken(claims, kept.receipt, kept.deliveries > 1)
        return await reception.failing.after(reception.fault, taken, reception.receipt)

    def document(self, sent: Sent) -> dict[str, Any]:
        """Give a message as it is shown: what was sent, and what came back."""
        return {
            "sequence": sent.sequence,
            "id": sent.message_id,
            "made_at": rfc3339(sent.made_at),
            "sha256": sent.sha256,
            "jws": sent.jws,
            "acknowledgements": [
                {
                    "received_at": rfc3339(one.received_at),
                    "deliveries": one.deliveries,
                    "receipt": one.receipt,
                    "letter": orjson.loads(one.letter),
                }
                for one in self.reception.book.messages.acknowledgements(sent.message_id)
            ],
        }


def _unfit(letter: Letter, sent: Sent) -> Response | None:
    """Say why a letter is no acknowledgement of this message; None where it is one."""
    content = letter.content
    if not isinstance(content, Acknowledging) or letter.recipient.role != ROLE:
        return problem(422, "the letter is no acknowledgement to this centre")
    if letter.incident_id != sent.message_id or content.sha256 != sent.sha256:
        return problem(422, "the acknowledgement is of another message, or of another content")
    return None
