"""Bundles of other operations centres: ``POST /v1/bundles`` takes one.

Who sent it is told by the key that its signature verifies under; nobody may bring, change or take
back an object that another centre sent first. What was taken is handed on before its receipt
leaves, so that a kill has it sent, and handed on, again.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import StoreError
from pipeline.model import rfc3339
from pipeline.notify.peers_read import Bundle, NoBundle, read_bundle
from pipeline.web.receiver_answers import problem
from pipeline.web.receiver_faults import Taken
from pipeline.web.receiver_reception import ALGORITHM, SIGNATURE, Reception
from pipeline.web.receiver_signed import signed_content

TYPE = "saqshy-bundle+jws"
log = structlog.get_logger("saqshy.receiver")


class KeptBundle(Protocol):
    """One bundle as the book keeps it."""

    @property
    def received_at(self) -> int:
        """When it came first, nanoseconds."""

    @property
    def receipt(self) -> str:
        """The receipt given for it."""

    @property
    def deliveries(self) -> int:
        """How often it came."""


class BundleBook(Protocol):
    """Where bundles are kept durably (``connectors/stores/received_bundles.py``)."""

    def take(
        self, said: tuple[str, str, Sequence[str]], content: bytes, at: int, receipt: str
    ) -> KeptBundle | None:
        """Keep a bundle, or find the first under its id; None where an object is another's."""


HandOn = Callable[[str, Bundle, int], None]


def keep_only(_peer: str, _bundle: Bundle, _at: int) -> None:
    """Hand on nothing."""


@dataclass(frozen=True, slots=True)
class Bundles:
    """The way of bundles; ``peers`` are the centres' public keys by name.

    ``hand_on`` is given the peer's name, the bundle, and when it came first (nanoseconds).
    """

    reception: Reception
    book: BundleBook
    peers: Mapping[str, OKPKey]
    hand_on: HandOn = keep_only

    def routes(self) -> list[Route]:
        """Give the ways in."""
        return [Route("/v1/bundles", self.take, methods=["POST"])]

    async def take(self, request: Request) -> Response:
        """Take a bundle: 201 new, 200 known; 401, 409, 413, 422 where it is not taken."""
        reception = self.reception
        if (failed := await reception.failing.before(reception.fault, request)) is not None:
            return failed
        read = await signed_content(request)
        if isinstance(read, Response):
            return read
        content, signature = read
        peer = await run_in_threadpool(self._signer, signature, content)
        if peer is None:
            return problem(401, f"{SIGNATURE} is no valid signature of a centre that is known")
        try:
            bundle = await run_in_threadpool(read_bundle, content)
        except NoBundle as error:
            return problem(422, str(error))
        return await self._keep(peer, bundle, content)

    async def _keep(self, peer: str, bundle: Bundle, content: bytes) -> Response:
        reception, at = self.reception, self.reception.now()
        claims = {
            "notice_id": bundle.id,
            "sha256": hashlib.sha256(content).hexdigest(),
            "received_at": rfc3339(at),
            "receiver": reception.name,
        }
        said, receipt = (bundle.id, peer, bundle.owned), reception.receipt(claims)
        try:
            kept = await run_in_threadpool(self.book.take, said, content, at, receipt)
            if kept is not None:
                await run_in_threadpool(self.hand_on, peer, bundle, kept.received_at)
        except (StoreError, OSError):
            log.exception("receiver.store")
            return problem(507, "the bundle could not be kept; send it again")
        if kept is None:
            log.error("receiver.conflict", peer=peer, bundle=bundle.id)
            return problem(409, "an object of it is another centre's; this is alarmed")
        taken = Taken(claims, kept.receipt, kept.deliveries > 1)
        return await reception.failing.after(reception.fault, taken, reception.receipt)

    def _signer(self, signature: str, content: bytes) -> str | None:
        for name, key in sorted(self.peers.items()):
            try:
                signed = jws.deserialize_compact(
                    signature, key, algorithms=[ALGORITHM], payload=content
                )
            except (JoseError, ValueError, TypeError):
                continue
            if signed.headers().get("typ") == TYPE:
                return name
        return None
