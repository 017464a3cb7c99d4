"""The receiver's application: what it takes, what it answers, what it shows."""

from collections.abc import Iterator

import orjson
import pytest
from joserfc import jws

from connectors.sinks.letter import letter, sha256
from connectors.stores.received import Kept, ReceivedNotices
from pipeline.errors import StoreFull
from pipeline.model import Notice, Recipient
from pipeline.notify import notices_for
from pipeline.web.receiver import MOST_LETTER
from tests.notify.made import BASE, NCC, assessment, desk, incident, notice, registry
from tests.web.receiver_desk import RECEIPTS, Desk
from tests.web.receiver_desk import desk as receiving


@pytest.fixture
def receiver() -> Iterator[Desk]:
    """Give the application over a store in memory, its clock standing still."""
    with receiving() as opened:
        yield opened


def changed(**changes: object) -> bytes:
    return orjson.dumps({**orjson.loads(letter(notice())), **changes})


def test_a_letter_is_taken_and_receipted(receiver: Desk) -> None:
    """A new letter gets 201 and a receipt that names it, its hash, the time and the receiver."""
    status, answer = receiver.post(letter(notice()))
    token = answer["receipt"]
    assert isinstance(token, str)
    claims = orjson.loads(jws.deserialize_compact(token, RECEIPTS, algorithms=["Ed25519"]).payload)
    assert (status, answer["duplicate"]) == (201, False)
    assert claims == {
        "notice_id": notice().id,
        "sha256": sha256(letter(notice())),
        "received_at": "2026-03-02T04:00:00Z",
        "receiver": "NCC",
    }


def test_the_same_letter_gets_the_first_receipt(receiver: Desk) -> None:
    """A repeated letter gets 200, the first receipt to the letter, and the mark of a duplicate."""
    _, first = receiver.post(letter(notice()))
    receiver.reception.now = lambda: BASE + 10**9
    status, again = receiver.post(letter(notice()))
    assert (status, again) == (200, {"receipt": first["receipt"], "duplicate": True})


def test_another_letter_under_a_known_id_is_an_alarm(receiver: Desk) -> None:
    """Other bytes under a known id get 409, are kept as a conflict, and change nothing."""
    receiver.post(letter(notice()))
    status, _ = receiver.post(changed(basis="another"))
    listed = receiver.get("/v1/notices").json()
    assert status == 409
    assert [one["notice_id"] for one in listed["conflicts"]] == [notice().id]
    assert [one["letter"]["basis"] for one in listed["notices"]] == [notice().basis]


PAYLOAD = notice().payload
STUB_KEYS = ["class", "incident_id", "object", "severity", "time"]


@pytest.mark.parametrize(
    ("body", "status", "places"),
    [
        pytest.param(b"", 422, [""], id="empty"),
        pytest.param(b"\xff\xfe\x00", 422, [""], id="binary"),
        pytest.param(b"[" * 50_000, 422, [""], id="deep"),
        pytest.param(b'"text"', 422, [""], id="no object"),
        pytest.param(changed(user="aigul"), 422, ["user"], id="unknown key"),
        pytest.param(
            changed(payload={**PAYLOAD, "user": "aigul"}), 422, ["user"], id="in the payload"
        ),
        pytest.param(
            changed(payload={"details_available": False}), 422, STUB_KEYS, id="no payload"
        ),
        pytest.param(changed(incident_id="b" * 32), 422, [""], id="of another incident"),
        pytest.param(changed(id="../../x"), 422, ["id"], id="bad id"),
        pytest.param(changed(leg="rumour"), 422, ["leg"], id="unknown leg"),
        pytest.param(changed(due_at="soon"), 422, ["due_at"], id="no time"),
        pytest.param(changed(revision=0, ordinal=-1), 422, ["ordinal", "revision"], id="numbers"),
        pytest.param(
            letter(notice(recipient=Recipient("holder", "x"))), 422, None, id="for somebody else"
        ),
        pytest.param(b" " * (MOST_LETTER + 1), 413, None, id="too large"),
    ],
)
def test_what_is_no_letter_is_not_taken(
    receiver: Desk, body: bytes, status: int, places: list[str] | None
) -> None:
    """What does not fit the closed schema is refused with its keys, never with its values."""
    answered, answer = receiver.post(body)
    assert (answered, answer.get("places")) == (status, places)
    assert "aigul" not in str(answer)
    assert receiver.book.listed(0, 1) == []


def test_an_unsigned_letter_is_not_taken(receiver: Desk) -> None:
    """A letter without the centre's signature gets 401."""
    assert receiver.ask("POST", "/v1/notices", content=letter(notice())).status_code == 401


class FullBook(ReceivedNotices):
    """A store on a disk without room."""

    def keep(self, notice_id: str, letter: bytes, received_at: int, receipt: str) -> Kept:
        """Refuse the work."""
        raise StoreFull(f"{notice_id}: no room at {received_at} for {len(letter) + len(receipt)}")


def test_what_cannot_be_kept_gets_no_receipt(receiver: Desk) -> None:
    """Where the store is full the sender is told to send again, and gets no receipt."""
    full = FullBook(":memory:")
    receiver.reception.book = full
    status, answer = receiver.post(letter(notice()))
    full.close()
    assert (status, "receipt" in answer) == (507, False)


def test_notices_are_listed_in_pages(receiver: Desk) -> None:
    """Listing gives notices by arrival, from a sequence number on, and where the next begin."""
    for number in range(1, 6):
        receiver.post(letter(notice(number)))
    first = receiver.get("/v1/notices?limit=3").json()
    rest = receiver.get(f"/v1/notices?limit=3&after={first['next']}").json()
    none = receiver.get(f"/v1/notices?after={rest['next']}").json()
    ids = [one["id"] for one in first["notices"] + rest["notices"]]
    assert ids == [notice(number).id for number in range(1, 6)]
    assert (none["notices"], none["next"]) == ([], 5)


@pytest.mark.parametrize(
    ("query", "status"),
    [("after=x", 400), ("limit=-1", 200), ("after=-5", 200), ("after=" + "9" * 40, 200)],
)
def test_odd_pages_are_answered(receiver: Desk, query: str, status: int) -> None:
    """A page that makes no sense is told so or is empty, never an error of the server."""
    assert receiver.get(f"/v1/notices?{query}").status_code == status


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("kk", "АҚ ұлттық үйлестіру орталығы"),
        ("ru", "НКЦИБ: принятые уведомления"),
        ("en", "NCC: notices received"),
        ("<script>", "АҚ ұлттық үйлестіру орталығы"),
    ],
)
def test_the_page_speaks_three_languages(receiver: Desk, language: str, title: str) -> None:
    """The page is in the asked language, in Kazakh where that one is unknown."""
    page = receiver.get(f"/?language={language}")
    assert title in page.text
    assert "<script>" not in page.text


def detailed(**changes: object) -> Notice:
    [made] = notices_for(incident(assessment(route=(NCC,))), None, registry(), desk())
    return notice(id=made.id, incident_id=made.incident_id, payload={**made.payload, **changes})


def test_hostile_text_is_shown_and_never_run(receiver: Desk) -> None:
    """Markup in a letter is shown as text, under a policy that runs no script."""
    evil = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    text = [{"language": one, "subject": evil, "body": evil} for one in ("kk", "ru", "en")]
    status, _ = receiver.post(letter(detailed(object=evil, text=text)))
    page = receiver.get("/")
    assert status == 201
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert page.text.count("&lt;script&gt;") == 3
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_page_shows_what_was_said(receiver: Desk) -> None:
    """People see a notice's text in the page's language, a stub without details, and alarms."""
    receiver.post(letter(detailed()))
    receiver.post(letter(notice()))
    receiver.post(changed(basis="another"))
    page = receiver.get("/?language=ru").text
    assert "Инцидент информационной безопасности: объект KZ-EN-1" in page
    assert "Подробности не передаются" in page
    assert "Тревоги" in page
