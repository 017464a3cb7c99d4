"""The coordination centre over HTTPS: mutual TLS 1.3, a detached signature, a signed receipt.

The body is the letter; its signature is a JWS with detached content (RFC 7515 appendix F) by
Ed25519 (RFC 8037, named as in RFC 9864) in the header ``X-JWS-Signature``. The answer is
``{"receipt": <compact JWS>, "duplicate": <bool>}``; the receipt names the notice, the SHA-256 of
the letter and when it was received, and is checked before anybody believes it.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from connectors.sinks.letter import letter, sha256
from pipeline.errors import (
    ConfigurationError,
    DeliveryDelayed,
    DeliveryError,
    DeliveryRefused,
    Problem,
)
from pipeline.model import Json, Notice, Receipt, instant
from pipeline.settings import NccSettings

SIGNATURE = "X-JWS-Signature"
ALGORITHM = "Ed25519"
MOST_ANSWER = 64 * 1024
SAID = 200

_MAPPED: tuple[tuple[type[Exception], type[DeliveryError], str], ...] = (
    (TimeoutError, DeliveryDelayed, "did not answer in time"),
    (httpx.TimeoutException, DeliveryDelayed, "did not answer in time"),
    (httpx.NetworkError, DeliveryDelayed, "could not be reached"),
    (httpx.RemoteProtocolError, DeliveryRefused, "answered something that is not HTTP"),
    (httpx.HTTPError, DeliveryRefused, "could not be talked to"),
    (OSError, DeliveryDelayed, "could not be reached"),
)
_BROKEN_OFF = ("disconnected", "closed connection")
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Identity:
    """What the link stands on: TLS in both directions, our signing key, the receipts' key."""

    tls: ssl.SSLContext
    signing: OKPKey
    receipts: OKPKey


class NccSink:
    """Deliver to the coordination centre; safe to use from several threads at once.

    One event loop of its own bounds a whole delivery in time, however slowly the other side drips.
    """

    channel = "ncc"

    def __init__(self, settings: NccSettings) -> None:
        identity = read_identity(settings)
        self._signing, self._receipts = identity.signing, identity.receipts
        self._header = {
            "alg": ALGORITHM,
            "typ": "saqshy-notice+jws",
            "kid": identity.signing.thumbprint(),
        }
        self._url = f"{settings.url.rstrip('/')}/v1/notices"
        self._seconds = settings.timeout_seconds
        self._client = httpx.AsyncClient(
            verify=identity.tls,
            timeout=settings.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ncc-sink", daemon=True)
        self._thread.start()

    def deliver(self, notice: Notice, now: int) -> Receipt:  # noqa: ARG002 (the receiver's clock counts)
        """Send the letter and give the verified receipt.

        DeliveryDelayed where the centre is down, slow or busy; DeliveryRefused where it rejects
        the notice, is not who it should be, or answers anything but a receipt for this letter.
        """
        if self._loop.is_closed():
            raise DeliveryDelayed(f"{self._url}: this channel is closed")
        body = letter(notice)
        token = jws.serialize_compact(self._header, body, self._signing, algorithms=[ALGORITHM])
        sending = asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(self._post(body, jws.detach_content(token)), self._seconds),
            self._loop,
        )
        try:
            status, answer = sending.result()
        except CancelledError as error:
            raise DeliveryDelayed(f"{self._url}: this channel was closed meanwhile") from error
        except (OSError, httpx.HTTPError) as error:  # a TLS alert comes as the bare ssl.SSLError
            raise _mapped(self._url, error) from error
        _check_status(self._url, status, answer)
        return self._receipt(notice.id, sha256(body), answer)

    def close(self) -> None:
        """Close connections and the loop; safe to call twice."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._let_go(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _let_go(self) -> None:
        """End deliveries under way, so that nobody waits for a loop that stands still."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.aclose()

    async def _post(self, body: bytes, signature: str) -> tuple[int, bytes]:
        headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",  # a small answer must not unfold into a large one
            SIGNATURE: signature,
        }
        async with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
            received = bytearray()
            async for chunk in answer.aiter_raw():
                received += chunk
                if len(received) > MOST_ANSWER:
                    raise DeliveryRefused(f"{self._url}: the answer is larger than any receipt")
            return answer.status_code, bytes(received)

    def _receipt(self, notice_id: str, digest: str, answer: bytes) -> Receipt:
        try:
            said = orjson.loads(answer)
            token, duplicate = said["receipt"], said["duplicate"] is True
            claims = self._claims(token)
            received_at = instant(claims["received_at"])
            receiver = str(claims["receiver"])
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeliveryRefused(
                f"{self._url}: the answer is no receipt that verifies: {type(error).__name__}"
            ) from error
        if claims.get("notice_id") != notice_id:
            raise DeliveryRefused(f"{self._url}: the receipt is for another notice")
        if claims.get("sha256") != digest:
            raise DeliveryRefused(f"{self._url}: the receipt is for another content")
        proof = {"kind": "receipt", "jws": token, **claims}
        return Receipt(notice_id, receiver, received_at, proof, duplicate=duplicate)

    def _claims(self, token: str) -> Json:
        signed = jws.deserialize_compact(token, self._receipts, algorithms=[ALGORITHM])
        if signed.headers().get("typ") != "saqshy-receipt+jws":
            raise ValueError("signed, but not as a receipt")
        claims: Any = orjson.loads(signed.payload)
        if not isinstance(claims, dict):
            raise TypeError("the receipt has no claims")
        return claims


def read_identity(settings: NccSettings) -> Identity:
    """Read every file of the link; ConfigurationError with each one that cannot be used."""
    problems: list[Problem] = []
    if not _is_https(settings.url):
        problems.append(Problem("notify.ncc.url", 0, f"{settings.url!r} is not an https address"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        tls.load_verify_locations(settings.ca)
    except OSError as error:
        problems.append(_unusable(settings.ca, "the CA's certificates", error))
    try:
        tls.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        problems.append(_unusable(settings.certificate, "our certificate with its key", error))
    keys: list[OKPKey] = []
    for path, private in ((settings.signing_key, True), (settings.receipt_key, False)):
        try:
            keys.append(read_key(path, private=private))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return Identity(tls, keys[0], keys[1])


def read_key(path: Path, *, private: bool) -> OKPKey:
    """Read an Ed25519 key from PEM; ConfigurationError where it is another or cannot sign."""
    try:
        key = OKPKey.import_key(path.read_bytes())
    except (OSError, ValueError, JoseError) as error:
        raise ConfigurationError([_unusable(path, "an Ed25519 key in PEM", error)]) from error
    if not isinstance(key.raw_value, Ed25519PrivateKey | Ed25519PublicKey):
        raise ConfigurationError([Problem(str(path), 0, "is no Ed25519 key", "check notify.ncc")])
    if private and not key.is_private:
        raise ConfigurationError(
            [Problem(str(path), 0, "is public: signing needs the private key")]
        )
    return key


def _is_https(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme == "https" and bool(parsed.host)


def _unusable(path: Path, what: str, error: Exception) -> Problem:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Problem(str(path), 0, f"{what} cannot be read: {reason}", "check notify.ncc")


def _check_status(url: str, status: int, answer: bytes) -> None:
    if status in (200, 201):
        return
    said = answer[:SAID].decode("utf-8", "replace")
    if status >= 500 or status in _LATER:
        raise DeliveryDelayed(f"{url}: answered {status}: {said}")
    raise DeliveryRefused(f"{url}: answered {status}: {said}")


def _mapped(url: str, error: Exception) -> DeliveryError:
    """Map a client's exception; a certificate that is not accepted needs a person."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return DeliveryRefused(
                f"{url}: its certificate is not accepted: {cause.verify_message}"
            )
        if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or ""):
            return DeliveryRefused(f"{url}: it does not accept our certificate: {cause.reason}")
    if isinstance(error, httpx.RemoteProtocolError) and any(
        word in str(error) for word in _BROKEN_OFF
    ):
        return DeliveryDelayed(f"{url}: broke off before it answered (does it know our CA?)")
    kind, words = next((kind, words) for known, kind, words in _MAPPED if isinstance(error, known))
    return kind(f"{url}: {words}: {error}".rstrip(": "))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
