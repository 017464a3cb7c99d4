"""What the receiver stands on: its store, its words, its keys, the time, and how it is to fail."""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from pipeline.model import Json
from pipeline.notify.texts import Texts
from pipeline.web.receiver_books import Book
from pipeline.web.receiver_faults import Failing, Fault

SIGNATURE = "x-jws-signature"
ALGORITHM = "Ed25519"
RECEIPT = "saqshy-receipt+jws"


@dataclass(slots=True)
class Reception:
    """What every way in is given; ``legs`` are those it knows, ``fault`` may change meanwhile.

    ``quiet_seconds``: how long a centre's heartbeats may stay away before that is an alarm.
    """

    book: Book
    texts: Texts
    receipt_key: OKPKey
    centre_key: OKPKey
    now: Callable[[], int]
    legs: frozenset[str]
    name: str = "NCC"
    fault: Fault | None = None
    slow_seconds: float = 60.0
    quiet_seconds: float = 180.0
    failing: Failing = field(init=False)

    def __post_init__(self) -> None:
        self.failing = Failing(self.slow_seconds)

    def is_signed(self, signature: str, body: bytes, typ: str) -> bool:
        """Tell whether the centre signed a body, detached, as this kind of document."""
        try:
            signed = jws.deserialize_compact(
                signature, self.centre_key, algorithms=[ALGORITHM], payload=body
            )
        except (JoseError, ValueError, TypeError):
            return False
        return signed.headers().get("typ") == typ

    def opened(self, token: str, typ: str) -> bytes | None:
        """Give what the centre signed as this kind of document; None where it did not."""
        try:
            signed = jws.deserialize_compact(token, self.centre_key, algorithms=[ALGORITHM])
        except (JoseError, ValueError, TypeError):
            return None
        return signed.payload if signed.headers().get("typ") == typ else None

    def receipt(self, claims: Json, key: OKPKey | None = None, kid: str = "") -> str:
        """Sign a receipt; by another ``key`` only where a fault asks for that."""
        signing = key or self.receipt_key
        named = signing if key is None or not kid else self.receipt_key
        header = {"alg": ALGORITHM, "typ": RECEIPT, "kid": named.thumbprint()}
        return jws.serialize_compact(header, orjson.dumps(claims), signing, algorithms=[ALGORITHM])
