"""Syslog over TLS (RFC 5425), over real sockets and real handshakes."""

import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sources import SyslogTcp
from connectors.sources.tls import WAYS_OUT
from pipeline.errors import SourceError
from pipeline.ports import Delivery
from pipeline.settings import ListenerSettings, TlsSettings
from tests.connectors.sources.certificates import DAY, Authority, Pair


@dataclass(frozen=True)
class Papers:
    """An authority, what it signed, and what another signed."""

    authority: Authority
    server: Pair
    relay: Pair
    expired: Pair
    early: Pair
    stranger: Pair


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Give certificates of every kind."""
    folder = tmp_path_factory.mktemp("pki")
    ours, theirs = Authority(folder / "ours"), Authority(folder / "theirs", "other-ca")
    return Papers(
        authority=ours,
        server=ours.issue("server", "localhost"),
        relay=ours.issue("relay.example", "relay.example", "alias.example"),
        expired=ours.issue("expired", lasts=-timedelta(hours=1), begins=-2 * DAY),
        early=ours.issue("early", lasts=2 * DAY, begins=DAY),
        stranger=theirs.issue("stranger"),
    )


def listener(papers: Papers, server: Pair | None = None, **tls: Any) -> ListenerSettings:
    own = server or papers.server
    settings = {
        "certificate": own.certificate,
        "key": own.key,
        "ca": papers.authority.certificate,
        **tls,
    }
    made = TlsSettings.model_validate({key: value for key, value in settings.items() if value})
    return ListenerSettings(name="edge", kind="syslog_tls", tls=made)


@dataclass
class Bench:
    """Opens sources and sends to them without ever blocking for long."""

    papers: Papers
    stack: ExitStack
    deliveries: list[Delivery] = field(default_factory=list)

    def opened(self, one: ListenerSettings, **more: Any) -> SyslogTcp:
        """Open a source; it is closed in the end."""
        source = SyslogTcp(one, **more)
        source.open("")
        self.stack.callback(source.close)
        return source

    def plain(self, source: SyslogTcp) -> socket.socket:
        """Connect without TLS."""
        address = ("127.0.0.1", source.port)
        return self.stack.enter_context(closing(socket.create_connection(address, timeout=5)))

    def secured(self, source: SyslogTcp, pair: Pair | None, **more: Any) -> ssl.SSLSocket:
        """Shake hands, the source's half by polling between the steps."""
        context = ssl.create_default_context(cafile=str(self.papers.authority.certificate))
        context.check_hostname = False
        if pair is not None:
            context.load_cert_chain(pair.certificate, pair.key)
        for name, value in more.items():
            setattr(context, name, value)
        raw = self.plain(source)
        raw.setblocking(False)
        secured = context.wrap_socket(raw, do_handshake_on_connect=False)
        self.stack.callback(secured.close)
        for _ in range(200):
            try:
                secured.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.poll(source)
        self.poll(source)
        return secured

    def poll(self, source: SyslogTcp, timeout: float = 0.01) -> None:
        """Poll once, and keep what came."""
        delivery = source.poll(1000, timeout)
        if delivery is not None:
            self.deliveries.append(delivery)

    def until(self, source: SyslogTcp, holds: Callable[[], bool]) -> None:
        """Poll until something holds."""
        for _ in range(500):
            if holds():
                return
            self.poll(source)
        raise AssertionError(f"it never held: {source.refusals} {self.deliveries}")

    @property
    def records(self) -> list[bytes]:
        """Give the records that came."""
        return [record for one in self.deliveries for record in one.records]


@pytest.fixture
def bench(papers: Papers) -> Iterator[Bench]:
    """Give a bench, and close all that was opened on it."""
    with ExitStack() as stack:
        yield Bench(papers, stack)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_records_come_with_the_certificates_names(
    bench: Bench, papers: Papers, version: ssl.TLSVersion
) -> None:
    """A delivery carries the address as peer, and the certificate's names and fingerprint."""
    source = bench.opened(listener(papers))
    sender = bench.secured(source, papers.relay, maximum_version=version)
    sender.send(b"5 <13>a6 <13>bc")
    bench.until(source, lambda: len(bench.records) == 2)
    (delivery,) = bench.deliveries
    assert delivery.records == (b"<13>a", b"<13>bc")
    assert delivery.peer == "127.0.0.1"
    assert delivery.certificates == (
        "relay.example",
        "alias.example",
        "127.0.0.1",
        f"sha256:{papers.relay.fingerprint}",
    )


def test_much_at_once_comes_whole(bench: Bench, papers: Papers) -> None:
    """More than a TLS record or one read holds comes in order, whatever the library holds back."""
    source = bench.opened(listener(papers))
    sender = bench.secured(source, papers.relay)
    sent = [b"<13>%d " % n + b"x" * 200 for n in range(5000)]
    stream = memoryview(b"".join(b"%d %s" % (len(one), one) for one in sent))
    at = 0
    while at < len(stream):
        try:
            at += sender.send(stream[at : at + 65536])
        except ssl.SSLWantWriteError:
            bench.poll(source)
    bench.until(source, lambda: len(bench.records) >= len(sent))
    assert bench.records == sent


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (None, "certificate_missing"),
        ("expired", "certificate_expired"),
        ("early", "certificate_not_yet_valid"),
        ("stranger", "certificate_unknown"),
    ],
)
def test_who_cannot_be_known_is_refused(
    bench: Bench, papers: Papers, pair: str | None, reason: str
) -> None:
    """No certificate, or one that does not hold: refused, counted, told with the way out."""
    source = bench.opened(listener(papers))
    sender = bench.secured(source, getattr(papers, pair) if pair else None)
    bench.until(source, lambda: bool(source.refusals))
    assert source.refusals == {reason: 1}
    assert source.connections == 0
    assert bench.records == []
    (trouble,) = source.troubles
    assert "edge: 1 refused, the last 127.0.0.1: " in trouble
    sender.setblocking(True)
    with pytest.raises(OSError, match=r"alert|reset|closed|EOF|eof"):
        _ended(sender)


def _ended(sender: ssl.SSLSocket) -> None:
    sender.do_handshake()
    sender.send(b"5 <13>a")
    if sender.recv(1) == b"":
        raise ConnectionResetError("closed")


def test_every_reason_has_a_way_out(papers: Papers) -> None:
    """What a refused sender lacks can be told in words, for each reason."""
    source = SyslogTcp(listener(papers))
    for reason in WAYS_OUT:
        source._refuse(reason, "192.0.2.7")
    assert len(source.troubles) == len(WAYS_OUT)
    assert not [one for one in source.troubles if "{" in one]


def test_without_a_certificate_where_none_is_asked(bench: Bench, papers: Papers) -> None:
    """With optional client certificates who shows none is nobody, who shows a bad one is refused.

    Without authorities nobody is asked for one.
    """
    source = bench.opened(listener(papers, client_certificates="optional"))
    bench.secured(source, None).send(b"5 <13>a")
    bench.secured(source, papers.relay).send(b"5 <13>b")
    bench.until(source, lambda: len(bench.records) == 2)
    names = {one.records[0]: one.certificates[:1] for one in bench.deliveries}
    assert names == {b"<13>a": (), b"<13>b": ("relay.example",)}
    bench.secured(source, papers.stranger)
    bench.until(source, lambda: source.refusals == {"certificate_unknown": 1})
    lone = bench.opened(listener(papers, client_certificates="optional", ca=None))
    bench.secured(lone, papers.relay).send(b"5 <13>c")
    bench.until(lone, lambda: len(bench.records) == 3)
    assert bench.deliveries[-1].certificates == ()


def test_what_is_no_tls_is_told(bench: Bench, papers: Papers) -> None:
    """A sender that speaks plain syslog to a TLS listener is refused, with what to change."""
    source = bench.opened(listener(papers))
    bench.plain(source).sendall(b"<13>Mar  2 20:00:00 gw app: hello\n")
    bench.until(source, lambda: bool(source.refusals))
    assert source.refusals == {"not_tls": 1}
    assert "it does not speak TLS" in source.troubles[0]


def test_old_tls_is_refused(bench: Bench, papers: Papers) -> None:
    """TLS 1.1 is not spoken (RFC 9662, section 4)."""
    source = bench.opened(listener(papers))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    for side in ("minimum_version", "maximum_version"):
        with pytest.warns(DeprecationWarning, match="deprecated"):
            setattr(context, side, ssl.TLSVersion.TLSv1_1)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    raw = bench.plain(source)
    raw.setblocking(False)
    sender = context.wrap_socket(raw, do_handshake_on_connect=False)
    bench.stack.callback(sender.close)
    with pytest.raises(ssl.SSLWantReadError):
        sender.do_handshake()
    bench.until(source, lambda: bool(source.refusals))
    assert source.refusals == {"tls_version": 1}


def test_a_handshake_that_rests_stops_nobody(bench: Bench, papers: Papers) -> None:
    """Who connects and says nothing, or half a handshake, holds up nobody and is let go in time."""
    now = [0.0]
    source = bench.opened(
        listener(papers, handshake_seconds=10), clock=lambda: now[0] + time.monotonic()
    )
    silent = bench.plain(source)
    half = bench.plain(source)
    half.sendall(b"\x16\x03\x01")
    bench.until(source, lambda: source.connections == 2)
    sender = bench.secured(source, papers.relay)
    sender.send(b"5 <13>a")
    bench.until(source, lambda: bench.records == [b"<13>a"])
    assert source.connections == 3
    now[0] = 11.0
    bench.until(source, lambda: source.connections == 1)
    assert source.refusals == {"handshake_timeout": 2}
    assert silent.recv(1) == half.recv(1) == b""
    sender.send(b"5 <13>b")
    bench.until(source, lambda: bench.records == [b"<13>a", b"<13>b"])


def test_a_renewed_certificate_is_taken_without_a_restart(
    bench: Bench, papers: Papers, tmp_path: Path
) -> None:
    """Changed files are read for the next connection; broken ones leave the old in force."""
    now = [0.0]
    own = Authority(tmp_path)
    first = own.issue("collector")
    shown: list[bytes | None] = []

    def connected(source: SyslogTcp) -> None:
        sender = bench.secured(source, papers.relay, verify_mode=ssl.CERT_NONE)
        shown.append(sender.getpeercert(binary_form=True))
        sender.send(b"5 <13>a")

    source = bench.opened(listener(papers, first), clock=lambda: now[0] + time.monotonic())
    connected(source)
    own.issue("collector")
    os.utime(first.certificate, (1, 1))
    connected(source)
    now[0] += 6.0
    connected(source)
    assert shown[0] == shown[1]
    assert shown[2] != shown[1]
    first.key.write_text("broken")
    now[0] += 6.0
    connected(source)
    assert shown[3] == shown[2]
    assert any("the certificate read before stays in force" in one for one in source.troubles)
    own.issue("collector")
    now[0] += 6.0
    connected(source)
    assert shown[4] not in shown[:4]
    assert source.troubles == []
    bench.until(source, lambda: len(bench.records) == 5)


def test_finishing_reads_on_what_is_under_way(bench: Bench, papers: Papers) -> None:
    """Told to finish, what a sender wrote until it noticed still comes, decrypted."""
    source = bench.opened(listener(papers))
    sender = bench.secured(source, papers.relay)
    sender.send(b"5 <13>a")
    source.finish()
    sender.send(b"5 <13>b")
    bench.until(source, lambda: bench.records == [b"<13>a", b"<13>b"])
    sender.close()
    bench.until(source, source.exhausted)
    assert source.connections == 0


@pytest.mark.parametrize(
    ("tls", "message"),
    [
        ({"certificate": "nowhere.pem"}, "cannot be used"),
        ({"ca": None}, "nothing says whose"),
        ({"ca": "nowhere.pem"}, "cannot be read"),
    ],
    ids=["certificate", "no-ca", "ca"],
)
def test_files_that_do_not_serve_end_the_start(
    papers: Papers, tls: dict[str, Any], message: str
) -> None:
    """A certificate, key or authority that cannot be used is told with the setting."""
    with pytest.raises(SourceError, match=message) as raised:
        SyslogTcp(listener(papers, **tls)).open("")
    assert "listeners.edge.tls" in str(raised.value)


def test_a_key_of_another_certificate_is_told(papers: Papers) -> None:
    """A key that does not fit its certificate ends the start."""
    mixed = Pair(papers.server.certificate, papers.relay.key, "")
    with pytest.raises(SourceError, match="cannot be used"):
        SyslogTcp(listener(papers, mixed)).open("")


def test_tls_needs_its_settings() -> None:
    """A listener of kind syslog_tls without certificate is told what it lacks."""
    with pytest.raises(SourceError, match=r"add listeners\.edge\.tls"):
        SyslogTcp(ListenerSettings(name="edge", kind="syslog_tls"))
