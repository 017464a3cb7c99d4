"""The line to the coordination centre, against the real receiver and against hostile ones."""

import base64
import gzip
import hashlib
import hmac
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from connectors.sinks.letter import letter
from connectors.sinks.ncc_https import NccSink
from pipeline.errors import ConfigurationError, DeliveryDelayed, DeliveryError, DeliveryRefused
from pipeline.model import Recipient, rfc3339
from pipeline.runtime.pki import Pki, development_pki
from pipeline.runtime.receiver import Receiver, open_receiver
from pipeline.settings import NccSettings
from pipeline.web.receiver_faults import Fault
from tests.connectors.sinks.raw_server import RawServer, raw_server
from tests.notify.made import BASE, notice


@contextmanager
def opened(settings: NccSettings) -> Iterator[NccSink]:
    sink = NccSink(settings)
    try:
        yield sink
    finally:
        sink.close()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Give a PKI that nobody here trusts."""
    return development_pki(tmp_path_factory.mktemp("other") / "pki", datetime.now(UTC))


def base64url(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def test_a_notice_comes_as_it_was_sent(receiver: Receiver, sink: NccSink) -> None:
    """The receiver keeps the letter's bytes, and its signed receipt is given back as proof."""
    receipt = sink.deliver(notice(), BASE)
    [kept] = receiver.book.listed(0, 10)
    assert kept.letter == letter(notice())
    assert receipt.body["jws"] == kept.receipt
    assert (receipt.recipient, receipt.received_at) == ("NCC", kept.received_at)
    assert kept.deliveries == 1


# -- Who is let in -----------------------------------------------------------------------------


def with_certificate(pki: Pki, url: str, certificate: Path, key: Path) -> NccSettings:
    return pki.ncc_settings(url).model_copy(update={"certificate": certificate, "key": key})


@pytest.mark.parametrize("kind", ["of another CA", "of a server"])
def test_a_wrong_client_certificate_gets_nothing_in(
    receiver: Receiver, other: Pki, kind: str
) -> None:
    """Whose certificate is not a client's of our CA is cut off before anything is read."""
    pki = receiver.pki
    wrong = (other.centre, other.centre_key)
    if kind == "of a server":
        wrong = (pki.receiver, pki.receiver_key)
    with (
        opened(with_certificate(pki, receiver.url, *wrong)) as sink,
        pytest.raises(DeliveryError),
    ):
        sink.deliver(notice(), BASE)
    assert receiver.book.listed(0, 1) == []


def test_a_refused_certificate_is_told(pki: Pki, other: Pki) -> None:
    """A receiver that says our certificate is not accepted makes the delivery refused."""
    with (
        raw_server(pki, answered(b"")) as server,
        opened(with_certificate(pki, server.url, other.centre, other.centre_key)) as sink,
        pytest.raises(DeliveryRefused, match="does not accept our certificate"),
    ):
        sink.deliver(notice(), BASE)
    assert server.requests == []


def test_no_client_certificate_is_refused(receiver: Receiver) -> None:
    """Without a certificate of its own no client gets an answer."""
    tls = ssl.create_default_context(cafile=str(receiver.pki.ca))
    with httpx.Client(verify=tls, trust_env=False) as client, pytest.raises(httpx.TransportError):
        client.get(f"{receiver.url}/v1/notices")


def test_older_tls_is_refused(receiver: Receiver) -> None:
    """The receiver speaks TLS 1.3 only."""
    tls = ssl.create_default_context(cafile=str(receiver.pki.ca))
    tls.load_cert_chain(receiver.pki.centre, receiver.pki.centre_key)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with httpx.Client(verify=tls, trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(f"{receiver.url}/v1/notices")


def test_a_receiver_of_another_ca_is_refused(receiver: Receiver, other: Pki) -> None:
    """A receiver whose certificate our CA did not sign gets nothing."""
    settings = receiver.pki.ncc_settings(receiver.url).model_copy(update={"ca": other.ca})
    with opened(settings) as sink, pytest.raises(DeliveryRefused, match="certificate is not acc"):
        sink.deliver(notice(), BASE)
    assert receiver.book.listed(0, 1) == []


def test_a_receiver_under_a_wrong_name_is_refused(tmp_path: Path) -> None:
    """A certificate for another host is not accepted, although our CA signed it."""
    elsewhere = open_receiver(tmp_path, address="127.0.0.2")
    with (
        elsewhere.beside(),
        opened(elsewhere.pki.ncc_settings(elsewhere.url)) as sink,
        pytest.raises(DeliveryRefused, match="IP address mismatch"),
    ):
        sink.deliver(notice(), BASE)
    elsewhere.close()


def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    """A receiver whose certificate ran out gets nothing, and the message says so."""
    long_ago = datetime.now(UTC) - timedelta(days=5000)
    pki = development_pki(tmp_path / "pki", long_ago)
    with (
        raw_server(pki, answered(b"")) as server,
        opened(pki.ncc_settings(server.url)) as sink,
        pytest.raises(DeliveryRefused, match="expired"),
    ):
        sink.deliver(notice(), BASE)
    assert server.requests == []


# -- Signatures --------------------------------------------------------------------------------


def signed(pki: Pki, body: bytes, *, typ: str = "saqshy-notice+jws") -> str:
    key = OKPKey.import_key(pki.centre_signing.read_bytes())
    token = jws.serialize_compact({"alg": "Ed25519", "typ": typ}, body, key, algorithms=["Ed25519"])
    return jws.detach_content(token)


def by_public_key_as_secret(pki: Pki, body: bytes) -> str:
    """Sign with the public key taken as an HMAC secret, as RFC 8725 2.1 warns of."""
    head, content = (
        base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"HS256"}', body)
    )
    secret = pki.centre_verifying.read_bytes()
    mac = hmac.digest(secret, head + b"." + content, "sha256")
    return f"{head.decode()}..{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def test_what_is_not_signed_by_the_centre_is_not_taken(receiver: Receiver, other: Pki) -> None:
    """A changed body, no signature, another's, one of another kind: none is taken."""
    body = letter(notice())
    pki = receiver.pki
    nothing = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + ".."
    forged = {
        "changed body": (body.replace(b"high", b"none"), signed(pki, body)),
        "no signature": (body, ""),
        "no algorithm": (body, nothing),
        "the public key as a secret": (body, by_public_key_as_secret(pki, body)),
        "another's key": (body, signed(other, body)),
        "another kind": (body, signed(pki, body, typ="saqshy-receipt+jws")),
        "nonsense": (body, "a.b.c.d"),
        "not even text": (body, "\x7f..%%"),
    }
    tls = ssl.create_default_context(cafile=str(pki.ca))
    tls.load_cert_chain(pki.centre, pki.centre_key)
    with httpx.Client(verify=tls, trust_env=False, base_url=receiver.url) as client:
        answers = {
            what: client.post(
                "/v1/notices", content=sent, headers={"X-JWS-Signature": signature}
            ).status_code
            for what, (sent, signature) in forged.items()
        }
    assert answers == dict.fromkeys(forged, 401)
    assert receiver.book.listed(0, 1) == []


def test_the_signature_verifies_elsewhere(tmp_path: Path) -> None:
    """A second implementation verifies the detached signature over the very bytes sent."""
    pki = development_pki(tmp_path / "pki", datetime.now(UTC))
    with raw_server(pki, answered(b"")) as server, opened(pki.ncc_settings(server.url)) as sink:
        with pytest.raises(DeliveryDelayed):
            sink.deliver(notice(), BASE)
        [(head, body)] = server.requests
    [line] = [one for one in head.split(b"\r\n") if one.lower().startswith(b"x-jws-signature")]
    protected, empty, signature = line.partition(b": ")[2].split(b".")
    signing_input = protected + b"." + base64.urlsafe_b64encode(body).rstrip(b"=")
    key = load_pem_public_key(pki.centre_verifying.read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64url(signature), signing_input)
    header = orjson.loads(base64url(protected))
    assert (empty, header["alg"], header["typ"]) == (b"", "Ed25519", "saqshy-notice+jws")


def test_the_receipt_verifies_elsewhere(receiver: Receiver, sink: NccSink) -> None:
    """A second implementation verifies the receipt kept as proof, for the letter's own hash."""
    token = sink.deliver(notice(), BASE).body["jws"].encode()
    signing_input, _, signature = token.rpartition(b".")
    key = load_pem_public_key(receiver.pki.receipt_verifying.read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64url(signature), signing_input)
    claims = orjson.loads(base64url(signing_input.partition(b".")[2]))
    assert claims["sha256"] == hashlib.sha256(letter(notice())).hexdigest()


# -- A receiver that fails ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.DOWN, DeliveryDelayed),
        (Fault.ERROR, DeliveryDelayed),
        (Fault.NONSENSE, DeliveryRefused),
        (Fault.OTHER, DeliveryRefused),
        (Fault.HUGE, DeliveryRefused),
    ],
)
def test_a_failing_receiver_is_told_apart(
    receiver: Receiver, sink: NccSink, fault: Fault, expected: type[DeliveryError]
) -> None:
    """Down and broken are tried again, lies and nonsense need a person; once well, it is taken."""
    receiver.reception.fault = fault
    with pytest.raises(expected):
        sink.deliver(notice(), BASE)
    receiver.reception.fault = None
    assert sink.deliver(notice(), BASE).notice_id == notice().id


def test_a_lost_receipt_is_given_again(receiver: Receiver, sink: NccSink) -> None:
    """Where the notice came and the receipt was lost, the next attempt gets the first receipt."""
    receiver.reception.fault = Fault.ERROR
    with pytest.raises(DeliveryDelayed, match="500"):
        sink.deliver(notice(), BASE)
    receiver.reception.fault = None
    receipt = sink.deliver(notice(), BASE)
    [kept] = receiver.book.listed(0, 10)
    assert (receipt.duplicate, receipt.body["jws"]) == (True, kept.receipt)


def test_a_receiver_that_answers_as_if_twice_counts(receiver: Receiver, sink: NccSink) -> None:
    """A receipt marked as duplicate at the first delivery is a receipt."""
    receiver.reception.fault = Fault.DUPLICATE
    assert sink.deliver(notice(), BASE).duplicate


def test_a_closed_port_delays(receiver: Receiver) -> None:
    """Where nobody listens the delivery waits."""
    settings = receiver.pki.ncc_settings("https://127.0.0.1:9")
    with opened(settings) as sink, pytest.raises(DeliveryDelayed, match="could not be reached"):
        sink.deliver(notice(), BASE)


def test_an_unknown_host_delays(receiver: Receiver) -> None:
    """Where the name does not resolve the delivery waits."""
    settings = receiver.pki.ncc_settings("https://ncc.invalid:8791")
    with opened(settings) as sink, pytest.raises(DeliveryDelayed, match="does not resolve"):
        sink.deliver(notice(), BASE)


def test_a_slow_receiver_delays_in_time(receiver: Receiver) -> None:
    """A receiver that answers late holds nobody longer than the timeout."""
    receiver.reception.fault = Fault.SLOW
    with opened(receiver.pki.ncc_settings(receiver.url, timeout_seconds=0.5)) as sink:
        began = time.monotonic()
        with pytest.raises(DeliveryDelayed, match="in time"):
            sink.deliver(notice(), BASE)
        assert time.monotonic() - began < 10


def test_another_content_is_refused_and_alarmed(receiver: Receiver, sink: NccSink) -> None:
    """Other bytes under a known id are refused with 409, and both sides know."""
    sink.deliver(notice(), BASE)
    with pytest.raises(DeliveryRefused, match="409"):
        sink.deliver(notice(set_by="policy"), BASE)
    [conflict] = receiver.book.conflicts(10)
    assert conflict.notice_id == notice().id


def test_a_notice_for_somebody_else_is_refused(receiver: Receiver, sink: NccSink) -> None:
    """The coordination centre takes no letter that is addressed to another role."""
    with pytest.raises(DeliveryRefused, match="422"):
        sink.deliver(notice(recipient=Recipient("holder", "energo")), BASE)
    assert receiver.book.listed(0, 1) == []


def test_several_threads_share_the_channel(receiver: Receiver, sink: NccSink) -> None:
    """Deliveries from eight threads at once each get their own receipt."""
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda n: sink.deliver(notice(n), BASE), range(1, 41)))
    assert [one.notice_id for one in receipts] == [notice(n).id for n in range(1, 41)]
    assert len(receiver.book.listed(0, 100)) == 40


def test_closing_frees_who_waits(receiver: Receiver) -> None:
    """Closing the channel ends a delivery under way as delayed, and later ones too."""
    receiver.reception.fault = Fault.SLOW
    sink = NccSink(receiver.pki.ncc_settings(receiver.url, timeout_seconds=60))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sink.deliver, notice(), BASE)
        end = time.monotonic() + 20
        while not receiver.book.listed(0, 1) and time.monotonic() < end:
            threading.Event().wait(0.01)
        sink.close()
        assert isinstance(waiting.exception(20), DeliveryDelayed)
    with pytest.raises(DeliveryDelayed, match="closed"):
        sink.deliver(notice(), BASE)


# -- Answers that no framework sends ------------------------------------------------------------


def answered(raw: bytes) -> Callable[[ssl.SSLSocket, bytes], None]:
    """Answer every request with the same bytes."""
    return lambda link, _: link.sendall(raw)


def http(body: bytes, *, status: bytes = b"201 Created", head: bytes = b"") -> bytes:
    length = b"content-length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + length + head + b"\r\n" + body


def receipt_for(pki: Pki, body: bytes, **changes: object) -> bytes:
    """Write a receiver's answer to a letter, its claims changed as told."""
    claims: dict[str, object] = {
        "notice_id": orjson.loads(body)["id"],
        "sha256": hashlib.sha256(body).hexdigest(),
        "received_at": rfc3339(BASE),
        "receiver": "raw",
        **changes,
    }
    header = {"alg": "Ed25519", "typ": claims.pop("typ", "saqshy-receipt+jws")}
    signer = claims.pop("signer", pki)
    assert isinstance(signer, Pki)
    key = OKPKey.import_key(signer.receipt_signing.read_bytes())
    token = jws.serialize_compact(header, orjson.dumps(claims), key, algorithms=["Ed25519"])
    return orjson.dumps({"receipt": token, "duplicate": False})


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Give one PKI for every raw server."""
    return development_pki(tmp_path_factory.mktemp("raw") / "pki", datetime.now(UTC))


@contextmanager
def raw_line(
    pki: Pki, answer: Callable[[ssl.SSLSocket, bytes], None], seconds: float = 10
) -> Iterator[tuple[RawServer, NccSink]]:
    with (
        raw_server(pki, answer) as server,
        opened(pki.ncc_settings(server.url, timeout_seconds=seconds)) as sink,
    ):
        yield server, sink


def test_two_answers_to_one_notice_are_one_receipt(pki: Pki) -> None:
    """A receiver that sends its answer twice gives one receipt, and the line works on."""

    def twice(link: ssl.SSLSocket, body: bytes) -> None:
        link.sendall(http(receipt_for(pki, body)) * 2)

    with raw_line(pki, twice) as (_, sink):
        receipts = [sink.deliver(notice(number), BASE) for number in (1, 2)]
    assert [one.notice_id for one in receipts] == [notice(1).id, notice(2).id]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"notice_id": "f" * 32}, id="another notice"),
        pytest.param({"sha256": "0" * 64}, id="another content"),
        pytest.param({"received_at": "yesterday"}, id="no time"),
        pytest.param({"received_at": "2026-03-02T04:00:00"}, id="a time without zone"),
        pytest.param({"received_at": 5}, id="a number for a time"),
        pytest.param({"typ": "JWT"}, id="signed as something else"),
        pytest.param({"signer": "other"}, id="signed by another"),
    ],
)
def test_a_receipt_that_lies_is_refused(pki: Pki, other: Pki, changes: dict[str, object]) -> None:
    """A receipt that does not verify, or says anything else than this letter's, is none."""
    told = {**changes, "signer": other} if "signer" in changes else changes

    def lie(link: ssl.SSLSocket, body: bytes) -> None:
        link.sendall(http(receipt_for(pki, body, **told)))

    with raw_line(pki, lie) as (_, sink), pytest.raises(DeliveryRefused, match="rec"):
        sink.deliver(notice(), BASE)


@pytest.mark.parametrize(
    ("raw", "expected", "said"),
    [
        pytest.param(b"", DeliveryDelayed, "broke off", id="closes at once"),
        pytest.param(b"HTTP/1.1 201 Cr", DeliveryDelayed, "broke off", id="breaks off in the head"),
        pytest.param(
            b"HTTP/1.1 201 OK\r\ncontent-length: 9\r\n\r\n{", DeliveryDelayed, "broke off",
            id="breaks off in the body",
        ),
        pytest.param(b"220 mail.example ESMTP\r\n\r\n", DeliveryRefused, "not HTTP", id="no HTTP"),
        pytest.param(http(b""), DeliveryRefused, "no receipt", id="empty"),
        pytest.param(http(b"null"), DeliveryRefused, "no receipt", id="null"),
        pytest.param(http(b"[1]"), DeliveryRefused, "no receipt", id="a list"),
        pytest.param(
            http(b'{"receipt":7,"duplicate":false}'), DeliveryRefused, "no receipt", id="a number"
        ),
        pytest.param(
            http(b"{}", status=b"302 Found", head=b"location: https://elsewhere/\r\n"),
            DeliveryRefused, "302", id="redirect",
        ),
        pytest.param(http(b"no", status=b"403 Forbidden"), DeliveryRefused, "403: no", id="403"),
        pytest.param(http(b"", status=b"429 Busy"), DeliveryDelayed, "429", id="busy"),
        pytest.param(http(b"", status=b"502 Bad"), DeliveryDelayed, "502", id="gateway"),
        pytest.param(
            http(b" " * 200_000), DeliveryRefused, "larger than any receipt", id="large"
        ),
        pytest.param(
            http(gzip.compress(b" " * 9_000_000), head=b"content-encoding: gzip\r\n"),
            DeliveryRefused, "no receipt", id="unfolds into a large one",
        ),
        pytest.param(
            b"HTTP/1.1 201 OK\r\n" + b"x: y\r\n" * 200_000, DeliveryRefused, "not HTTP",
            id="a head without end",
        ),
    ],
)  # fmt: skip
def test_hostile_answers_are_bounded_and_told(
    pki: Pki, raw: bytes, expected: type[DeliveryError], said: str
) -> None:
    """Whatever bytes come back, the outcome is typed, bounded and says what happened."""
    with (
        raw_line(pki, answered(raw)) as (_, sink),
        pytest.raises(expected, match=said) as caught,
    ):
        sink.deliver(notice(), BASE)
    assert len(str(caught.value)) < 500


def test_a_redirect_is_not_followed(pki: Pki) -> None:
    """A receiver cannot send a notice on to somebody else."""
    with raw_server(pki, answered(http(b"{}"))) as elsewhere:
        location = f"location: {elsewhere.url}/v1/notices\r\n".encode()
        moved = http(b"{}", status=b"307 Moved", head=location)
        with raw_line(pki, answered(moved)) as (_, sink), pytest.raises(DeliveryRefused):
            sink.deliver(notice(), BASE)
    assert elsewhere.requests == []


def test_a_dripping_receiver_delays_in_time(pki: Pki) -> None:
    """A receiver that sends a byte now and then holds nobody longer than the timeout."""

    def drip(link: ssl.SSLSocket, _: bytes) -> None:
        link.sendall(b"HTTP/1.1 201 OK\r\n")
        end = time.monotonic() + 5
        while time.monotonic() < end:
            link.sendall(b"x")
            threading.Event().wait(0.1)

    with raw_line(pki, drip, seconds=0.7) as (_, sink):
        began = time.monotonic()
        with pytest.raises(DeliveryDelayed, match="in time"):
            sink.deliver(notice(), BASE)
        assert time.monotonic() - began < 4


@given(
    st.one_of(
        st.binary(max_size=300),
        st.recursive(st.none() | st.booleans() | st.text(max_size=30), st.lists).map(orjson.dumps),
        st.fixed_dictionaries({"receipt": st.text(max_size=80), "duplicate": st.booleans()}).map(
            orjson.dumps
        ),
        st.builds(
            lambda *parts: orjson.dumps(
                {"receipt": ".".join(base64.urlsafe_b64encode(p).decode() for p in parts)}
            ),
            st.sampled_from([b'{"alg":"Ed25519"}', b'{"alg":"none"}', b'{"alg":[]}', b"[]"]),
            st.binary(max_size=30),
            st.binary(max_size=70),
        ),
    )
)
def test_no_bytes_pass_for_a_receipt(answer: bytes) -> None:
    """Any bytes that nobody signed are refused, never believed and never an error of ours."""
    with pytest.raises(DeliveryRefused):
        fuzzed()._receipt("https://ncc", notice().id, "0" * 64, answer)


@pytest.fixture(autouse=True, scope="module")
def _close_fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("fuzz")
    pki = development_pki(folder / "pki", datetime.now(UTC))
    FUZZED.append(NccSink(pki.ncc_settings("https://127.0.0.1:9")))
    yield
    FUZZED.pop().close()


FUZZED: list[NccSink] = []


def fuzzed() -> NccSink:
    return FUZZED[-1]


# -- Configuration ------------------------------------------------------------------------------


def test_every_wrong_file_is_named_at_once(pki: Pki, tmp_path: Path) -> None:
    """All that is wrong with the line's files is said at once, each with its name."""
    missing, broken = tmp_path / "missing.pem", tmp_path / "broken.pem"
    broken.write_text("no key")
    settings = NccSettings(
        url="http://127.0.0.1:1",
        ca=missing,
        certificate=broken,
        key=pki.centre_key,
        signing_key=missing,
        receipt_key=broken,
    )
    with pytest.raises(ConfigurationError) as caught:
        NccSink(settings)
    files = [problem.file for problem in caught.value.problems]
    assert files == ["notify.ncc.url", str(missing), str(broken), str(missing), str(broken)]


@pytest.mark.parametrize(
    ("which", "said"),
    [("centre_verifying", "is public"), ("centre_key", "an Ed25519 key in PEM cannot be read")],
)
def test_a_key_of_a_wrong_kind_is_told(pki: Pki, which: str, said: str) -> None:
    """A public key or a key of another kind cannot sign, and is told before anything is sent."""
    settings = pki.ncc_settings("https://127.0.0.1:1")
    wrong = settings.model_copy(update={"signing_key": getattr(pki, which)})
    with pytest.raises(ConfigurationError, match=said):
        NccSink(wrong)


def test_a_closed_channel_keeps_no_thread(pki: Pki) -> None:
    """After closing, the channel's own thread is gone."""
    with opened(pki.ncc_settings("https://127.0.0.1:9")) as sink:
        assert sink._loop.thread.is_alive()
    assert not sink._loop.thread.is_alive()


def test_deliveries_differ_by_id_only_where_they_should(receiver: Receiver, sink: NccSink) -> None:
    """Two notices of one incident with different ids are both kept."""
    for one in (notice(), replace(notice(), id="e" * 32)):
        sink.deliver(one, BASE)
    assert len(receiver.book.listed(0, 10)) == 2
