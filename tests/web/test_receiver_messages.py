"""Messages at the receiver: given out in order, acknowledged once, and by nobody else."""

from collections.abc import Iterator

import orjson
import pytest
from joserfc import jws

from connectors.sinks.letter import letter, sha256
from pipeline.model import Notice, Recipient
from pipeline.notify import Channels
from pipeline.notify.ncc_forwarding import Answered, MessageWriter
from tests.notify.made import BASE, notice, words
from tests.runtime.messages import message, sealed
from tests.web.receiver_desk import RECEIPTS, Desk, desk

KIND = "acknowledgement"
ONE = message(BASE)
HASH = sha256(sealed(ONE)[1])


@pytest.fixture
def receiver() -> Iterator[Desk]:
    """Give the application with one message put up."""
    with desk() as opened:
        token, content = sealed(ONE)
        opened.book.messages.send(ONE.id, content, token, BASE)
        yield opened


def answer(said: str = "received", digest: str = HASH, of: str = ONE.id) -> Notice:
    writer = MessageWriter("OCIB-1", words(), Channels(by_role={"ncc": "ncc"}))
    return writer.acknowledgement(Answered(said, of, digest, 2, 1), Recipient("ncc", "ncc"), BASE)


def path(message_id: str = ONE.id) -> str:
    return f"/v1/messages/{message_id}/acknowledgement"


def test_an_acknowledgement_is_kept_and_receipted(receiver: Desk) -> None:
    """An answer is kept to the byte; its receipt names message, letter and hash."""
    body = letter(answer())
    status, said = receiver.post(body, path(), KIND)
    [kept] = receiver.book.messages.acknowledgements(ONE.id)
    claims = orjson.loads(
        jws.deserialize_compact(str(said["receipt"]), RECEIPTS, ["Ed25519"]).payload
    )
    assert (status, kept.letter, kept.deliveries) == (201, body, 1)
    assert (claims["notice_id"], claims["message_id"]) == (answer().id, ONE.id)
    assert claims["sha256"] == sha256(body)


def test_the_same_acknowledgement_gets_the_first_receipt(receiver: Desk) -> None:
    """A repetition is a duplicate; a later answer to the same message is another letter."""
    _, first = receiver.post(letter(answer()), path(), KIND)
    again = receiver.post(letter(answer()), path(), KIND)
    done, _ = receiver.post(letter(answer("done")), path(), KIND)
    assert again == (200, {"receipt": first["receipt"], "duplicate": True})
    assert done == 201


@pytest.mark.parametrize(
    ("body", "place", "kind", "status"),
    [
        pytest.param(letter(answer()), path(), "notice", 401, id="signed as a notice"),
        pytest.param(letter(answer()), path("0" * 32), KIND, 404, id="of no message"),
        pytest.param(letter(answer(digest="0" * 64)), path(), KIND, 422, id="another content"),
        pytest.param(letter(answer(of="0" * 32)), path(), KIND, 422, id="another message"),
        pytest.param(letter(notice()), path(), KIND, 422, id="a notice"),
        pytest.param(b"{}", path(), KIND, 422, id="nothing"),
        pytest.param(b" " * 100_001, path(), KIND, 413, id="too large"),
    ],
)
def test_what_is_no_acknowledgement_is_not_taken(
    receiver: Desk, body: bytes, place: str, kind: str, status: int
) -> None:
    """Only a signed answer to this message and this content is taken."""
    assert receiver.post(body, place, kind)[0] == status
    assert receiver.book.messages.acknowledgements(ONE.id) == []


def test_messages_are_given_from_a_place_on(receiver: Desk) -> None:
    """What lies behind a place is given with where to go on; beyond the end, where the end is."""
    for number in range(2, 61):
        token, content = sealed(message(BASE, number))
        receiver.book.messages.send(message(BASE, number).id, content, token, BASE)
    first = receiver.get("/v1/messages").json()
    rest = receiver.get(f"/v1/messages?after={first['next']}").json()
    beyond = receiver.get("/v1/messages?after=900").json()
    assert [one["sequence"] for one in first["messages"] + rest["messages"]] == list(range(1, 61))
    assert (beyond["messages"], beyond["next"]) == ([], 60)
    assert receiver.get("/v1/messages?after=x").status_code == 400
