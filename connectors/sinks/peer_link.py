"""A signed line to another centre's receiver: mutual TLS 1.3, detached JWS, signed receipts.

What is signed is the content as it is before it is compressed, so that its hash does not hang on a
compressor's version. The receiver answers ``{"receipt": <compact JWS>, "duplicate": <bool>}``; with
409 a receipt says that it holds an earlier content under the same id, which only we can have
signed: nothing is missing there.
"""

from dataclasses import dataclass
from typing import Protocol

import httpx
import orjson
import zstandard
from joserfc import jws
from joserfc.errors import JoseError

from connectors.sinks.https_answers import CLIENT_SHARE, Posting, check_status, mapped, posted
from connectors.sinks.letter import sha256
from connectors.sinks.loop import Loop
from connectors.sinks.ncc_https import ALGORITHM, SIGNATURE, read_identity
from connectors.sinks.receipts import receipt_claims
from pipeline.errors import DeliveryRefused
from pipeline.model import Json, Receipt, instant
from pipeline.settings import NccSettings

_LEVEL = 3
_KNOWN = 409


@dataclass(frozen=True, slots=True)
class Consignment:
    """Content under an id; ``beside`` is audited with the receipt and not sent."""

    id: str
    content: bytes
    beside: Json


class Line(Protocol):
    """Brings content to a receiver that keeps each id once."""

    def send(self, consignment: Consignment) -> Receipt:
        """Send content and give the receipt; DeliveryDelayed or DeliveryRefused where not."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""


class SignedLine:
    """Posts content to one path of a receiver; ``typ`` is what its signature is for.

    Safe to use from several threads; a whole delivery is bounded in time.
    """

    def __init__(self, settings: NccSettings, path: str, typ: str) -> None:
        """Read keys and certificates; ConfigurationError with each file that cannot be used."""
        identity = read_identity(settings)
        self._trust, self._signing, self._receipts = (
            identity.trust,
            identity.signing,
            identity.receipts,
        )
        self._header = {"alg": ALGORITHM, "kid": identity.signing.thumbprint(), "typ": typ}
        self._url = f"{settings.url.rstrip('/')}{path}"
        self._seconds = settings.timeout_seconds
        self._client = httpx.AsyncClient(
            verify=identity.trust.context,
            timeout=settings.timeout_seconds * CLIENT_SHARE,
            follow_redirects=False,
            trust_env=False,
        )
        self._loop = Loop("signed-line")

    def send(self, consignment: Consignment) -> Receipt:
        """Send content and give the verified receipt; the receiver's clock counts.

        DeliveryDelayed where the other centre is down, slow or busy; DeliveryRefused where it
        rejects the content, is not who it should be, or answers anything but a receipt for it.
        """
        content = consignment.content
        token = jws.serialize_compact(self._header, content, self._signing, algorithms=[ALGORITHM])
        headers = {
            SIGNATURE: jws.detach_content(token),
            "content-type": "application/x-ndjson",
            "content-encoding": "zstd",
        }
        body = zstandard.ZstdCompressor(level=_LEVEL).compress(content)
        self._trust.refresh()
        try:
            one = Posting(self._url, self._url, body, headers)
            answer = self._loop.run(posted(self._client, one), self._seconds, self._url)
        except (OSError, httpx.HTTPError) as error:  # a TLS alert comes as the bare ssl.SSLError
            raise mapped(self._url, error) from error
        if answer.status_code != _KNOWN or b'"receipt"' not in answer.content:
            check_status(self._url, answer, (200, 201))
        return self._receipt(consignment, answer)

    def close(self) -> None:
        """Close connections and the loop; safe to call twice."""
        self._loop.close(self._client.aclose)

    def _receipt(self, consignment: Consignment, answer: httpx.Response) -> Receipt:
        try:
            said = orjson.loads(answer.content)
            token = said["receipt"]
            claims = receipt_claims(token, self._receipts)
            received_at, receiver = instant(claims["received_at"]), str(claims["receiver"])
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeliveryRefused(
                f"{self._url}: the answer is no receipt that verifies: {type(error).__name__}"
            ) from error
        if claims.get("notice_id") != consignment.id:
            raise DeliveryRefused(f"{self._url}: the receipt is for another content")
        mine = sha256(consignment.content)
        earlier = answer.status_code == _KNOWN
        if (claims.get("sha256") == mine) is earlier:
            raise DeliveryRefused(f"{self._url}: the receipt is for another content")
        proof = {"kind": "receipt", "jws": token, **claims, **consignment.beside}
        if earlier:
            proof["now"] = mine  # what was sent first had more, or less
        again = earlier or said.get("duplicate") is True
        return Receipt(consignment.id, receiver, received_at, proof, duplicate=again)
