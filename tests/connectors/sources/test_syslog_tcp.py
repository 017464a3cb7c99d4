"""Syslog over TCP, over real sockets."""

import errno
import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from connectors.sources import SyslogTcp
from pipeline.errors import SourceError
from pipeline.ports import Delivery
from pipeline.settings import ListenerSettings


def listener(
    port: int = 0,
    address: str = "127.0.0.1",
    connections: int = 1024,
    idle_seconds: float = 600.0,
) -> ListenerSettings:
    return ListenerSettings(
        name="edge",
        kind="syslog_tcp",
        address=address,
        port=port,
        connections=connections,
        idle_seconds=idle_seconds,
    )


def refused(source: SyslogTcp) -> int:
    return sum(source.refusals.values())


@pytest.fixture
def source() -> Iterator[SyslogTcp]:
    """Give an open source on a port of the system's choice."""
    made = SyslogTcp(listener(), record_bytes=64)
    made.open("")
    yield made
    made.close()


@pytest.fixture
def connect(source: SyslogTcp) -> Iterator[Callable[[], socket.socket]]:
    """Give connections to the source; all are closed in the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(
            closing(socket.create_connection(("127.0.0.1", source.port)))
        )


def taken(source: SyslogTcp, wanted: int, limit: int = 100) -> list[Delivery]:
    found: list[Delivery] = []
    for _ in range(200):
        if sum(len(one.records) for one in found) >= wanted:
            break
        delivery = source.poll(limit, 0.05)
        if delivery is not None:
            found.append(delivery)
    return found


def settled(source: SyslogTcp, connections: int) -> None:
    """Poll until the source holds so many connections."""
    for _ in range(200):
        source.poll(1, 0.01)
        if source.connections == connections:
            return
    raise AssertionError(f"{source.connections} connections instead of {connections}")


def test_each_connection_has_its_framing(
    source: SyslogTcp, connect: Callable[[], socket.socket]
) -> None:
    """Octet counting and lines are told per connection, and never mixed in a delivery."""
    counting, lines = connect(), connect()
    counting.sendall(b"5 <13>a7 <13>b\nc")
    lines.sendall(b"<13>d\n<13>e\n")
    found = {one.records for one in taken(source, 4)}
    assert found == {(b"<13>a", b"<13>b\nc"), (b"<13>d", b"<13>e")}


def test_connections_take_turns(source: SyslogTcp, connect: Callable[[], socket.socket]) -> None:
    """A connection with much to say does not keep the others from being heard."""
    loud, quiet = connect(), connect()
    settled(source, 2)
    loud.sendall(b"<13>loud\n" * 100)
    quiet.sendall(b"<13>quiet\n")
    heard = [one.records[0] for one in taken(source, 40, limit=10)]
    assert b"<13>quiet" in heard[:3]


def test_a_message_over_several_reads(
    source: SyslogTcp, connect: Callable[[], socket.socket]
) -> None:
    """A message that arrives in pieces is given once it is whole."""
    sender = connect()
    sender.sendall(b"10 <13>")
    settled(source, 1)
    assert source.poll(1, 0.05) is None
    sender.sendall(b"abcdef")
    (one,) = taken(source, 1)
    assert one.records == (b"<13>abcdef",)


@pytest.mark.parametrize(
    ("sent", "record", "kind"),
    [
        (b"<13>no end", b"<13>no end", ""),
        (b"20 <13>cut", b"<13>cut", "truncated"),
        (b"<13>" + b"x" * 100, b"<13>" + b"x" * 60, "oversized"),
    ],
)
def test_what_a_closed_connection_leaves(
    source: SyslogTcp,
    connect: Callable[[], socket.socket],
    sent: bytes,
    record: bytes,
    kind: str,
) -> None:
    """What a connection sent before it ended is given, noted where it is not whole."""
    sender = connect()
    sender.sendall(sent)
    sender.shutdown(socket.SHUT_WR)
    (one,) = taken(source, 1)
    assert one.records == (record,)
    assert [note.kind for note in one.notes] == ([kind] if kind else [])
    settled(source, 0)


def test_a_reset_connection_is_an_ended_one(
    source: SyslogTcp, connect: Callable[[], socket.socket]
) -> None:
    """A peer that resets its connection leaves what came before, and the source goes on."""
    sender = connect()
    sender.sendall(b"<13>a\n")
    first = taken(source, 1)
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, zero seconds: close by reset
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    sender.close()
    settled(source, 0)
    again = connect()
    again.sendall(b"<13>b\n")
    assert [one.records for one in (*first, *taken(source, 1))] == [(b"<13>a",), (b"<13>b",)]


def test_too_many_connections_are_refused() -> None:
    """A connection beyond the bound is closed at once and counted; those held go on."""
    source = SyslogTcp(listener(connections=1))
    source.open("")
    with ExitStack() as stack:
        held = stack.enter_context(closing(socket.create_connection(("127.0.0.1", source.port))))
        settled(source, 1)
        late = stack.enter_context(
            closing(socket.create_connection(("127.0.0.1", source.port), timeout=5))
        )
        for _ in range(100):
            source.poll(1, 0.01)
            if refused(source):
                break
        assert late.recv(1) == b""
        assert (source.refusals, source.connections) == ({"too_many_connections": 1}, 1)
        (trouble,) = source.troubles
        assert "1 refused, the last 127.0.0.1" in trouble
        assert "listeners.edge.connections" in trouble
        held.sendall(b"<13>a\n")
        assert taken(source, 1)[0].records == (b"<13>a",)
    source.close()


@pytest.fixture
def few_descriptors() -> Iterator[Callable[[int], None]]:
    """Give a way to lower the number of descriptors that this process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda number: resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("limit", "wanted", "most"), [(300, 1024, 44), (260, 1024, 16), (300, 8, 8)]
)
def test_connections_leave_descriptors_to_the_rest(
    few_descriptors: Callable[[int], None], limit: int, wanted: int, most: int
) -> None:
    """A listener holds so many connections that stores and files can still be opened."""
    few_descriptors(limit)
    source = SyslogTcp(listener(connections=wanted))
    source.open("")
    assert source.most == most
    with ExitStack() as stack:
        for _ in range(most + 6):
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", source.port))))
        for _ in range(200):
            source.poll(1, 0.01)
            if source.connections + refused(source) == most + 6:
                break
        assert (source.connections, refused(source)) == (most, 6)
        for _ in range(64):
            stack.enter_context(closing(socket.socket()))
    source.close()


def test_two_listeners_share_the_descriptors(few_descriptors: Callable[[int], None]) -> None:
    """What several listeners hold together leaves descriptors to the rest too."""
    with ExitStack() as stack:
        first, second = SyslogTcp(listener()), SyslogTcp(listener())
        for source in (first, second):
            source.open("")
            stack.callback(source.close)
            source.most = 1024  # so that the number of descriptors alone decides
        for number in range(60):
            port = (first, second)[number % 2].port
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
        highest = os.dup(0)
        os.close(highest)
        few_descriptors((highest + 20) * 4 // 3)
        for _ in range(200):
            for source in (first, second):
                source.poll(1, 0.0)
        held = first.connections + second.connections
        away = refused(first) + refused(second)
        assert held + away == 60
        assert 15 <= held <= 25
        assert away


def until_none_is_left() -> list[int]:
    """Take descriptors until the system refuses."""
    held = []
    while True:
        try:
            held.append(os.dup(0))
        except OSError as error:
            if error.errno != errno.EMFILE:
                raise
            return held


def test_without_descriptors_accepting_rests(few_descriptors: Callable[[int], None]) -> None:
    """Where no descriptor is left, accepting waits instead of spinning, and then goes on."""
    now = [0.0]
    source = SyslogTcp(listener(), clock=lambda: now[0])
    source.open("")
    with ExitStack() as stack:
        sender = stack.enter_context(closing(socket.create_connection(("127.0.0.1", source.port))))
        few_descriptors(sender.fileno() + 8)
        held = until_none_is_left()
        for _ in range(20):
            source.poll(1, 0.0)
        assert (source.starved, source.connections) == (1, 0)
        for descriptor in held:
            os.close(descriptor)
        few_descriptors(1024)
        sender.sendall(b"<13>a\n")
        source.poll(1, 0.0)
        assert source.connections == 0
        now[0] = 1.5
        assert taken(source, 1)[0].records == (b"<13>a",)
        assert (source.starved, refused(source)) == (1, 0)
    source.close()


def test_who_is_silent_makes_room() -> None:
    """With all places taken the longest silent one makes room, and what it left is given."""
    now = [0.0]
    source = SyslogTcp(
        listener(connections=2, idle_seconds=60.0), clock=lambda: now[0] + time.monotonic()
    )
    source.open("")
    with ExitStack() as stack:

        def connected() -> socket.socket:
            address = ("127.0.0.1", source.port)
            return stack.enter_context(closing(socket.create_connection(address, timeout=5)))

        silent, lively = connected(), connected()
        silent.sendall(b"<13>unfinished")
        settled(source, 2)
        now[0] = 100.0
        lively.sendall(b"<13>a\n")
        assert [one.records for one in taken(source, 1)] == [(b"<13>a",)]
        assert source.connections == 2
        third = connected()
        third.sendall(b"<13>b\n")
        assert {one.records for one in taken(source, 2)} == {(b"<13>unfinished",), (b"<13>b",)}
        assert silent.recv(1) == b""
        connected()
        for _ in range(20):
            source.poll(1, 0.0)
        assert (source.connections, refused(source)) == (2, 1)
    source.close()


def test_the_system_finds_dead_senders(
    source: SyslogTcp, connect: Callable[[], socket.socket]
) -> None:
    """A sender that went without a word is found in two minutes, and keeps no place for an hour."""
    connect()
    settled(source, 1)
    (held,) = [one.socket for one in source._connections.values()]
    assert held.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    if sys.platform == "linux":
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        idle, between, count = (held.getsockopt(socket.IPPROTO_TCP, one) for one in options)
        assert idle + between * count <= 120


def test_a_paused_peer_waits_and_others_go_on() -> None:
    """Nothing is read of a paused peer until its time is over, also of its new connections."""
    now = [0.0]
    source = SyslogTcp(listener(address="0.0.0.0"), clock=lambda: now[0] + time.monotonic())
    source.open("")
    with ExitStack() as stack:

        def connected(address: str) -> socket.socket:
            target, own = (address, source.port), (address, 0)
            made = socket.create_connection(target, timeout=5, source_address=own)
            return stack.enter_context(closing(made))

        noisy, quiet = connected("127.0.0.1"), connected("127.0.0.2")
        settled(source, 2)
        assert source.pause("127.0.0.1", 5.0)
        for one in (noisy, connected("127.0.0.1"), quiet):
            one.sendall(b"<13>a\n")
        found = [one for one in (source.poll(9, 0.01) for _ in range(20)) if one]
        assert [one.peer for one in found] == ["127.0.0.2"]
        assert source.connections == 3
        now[0] = 5.0
        found += taken(source, 2)
        assert sorted(one.peer for one in found) == ["127.0.0.1", "127.0.0.1", "127.0.0.2"]
    source.close()


def test_finishing_lets_nothing_be_lost() -> None:
    """Told to finish, it takes who waits, tells the senders, and reads on until they have gone."""
    source = SyslogTcp(listener())
    source.open("")
    with ExitStack() as stack:
        senders = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", source.port))))
            for _ in range(3)
        ]
        for number, sender in enumerate(senders):
            sender.sendall(b"<13>%d\n" % number)
        source.finish()
        senders[0].sendall(b"<13>later\n")
        assert not source.exhausted()
        found = taken(source, 4)
        assert all(sender.recv(1) == b"" for sender in senders)
        for sender in senders:
            sender.close()
        while not source.exhausted():
            assert source.poll(9, 0.1) is None
        assert len({record for one in found for record in one.records}) == 4
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", source.port))
    source.close()


def test_not_polled_it_makes_the_sender_wait(
    source: SyslogTcp, connect: Callable[[], socket.socket]
) -> None:
    """While nobody polls, nothing is read; the sender blocks, and nothing is lost."""
    sender = connect()
    sender.setblocking(False)
    message = b"<13>" + b"x" * 55 + b"\n"
    sent = 0
    try:
        while sent < 100_000_000:
            sent += sender.send(message * 100)
    except BlockingIOError:
        pass
    assert sent < 100_000_000
    sender.shutdown(socket.SHUT_WR)
    deliveries = taken(source, -(-sent // len(message)), limit=1000)
    assert sum(len(one.records) for one in deliveries) == -(-sent // len(message))


def test_a_port_in_use(source: SyslogTcp) -> None:
    """A port that another holds is told with address, port and way out."""
    with pytest.raises(SourceError, match="in use by another program") as raised:
        SyslogTcp(listener(source.port)).open("")
    assert f"127.0.0.1 port {source.port}" in str(raised.value)
    assert "listeners.edge.port" in str(raised.value)
