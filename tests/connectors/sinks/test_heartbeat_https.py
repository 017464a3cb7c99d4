"""Heartbeats over the line to the coordination centre, against servers that answer as told."""

import base64
import hashlib
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from connectors.sinks.heartbeat_https import HeartbeatSink
from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused
from pipeline.runtime.pki import Pki, development_pki
from tests.connectors.sinks.raw_server import raw_server

BODY = orjson.dumps({"format": "saqshy-heartbeat-1", "centre": "OCIB"})


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Give one PKI for both sides."""
    return development_pki(tmp_path_factory.mktemp("pki") / "pki", datetime.now(UTC))


def receipt(pki: Pki, body: bytes, typ: str = "saqshy-receipt+jws") -> bytes:
    """Sign a receipt as the coordination centre does."""
    key = OKPKey.import_key(pki.receipt_signing.read_bytes())
    claims = {"sha256": hashlib.sha256(body).hexdigest(), "receiver": "ncc"}
    header = {"alg": "Ed25519", "typ": typ}
    token = jws.serialize_compact(header, orjson.dumps(claims), key, algorithms=["Ed25519"])
    return orjson.dumps({"receipt": token})


def answering(answer: bytes, status: bytes = b"200 OK") -> Callable[[ssl.SSLSocket, bytes], None]:
    """Answer every request so."""

    def send(link: ssl.SSLSocket, _body: bytes) -> None:
        head = b"HTTP/1.1 %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        link.sendall(head % (status, len(answer)) + answer)

    return send


@pytest.fixture
def beat(pki: Pki) -> Iterator[Callable[[str], HeartbeatSink]]:
    """Give sinks to addresses, and close them."""
    opened: list[HeartbeatSink] = []

    def make(url: str) -> HeartbeatSink:
        opened.append(HeartbeatSink(pki.ncc_settings(url, timeout_seconds=10)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_a_heartbeat_is_signed_and_its_receipt_verified(
    pki: Pki, beat: Callable[[str], HeartbeatSink]
) -> None:
    """The body goes to /v1/heartbeats with a detached signature of the centre's key."""
    with raw_server(pki, answering(receipt(pki, BODY))) as server:
        claims = beat(server.url).beat(BODY, 0)
    head, body = server.requests[0]
    assert head.startswith(b"POST /v1/heartbeats ")
    assert body == BODY
    line = next(one for one in head.split(b"\r\n") if one.lower().startswith(b"x-jws-signature"))
    token = line.partition(b": ")[2].decode()
    key = OKPKey.import_key(pki.centre_verifying.read_bytes())
    content = base64.urlsafe_b64encode(BODY).rstrip(b"=").decode()
    signed = jws.deserialize_compact(token.replace("..", f".{content}."), key, ["Ed25519"])
    assert signed.headers()["typ"] == "saqshy-heartbeat+jws"
    assert claims["receiver"] == "ncc"


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        pytest.param(b"{}", b"200 OK", DeliveryRefused, id="no receipt"),
        pytest.param(b"nonsense", b"200 OK", DeliveryRefused, id="no JSON"),
        pytest.param(b"", b"503 Busy", DeliveryDelayed, id="busy"),
        pytest.param(b"", b"404 Not Found", DeliveryRefused, id="does not know heartbeats"),
    ],
)
def test_what_is_no_receipt_counts_as_none(
    pki: Pki,
    beat: Callable[[str], HeartbeatSink],
    answer: bytes,
    status: bytes,
    error: type[DeliveryError],
) -> None:
    """Only a receipt that verifies says that the sign of life was heard."""
    with raw_server(pki, answering(answer, status)) as server, pytest.raises(error):
        beat(server.url).beat(BODY, 0)


@pytest.mark.parametrize("typ", ["saqshy-receipt+jws", "saqshy-order+jws"])
def test_a_receipt_must_be_for_these_bytes(
    pki: Pki, beat: Callable[[str], HeartbeatSink], typ: str
) -> None:
    """A receipt for other bytes, or another kind of document, is refused."""
    other = receipt(pki, BODY if typ.startswith("saqshy-order") else b"other", typ)
    with (
        raw_server(pki, answering(other)) as server,
        pytest.raises(DeliveryRefused, match="another content"),
    ):
        beat(server.url).beat(BODY, 0)


def test_a_line_that_is_down_is_tried_again_later(
    beat: Callable[[str], HeartbeatSink],
) -> None:
    """Where nobody listens, the error says that it may be tried again."""
    with pytest.raises(DeliveryDelayed):
        beat("https://127.0.0.1:9").beat(BODY, 0)
