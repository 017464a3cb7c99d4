"""An auditor's sign of life to the coordination centre, over the link that notices go by.

``POST /v1/heartbeats`` over mutual TLS 1.3. The body is the canonical JSON of one heartbeat
(``saqshy-heartbeat-1``); its signature is a JWS with detached content (RFC 7515 appendix F) by
Ed25519, of the type ``saqshy-heartbeat+jws``, in the header ``X-JWS-Signature``. The answer is as
for notices: ``{"receipt": <compact JWS>}``, whose claims name the SHA-256 of the body.
"""

from typing import Any

import httpx
import orjson
from joserfc import jws
from joserfc.errors import JoseError

from connectors.sinks.https_answers import Posting, check_status, mapped, posted
from connectors.sinks.letter import sha256
from connectors.sinks.loop import Loop
from connectors.sinks.ncc_https import ALGORITHM, SIGNATURE, read_identity
from pipeline.errors import DeliveryRefused
from pipeline.model import Json
from pipeline.settings import NccSettings

RECEIPT = "saqshy-receipt+jws"


class HeartbeatSink:
    """Post heartbeats to the coordination centre; each is answered by a receipt that verifies."""

    def __init__(self, settings: NccSettings) -> None:
        identity = read_identity(settings)
        self._trust, self._receipts = identity.trust, identity.receipts
        self._signing = identity.signing
        self._header = {
            "alg": ALGORITHM,
            "typ": "saqshy-heartbeat+jws",
            "kid": identity.signing.thumbprint(),
        }
        self._url = f"{settings.url.rstrip('/')}/v1/heartbeats"
        self._seconds = settings.timeout_seconds
        self._client = httpx.AsyncClient(
            verify=identity.trust.context,
            timeout=settings.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )
        self._loop = Loop("heartbeat")

    def beat(self, body: bytes, now: int) -> Json:  # noqa: ARG002 (the receiver's clock counts)
        """Send one heartbeat and give the verified claims of its receipt.

        DeliveryDelayed where the centre is down, slow or busy; DeliveryRefused where it rejects it,
        is not who it should be, or answers anything but a receipt for these bytes.
        """
        token = jws.serialize_compact(self._header, body, self._signing, algorithms=[ALGORITHM])
        self._trust.refresh()
        one = Posting(self._url, self._url, body, {SIGNATURE: jws.detach_content(token)})
        try:
            answer = self._loop.run(posted(self._client, one), self._seconds, self._url)
        except (OSError, httpx.HTTPError) as error:
            raise mapped(self._url, error) from error
        check_status(self._url, answer, (200, 201))
        return self._claims(answer.content, sha256(body))

    def close(self) -> None:
        """Close connections and the loop; safe to call twice."""
        self._loop.close(self._client.aclose)

    def _claims(self, answer: bytes, digest: str) -> Json:
        try:
            token = orjson.loads(answer)["receipt"]
            signed = jws.deserialize_compact(token, self._receipts, algorithms=[ALGORITHM])
            claims: Any = orjson.loads(signed.payload)
            fits = signed.headers().get("typ") == RECEIPT and claims.get("sha256") == digest
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeliveryRefused(
                f"{self._url}: the answer is no receipt that verifies: {type(error).__name__}"
            ) from error
        if not fits:
            raise DeliveryRefused(f"{self._url}: the receipt is for another content")
        result: Json = claims
        return result
