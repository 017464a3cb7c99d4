"""The reference receiver of the coordination centre: takes notices, answers with signed receipts.

``POST /v1/notices`` takes a letter with its detached signature; ``GET /v1/notices`` lists what came
(JSON); ``GET /`` shows it to people. The connection is mutual TLS, so that nobody without a
certificate of our CA gets here; who signed is checked again for each letter. A notice is durable
before its receipt leaves; the same letter again gets the first receipt, marked as duplicate;
another content under a known id is refused and alarmed. It can be told to fail, for tests.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import orjson
import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from pipeline.errors import StoreError
from pipeline.model import rfc3339
from pipeline.notify.letter import Letter
from pipeline.notify.texts import LANGUAGES, Texts
from pipeline.web.receiver_page import receiver_page

SIGNATURE = "x-jws-signature"
ALGORITHM = "Ed25519"
ROLE = "ncc"
MOST_LETTER = 100_000  # bytes; a letter in three languages is about 3,000
PAGE = 200
MOST_SEQUENCE = 2**62  # what a store's sequence can hold
log = structlog.get_logger("saqshy.receiver")


class Fault(StrEnum):
    """Ways in which the receiver can be told to fail."""

    DOWN = "down"  # 503 at once; nothing is kept
    SLOW = "slow"  # kept, and answered too late
    ERROR = "error"  # kept, and the receipt is lost behind a 500
    NONSENSE = "nonsense"  # kept, and answered with something that is no receipt
    DUPLICATE = "duplicate"  # taken twice: the first answer is already marked as duplicate
    OTHER = "other"  # a valid receipt, but for another notice
    HUGE = "huge"  # an answer that does not end


class Kept(Protocol):
    """One notice as the book keeps it."""

    @property
    def sequence(self) -> int:
        """Order of arrival, from 1."""

    @property
    def notice_id(self) -> str:
        """Id of the notice."""

    @property
    def sha256(self) -> str:
        """Hash of the letter, hexadecimal."""

    @property
    def letter(self) -> bytes:
        """The letter as it came."""

    @property
    def received_at(self) -> int:
        """When the first copy came, nanoseconds."""

    @property
    def receipt(self) -> str:
        """The receipt given for it, a compact JWS."""

    @property
    def deliveries(self) -> int:
        """How often the same letter came."""


class Conflict(Protocol):
    """Another content that came under a known id."""

    @property
    def at(self) -> int:
        """When it came, nanoseconds."""

    @property
    def notice_id(self) -> str:
        """The id that was taken."""

    @property
    def sha256(self) -> str:
        """Hash of what came."""


class Book(Protocol):
    """Where received notices are kept durably (``connectors/stores/received.py``)."""

    def keep(self, notice_id: str, letter: bytes, received_at: int, receipt: str) -> Kept:
        """Keep a letter, or find the first under its id; keep a conflict beside it."""

    def listed(self, after: int, limit: int) -> Sequence[Kept]:
        """Give notices behind a sequence number."""

    def latest(self, limit: int) -> Sequence[Kept]:
        """Give the newest notices, newest first."""

    def conflicts(self, limit: int) -> Sequence[Conflict]:
        """Give the newest conflicts, newest first."""


@dataclass(slots=True)
class Reception:
    """What the receiver stands on; ``legs`` are those it knows. ``fault`` may change meanwhile."""

    book: Book
    texts: Texts
    receipt_key: OKPKey
    centre_key: OKPKey
    now: Callable[[], int]
    legs: frozenset[str]
    name: str = "NCC"
    fault: Fault | None = None
    slow_seconds: float = 60.0

    async def take(self, request: Request) -> Response:
        """Take one letter: 201 new, 200 known; 400, 401, 409, 413, 422 where it is not taken."""
        if self.fault is Fault.DOWN:
            return _problem(503, "told to be down")
        body = await _bounded_body(request)
        if body is None:
            return _problem(413, f"a letter is at most {MOST_LETTER} bytes")
        if not self._is_signed(request.headers.get(SIGNATURE, ""), body):
            return _problem(401, f"{SIGNATURE} is no valid signature of this letter")
        try:
            letter = Letter.model_validate_json(body)
        except ValidationError as error:
            return _problem(422, "the letter does not fit its closed schema", _places(error))
        return self._misplaced(letter) or await self._keep(letter, body)

    def _misplaced(self, letter: Letter) -> Response | None:
        if letter.leg not in self.legs:
            return _problem(422, "no notice of this leg is known here", ["leg"])
        if letter.recipient.role != ROLE:
            return _problem(422, "the letter is addressed to somebody else")
        return None

    async def _keep(self, letter: Letter, body: bytes) -> Response:
        at = self.now()
        digest = hashlib.sha256(body).hexdigest()
        receipt = self._receipt(letter.id, digest, at)
        try:
            for _ in range(2 if self.fault is Fault.DUPLICATE else 1):
                kept = await run_in_threadpool(self.book.keep, letter.id, body, at, receipt)
        except StoreError:
            log.exception("receiver.store")
            return _problem(507, "the letter could not be kept; send it again")
        if kept.sha256 != digest:
            log.error("receiver.conflict", notice=letter.id, kept=kept.sha256, came=digest)
            return _problem(409, "another content stands under this id; this is alarmed")
        if self.fault is not None:
            return await self._fail(self.fault, kept)
        return _answer(kept)

    async def _fail(self, fault: Fault, kept: Kept) -> Response:
        match fault:
            case Fault.SLOW:
                await asyncio.sleep(self.slow_seconds)
            case Fault.ERROR:
                return _problem(500, "told to fail")
            case Fault.NONSENSE:
                return Response(b"\xff\x00<html>hello</html>", media_type="application/json")
            case Fault.OTHER:
                other = self._receipt("0" * 32, kept.sha256, kept.received_at)
                return _json(201, {"receipt": other, "duplicate": False})
            case Fault.HUGE:
                return StreamingResponse(_endless(), media_type="application/json")
        return _answer(kept)

    def _is_signed(self, signature: str, body: bytes) -> bool:
        try:
            signed = jws.deserialize_compact(
                signature, self.centre_key, algorithms=[ALGORITHM], payload=body
            )
        except (JoseError, ValueError, TypeError):
            return False
        return signed.headers().get("typ") == "saqshy-notice+jws"

    def _receipt(self, notice_id: str, digest: str, at: int) -> str:
        claims = {
            "notice_id": notice_id,
            "sha256": digest,
            "received_at": rfc3339(at),
            "receiver": self.name,
        }
        header = {
            "alg": ALGORITHM,
            "typ": "saqshy-receipt+jws",
            "kid": self.receipt_key.thumbprint(),
        }
        return jws.serialize_compact(
            header, orjson.dumps(claims), self.receipt_key, algorithms=[ALGORITHM]
        )

    async def list(self, request: Request) -> Response:
        """List notices by arrival: ``after`` a sequence number, at most ``limit``."""
        try:
            after = int(request.query_params.get("after", "0"))
            limit = int(request.query_params.get("limit", str(PAGE)))
        except ValueError:
            return _problem(400, "after and limit are whole numbers")
        after, limit = max(0, min(after, MOST_SEQUENCE)), max(1, min(limit, PAGE))
        kept = await run_in_threadpool(self.book.listed, after, limit)
        conflicts = await run_in_threadpool(self.book.conflicts, PAGE)
        return _json(
            200,
            {
                "notices": [_entry(one) for one in kept],
                "next": kept[-1].sequence if kept else after,
                "conflicts": [
                    {"at": rfc3339(one.at), "notice_id": one.notice_id, "sha256": one.sha256}
                    for one in conflicts
                ],
            },
        )

    async def page(self, request: Request) -> Response:
        """Show the newest notices to people, in ``?language=`` kk, ru or en."""
        asked = request.query_params.get("language", LANGUAGES[0])
        language = asked if asked in LANGUAGES else LANGUAGES[0]
        kept = await run_in_threadpool(self.book.latest, PAGE)
        conflicts = await run_in_threadpool(self.book.conflicts, PAGE)
        html = receiver_page(
            self.texts,
            language,
            [_entry(one) for one in kept],
            [f"{rfc3339(one.at)} {one.notice_id} {one.sha256}" for one in conflicts],
        )
        policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(html, headers=policy)


def receiver_app(reception: Reception) -> Starlette:
    """Build the receiver's application; the server in front of it does the mutual TLS."""
    return Starlette(
        routes=[
            Route("/", reception.page),
            Route("/v1/notices", reception.list, methods=["GET"]),
            Route("/v1/notices", reception.take, methods=["POST"]),
        ]
    )


def _entry(kept: Kept) -> dict[str, Any]:
    return {
        "sequence": kept.sequence,
        "id": kept.notice_id,
        "sha256": kept.sha256,
        "received_at": rfc3339(kept.received_at),
        "deliveries": kept.deliveries,
        "receipt": kept.receipt,
        "letter": orjson.loads(kept.letter),
    }


async def _bounded_body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_LETTER:
            return None
    return bytes(body)


def _answer(kept: Kept) -> Response:
    duplicate = kept.deliveries > 1
    return _json(200 if duplicate else 201, {"receipt": kept.receipt, "duplicate": duplicate})


def _problem(status: int, detail: str, places: Sequence[str] = ()) -> Response:
    return _json(status, {"error": detail, **({"places": list(places)} if places else {})})


def _places(error: ValidationError) -> list[str]:
    """Name the keys that do not fit, never their values."""
    found = {".".join(map(str, item["loc"])) for item in error.errors(include_url=False)}
    return sorted(place[:100] for place in found)[:20]


def _json(status: int, document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b" " * 8192
        await asyncio.sleep(0)
