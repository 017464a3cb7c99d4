"""The coordination centre over HTTPS: mutual TLS 1.3, a detached signature, a signed receipt.

The body is the letter; its signature is a JWS with detached content (RFC 7515 appendix F) by
Ed25519 (RFC 8037, named as in RFC 9864) in the header ``X-JWS-Signature``. The answer is
``{"receipt": <compact JWS>, "duplicate": <bool>}``; the receipt names the notice, the SHA-256 of
the letter and when it was received, and is checked before anybody believes it. What comes late
although it was tried says so in the header ``X-Saqshy-Late``, a compact JWS of ours. What is said
of a message of the centre's goes to that message, as ``/v1/messages/ID/acknowledgement``.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from connectors.sinks.https_answers import CLIENT_SHARE, Posting, check_status, mapped, posted
from connectors.sinks.letter import lateness, letter, sha256
from connectors.sinks.loop import Loop
from connectors.sinks.receipts import receipt_claims
from connectors.sinks.trust import Trust, unusable
from pipeline.errors import ConfigurationError, DeliveryRefused, Problem
from pipeline.model import Notice, Receipt, instant
from pipeline.settings import NccSettings

SIGNATURE = "X-JWS-Signature"
LATENESS = "X-Saqshy-Late"
ACKNOWLEDGEMENT = "acknowledgement"
ALGORITHM = "Ed25519"
PLACE = "notify.ncc"


@dataclass(frozen=True, slots=True)
class Identity:
    """What the link stands on: TLS in both directions, our signing key, the receipts' key."""

    trust: Trust
    signing: OKPKey
    receipts: OKPKey


class NccSink:
    """Deliver to the coordination centre; safe to use from several threads at once.

    One event loop of its own bounds a whole delivery in time, however slowly the other side drips.
    """

    channel = "ncc"

    def __init__(self, settings: NccSettings) -> None:
        identity = read_identity(settings)
        self._trust, self._signing, self._receipts = (
            identity.trust,
            identity.signing,
            identity.receipts,
        )
        self._header = {"alg": ALGORITHM, "kid": identity.signing.thumbprint()}
        self._base = settings.url.rstrip("/")
        self._seconds = settings.timeout_seconds
        self._clients = [self._connecting()]
        self._loop = Loop("ncc-sink")

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Send the letter and give the verified receipt; the receiver's clock counts.

        What comes late although it was tried says so beside the letter, signed as well.
        DeliveryDelayed where the centre is down, slow or busy; DeliveryRefused where it rejects
        the notice, is not who it should be, or answers anything but a receipt for this letter.
        """
        body, late = letter(notice), lateness(notice, now)
        place, kind = self._place(notice)
        headers = {SIGNATURE: jws.detach_content(self._signed(body, kind))}
        if late is not None:
            headers[LATENESS] = self._signed(late, "late")
        client = self._client()
        try:
            one = Posting(place, place, body, headers)
            answer = self._loop.run(posted(client, one), self._seconds, place)
        except (OSError, httpx.HTTPError) as error:  # a TLS alert comes as the bare ssl.SSLError
            raise mapped(place, error) from error
        check_status(place, answer, (200, 201))
        return self._receipt(place, notice.id, sha256(body), answer.content)

    def close(self) -> None:
        """Close connections and the loop; safe to call twice."""
        self._loop.close(self._close_all)

    def _place(self, notice: Notice) -> tuple[str, str]:
        """Give where a notice goes, and as which kind of document it is signed."""
        if ACKNOWLEDGEMENT in notice.payload:
            place = f"{self._base}/v1/messages/{notice.incident_id}/acknowledgement"
            return place, ACKNOWLEDGEMENT
        return f"{self._base}/v1/notices", "notice"

    def _signed(self, body: bytes, kind: str) -> str:
        header = {**self._header, "typ": f"saqshy-{kind}+jws"}
        return jws.serialize_compact(header, body, self._signing, algorithms=[ALGORITHM])

    def _connecting(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._trust.context,
            timeout=self._seconds * CLIENT_SHARE,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
        )

    def _client(self) -> httpx.AsyncClient:
        """Give the connections; new ones since the list of revoked certificates changed.

        A revocation must not wait until an open connection ends. What is on its way over the last
        ones is let finish.
        """
        if self._trust.refresh():
            self._clients.append(self._connecting())
            for old in self._clients[:-2]:
                self._loop.run(old.aclose(), self._seconds, self._base)
            del self._clients[:-2]
        return self._clients[-1]

    async def _close_all(self) -> None:
        for client in self._clients:
            await client.aclose()

    def _receipt(self, place: str, notice_id: str, digest: str, answer: bytes) -> Receipt:
        try:
            said = orjson.loads(answer)
            token, duplicate = said["receipt"], said["duplicate"] is True
            claims = receipt_claims(token, self._receipts)
            received_at = instant(claims["received_at"])
            receiver = str(claims["receiver"])
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeliveryRefused(
                f"{place}: the answer is no receipt that verifies: {type(error).__name__}"
            ) from error
        if claims.get("notice_id") != notice_id:
            raise DeliveryRefused(f"{place}: the receipt is for another notice")
        if claims.get("sha256") != digest:
            raise DeliveryRefused(f"{place}: the receipt is for another content")
        proof = {"kind": "receipt", "jws": token, **claims}
        return Receipt(notice_id, receiver, received_at, proof, duplicate=duplicate)


def read_identity(settings: NccSettings) -> Identity:
    """Read every file of the link; ConfigurationError with each one that cannot be used."""
    problems: list[Problem] = []
    if not _is_https(settings.url):
        problems.append(Problem("notify.ncc.url", 0, f"{settings.url!r} is not an https address"))
    trust = None
    try:
        trust = Trust(settings.ca, settings.crl, PLACE, ssl.TLSVersion.TLSv1_3)
    except ConfigurationError as error:
        problems += error.problems
    tls = trust.context if trust is not None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        tls.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        what = "our certificate with its key"
        problems.append(unusable(settings.certificate, what, error, PLACE))
    keys: list[OKPKey] = []
    files = [(settings.signing_key, True), (settings.receipt_key, False)]
    if settings.message_key is not None:
        files.append((settings.message_key, False))
    for path, private in files:
        try:
            keys.append(read_key(path, private=private))
        except ConfigurationError as error:
            problems += error.problems
    if problems or trust is None:
        raise ConfigurationError(problems)
    return Identity(trust, keys[0], keys[1])


def read_key(path: Path, *, private: bool) -> OKPKey:
    """Read an Ed25519 key from PEM; ConfigurationError where it is another or cannot sign."""
    try:
        key = OKPKey.import_key(path.read_bytes())
    except (OSError, ValueError, JoseError) as error:
        raise ConfigurationError([unusable(path, "an Ed25519 key in PEM", error, PLACE)]) from error
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
