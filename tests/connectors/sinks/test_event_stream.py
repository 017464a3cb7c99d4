"""Batches of events to the real receiver over mutual TLS, and to one that fails in each way."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import orjson
import pytest
import zstandard
from joserfc import jws

from connectors.sinks.event_stream import PATH, TYPE, EventStreamSink, event_line
from connectors.sinks.ncc_https import SIGNATURE, read_key
from connectors.sinks.peer_link import Consignment
from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryRejected
from pipeline.model import Notice, Recipient
from pipeline.notify.streaming import Ground, Place, Stretched, stream_content, stream_notice
from pipeline.runtime.receiver import Receiver
from pipeline.web.receiver import Fault
from tests.notify.made import BASE

NCC = Recipient("ncc", "kz-ncc")
EVENT = {
    "id": f"{'a' * 32}-0",
    "@timestamp": "2026-03-02T04:00:00Z",
    "object": "AKIM-01",
    "source": "dc",
    "received_at": "2026-03-02T04:00:00Z",
    "time_confidence": "exact",
    "format": "json",
    "fields": {"event.code": "4625", "event.category": ["authentication"]},
    "cut": False,
}


def batch(last: Notice | None = None, end: int = 2, recipient: Recipient = NCC) -> Notice:
    """Make the notice of a stretch."""
    ground = Ground("stream-ncc", "kz-418-V/7-4(1)(7-2)", "statute")
    return stream_notice(recipient, last, Stretched(Place(end), 1), ground, BASE)


def content(notice: Notice, *events: dict[str, object]) -> bytes:
    """Write a batch of events."""
    return stream_content(notice, "OCIB", [orjson.dumps(one) for one in events])


def prepared(notice: Notice, _now: int) -> Consignment:
    """Give one event for any stretch."""
    return Consignment(notice.id, content(notice, EVENT), {"events": 1, "left_out": {}})


@contextmanager
def opened(
    receiver: Receiver,
    prepare: Callable[[Notice, int], Consignment] = prepared,
    timeout: float = 5.0,
) -> Iterator[EventStreamSink]:
    """Give the channel to a receiver."""
    line = event_line(receiver.pki.ncc_settings(receiver.url, timeout_seconds=timeout))
    sink = EventStreamSink("stream-ncc", line, prepare)
    try:
        yield sink
    finally:
        sink.close()


def client(receiver: Receiver) -> httpx.Client:
    """Give a client that the receiver lets in."""
    tls = ssl.create_default_context(cafile=str(receiver.pki.ca))
    tls.load_cert_chain(receiver.pki.centre, receiver.pki.centre_key)
    return httpx.Client(verify=tls, trust_env=False)


def listed(receiver: Receiver) -> list[dict[str, object]]:
    """Ask the receiver what came, as one who may."""
    with client(receiver) as asking:
        found: list[dict[str, object]] = asking.get(f"{receiver.url}{PATH}").json()["batches"]
    return found


def test_a_batch_is_kept_and_receipted(receiver: Receiver) -> None:
    """The receiver keeps the batch, and its signed receipt names id, places and hash."""
    with opened(receiver) as sink:
        receipt = sink.deliver(batch(), BASE)
    [kept] = listed(receiver)
    assert (kept["id"], kept["sha256"]) == (batch().id, receipt.body["sha256"])
    assert (receipt.body["begin"], receipt.body["end"], receipt.body["count"]) == ("1.0", "2.0", 1)
    assert receipt.body["events"] == 1
    assert not receipt.duplicate


def test_the_same_batch_again_gets_the_first_receipt(receiver: Receiver) -> None:
    """What a kill sends again is answered by the first receipt, marked as duplicate."""
    with opened(receiver) as sink:
        first, again = sink.deliver(batch(), BASE), sink.deliver(batch(), BASE)
    assert (first.body["jws"], again.duplicate) == (again.body["jws"], True)


def test_less_than_before_is_closed_by_the_first_receipt(receiver: Receiver) -> None:
    """Where the receiver holds an earlier content its receipt closes the batch, and says so."""
    with opened(receiver) as sink:
        first = sink.deliver(batch(), BASE)
    empty = Consignment(batch().id, content(batch()), {"events": 0})
    with opened(receiver, lambda *_: empty) as sink:
        later = sink.deliver(batch(), BASE)
    assert later.body["sha256"] == first.body["sha256"] != later.body["now"]
    assert later.duplicate


def test_a_gap_is_seen(receiver: Receiver) -> None:
    """A batch that does not begin where the last one ended is kept, and marked."""
    first = batch()
    with opened(receiver) as sink:
        for notice in (first, batch(batch(first, 3), 4)):
            sink.deliver(notice, BASE)
    assert [one["gap"] for one in listed(receiver)] == [False, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"extra": 1}, "extra", id="unknown-key"),
        pytest.param({"fields": {"user name": "x"}}, "fields", id="no-field-name"),
        pytest.param({"fields": {"event": {"code": "1"}}}, "fields", id="nested"),
        pytest.param({"@timestamp": "yesterday"}, "@timestamp", id="no-time"),
    ],
)
def test_what_does_not_fit_the_schema_is_rejected(
    receiver: Receiver, change: dict[str, object], message: str
) -> None:
    """An event outside the closed schema is rejected by place, and nothing is kept."""
    wrong = Consignment(batch().id, content(batch(), {**EVENT, **change}), {})
    with (
        opened(receiver, lambda *_: wrong) as sink,
        pytest.raises(DeliveryRejected, match=message),
    ):
        sink.deliver(batch(), BASE)
    assert listed(receiver) == []


def test_a_batch_for_somebody_else_is_rejected(receiver: Receiver) -> None:
    """A batch that is addressed to another role is not taken."""
    other = batch(recipient=Recipient("sectoral_centre", "fin"))
    with opened(receiver) as sink, pytest.raises(DeliveryRejected, match="somebody else"):
        sink.deliver(other, BASE)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Fault.DOWN, DeliveryDelayed, id="down"),
        pytest.param(Fault.ERROR, DeliveryDelayed, id="lost-receipt"),
        pytest.param(Fault.NONSENSE, DeliveryRefused, id="nonsense"),
        pytest.param(Fault.OTHER, DeliveryRefused, id="another-receipt"),
        pytest.param(Fault.HUGE, DeliveryRefused, id="endless"),
        pytest.param(Fault.SLOW, DeliveryDelayed, id="slow"),
    ],
)
def test_a_receiver_that_fails(receiver: Receiver, fault: Fault, error: type[Exception]) -> None:
    """However the receiver fails, nothing counts as received, and the next attempt passes."""
    receiver.reception.fault = fault
    with opened(receiver, timeout=1.0) as sink:
        with pytest.raises(error):
            sink.deliver(batch(), BASE)
        receiver.reception.fault = None
        assert sink.deliver(batch(), BASE).notice_id == batch().id
    assert len(listed(receiver)) == 1


def posted(receiver: Receiver, body: bytes, signature: str, **headers: str) -> httpx.Response:
    """Post bytes as they are."""
    with client(receiver) as sending:
        return sending.post(
            f"{receiver.url}{PATH}", content=body, headers={SIGNATURE: signature, **headers}
        )


def signature(receiver: Receiver, body: bytes, typ: str = TYPE) -> str:
    """Sign as the centre does."""
    key = read_key(receiver.pki.centre_signing, private=True)
    header = {"alg": "Ed25519", "typ": typ}
    return jws.detach_content(jws.serialize_compact(header, body, key, algorithms=["Ed25519"]))


def test_what_is_not_signed_as_a_batch_is_not_taken(receiver: Receiver) -> None:
    """A body without the centre's signature for this very content and purpose is refused."""
    body = content(batch(), EVENT)
    assert posted(receiver, body, "").status_code == 401
    assert posted(receiver, body, signature(receiver, body + b" ")).status_code == 401
    wrong = signature(receiver, body, "saqshy-notice+jws")
    assert posted(receiver, body, wrong).status_code == 401
    assert posted(receiver, body, signature(receiver, body)).status_code == 201


def test_what_unfolds_without_end_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that unpacks beyond its bound, or is no zstd, is refused before anything is read."""
    monkeypatch.setattr("pipeline.web.receiver_signed.unpacked.__defaults__", (1000,))
    bomb = zstandard.ZstdCompressor().compress(b" " * 10_000)
    for body in (bomb, b"no zstd"):
        answer = posted(receiver, body, "", **{"content-encoding": "zstd"})
        assert answer.status_code == 413


def test_a_closed_line_is_a_delay(receiver: Receiver) -> None:
    """A channel that was closed delivers nothing, and closing twice is safe."""
    with opened(receiver) as sink:
        sink.close()
        with pytest.raises(DeliveryError):
            sink.deliver(batch(), BASE)
