"""Syslog over UDP, over real sockets."""

import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.sources import SyslogUdp
from pipeline.errors import SourceError
from pipeline.settings import ListenerSettings


def listener(
    port: int = 0, address: str = "127.0.0.1", receive_buffer_bytes: int = 16 * 1024 * 1024
) -> ListenerSettings:
    return ListenerSettings(
        name="edge",
        kind="syslog_udp",
        address=address,
        port=port,
        receive_buffer_bytes=receive_buffer_bytes,
    )


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    """Give a socket that sends datagrams."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as made:
        yield made


@pytest.fixture
def source() -> Iterator[SyslogUdp]:
    """Give an open source on a port of the system's choice."""
    made = SyslogUdp(listener())
    made.open("")
    yield made
    made.close()


def test_a_datagram_is_a_record_as_it_came(source: SyslogUdp, sender: socket.socket) -> None:
    """One datagram is one record, line ends and empty ones included (RFC 5426, 3.1)."""
    for datagram in (b"<13>a\n<13>b\n", b"", b"\x00"):
        sender.sendto(datagram, ("127.0.0.1", source.port))
    delivery = source.poll(10, 2.0)
    assert delivery is not None
    assert delivery.records == (b"<13>a\n<13>b\n", b"", b"\x00")
    assert (delivery.peer, delivery.source, delivery.format) == ("127.0.0.1", "edge", "")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")
def test_each_peer_has_its_own_deliveries(source: SyslogUdp, sender: socket.socket) -> None:
    """Datagrams of several peers are parted, each peer's kept in their order."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.2", 0))
        for number in range(4):
            (sender, other)[number % 2].sendto(b"%d" % number, ("127.0.0.1", source.port))
    found = {}
    for _ in range(2):
        delivery = source.poll(10, 2.0)
        assert delivery is not None
        found[delivery.peer] = delivery.records
    assert found == {"127.0.0.1": (b"0", b"2"), "127.0.0.2": (b"1", b"3")}


def test_a_long_datagram_is_cut_and_noted(sender: socket.socket) -> None:
    """A datagram beyond the longest record is cut there and noted."""
    source = SyslogUdp(listener(), record_bytes=8)
    source.open("")
    sender.sendto(b"<13>short"[:8], ("127.0.0.1", source.port))
    sender.sendto(b"<13>" + b"x" * 60_000, ("127.0.0.1", source.port))
    delivery = source.poll(10, 2.0)
    assert delivery is not None
    assert delivery.records == (b"<13>shor", b"<13>xxxx")
    assert [(note.index, note.kind) for note in delivery.notes] == [(1, "oversized")]
    source.close()


@pytest.mark.skipif(not Path("/proc/net/udp").exists(), reason="the system counts no drops")
def test_what_the_kernel_drops_is_counted(sender: socket.socket) -> None:
    """Sent, read and dropped add up, also when the buffer overflows."""
    source = SyslogUdp(listener(receive_buffer_bytes=16_384))
    source.open("")
    sent = 500
    for _ in range(sent):
        sender.sendto(b"x" * 1000, ("127.0.0.1", source.port))
    read = 0
    while (delivery := source.poll(1000, 0.1)) is not None:
        read += len(delivery.records)
    assert source.dropped > 0
    assert read + source.dropped == sent
    counted = source.dropped
    source.close()
    assert source.dropped == counted


def test_the_buffer_is_asked_for_and_checked() -> None:
    """A buffer smaller than asked for is told with what would grant it."""
    modest = SyslogUdp(listener(receive_buffer_bytes=8192))
    modest.open("")
    assert modest.granted >= 8192
    assert modest.shortfall == ""
    modest.close()
    greedy = SyslogUdp(listener(receive_buffer_bytes=2**30))
    greedy.open("")
    assert greedy.granted > 0
    if greedy.granted < 2**30:
        assert f"net.core.rmem_max={2**30}" in greedy.shortfall
        assert list(greedy.troubles) == [greedy.shortfall]
    greedy.close()
    assert greedy.shortfall == ""


@pytest.mark.parametrize(
    ("address", "message"),
    [("192.0.2.1", "one it has"), ("no.such.host.invalid", "not known here")],
)
def test_an_address_that_is_not_ours(address: str, message: str) -> None:
    """An address that this machine does not have is told with listener, address and way out."""
    with pytest.raises(SourceError, match=message) as raised:
        SyslogUdp(listener(5140, address)).open("")
    assert f"edge: {address} port 5140" in str(raised.value)
    assert "listeners.edge.address" in str(raised.value)


def test_a_port_in_use(source: SyslogUdp) -> None:
    """A port that another holds is told with address, port and way out."""
    with pytest.raises(SourceError, match="in use by another program") as raised:
        SyslogUdp(listener(source.port)).open("")
    assert f"127.0.0.1 port {source.port}" in str(raised.value)
    assert "listeners.edge.port" in str(raised.value)


def test_ipv6_peers() -> None:
    """Over IPv6 a peer is its address, an IPv4 one as IPv4."""
    try:
        source = SyslogUdp(listener(address="::"))
        source.open("")
    except SourceError:
        pytest.skip("the system has no IPv6")
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
        sender.sendto(b"<13>a", ("127.0.0.1", source.port))
    delivery = source.poll(1, 2.0)
    assert delivery is not None
    assert delivery.peer == "127.0.0.1"
    source.close()
