"""Our sender against a coordination centre that fails in every way it can be told to."""

import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from connectors.sinks.heartbeat_https import HeartbeatSink
from connectors.sinks.letter import letter
from connectors.sinks.ncc_https import NccSink
from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused
from pipeline.runtime.pki import development_pki
from pipeline.runtime.receiver import Manner, Receiver, open_receiver
from pipeline.web.receiver_faults import Fault
from pipeline.web.receiver_server import Revocations, ServerIdentity, mutual_tls
from tests.connectors.sinks.certificates import DAY, Authority, Leaf
from tests.connectors.sinks.raw_server import tls_server
from tests.notify.made import BASE, notice

NOW = datetime.now(UTC)
KEPT = [one for one in Fault if one not in (Fault.DOWN, Fault.HALF_OPEN)]


def within(holds: Callable[[], bool]) -> bool:
    """Wait for a condition, at most twenty seconds."""
    for _ in range(2000):
        if holds():
            return True
        threading.Event().wait(0.01)
    return False


@pytest.mark.parametrize("fault", [Fault.FORGED, Fault.UNKNOWN_KEY, Fault.OTHER])
def test_a_lying_receipt_is_refused(receiver: Receiver, sink: NccSink, fault: Fault) -> None:
    """A receipt that our key did not sign, or that is for another letter, counts as none."""
    receiver.reception.fault = fault
    with pytest.raises(DeliveryRefused) as caught:
        sink.deliver(notice(), BASE)
    receiver.reception.fault = None
    assert caught.value.code == "answer"
    assert sink.deliver(notice(), BASE).duplicate


@pytest.mark.parametrize("fault", KEPT)
def test_what_was_kept_is_receipted_in_the_end(receiver: Receiver, fault: Fault) -> None:
    """However the answer fails, one letter is kept once, and the next attempt gets its receipt."""
    receiver.reception.fault, receiver.reception.failing.slow_seconds = fault, 0.5
    sink = NccSink(receiver.pki.ncc_settings(receiver.url, timeout_seconds=0.3))
    if fault is Fault.DUPLICATE:
        assert sink.deliver(notice(), BASE).duplicate
    else:
        with pytest.raises(DeliveryError) as caught:
            sink.deliver(notice(), BASE)
        assert caught.value.code in ("busy", "slow", "answer")
    assert within(lambda: len(receiver.book.listed(0, 9)) == 1)
    sink.close()
    receiver.reception.fault = None
    patient = NccSink(receiver.pki.ncc_settings(receiver.url))
    assert patient.deliver(notice(), BASE).duplicate
    patient.close()
    [kept] = receiver.book.listed(0, 9)
    assert kept.letter == letter(notice())


def test_a_half_open_line_delays_in_time(receiver: Receiver) -> None:
    """A centre that takes the letter and says nothing holds nobody, and keeps nothing."""
    receiver.reception.fault = Fault.HALF_OPEN
    sink = NccSink(receiver.pki.ncc_settings(receiver.url, timeout_seconds=0.4))
    with pytest.raises(DeliveryDelayed) as caught:
        sink.deliver(notice(), BASE)
    sink.close()
    assert caught.value.code == "slow"
    assert receiver.book.listed(0, 1) == []


def test_answers_out_of_order_reach_their_own_letters(receiver: Receiver, sink: NccSink) -> None:
    """Where the second letter is answered before the first, each gets its own receipt."""
    receiver.reception.fault = Fault.REORDER
    done: list[str] = []

    def deliver(number: int) -> str:
        receipt = sink.deliver(notice(number), BASE)
        done.append(receipt.notice_id)
        return receipt.notice_id

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(deliver, 1)
        assert within(lambda: len(receiver.book.listed(0, 9)) == 1)
        second = pool.submit(deliver, 2)
        assert (first.result(20), second.result(20)) == (notice(1).id, notice(2).id)
    assert done == [notice(2).id, notice(1).id]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.DOWN, DeliveryDelayed),
        (Fault.ERROR, DeliveryDelayed),
        (Fault.NONSENSE, DeliveryRefused),
        (Fault.OTHER, DeliveryRefused),
        (Fault.FORGED, DeliveryRefused),
        (Fault.UNKNOWN_KEY, DeliveryRefused),
        (Fault.HUGE, DeliveryRefused),
    ],
)
def test_heartbeats_meet_the_same_faults(
    receiver: Receiver, fault: Fault, error: type[DeliveryError]
) -> None:
    """A heartbeat counts as heard by a receipt that verifies alone; once well, it is taken."""
    body = b'{"format":"saqshy-heartbeat-1","centre":"OCIB","at":"2026-03-02T04:00:00Z"}'
    heart = HeartbeatSink(receiver.pki.ncc_settings(receiver.url))
    receiver.reception.fault = fault
    with pytest.raises(error):
        heart.beat(body, BASE)
    receiver.reception.fault = None
    assert heart.beat(body, BASE)["heartbeat"] == "OCIB"
    heart.close()
    assert [one.body for one in receiver.book.heartbeats.listed(0, 9)] == [body]


# -- Certificates -------------------------------------------------------------------------------


@contextmanager
def centre_of(leaf: Leaf, clients: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Serve under a certificate; gives the address and what letters came."""
    came: list[bytes] = []

    async def take(request: Request) -> Response:
        came.append(await request.body())
        return Response(b"", 503)

    app = Starlette(routes=[Route("/v1/notices", take, methods=["POST"])])
    tls = mutual_tls(ServerIdentity(leaf.certificate, leaf.key, clients))
    with tls_server(app, tls) as url:
        yield url, came


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("expired", "expired"),
        ("of another host", "mismatch"),
        ("untrusted", "unable to get"),
        ("revoked", "revoked"),
        ("list expired", "CRL has expired"),
        ("list of another", "unable to get certificate CRL"),
    ],
)
def test_a_certificate_that_does_not_hold_gets_nothing(
    tmp_path: Path, fault: str, said: str
) -> None:
    """Expired, of another host, untrusted, revoked, or without a valid list: nothing leaves."""
    authority, pki = Authority(tmp_path / "ca"), development_pki(tmp_path / "pki", NOW)
    other = Authority(tmp_path / "other", "other")
    leaf = authority.leaf("127.0.0.1", ends=-DAY if fault == "expired" else DAY)
    leaf = authority.leaf("127.0.0.2") if fault == "of another host" else leaf
    leaf = other.leaf("127.0.0.1") if fault == "untrusted" else leaf
    lists: dict[str, Callable[[], Path]] = {
        "revoked": lambda: authority.revoked(leaf.serial),
        "list expired": lambda: authority.revoked(ends=-timedelta(hours=1)),
        "list of another": other.revoked,
    }
    crl = lists[fault]() if fault in lists else None
    with centre_of(leaf, pki.ca) as (url, came):
        settings = pki.ncc_settings(url).model_copy(update={"ca": authority.ca, "crl": crl})
        sink = NccSink(settings)
        with pytest.raises(DeliveryRefused, match=said) as caught:
            sink.deliver(notice(), BASE)
        sink.close()
    assert caught.value.code == "certificate"
    assert came == []


def test_a_revocation_counts_on_an_open_connection(tmp_path: Path) -> None:
    """A list that changes is read before the next letter, and no open connection escapes it."""
    authority, pki = Authority(tmp_path / "ca"), development_pki(tmp_path / "pki", NOW)
    leaf, crl = authority.leaf("127.0.0.1"), authority.revoked(number=7)
    with centre_of(leaf, pki.ca) as (url, came):
        settings = pki.ncc_settings(url).model_copy(update={"ca": authority.ca, "crl": crl})
        sink = NccSink(settings)
        with pytest.raises(DeliveryDelayed, match="503"):
            sink.deliver(notice(1), BASE)
        authority.revoked(leaf.serial, number=8)
        with pytest.raises(DeliveryRefused, match="revoked"):
            sink.deliver(notice(2), BASE)
        sink.close()
    assert came == [letter(notice(1))]


def test_a_missing_list_is_told(tmp_path: Path) -> None:
    """Where the list of revoked certificates goes missing, nothing is sent until it is back."""
    authority, pki = Authority(tmp_path / "ca"), development_pki(tmp_path / "pki", NOW)
    leaf, crl = authority.leaf("127.0.0.1"), authority.revoked(number=7)
    with centre_of(leaf, pki.ca) as (url, came):
        settings = pki.ncc_settings(url).model_copy(update={"ca": authority.ca, "crl": crl})
        sink = NccSink(settings)
        crl.unlink()
        with pytest.raises(DeliveryRefused, match="cannot be read"):
            sink.deliver(notice(), BASE)
        sink.close()
    assert came == []


def test_a_revoked_sender_is_not_let_in(tmp_path: Path) -> None:
    """A receiver that is given a list lets in nobody on it, from when the file says so."""
    development_pki(tmp_path / "ncc" / "pki", NOW)
    senders = Authority.of(tmp_path / "ncc" / "pki")
    crl = senders.revoked(number=1)
    opened = open_receiver(tmp_path / "ncc", manner=Manner(crl=crl))
    sink = NccSink(opened.pki.ncc_settings(opened.url))
    with opened.beside():
        sink.deliver(notice(1), BASE)
        senders.revoked(senders.serial(opened.pki.centre), number=2)
        opened.watch()
        later = NccSink(opened.pki.ncc_settings(opened.url))
        with pytest.raises(DeliveryError) as caught:
            later.deliver(notice(2), BASE)
        later.close()
        sink.close()
    kept = [one.notice_id for one in opened.book.listed(0, 9)]
    opened.close()
    assert caught.value.code in ("not_let_in", "unreachable")
    assert kept == [notice(1).id]


@pytest.mark.parametrize("fault", ["expired", "no list", "gone"])
def test_a_list_of_senders_that_does_not_serve_is_told_once(tmp_path: Path, fault: str) -> None:
    """A list that has expired, is none, or is gone is an alarm of the receiver's, told once."""
    pki = development_pki(tmp_path / "pki", NOW)
    crl = Authority.of(pki.folder).revoked(ends=-DAY)
    tls = mutual_tls(ServerIdentity(pki.receiver, pki.receiver_key, pki.ca))
    watched = Revocations(tls, crl)
    if fault == "no list":
        crl.write_text("no list")
    if fault == "gone":
        crl.unlink()
    with capture_logs() as said:
        for _ in range(3):
            watched.refresh(NOW)
    assert [one["event"] for one in said] == ["receiver.revocations"]


def test_nobody_without_a_certificate_learns_anything(receiver: Receiver) -> None:
    """Heartbeats, messages and schemas are as closed as notices to who shows no certificate."""
    tls = ssl.create_default_context(cafile=str(receiver.pki.ca))
    with httpx.Client(verify=tls, trust_env=False, base_url=receiver.url) as client:
        for path in ("/", "/v1/heartbeats", "/v1/messages", "/v1/schemas/notice.json"):
            with pytest.raises(httpx.TransportError):
                client.get(path)
