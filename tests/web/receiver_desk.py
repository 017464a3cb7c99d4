"""The receiver's application in this process, over a store in memory, its clock standing still."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import OKPKey

from connectors.stores.received import ReceivedNotices
from pipeline.web.receiver import receiver_app
from pipeline.web.receiver_reception import Reception
from tests.notify.made import BASE, words

CENTRE = OKPKey.generate_key("Ed25519", private=True)
RECEIPTS = OKPKey.generate_key("Ed25519", private=True)
LEGS = frozenset({"first", "update", "correction", "final"})


def signed(body: bytes, typ: str, key: OKPKey = CENTRE) -> str:
    """Sign a body as one kind of document, its content within."""
    header = {"alg": "Ed25519", "typ": typ}
    return jws.serialize_compact(header, body, key, algorithms=["Ed25519"])


@dataclass(slots=True)
class Desk:
    """The application in process, with what stands behind it."""

    reception: Reception
    book: ReceivedNotices

    def ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        """Send one request to the application, in this process."""

        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(receiver_app(self.reception))
            async with httpx.AsyncClient(transport=transport, base_url="https://ncc") as client:
                return await client.request(method, path, **what)

        return asyncio.run(sent())

    def get(self, path: str) -> httpx.Response:
        """Get a page."""
        return self.ask("GET", path)

    def post(
        self, body: bytes, path: str = "/v1/notices", kind: str = "notice", **headers: str
    ) -> tuple[int, dict[str, object]]:
        """Send a body as the centre would: signed, detached."""
        signature = jws.detach_content(signed(body, f"saqshy-{kind}+jws"))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        more = {"X-JWS-Signature": signature, **named}
        answer = self.ask("POST", path, content=body, headers=more)
        return answer.status_code, answer.json()


@contextmanager
def desk() -> Iterator[Desk]:
    """Open the application over a store in memory."""
    book = ReceivedNotices(":memory:")
    try:
        yield Desk(Reception(book, words(), RECEIPTS, CENTRE, lambda: BASE, LEGS), book)
    finally:
        book.close()
