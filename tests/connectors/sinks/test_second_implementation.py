"""What we sign, answer and describe, read by others' programs: no mistake is shared by both sides.

Signatures are checked by OpenSSL's command and made by `cryptography` alone, over bytes that these
tests put together from RFC 7515 themselves; letters are held to the published schemas by another
validator than the one that reads them.
"""

import base64
import hashlib
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jsonschema import Draft202012Validator, ValidationError

from connectors.sinks.heartbeat_https import HeartbeatSink
from connectors.sinks.letter import lateness, letter
from connectors.sinks.ncc_https import NccSink
from pipeline.errors import DeliveryDelayed
from pipeline.model import NANOSECONDS, Notice, Recipient, Tri, Tried
from pipeline.notify import Channels, notices_for
from pipeline.notify.ncc_forwarding import Answered, Concerned, MessageWriter
from pipeline.runtime.ncc_sending import signed
from pipeline.runtime.pki import Pki, development_pki
from pipeline.runtime.receiver import Receiver
from tests.connectors.sinks.raw_server import raw_server
from tests.notify.made import (
    BASE,
    HOLDER,
    NCC,
    assessment,
    desk,
    incident,
    notice,
    registry,
    words,
)
from tests.runtime.messages import message

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="the command openssl is absent")


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def holds(token: str, public: Path, folder: Path, body: bytes | None = None) -> bool:
    """Have OpenSSL verify a compact JWS by Ed25519; ``body`` where its content is detached."""
    protected, content, signature = token.split(".")
    assert (content == "") is (body is not None)
    signing_input = f"{protected}.{encoded(body) if body is not None else content}"
    (folder / "input").write_bytes(signing_input.encode())
    (folder / "signature").write_bytes(decoded(signature))
    command = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(public),
               "-in", str(folder / "input"), "-sigfile", str(folder / "signature")]  # fmt: skip
    assert OPENSSL is not None
    done = subprocess.run([OPENSSL, *command], capture_output=True, check=False)
    return done.returncode == 0


def headers(token: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(decoded(token.partition(".")[0]))
    return found


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Give one PKI for both sides."""
    return development_pki(tmp_path_factory.mktemp("pki") / "pki", datetime.now(UTC))


def unwilling(link: ssl.SSLSocket, _body: bytes) -> None:
    """Answer every request that there is no room now."""
    link.sendall(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")


def answer() -> Notice:
    writer = MessageWriter("OCIB-1", words(), Channels(by_role={"ncc": "ncc"}))
    return writer.acknowledgement(
        Answered("received", "b" * 32, "0" * 64, 2, 1), Recipient("ncc", "ncc"), BASE
    )


def late() -> Notice:
    return replace(notice(), attempts=3, tried=Tried(first_at=BASE, why=("slow",)))


def by_notice(one: Notice) -> Callable[[Pki, str], None]:
    def send(pki: Pki, url: str) -> None:
        sink = NccSink(pki.ncc_settings(url))
        with pytest.raises(DeliveryDelayed):
            sink.deliver(one, one.due_at + 3600 * NANOSECONDS)
        sink.close()

    return send


def by_heart(pki: Pki, url: str) -> None:
    heart = HeartbeatSink(pki.ncc_settings(url))
    with pytest.raises(DeliveryDelayed):
        heart.beat(b'{"format":"saqshy-heartbeat-1"}', BASE)
    heart.close()


@needs_openssl
@pytest.mark.parametrize(
    ("send", "typ"),
    [
        pytest.param(by_notice(notice()), "saqshy-notice+jws", id="notice"),
        pytest.param(by_notice(answer()), "saqshy-acknowledgement+jws", id="acknowledgement"),
        pytest.param(by_heart, "saqshy-heartbeat+jws", id="heartbeat"),
    ],
)
def test_openssl_verifies_what_we_send(
    pki: Pki, tmp_path: Path, send: Callable[[Pki, str], None], typ: str
) -> None:
    """OpenSSL verifies our detached signature over the bytes on the wire, and no other bytes."""
    with raw_server(pki, unwilling) as server:
        send(pki, server.url)
    [(head, body)] = server.requests
    lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    token = lines[b"X-JWS-Signature"].decode()
    assert headers(token)["typ"] == typ
    assert headers(token)["alg"] == "Ed25519"
    assert holds(token, pki.centre_verifying, tmp_path, body)
    assert not holds(token, pki.centre_verifying, tmp_path, body + b" ")
    assert not holds(token, pki.receipt_verifying, tmp_path, body)


@needs_openssl
def test_openssl_verifies_what_is_said_of_lateness(pki: Pki, tmp_path: Path) -> None:
    """What goes beside a late letter is a compact JWS of ours, with its content."""
    with raw_server(pki, unwilling) as server:
        by_notice(late())(pki, server.url)
    [(head, _)] = server.requests
    [line] = [one for one in head.split(b"\r\n") if one.startswith(b"X-Saqshy-Late: ")]
    token = line.partition(b": ")[2].decode()
    assert holds(token, pki.centre_verifying, tmp_path)
    assert orjson.loads(decoded(token.split(".")[1]))["notice_id"] == notice().id


@needs_openssl
def test_openssl_verifies_receipts(receiver: Receiver, sink: NccSink, tmp_path: Path) -> None:
    """A receipt verifies by the published key, and names the hash of the very letter."""
    token = sink.deliver(notice(), BASE).body["jws"]
    claims = orjson.loads(decoded(token.split(".")[1]))
    assert holds(token, receiver.pki.receipt_verifying, tmp_path)
    assert claims["sha256"] == hashlib.sha256(letter(notice())).hexdigest()


@needs_openssl
def test_openssl_verifies_messages(pki: Pki, tmp_path: Path) -> None:
    """A message verifies by the key for messages, and by no other of the centre's."""
    _, token = signed(message(BASE), pki.message_signing)
    assert holds(token, pki.message_verifying, tmp_path)
    assert not holds(token, pki.receipt_verifying, tmp_path)


# -- What others sign ---------------------------------------------------------------------------


def by_hand(body: bytes, typ: str, key_file: Path) -> str:
    """Sign detached, as RFC 7515 (5.1, appendix F) says, with nothing of ours."""
    key = load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    protected = encoded(orjson.dumps({"alg": "Ed25519", "typ": typ}))
    signature = key.sign(f"{protected}.{encoded(body)}".encode())
    return f"{protected}..{encoded(signature)}"


@contextmanager
def client(receiver: Receiver) -> Iterator[httpx.Client]:
    tls = ssl.create_default_context(cafile=str(receiver.pki.ca))
    tls.load_cert_chain(receiver.pki.centre, receiver.pki.centre_key)
    with httpx.Client(verify=tls, trust_env=False, base_url=receiver.url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        pytest.param("/v1/notices", "notice", letter(notice()), id="notice"),
        pytest.param(
            "/v1/heartbeats",
            "heartbeat",
            b'{"format":"saqshy-heartbeat-1","centre":"X","at":"2026-03-02T04:00:00Z"}',
            id="heartbeat",
        ),
    ],
)
def test_the_receiver_takes_what_others_sign(
    receiver: Receiver, path: str, kind: str, body: bytes
) -> None:
    """A sender that shares no code with us is taken, and a changed byte is not."""
    signature = by_hand(body, f"saqshy-{kind}+jws", receiver.pki.centre_signing)
    with client(receiver) as line:
        good = line.post(path, content=body, headers={"X-JWS-Signature": signature})
        bad = line.post(path, content=body + b" ", headers={"X-JWS-Signature": signature})
    assert (good.status_code, bad.status_code) == (201, 401)


# -- Schemas ------------------------------------------------------------------------------------


def published(receiver: Receiver, name: str) -> Draft202012Validator:
    with client(receiver) as line:
        schema = line.get(f"/v1/schemas/{name}.json").json()
        assert line.get("/v1/schemas/nothing.json").status_code == 404
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def every_letter() -> Iterator[Notice]:
    """Give a letter of each kind that goes to the coordination centre or a holder."""
    before = incident(assessment(route=(NCC, HOLDER)))
    after = incident(assessment(route=(NCC, HOLDER), verdict=Tri.NO), revision=2)
    yield from notices_for(before, None, registry(), desk())
    yield from notices_for(after, before, registry(), desk())
    yield notice()
    yield answer()
    writer = MessageWriter("OCIB-1", words(), Channels())
    to = Concerned("o", "KZ-1", Recipient("holder", "energo"), "kz-418-V/7-2(1)(6)")
    yield writer.advisory(message(BASE), to, None, BASE)


def test_every_letter_fits_the_published_schema(receiver: Receiver) -> None:
    """Another validator finds nothing wrong with our letters under the receiver's own schema."""
    schema, kinds = published(receiver, "notice"), set()
    for one in every_letter():
        schema.validate(orjson.loads(letter(one)))
        kinds.add(frozenset(one.payload))
    assert len(kinds) >= 5


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda said: said.update(user="aigul"), id="an unknown key"),
        pytest.param(lambda said: said["payload"].update(user="aigul"), id="one in the payload"),
        pytest.param(lambda said: said.pop("due_at"), id="a key is missing"),
        pytest.param(lambda said: said.update(id="x"), id="an id that is none"),
        pytest.param(lambda said: said.update(format="saqshy-notice-2"), id="another format"),
        pytest.param(lambda said: said.update(revision=0), id="no revision"),
    ],
)
def test_the_published_schema_is_closed(
    receiver: Receiver, change: Callable[[dict[str, Any]], object]
) -> None:
    """What the receiver refuses the published schema refuses."""
    said = orjson.loads(letter(notice()))
    change(said)
    with pytest.raises(ValidationError):
        published(receiver, "notice").validate(said)
    body = orjson.dumps(said)
    signature = by_hand(body, "saqshy-notice+jws", receiver.pki.centre_signing)
    with client(receiver) as line:
        answered = line.post("/v1/notices", content=body, headers={"X-JWS-Signature": signature})
    assert answered.status_code == 422


def test_lateness_and_messages_fit_theirs(receiver: Receiver) -> None:
    """What is said of lateness, and what the coordination centre sends, fit their schemas too."""
    said = lateness(late(), late().due_at + 3600 * NANOSECONDS)
    assert said is not None
    published(receiver, "late").validate(orjson.loads(said))
    content, _ = signed(message(BASE), receiver.pki.message_signing)
    published(receiver, "message").validate(orjson.loads(content))
    with pytest.raises(ValidationError):
        published(receiver, "message").validate({**orjson.loads(content), "user": "aigul"})
