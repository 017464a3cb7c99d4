"""What every channel promises, whatever is behind it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sinks.folder import FolderSink
from connectors.sinks.letter import letter, sha256
from connectors.sinks.memory import MemorySink
from connectors.sinks.ncc_https import NccSink
from pipeline.errors import DeliveryRefused
from pipeline.model import Recipient
from pipeline.notify import Letter, notices_for
from pipeline.ports import Sink
from pipeline.runtime.receiver import Receiver
from pipeline.settings import FolderSettings
from tests.notify.made import BASE, NCC, assessment, desk, incident, notice, registry


@pytest.fixture(params=["memory", "folder", "ncc"])
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sink]:
    """Give each kind of channel in turn."""
    if request.param == "memory":
        yield MemorySink()
    elif request.param == "folder":
        yield FolderSink(FolderSettings(path=tmp_path / "outgoing"))
    else:
        receiver: Receiver = request.getfixturevalue("receiver")
        sink = NccSink(receiver.pki.ncc_settings(receiver.url))
        yield sink
        sink.close()


def test_a_receipt_is_for_the_notice_and_its_letter(channel: Sink) -> None:
    """The receipt names the notice, who has it, and the hash of the letter."""
    receipt = channel.deliver(notice(), BASE)
    assert (receipt.notice_id, receipt.duplicate) == (notice().id, False)
    assert receipt.body["sha256"] == sha256(letter(notice()))
    assert receipt.body["kind"] in ("receipt", "spooled")
    assert receipt.recipient
    assert receipt.received_at > 0


def test_the_same_again_gives_the_first_receipt(channel: Sink) -> None:
    """A repeated delivery gives the first receipt again, marked as duplicate."""
    first = channel.deliver(notice(), BASE)
    retried = notice(attempts=3, last_error="was slow", next_attempt_at=BASE + 9)
    assert channel.deliver(retried, BASE + 10) == replace(first, duplicate=True)


def test_another_content_under_a_known_id_is_refused(channel: Sink) -> None:
    """The same id with other bytes is refused, and what was delivered first stands."""
    first = channel.deliver(notice(), BASE)
    with pytest.raises(DeliveryRefused):
        channel.deliver(notice(basis="another"), BASE)
    assert channel.deliver(notice(), BASE) == replace(first, duplicate=True)


def test_two_notices_are_two_letters(channel: Sink) -> None:
    """Different notices to one recipient do not touch each other."""
    receipts = [channel.deliver(notice(number), BASE) for number in (1, 2)]
    assert [receipt.duplicate for receipt in receipts] == [False, False]
    assert len({receipt.body["sha256"] for receipt in receipts}) == 2


@pytest.mark.parametrize("guard", ["open", "stub"])
@pytest.mark.parametrize("leg", ["first", "update", "final", "correction"])
def test_letters_fit_the_closed_schema(channel: Sink, leg: str, guard: str) -> None:
    """What leaves for a real incident is read back by the receivers' schema."""
    [made] = notices_for(incident(assessment(route=(NCC,), guard=guard)), None, registry(), desk())
    payload = made.payload
    if leg == "correction" and guard == "open":
        gone = incident(assessment(route=()), revision=2)
        payload = notices_for(gone, incident(assessment(route=(NCC,))), registry(), desk())[
            0
        ].payload
    sent = replace(made, leg=leg, payload=payload)
    assert channel.deliver(sent, BASE).notice_id == sent.id
    assert Letter.model_validate_json(letter(sent)).id == sent.id


def test_closing_twice_is_safe(channel: Sink) -> None:
    """A channel can be closed twice."""
    channel.deliver(notice(), BASE)
    channel.close()
    channel.close()
    assert channel.channel


def test_a_letter_says_nothing_of_its_sender() -> None:
    """State, attempts, errors and the guard's decision are not in the letter's bytes."""
    tried = notice(attempts=7, last_error="secret reason", next_attempt_at=BASE)
    assert letter(tried) == letter(notice())
    assert b"349" not in letter(notice())
    assert b"guard" not in letter(notice())


def test_a_letter_is_canonical() -> None:
    """Keys are sorted at every depth and nothing is spaced."""
    body = letter(notice(recipient=Recipient("ncc", "ncc")))
    assert body.startswith(b'{"basis":"kz-418-V/7-2(1)(2)","created_at":"2026-03-02T04:00:00Z"')
    assert b'"payload":{"class":{"acts":["leak"],"rsit":""},"details_available":false,' in body
