"""E-mail through a real relay, and through relays that are not what they should be."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sinks.email import EmailSink
from pipeline.errors import (
    ConfigurationError,
    DeliveryDelayed,
    DeliveryError,
    DeliveryRefused,
    DeliveryRejected,
)
from pipeline.model import NANOSECONDS, Tried
from pipeline.notify import read_texts
from pipeline.notify.spoken import Spoken
from pipeline.runtime.receiver import bind
from pipeline.settings import EmailSettings
from tests.connectors.sinks.certificates import Authority
from tests.connectors.sinks.smtp_server import PASSWORD, USER, Relay, relay
from tests.notify.made import BASE, notice

MADE: list[EmailSink] = []


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give the authority of the relay's certificates."""
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close every channel that a test made."""
    yield
    while MADE:
        MADE.pop().close()


def email(authority: Authority, port: int, **changes: object) -> EmailSink:
    to = str(changes.pop("to", "duty@ncc.kz"))
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "centre@ocib.kz",
        "ca": authority.ca,
        "timeout_seconds": 5.0,
        **changes,
    }
    sink = EmailSink(EmailSettings.model_validate(settings), lambda *_: to, Spoken(read_texts()))
    MADE.append(sink)
    return sink


@pytest.fixture
def taking(authority: Authority) -> Iterator[Relay]:
    """Give a relay that takes everything."""
    with relay(authority.leaf("127.0.0.1")) as made:
        yield made


def test_a_message_is_plain_text_in_the_recipients_language(
    authority: Authority, taking: Relay
) -> None:
    """The relay gets one plain text over TLS, by nobody to be answered, threaded by incident."""
    one = notice(language="kk")
    receipt = email(authority, taking.port).deliver(one, BASE)
    [(sender, to, _, secure)] = taking.taken
    [message] = taking.messages()
    assert (sender, to, secure) == ("centre@ocib.kz", ["duty@ncc.kz"], True)
    assert message.get_content_type() == "text/plain"
    assert message["Message-ID"] == f"<{one.id}@ocib.kz>" == receipt.body["message_id"]
    assert message["References"] == f"<{one.incident_id}@ocib.kz>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "kk"
    assert "оқыс оқиға" in message["Subject"].lower()
    text = message.get_content()
    assert "KZ-EN-1" in text
    assert one.incident_id in text
    assert (receipt.body["kind"], receipt.body["answer"]) == ("relayed", "250 taken as 4711")


def test_a_message_is_the_same_at_every_attempt(authority: Authority, taking: Relay) -> None:
    """A repeated delivery sends the same bytes over the same connection."""
    sink = email(authority, taking.port)
    sink.deliver(notice(), BASE)
    sink.deliver(notice(attempts=4), BASE + NANOSECONDS)
    first, second = (data for _, _, data, _ in taking.taken)
    assert first == second
    assert taking.connections == 1


def test_lateness_is_said_in_words(authority: Authority, taking: Relay) -> None:
    """What comes late although it was tried says since when and how often."""
    late = notice(language="en", attempts=3, tried=Tried(first_at=BASE, why=("slow",)))
    email(authority, taking.port).deliver(late, late.due_at + NANOSECONDS)
    [message] = taking.messages()
    assert "Number of attempts: 3" in message.get_content()


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
def test_login_by_password_file(authority: Authority, tmp_path: Path, *, implicit: bool) -> None:
    """The password is a file's first line, and it is sent inside TLS only."""
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nsecond line\n")
    how: dict[str, object] = {
        "security": "tls" if implicit else "starttls",
        "user": USER,
        "password_file": file,
    }
    with relay(authority.leaf("127.0.0.1"), implicit=implicit, login=True) as made:
        email(authority, made.port, **how).deliver(notice(), BASE)
        assert len(made.taken) == 1
        file.write_text("wrong")
        with pytest.raises(DeliveryRefused, match="535") as refused:
            email(authority, made.port, **how).deliver(notice(), BASE)
    assert refused.value.code == "not_let_in"
    assert "wrong" not in str(refused.value)


def test_no_tls_no_message(authority: Authority) -> None:
    """Where the relay offers no STARTTLS nothing is said in clear text."""
    with relay(None) as made:
        with pytest.raises(DeliveryRefused, match="nothing is sent in clear text"):
            email(authority, made.port).deliver(notice(), BASE)
        assert made.taken == []


@pytest.mark.parametrize(
    ("field", "reply", "kind", "code"),
    [
        ("rcpt", "450 4.2.1 busy", DeliveryDelayed, "busy"),
        ("rcpt", "550 5.1.1 nobody here", DeliveryRejected, "rejected"),
        ("data", "451 4.3.0 later", DeliveryDelayed, "busy"),
        ("data", "554 5.6.0 no", DeliveryRejected, "rejected"),
    ],
)
def test_replies(
    authority: Authority, taking: Relay, field: str, reply: str,
    kind: type[DeliveryError], code: str,
) -> None:  # fmt: skip
    """4xx is tried again, 5xx to this message rejects it; the reply is told."""
    setattr(taking, field, reply)
    sink = email(authority, taking.port)
    with pytest.raises(kind, match=reply[:3]) as refused:
        sink.deliver(notice(), BASE)
    assert refused.value.code == code
    assert taking.taken == []
    setattr(taking, field, "")
    assert sink.deliver(notice(), BASE).body["kind"] == "relayed"


@pytest.mark.parametrize(
    "to", ["", "a@b", "a@b.kz\nBcc: all@b.kz", "ә@b.kz", "a b@c.kz", "<a@b.kz>"]
)
def test_what_is_no_address_is_not_written_to(authority: Authority, taking: Relay, to: str) -> None:
    """An address that is none, or that would bend the headers, is refused before a word is said."""
    with pytest.raises(DeliveryRefused, match="no e-mail address") as refused:
        email(authority, taking.port, to=to).deliver(notice(), BASE)
    assert refused.value.code == "no_channel"
    assert taking.connections == 0


@cache
def unsent() -> EmailSink:
    """Give a channel that is never asked to send."""
    settings = EmailSettings(host="127.0.0.1", sender="centre@ocib.kz")
    return EmailSink(settings, lambda *_: "a@b.kz", lambda *_: ("", ""))


@given(st.text(max_size=60))
def test_headers_cannot_be_bent(said: str) -> None:
    """Whatever stands in a subject, the message has the headers that we gave it."""
    sink = unsent()
    sink._spoken = lambda *_: (said, said)
    raw = sink._message(notice(), "a@b.kz", late=False).as_bytes()
    names = [line.split(b":")[0] for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
             if not line.startswith(b" ")]  # fmt: skip
    assert names == [
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"Auto-Submitted",
        b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version", b"Content-Language",
    ]  # fmt: skip


# -- Faults ------------------------------------------------------------------------------------


@contextlib.contextmanager
def talking(say: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """Serve each connection by ``say``, until told to end; give the port."""
    listening, ended = bind("127.0.0.1", 0), threading.Event()

    def serve() -> None:
        while True:
            try:
                link, _ = listening.accept()
            except OSError:
                return
            with link, contextlib.suppress(OSError):
                say(link, ended)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def dripping(link: socket.socket, ended: threading.Event) -> None:
    while not ended.wait(0.05):
        link.sendall(b"2")


def silent(_link: socket.socket, ended: threading.Event) -> None:
    ended.wait(10)


def nonsense(link: socket.socket, _ended: threading.Event) -> None:
    link.sendall(b"SSH-2.0-OpenSSH\r\n")


def gone(_link: socket.socket, _ended: threading.Event) -> None:
    """Close at once."""


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("say", "code"),
    [(dripping, "slow"), (silent, "slow"), (gone, "unreachable"), (nonsense, "answer")],
)
def test_hostile_relays(
    authority: Authority, say: Callable[[socket.socket, threading.Event], None], code: str,
    security: str,
) -> None:  # fmt: skip
    """A relay that drips, says nothing, hangs up or talks nonsense ends in a bounded time."""
    with talking(say) as port, pytest.raises(DeliveryError) as failed:
        email(authority, port, timeout_seconds=0.3, security=security).deliver(notice(), BASE)
    also = {"unreachable", "other", "answer"} if security == "tls" else set()
    assert failed.value.code in {code, *also}


def test_a_relay_that_is_down_delays(authority: Authority) -> None:
    """Where nobody listens the delivery waits."""
    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeliveryDelayed) as failed:
        email(authority, port).deliver(notice(), BASE)
    assert failed.value.code == "unreachable"


def test_a_name_that_does_not_resolve_delays(authority: Authority) -> None:
    """A relay whose name is unknown may come back."""
    with pytest.raises(DeliveryDelayed) as failed:
        email(authority, 2525, host="relay.invalid").deliver(notice(), BASE)
    assert failed.value.code == "no_name"


@pytest.mark.parametrize("fault", ["expired", "of another host", "untrusted", "revoked"])
def test_certificates(authority: Authority, tmp_path: Path, fault: str) -> None:
    """A certificate that does not hold lets nothing out, and a person is told why."""
    from tests.connectors.sinks.certificates import DAY

    leaf = authority.leaf("127.0.0.1")
    changes: dict[str, object] = {}
    if fault == "expired":
        leaf = authority.leaf("127.0.0.1", ends=-DAY)
    elif fault == "of another host":
        leaf = authority.leaf("127.0.0.2", "relay.kz")
    elif fault == "untrusted":
        leaf = Authority(tmp_path / "other", "other").leaf("127.0.0.1")
    else:
        changes["crl"] = authority.revoked(leaf.serial)
    with relay(leaf) as made:
        with pytest.raises(DeliveryRefused) as refused:
            email(authority, made.port, **changes).deliver(notice(), BASE)
        assert refused.value.code == "certificate"
        assert made.taken == []


def test_a_revocation_counts_without_a_restart(authority: Authority) -> None:
    """A list of revoked certificates that changes is read again before the next delivery."""
    leaf = authority.leaf("127.0.0.1")
    crl = authority.revoked(number=7)
    with relay(leaf) as made:
        email(authority, made.port, crl=crl).deliver(notice(), BASE)
        kept = email(authority, made.port, crl=crl)
        authority.revoked(leaf.serial, number=8)
        with pytest.raises(DeliveryRefused, match="revoked"):
            kept.deliver(replace(notice(), id="e" * 32), BASE)


def test_what_cannot_be_used_is_told(authority: Authority, tmp_path: Path) -> None:
    """A missing file or password is told at the start, all of a channel's at once."""
    with pytest.raises(ConfigurationError) as found:
        email(authority, 25, ca=tmp_path / "a", crl=tmp_path / "b")
    assert len(found.value.problems) == 2
    with pytest.raises(ConfigurationError, match="a user needs a password"):
        email(authority, 25, user="saqshy")
