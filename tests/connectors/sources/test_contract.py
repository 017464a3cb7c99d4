"""What every source promises, over real sockets and files."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pytest

from connectors.sources import FileSource, HttpIntake, MemorySource, SyslogTcp, SyslogUdp
from connectors.sources.archive import ArchiveSource
from connectors.sources.folder import FolderSource
from pipeline.errors import SourceError
from pipeline.normalize.framing.archive import members
from pipeline.ports import Delivery, Source
from pipeline.settings import ListenerSettings, TlsSettings
from tests.connectors.kafka_broker import Broker
from tests.connectors.kafka_topics import Topic
from tests.connectors.sources.certificates import Authority

LIMIT = 100


class Line(NamedTuple):
    """The least that a framer gives."""

    data: bytes
    note_kind: str
    note_detail: str
    end: int
    open: bool
    preamble: bytes = b""
    header: int = 0


def lines(stream: BinaryIO, resume: int, header: int) -> Iterator[Line]:
    """Give the lines of a file as records."""
    assert header == 0
    stream.seek(resume)
    end = resume
    for line in stream:
        end += len(line)
        yield Line(line.rstrip(b"\n"), "", "", end, not line.endswith(b"\n"))


@dataclass
class Setup:
    """A source, how records are sent to it, and whether it can go back and can end."""

    make: Callable[[], Source]
    send: Callable[[Source, list[bytes]], None]
    goes_back: bool = False
    ends: bool = False
    senders: list[socket.socket] = field(default_factory=list)


def memory(_: Path) -> Setup:
    source = MemorySource("m")

    def send(source: Source, records: list[bytes]) -> None:
        assert isinstance(source, MemorySource)
        source.put("memory", *records)

    return Setup(lambda: source, send, goes_back=True, ends=True)


def endless_memory(_: Path) -> Setup:
    source = MemorySource("m", endless=True)

    def send(source: Source, records: list[bytes]) -> None:
        assert isinstance(source, MemorySource)
        source.put("memory", *records)

    return Setup(lambda: source, send, goes_back=True)


def file_once(folder: Path) -> Setup:
    path = folder / "log"
    path.touch()

    def send(_: Source, records: list[bytes]) -> None:
        with path.open("ab") as file:
            file.writelines(record + b"\n" for record in records)

    return Setup(lambda: FileSource("f", path, lines), send, goes_back=True, ends=True)


def file_followed(folder: Path) -> Setup:
    once = file_once(folder)
    path = folder / "log"
    return Setup(lambda: FileSource("f", path, lines, follow=True), once.send, goes_back=True)


def folder_once(folder: Path) -> Setup:
    once = file_once(folder)
    return Setup(
        lambda: FolderSource("d", folder, lines, "log", follow=False), once.send, True, True
    )


def folder_followed(folder: Path) -> Setup:
    once = file_once(folder)
    return Setup(lambda: FolderSource("d", folder, lines, "l*g"), once.send, goes_back=True)


def packed_once(folder: Path) -> Setup:
    once = file_once(folder)
    path = folder / "log"
    return Setup(lambda: ArchiveSource("a", path, lines, members), once.send, True, True)


def listener(kind: str) -> ListenerSettings:
    return ListenerSettings.model_validate({"name": "n", "kind": kind})


def udp(_: Path) -> Setup:
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]

    def send(source: Source, records: list[bytes]) -> None:
        assert isinstance(source, SyslogUdp)
        for record in records:
            senders[0].sendto(record, ("127.0.0.1", source.port))

    return Setup(lambda: SyslogUdp(listener("syslog_udp")), send, senders=senders)


def tcp(_: Path) -> Setup:
    senders: list[socket.socket] = []

    def send(source: Source, records: list[bytes]) -> None:
        assert isinstance(source, SyslogTcp)
        if not senders:
            senders.append(socket.create_connection(("127.0.0.1", source.port)))
        senders[0].sendall(b"".join(record + b"\n" for record in records))

    return Setup(lambda: SyslogTcp(listener("syslog_tcp")), send, senders=senders)


def http(_: Path) -> Setup:
    senders: list[socket.socket] = []

    def send(source: Source, records: list[bytes]) -> None:
        assert isinstance(source, HttpIntake)
        if not senders:
            senders.append(socket.create_connection(("127.0.0.1", source.port)))
        body = b"\n".join(records)
        head = "POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
        senders[0].sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def split(stream: BinaryIO) -> Iterator[Line]:
        return lines(stream, 0, 0)

    return Setup(lambda: HttpIntake(listener("http"), split, split), send, senders=senders)


def kafka_topic(_: Path, broker: Broker) -> Setup:
    topic = Topic(broker)

    def send(_: Source, records: list[bytes]) -> None:
        topic.put(*records)

    return Setup(topic.source, send, goes_back=True)


def tls(folder: Path) -> Setup:
    authority = Authority(folder)
    own, sender = authority.issue("localhost", "localhost"), authority.issue("sender")
    settings = TlsSettings(certificate=own.certificate, key=own.key, ca=authority.certificate)
    one = listener("syslog_tls").model_copy(update={"tls": settings})
    senders: list[socket.socket] = []

    def send(source: Source, records: list[bytes]) -> None:
        assert isinstance(source, SyslogTcp)
        if not senders:
            context = ssl.create_default_context(cafile=str(authority.certificate))
            context.load_cert_chain(sender.certificate, sender.key)
            plain = socket.create_connection(("127.0.0.1", source.port))
            plain.setblocking(False)
            secured = context.wrap_socket(
                plain, server_hostname="localhost", do_handshake_on_connect=False
            )
            senders.append(secured)
            for _ in range(100):
                try:
                    secured.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    source.poll(1, 0.01)
        senders[0].sendall(b"".join(record + b"\n" for record in records))

    return Setup(lambda: SyslogTcp(one), send, senders=senders)


SETUPS = [
    memory, endless_memory, file_once, file_followed, folder_once, folder_followed, packed_once,
    udp, tcp, tls, http, kafka_topic]  # fmt: skip


@pytest.fixture(params=SETUPS, ids=lambda make: make.__name__)
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setup]:
    """Give each kind of source in turn."""
    broker = (request.getfixturevalue("kafka"),) if request.param is kafka_topic else ()
    made: Setup = request.param(tmp_path, *broker)
    yield made
    for sender in made.senders:
        sender.close()


def taken(source: Source, wanted: int, limit: int = LIMIT) -> list[Delivery]:
    """Poll until so many records came, or a hundred polls gave nothing more."""
    found: list[Delivery] = []
    for _ in range(100):
        if sum(len(delivery.records) for delivery in found) >= wanted:
            break
        delivery = source.poll(limit, 0.1)
        if delivery is not None:
            found.append(delivery)
    return found


def test_records_come_in_order(setup: Setup) -> None:
    """Records come as they were sent, whole, in order, of one peer, under the source's name."""
    source = setup.make()
    sent = [b"<13>record %d" % n for n in range(50)]
    if setup.ends:
        setup.send(source, sent)
    source.open("")
    if not setup.ends:
        setup.send(source, sent)
    deliveries = taken(source, len(sent))
    assert [record for one in deliveries for record in one.records] == sent
    assert {one.source for one in deliveries} == {source.name}
    assert len({one.peer for one in deliveries}) == 1
    assert all(one.records for one in deliveries)
    source.close()


def test_a_delivery_keeps_to_the_limit(setup: Setup) -> None:
    """However much is there, a poll gives at most so many records as it was asked for."""
    source = setup.make()
    sent = [b"<13>record %d" % n for n in range(20)]
    if setup.ends:
        setup.send(source, sent)
    source.open("")
    if not setup.ends:
        setup.send(source, sent)
    deliveries = taken(source, len(sent), limit=3)
    assert all(len(one.records) <= 3 for one in deliveries)
    assert [record for one in deliveries for record in one.records] == sent
    source.close()


def test_nothing_there_gives_nothing(setup: Setup) -> None:
    """A poll without records gives None, and does not end a source that may go on."""
    source = setup.make()
    source.open("")
    assert source.poll(LIMIT, 0.0) is None
    assert source.exhausted() == setup.ends
    source.close()


def test_a_source_goes_on_behind_what_is_durable(setup: Setup) -> None:
    """Opened with a delivery's position, a source that can go back continues behind it."""
    if not setup.goes_back:
        source = setup.make()
        source.open("any")
        setup.send(source, [b"<13>a"])
        assert [one.resume for one in taken(source, 1)] == [""]
        source.close()
        return
    source = setup.make()
    setup.send(source, [b"a", b"b", b"c", b"d"])
    source.open("")
    first = taken(source, 2, limit=2)[0]
    assert first.records == (b"a", b"b")
    source.acknowledge(first)
    source.close()
    again = setup.make()
    again.open(first.resume)
    assert [record for one in taken(again, 2) for record in one.records] == [b"c", b"d"]
    again.close()


def test_the_end_is_told(setup: Setup) -> None:
    """A source that ends says so behind its last record, a network source never."""
    source = setup.make()
    if setup.ends:
        setup.send(source, [b"<13>a"])
    source.open("")
    if not setup.ends:
        setup.send(source, [b"<13>a"])
    assert len(taken(source, 1)) == 1
    assert source.poll(LIMIT, 0.0) is None
    assert source.exhausted() == setup.ends
    source.close()


def test_closing_twice_is_safe(setup: Setup) -> None:
    """Closing lets go, may be done twice, and a closed source cannot be polled."""
    source = setup.make()
    source.open("")
    source.close()
    source.close()
    with pytest.raises(SourceError, match="is not open"):
        source.poll(LIMIT, 0.0)


def test_a_closed_source_opens_again(setup: Setup) -> None:
    """A source that was closed can be opened and gives records again."""
    source = setup.make()
    source.open("")
    source.close()
    for sender in setup.senders[:]:
        if sender.type == socket.SOCK_STREAM:
            setup.senders.remove(sender)
    if setup.ends:
        setup.send(source, [b"<13>a"])
    source.open("")
    if not setup.ends:
        setup.send(source, [b"<13>a"])
    assert [record for one in taken(source, 1) for record in one.records] == [b"<13>a"]
    source.close()
