"""The coordination centre's messages, asked for over the link that notices go by.

``GET /v1/messages?after=N`` over mutual TLS 1.3 gives what lies behind a place, each message a
compact JWS of the type ``saqshy-message+jws``, signed by a key of the centre's own (Ed25519), and
``next``, the place to go on from. What does not verify is handed on as such: somebody has to be
told, and it must not stand before what follows. A ``next`` below what was asked means that the
other side has another book than before: it is then read from its beginning, which is harmless.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from connectors.sinks.https_answers import CLIENT_SHARE, check_status, mapped
from connectors.sinks.loop import Loop
from connectors.sinks.ncc_https import ALGORITHM, read_identity, read_key
from pipeline.errors import ConfigurationError, DeliveryError, Problem, SourceError
from pipeline.ports import CentreMessage
from pipeline.settings import NccSettings

TYPE = "saqshy-message+jws"
MOST_ANSWER = 4 * 1024 * 1024  # bytes
MOST_MESSAGE = 64 * 1024


class NccMessages:
    """Ask for messages and verify who signed them."""

    name = "ncc-messages"

    def __init__(self, settings: NccSettings) -> None:
        if settings.message_key is None:
            what = "notify.ncc.message_key"
            raise ConfigurationError([Problem(what, 0, "is needed to verify messages")])
        identity = read_identity(settings)
        self._key: OKPKey = read_key(settings.message_key, private=False)
        self._trust = identity.trust
        self._url = f"{settings.url.rstrip('/')}/v1/messages"
        self._seconds = settings.timeout_seconds
        self._client = httpx.AsyncClient(
            verify=identity.trust.context,
            timeout=settings.timeout_seconds * CLIENT_SHARE,
            follow_redirects=False,
            trust_env=False,
        )
        self._loop = Loop("ncc-messages")

    def pull(self, cursor: str) -> Iterator[CentreMessage]:
        """Give what lies behind a cursor ("" for all), oldest first; SourceError where not."""
        while True:
            after = int(cursor) if cursor.isdigit() else 0
            told, end = self._page(after)
            if end < after:
                cursor = ""
                continue
            yield from (self._verified(place, token) for place, token in told)
            if not told or end <= after:
                return
            cursor = str(end)

    def close(self) -> None:
        """Close connections and the loop; safe to call twice."""
        self._loop.close(self._client.aclose)

    def _page(self, after: int) -> tuple[list[tuple[int, str]], int]:
        try:
            self._trust.refresh()
            answer = self._loop.run(self._asked(after), self._seconds, self._url)
            check_status(self._url, answer, (200,))
        except DeliveryError as error:
            raise SourceError(str(error)) from error
        except (OSError, httpx.HTTPError) as error:
            raise SourceError(str(mapped(self._url, error))) from error
        try:
            said: Any = orjson.loads(answer.content)
            told = [(int(one["sequence"]), str(one["jws"])) for one in said["messages"]]
            end = int(said["next"])
        except (ValueError, KeyError, TypeError) as error:
            what = f"{self._url}: the answer is no list of messages: {type(error).__name__}"
            raise SourceError(what) from error
        return [one for one in told if one[0] > after], end

    async def _asked(self, after: int) -> httpx.Response:
        headers = {"accept-encoding": "identity"}
        async with self._client.stream(
            "GET", self._url, params={"after": str(after)}, headers=headers
        ) as answer:
            received = bytearray()
            async for chunk in answer.aiter_raw():
                received += chunk
                if len(received) > MOST_ANSWER:
                    raise SourceError(f"{self._url}: the answer is larger than any list")
            return httpx.Response(answer.status_code, content=bytes(received))

    def _verified(self, place: int, token: str) -> CentreMessage:
        return CentreMessage(str(place), token, content_of(token, self._key))


def content_of(token: str, key: OKPKey) -> bytes | None:
    """Give what a message says; None where the key did not sign it as one, or it is too large."""
    if len(token) > MOST_MESSAGE:
        return None
    try:
        signed = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError):
        return None
    return signed.payload if signed.headers().get("typ") == TYPE else None
