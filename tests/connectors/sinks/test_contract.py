"""What every channel promises, whatever is behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sinks.folder import FolderSink
from connectors.sinks.kafka_topic import TopicSink
from connectors.sinks.letter import lateness, letter, sha256
from connectors.sinks.memory import MemorySink
from connectors.sinks.ncc_https import NccSink
from connectors.sinks.sealed_file import SealedSink
from pipeline.errors import DeliveryRejected
from pipeline.model import HINDRANCES, Recipient, Tried
from pipeline.notify import Late, Letter, notices_for
from pipeline.ports import Sink
from pipeline.runtime.receiver import Receiver
from pipeline.settings import FolderSettings, TopicSettings
from tests.connectors.kafka_topics import Topic
from tests.connectors.sinks.certificates import Authority
from tests.connectors.sinks.smtp_server import relay
from tests.connectors.sinks.test_email import email
from tests.connectors.sinks.test_sealed_file import keys
from tests.connectors.sinks.test_webhook import webhook
from tests.connectors.sinks.webhook_server import webhook_server
from tests.notify.made import BASE, NCC, assessment, desk, incident, notice, registry

KEEPING = ("memory", "folder", "ncc", "sealed")  # those that know what they were given before
ALL = (*KEEPING, "webhook", "email", "kafka")


@pytest.fixture(params=ALL)
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sink]:
    """Give each kind of channel in turn."""
    with ExitStack() as opened:
        sink = MAKERS[request.param](request, tmp_path, opened)
        yield sink
        sink.close()


def _ncc(request: pytest.FixtureRequest, _folder: Path, _opened: ExitStack) -> Sink:
    receiver: Receiver = request.getfixturevalue("receiver")
    return NccSink(receiver.pki.ncc_settings(receiver.url))


def _webhook(_request: pytest.FixtureRequest, folder: Path, opened: ExitStack) -> Sink:
    authority = Authority(folder / "ca")
    server = opened.enter_context(webhook_server(authority.leaf("127.0.0.1")))
    return webhook(authority, f"https://127.0.0.1:{server.port}/")


def _email(_request: pytest.FixtureRequest, folder: Path, opened: ExitStack) -> Sink:
    authority = Authority(folder / "ca")
    server = opened.enter_context(relay(authority.leaf("127.0.0.1")))
    return email(authority, server.port)


def _kafka(request: pytest.FixtureRequest, _folder: Path, _opened: ExitStack) -> Sink:
    topic = Topic(request.getfixturevalue("kafka"))
    settings = TopicSettings(brokers=(topic.broker.plain,), topic=topic.name)
    return TopicSink(settings, lambda *_: "")


MAKERS: dict[str, Callable[[pytest.FixtureRequest, Path, ExitStack], Sink]] = {
    "memory": lambda *_: MemorySink(),
    "folder": lambda _, folder, __: FolderSink(FolderSettings(path=folder / "outgoing")),
    "sealed": lambda _, folder, __: SealedSink(keys(folder / "keys")[0]),
    "ncc": _ncc,
    "webhook": _webhook,
    "email": _email,
    "kafka": _kafka,
}


def test_a_receipt_is_for_the_notice_and_its_letter(channel: Sink) -> None:
    """The receipt names the notice, who has it, and the hash of the letter."""
    receipt = channel.deliver(notice(), BASE)
    assert (receipt.notice_id, receipt.duplicate) == (notice().id, False)
    assert receipt.body["sha256"] == sha256(letter(notice()))
    assert receipt.body["kind"] in ("receipt", "spooled", "sealed", "taken", "relayed", "kept")
    assert receipt.recipient
    assert receipt.received_at > 0


def test_the_same_again_is_harmless(channel: Sink) -> None:
    """A repeated delivery is answered for the same notice and letter."""
    first = channel.deliver(notice(), BASE)
    retried = notice(attempts=3, last_error="was slow", next_attempt_at=BASE + 9)
    again = channel.deliver(retried, BASE + 10)
    assert (again.notice_id, again.body["sha256"]) == (first.notice_id, first.body["sha256"])


@pytest.mark.parametrize("channel", KEEPING, indirect=True)
def test_the_same_again_gives_the_first_receipt(channel: Sink) -> None:
    """A repeated delivery gives the first receipt again, marked as duplicate."""
    first = channel.deliver(notice(), BASE)
    retried = notice(attempts=3, last_error="was slow", next_attempt_at=BASE + 9)
    assert channel.deliver(retried, BASE + 10) == replace(first, duplicate=True)


@pytest.mark.parametrize("channel", KEEPING, indirect=True)
def test_another_content_under_a_known_id_is_rejected(channel: Sink) -> None:
    """The same id with other bytes is rejected, and what was delivered first stands."""
    first = channel.deliver(notice(), BASE)
    with pytest.raises(DeliveryRejected):
        channel.deliver(notice(basis="another"), BASE)
    assert channel.deliver(notice(), BASE) == replace(first, duplicate=True)


def test_lateness_stands_beside_the_letter(channel: Sink) -> None:
    """What comes late although it was tried is taken, and its letter is the same."""
    late = notice(attempts=3, tried=Tried(first_at=BASE, why=("slow",), proof="a" * 64))
    receipt = channel.deliver(late, late.due_at + 1)
    assert receipt.body["sha256"] == sha256(letter(notice()))


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


def test_lateness_fits_its_closed_schema() -> None:
    """Every hindrance that there is may be told, and nothing is told in time or at first."""
    late = notice(attempts=2, tried=Tried(first_at=BASE, why=HINDRANCES, proof="a" * 64))
    said = lateness(late, late.due_at + 1)
    assert said is not None
    assert Late.model_validate_json(said).why == HINDRANCES
    assert lateness(late, late.due_at) is None
    assert lateness(notice(attempts=1), late.due_at + 1) is None
