"""What HTTP clients and their answers mean for a delivery: the same for every HTTPS channel."""

from collections.abc import Collection
from dataclasses import dataclass

import httpx

from connectors.sinks.trouble import tls_or_name
from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryRejected

MOST_ANSWER = 64 * 1024
SAID = 200
# A client's own timeouts end a little before the bound on the whole: httpcore (1.0.9) lets go of a
# socket in the middle of a TLS handshake when it times out, and not when it is cancelled.
CLIENT_SHARE = 0.9
_LATER = frozenset({408, 425, 429})
_NOT_LET_IN = frozenset({401, 403, 407})
_REJECTED = frozenset({400, 409, 413, 415, 422})
_BROKEN_OFF = ("disconnected", "closed connection")
_MAPPED: tuple[tuple[type[Exception], type[DeliveryError], str, str], ...] = (
    (TimeoutError, DeliveryDelayed, "slow", "did not answer in time"),
    (httpx.TimeoutException, DeliveryDelayed, "slow", "did not answer in time"),
    (httpx.NetworkError, DeliveryDelayed, "unreachable", "could not be reached"),
    (httpx.RemoteProtocolError, DeliveryRefused, "answer", "answered something that is not HTTP"),
    (httpx.HTTPError, DeliveryRefused, "answer", "could not be talked to"),
    (OSError, DeliveryDelayed, "unreachable", "could not be reached"),
)


@dataclass(frozen=True, slots=True)
class Posting:
    """A letter on its way: where to, what, and what is said beside it.

    ``place`` is how messages name where; ``sni`` is the host whose certificate is asked for, where
    the URL names an address.
    """

    place: str
    url: str
    body: bytes
    headers: dict[str, str]
    sni: str = ""


async def posted(client: httpx.AsyncClient, one: Posting) -> httpx.Response:
    """Post a letter and read the answer, which must be no larger than any receipt."""
    asked = {
        "content-type": "application/json",
        "accept-encoding": "identity",  # a small answer must not unfold into a large one
        **one.headers,
    }
    more = {"sni_hostname": one.sni} if one.sni else {}
    async with client.stream(
        "POST", one.url, content=one.body, headers=asked, extensions=more
    ) as answer:
        received = bytearray()
        async for chunk in answer.aiter_raw():
            received += chunk
            if len(received) > MOST_ANSWER:
                raise DeliveryRefused(f"{one.place}: the answer is larger than any receipt")
        return httpx.Response(answer.status_code, headers=answer.headers, content=bytes(received))


def check_status(place: str, answer: httpx.Response, taken: Collection[int]) -> None:
    """Let what was taken pass; DeliveryDelayed, DeliveryRejected or DeliveryRefused for the rest.

    A rejection is about this notice; another refusal is about the line, or about us.
    """
    status = answer.status_code
    if status in taken:
        return
    said = answer.content[:SAID].decode("utf-8", "replace")
    what = f"{place}: answered {status}: {said}".rstrip(": ")
    if status >= 500 or status in _LATER:
        raise DeliveryDelayed(what, "busy")
    if status in _REJECTED:
        raise DeliveryRejected(what)
    raise DeliveryRefused(what, "not_let_in" if status in _NOT_LET_IN else "answer")


def mapped(place: str, error: Exception) -> DeliveryError:
    """Map a client's exception; a certificate that is not accepted needs a person."""
    known = tls_or_name(place, error)
    if known is not None:
        return known
    if isinstance(error, httpx.RemoteProtocolError) and any(
        word in str(error) for word in _BROKEN_OFF
    ):
        what = f"{place}: broke off before it answered (does it know our CA?)"
        return DeliveryDelayed(what, "unreachable")
    kind, code, words = next(
        (kind, code, words) for of, kind, code, words in _MAPPED if isinstance(error, of)
    )
    return kind(f"{place}: {words}: {error}".rstrip(": "), code)
