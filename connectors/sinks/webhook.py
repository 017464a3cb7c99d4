"""A recipient's webhook: HTTPS, signed by a shared secret, never redirected, never inwards.

The body is the letter; ``webhook-id`` is the notice's id, and ``webhook-signature`` the HMAC-SHA256
of id, timestamp and body in base64 (Standard Webhooks 1.0.0, "Signature scheme"). What comes late
says so in ``webhook-late`` (base64url), signed in the same way. A status of 2xx says that the
notice was taken. That it is known by whoever has the secret is said by an answer with the header
``webhook-receipt``: ``v1,`` and the HMAC of ``receipt.<id>.<SHA-256 of the letter>``. A URL's path
and query may be a secret themselves, so messages name host and port alone.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import httpx

from connectors.sinks.https_answers import CLIENT_SHARE, Posting, check_status, mapped, posted
from connectors.sinks.letter import lateness, letter, sha256
from connectors.sinks.loop import Loop
from connectors.sinks.public_address import allowed_networks, checked_address
from connectors.sinks.trust import Trust, unusable
from pipeline.errors import ConfigurationError, DeliveryRefused, Problem
from pipeline.model import NANOSECONDS, Notice, Receipt, Recipient
from pipeline.settings import WebhookSettings

Address: TypeAlias = Callable[[str, Recipient], str]
PREFIX = "whsec_"
PLACE = "notify.webhook"
MOST_CLIENTS = 64
_SHORTEST, _LONGEST = 24, 64  # bytes of a secret, by Standard Webhooks


class WebhookSink:
    """Post to each party's own address; safe to use from several threads at once.

    A client a host: two hosts at one address must never share a connection, whose certificate was
    checked for one of them.
    """

    channel = "webhook"

    def __init__(self, settings: WebhookSettings, address: Address) -> None:
        self._address = address
        self._secrets = read_secrets(settings.secrets)
        self._allowed = allowed_networks(settings.private, f"{PLACE}.private")
        self._trust = Trust(settings.ca, settings.crl, PLACE)
        self._seconds = settings.timeout_seconds
        self._clients: dict[tuple[str, int], httpx.AsyncClient] = {}
        self._loop = Loop("webhook-sink")

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Post the letter; the receipt confirms where the answer is signed.

        DeliveryDelayed where the other side is down, slow or busy; DeliveryRejected where it
        rejects the notice; DeliveryRefused where it redirects, is not who it should be, is at a
        private address, or signs its receipt wrongly.
        """
        url, secret = self._where(notice.recipient)
        place = f"{url.host}:{url.port or 443}"
        body, late, stamp = letter(notice), lateness(notice, now), str(now // NANOSECONDS)
        headers = {
            "webhook-id": notice.id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(secret, notice.id, stamp, body),
        }
        if late is not None:
            headers["webhook-late"] = base64.urlsafe_b64encode(late).decode()
            headers["webhook-late-signature"] = signature(secret, notice.id, stamp, late)
        self._trust.refresh()
        try:
            answer = self._loop.run(self._posted(url, place, body, headers), self._seconds, place)
        except (OSError, httpx.HTTPError) as error:
            raise mapped(place, error) from error
        check_status(place, answer, range(200, 300))
        digest = sha256(body)
        return Receipt(
            notice_id=notice.id,
            recipient=f"{notice.recipient.role}:{notice.recipient.party_id}",
            received_at=now,
            body={
                "kind": _kind(place, secret, notice.id, digest, answer),
                "sha256": digest,
                "status": answer.status_code,
                "host": url.host,
                "signature": answer.headers.get("webhook-receipt", ""),
            },
        )

    def close(self) -> None:
        """Close connections and the loop; safe to call twice."""
        self._loop.close(self._close_clients)

    async def _posted(
        self, url: httpx.URL, place: str, body: bytes, headers: dict[str, str]
    ) -> httpx.Response:
        port = url.port or 443
        to = await checked_address(url.host, port, self._allowed, place)
        client = await self._client(url.host, port)
        host = url.netloc.decode("ascii")
        one = Posting(place, str(url.copy_with(host=to)), body, {**headers, "host": host}, url.host)
        return await posted(client, one)

    async def _client(self, host: str, port: int) -> httpx.AsyncClient:
        client = self._clients.pop((host, port), None)
        if client is None:
            client = httpx.AsyncClient(
                verify=self._trust.context,
                timeout=self._seconds * CLIENT_SHARE,
                follow_redirects=False,
                trust_env=False,
            )
        self._clients[host, port] = client  # the last one used stands last
        return client

    async def _close_clients(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _where(self, recipient: Recipient) -> tuple[httpx.URL, bytes]:
        text = self._address(self.channel, recipient)
        secret = self._secrets.get(recipient.party_id)
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL:
            url = httpx.URL("")
        if url.scheme != "https" or not url.host or url.userinfo:
            what = "its webhook is no https address of the registry (or it has a password in it)"
            raise DeliveryRefused(f"{recipient.party_id}: {what}", "no_channel")
        if secret is None:
            what = f"no secret is set for it ({PLACE}.secrets)"
            raise DeliveryRefused(f"{recipient.party_id}: {what}", "no_channel")
        return url, secret


def signature(secret: bytes, notice_id: str, stamp: str, body: bytes) -> str:
    """Sign a message as Standard Webhooks does: ``v1,`` and the HMAC-SHA256 in base64."""
    signed = b".".join((notice_id.encode(), stamp.encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"


def read_secrets(files: Mapping[str, Path]) -> dict[str, bytes]:
    """Read each party's secret; ConfigurationError with every one that cannot be used."""
    secrets, problems = {}, []
    for party, path in sorted(files.items()):
        try:
            text = path.read_text(encoding="ascii").partition("\n")[0].strip()
            secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except OSError as error:
            problems.append(unusable(path, "the secret", error, f"{PLACE}.secrets"))
            continue
        except (UnicodeDecodeError, binascii.Error):
            problems.append(Problem(str(path), 0, f"is no secret: {PREFIX} and base64"))
            continue
        if not _SHORTEST <= len(secret) <= _LONGEST:
            size = f"has {len(secret)} bytes, not {_SHORTEST} to {_LONGEST}"
            problems.append(Problem(str(path), 0, f"the secret {size}"))
        secrets[party] = secret
    if problems:
        raise ConfigurationError(problems)
    return secrets


def _kind(place: str, secret: bytes, notice_id: str, digest: str, answer: httpx.Response) -> str:
    said = answer.headers.get("webhook-receipt")
    if said is None:
        return "taken"
    signed = f"receipt.{notice_id}.{digest}".encode()
    mac = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256))
    if not hmac.compare_digest(said.encode(), b"v1," + mac):
        raise DeliveryRefused(f"{place}: its receipt is not signed by the shared secret")
    return "receipt"
