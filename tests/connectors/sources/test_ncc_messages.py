"""The link for messages, held to its sibling in memory, and against a centre that lies."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from joserfc.jwk import OKPKey

from connectors.sources.ncc_messages import MOST_ANSWER, NccMessages
from connectors.sources.ncc_messages_memory import MemoryMessages
from pipeline.errors import ConfigurationError, SourceError
from pipeline.ports import MessageFeed
from pipeline.runtime.ncc_sending import signed
from pipeline.runtime.pki import Pki, development_pki
from pipeline.runtime.receiver import open_receiver
from tests.connectors.sinks.raw_server import raw_server
from tests.notify.made import BASE
from tests.runtime.messages import message, sealed


@dataclass
class Line:
    """A feed, and how a message gets to where it is read from."""

    feed: MessageFeed
    put: Callable[[int], None]


@pytest.fixture(params=["memory", "https"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    """Give both."""
    if request.param == "memory":
        held = MemoryMessages()
        yield Line(held, lambda number: held.put(*sealed(message(BASE, number))))
        return
    opened = open_receiver(tmp_path / "ncc")
    key, book = opened.pki.message_signing, opened.book.messages

    def put(number: int) -> None:
        one = message(BASE, number)
        book.send(one.id, *signed(one, key), BASE)

    feed = NccMessages(opened.pki.ncc_settings(opened.url))
    with opened.beside():
        yield Line(feed, put)
        feed.close()
    opened.close()


def numbers(line: Line, cursor: str) -> list[str]:
    """Give the ids of the messages behind a place."""
    return [orjson.loads(one.content or b"{}")["id"] for one in line.feed.pull(cursor)]


def test_messages_come_in_their_order_from_a_place_on(line: Line) -> None:
    """Everything behind a place comes once, oldest first, with the place behind it."""
    for number in range(1, 121):
        line.put(number)
    every = list(line.feed.pull(""))
    ids = [message(BASE, number).id for number in range(1, 121)]
    assert [orjson.loads(one.content or b"{}")["id"] for one in every] == ids
    assert numbers(line, every[57].cursor) == ids[58:]
    assert numbers(line, every[-1].cursor) == []


def test_a_book_that_begins_anew_is_read_from_its_beginning(line: Line) -> None:
    """A place beyond the other side's end means another book: all of it comes."""
    line.put(1)
    assert numbers(line, "500") == [message(BASE, 1).id]


# -- A centre that lies -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Give one PKI for both sides."""
    return development_pki(tmp_path_factory.mktemp("pki") / "pki", datetime.now(UTC))


@contextmanager
def answered(pki: Pki, body: bytes, status: bytes = b"200 OK") -> Iterator[NccMessages]:
    """Give the link to a server that answers every request so."""

    def send(link: ssl.SSLSocket, _body: bytes) -> None:
        head = b"HTTP/1.1 %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        link.sendall(head % (status, len(body)) + body)

    with raw_server(pki, send) as server:
        feed = NccMessages(pki.ncc_settings(server.url, timeout_seconds=5))
        yield feed
        feed.close()


def listing(*tokens: str) -> bytes:
    told = [{"sequence": place, "jws": token} for place, token in enumerate(tokens, 1)]
    return orjson.dumps({"messages": told, "next": len(told)})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"nonsense", b"200 OK", id="no JSON"),
        pytest.param(b"[]", b"200 OK", id="a list"),
        pytest.param(b'{"messages":[{}],"next":1}', b"200 OK", id="no message"),
        pytest.param(b'{"messages":[],"next":"x"}', b"200 OK", id="no place"),
        pytest.param(b" " * (MOST_ANSWER + 1), b"200 OK", id="huge"),
        pytest.param(b"", b"503 Busy", id="busy"),
        pytest.param(b"", b"302 Found", id="redirect"),
    ],
)
def test_what_is_no_list_is_told(pki: Pki, body: bytes, status: bytes) -> None:
    """Whatever comes back that is no list of messages is an error that says where."""
    with answered(pki, body, status) as feed, pytest.raises(SourceError, match="/v1/messages"):
        list(feed.pull(""))


def test_what_does_not_verify_is_handed_on_as_such(pki: Pki) -> None:
    """Another's signature, another kind of document and nonsense come without a content."""
    theirs = OKPKey.import_key(pki.message_signing.read_bytes())
    good, _ = sealed(message(BASE), theirs)
    tokens = (
        sealed(message(BASE))[0],
        sealed(message(BASE), theirs, "saqshy-receipt+jws")[0],
        "a.b.c",
        good[:-4] + "AAAA",
        good,
    )
    with answered(pki, listing(*tokens)) as feed:
        found = []
        for one in feed.pull("0"):
            found.append(one.content is not None)
            if len(found) == len(tokens):
                break
    assert found == [False, False, False, False, True]


def test_a_closed_port_is_told(pki: Pki) -> None:
    """Where nobody listens the error says so."""
    feed = NccMessages(pki.ncc_settings("https://127.0.0.1:9"))
    with pytest.raises(SourceError, match="could not be reached"):
        list(feed.pull(""))
    feed.close()


def test_without_a_key_nothing_is_asked(pki: Pki) -> None:
    """A link without the key that verifies messages is an error of configuration."""
    settings = pki.ncc_settings("https://127.0.0.1:9").model_copy(update={"message_key": None})
    with pytest.raises(ConfigurationError, match="message_key"):
        NccMessages(settings)
