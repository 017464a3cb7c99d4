"""Real rsyslog and syslog-ng to our listeners: framings, TLS, and restarts without a loss."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.settings import ListenerSettings, TlsSettings
from tests.integration.senders import (
    Collecting,
    Papers,
    Sender,
    collecting,
    free_port,
    papers,
    rsyslog,
    syslog_ng,
)

LINES = 2000
CERTIFIED = ("gateway.example",)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Give a stack that ends what a test started, in reverse."""
    with ExitStack() as opened:
        yield opened


def listener(kind: str, pki: Papers | None = None) -> ListenerSettings:
    """Give a listener on a port that stays over restarts."""
    stream = socket.SOCK_DGRAM if kind == "syslog_udp" else socket.SOCK_STREAM
    document: dict[str, object] = {"name": "edge", "kind": kind, "port": free_port(stream)}
    if pki is not None:
        document["tls"] = TlsSettings(
            certificate=pki.collector.certificate,
            key=pki.collector.key,
            ca=pki.authority.certificate,
        )
    return ListenerSettings.model_validate(document)


def rsyslog_tcp(framing: str) -> Callable[[Path, int, Papers | None], Sender]:
    """Set up omfwd over TCP with one framing (omfwd, TCP_Framing)."""

    def made(folder: Path, port: int, _: Papers | None) -> Sender:
        return rsyslog(folder, f'port="{port}" protocol="tcp" TCP_Framing="{framing}"')

    return made


def rsyslog_udp(folder: Path, port: int, _: Papers | None) -> Sender:
    """Set up omfwd over UDP."""
    return rsyslog(folder, f'port="{port}" protocol="udp"')


def rsyslog_tls(driver: str) -> Callable[[Path, int, Papers | None], Sender]:
    """Set up omfwd over TLS with one library (netstream drivers)."""

    def made(folder: Path, port: int, pki: Papers | None) -> Sender:
        assert pki is not None
        files = (
            f'DefaultNetstreamDriverCAFile="{pki.authority.certificate}" '
            f'DefaultNetstreamDriverCertFile="{pki.sender.certificate}" '
            f'DefaultNetstreamDriverKeyFile="{pki.sender.key}"'
        )
        action = (
            f'port="{port}" protocol="tcp" TCP_Framing="octet-counted" StreamDriver="{driver}" '
            'StreamDriverMode="1" StreamDriverAuthMode="x509/name" '
            'StreamDriverPermittedPeers="localhost"'
        )
        return rsyslog(folder, action, files)

    return made


def syslog_ng_over(form: str) -> Callable[[Path, int, Papers | None], Sender]:
    """Set up a destination: ``network`` is RFC 3164 in lines, ``syslog`` RFC 5424 counted."""

    def made(folder: Path, port: int, pki: Papers | None) -> Sender:
        driver, transport = form.split("-")
        tls = ""
        if pki is not None:
            tls = (
                f'tls(ca-file("{pki.authority.certificate}") '
                f'cert-file("{pki.sender.certificate}") key-file("{pki.sender.key}") '
                "peer-verify(required-trusted))"
            )
        where = f'"127.0.0.1" port({port}) transport("{transport}") {tls}'
        return syslog_ng(folder, f"{driver}({where});")

    return made


SENDERS = [
    pytest.param("syslog_udp", rsyslog_udp, id="rsyslog-udp"),
    pytest.param("syslog_tcp", rsyslog_tcp("octet-counted"), id="rsyslog-tcp-counted"),
    pytest.param("syslog_tcp", rsyslog_tcp("traditional"), id="rsyslog-tcp-lines"),
    pytest.param("syslog_tls", rsyslog_tls("ossl"), id="rsyslog-tls-openssl"),
    pytest.param("syslog_tls", rsyslog_tls("gtls"), id="rsyslog-tls-gnutls"),
    pytest.param("syslog_udp", syslog_ng_over("syslog-udp"), id="syslog-ng-udp"),
    pytest.param("syslog_tcp", syslog_ng_over("network-tcp"), id="syslog-ng-tcp-lines"),
    pytest.param("syslog_tcp", syslog_ng_over("syslog-tcp"), id="syslog-ng-tcp-counted"),
    pytest.param("syslog_tls", syslog_ng_over("syslog-tls"), id="syslog-ng-tls"),
]


def started(
    stack: ExitStack,
    folder: Path,
    kind: str,
    make: Callable[[Path, int, Papers | None], Sender],
) -> tuple[Sender, Collecting]:
    """Run a sender and a collector for it."""
    pki = papers(folder) if kind == "syslog_tls" else None
    settings = listener(kind, pki)
    sender = make(folder, settings.port, pki)
    names = CERTIFIED if pki is not None else ()
    collected = stack.enter_context(collecting(folder, settings, names))
    stack.callback(sender.stop)
    sender.start()
    return sender, collected


@pytest.mark.parametrize(("kind", "make"), SENDERS)
def test_each_line_comes_once(
    stack: ExitStack,
    tmp_path: Path,
    kind: str,
    make: Callable[[Path, int, Papers | None], Sender],
) -> None:
    """Each line of a real sender becomes one record of its source, over TLS by its certificate."""
    sender, collected = started(stack, tmp_path, kind, make)
    sender.write(LINES)
    assert collected.until(lambda: len(collected.lines) >= LINES), sender.said
    assert collected.numbers == Counter(range(LINES))
    assert all("gateway ашық number=" in line for line in collected.lines)
    assert {line[:1] for line in collected.lines} == {"<"}


LONG = {"rsyslog-tcp-lines", "rsyslog-tls-gnutls", "syslog-ng-tcp-lines"}  # as others in the rest
STREAMS = [
    pytest.param(*one.values, id=one.id, marks=[pytest.mark.proof] if one.id in LONG else [])
    for one in SENDERS
    if one.values[0] != "syslog_udp"
]


@pytest.mark.parametrize(("kind", "make"), STREAMS)
def test_a_restart_in_the_middle_loses_nothing(
    stack: ExitStack,
    tmp_path: Path,
    kind: str,
    make: Callable[[Path, int, Papers | None], Sender],
) -> None:
    """A listener that goes and comes back gets what its sender kept; nothing is missing."""
    sender, collected = started(stack, tmp_path, kind, make)
    sender.write(LINES)
    assert collected.until(lambda: len(collected.lines) >= LINES // 4), sender.said
    collected.stop()
    sender.write(LINES)
    collected.start()
    sender.write(LINES)
    assert collected.until(lambda: len(collected.numbers) >= 3 * LINES), sender.said
    counted = collected.numbers
    assert set(counted) == set(range(3 * LINES))
    # A sender that was not sure of a batch sends it again: at most one, by default of 1024 or less.
    twice = sorted(number for number, count in counted.items() if count > 1)
    assert max(counted.values()) <= 2
    assert len(twice) <= 1024
    assert twice == list(range(twice[0], twice[-1] + 1)) if twice else True
