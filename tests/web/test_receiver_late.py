"""What is said beside a letter that comes late: verified, kept, shown, and never in its way."""

from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
from joserfc.jwk import OKPKey

from connectors.sinks.letter import lateness, letter
from pipeline.model import NANOSECONDS, Notice, Tried, rfc3339
from tests.notify.made import BASE, notice
from tests.web.receiver_desk import Desk, desk, signed

TYPE = "saqshy-late+jws"


@pytest.fixture
def receiver() -> Iterator[Desk]:
    """Give the application over a store in memory, its clock standing still."""
    with desk() as opened:
        yield opened


def tried() -> Notice:
    """Give a notice that was tried five times before it got through, an hour after its time."""
    first = notice().due_at + NANOSECONDS
    return replace(
        notice(), attempts=5, tried=Tried(first_at=first, why=("slow", "busy"), proof="ab" * 32)
    )


def said(one: Notice) -> bytes:
    told = lateness(one, one.due_at + 3600 * NANOSECONDS)
    assert told is not None
    return told


def test_lateness_is_kept_and_shown(receiver: Desk) -> None:
    """What our sender says beside a late letter is verified, listed with it, and told to people."""
    token = signed(said(tried()), TYPE)
    status, _ = receiver.post(letter(tried()), X_Saqshy_Late=token)
    [entry] = receiver.get("/v1/notices").json()["notices"]
    [late] = entry["late"]
    assert status == 201
    assert (late["verified"], late["jws"], late["at"]) == (True, token, rfc3339(BASE))
    assert late["said"] == orjson.loads(said(tried()))
    assert "attempts: 5; hindered by: slow, busy" in receiver.get("/?language=en").text


def other(**changes: object) -> bytes:
    return orjson.dumps({**orjson.loads(said(tried())), **changes})


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("nonsense", id="nonsense"),
        pytest.param(signed(said(tried()), TYPE, OKPKey.generate_key("Ed25519")), id="forged"),
        pytest.param(signed(said(tried()), "saqshy-notice+jws"), id="of another kind"),
        pytest.param(signed(other(notice_id="f" * 32), TYPE), id="of another letter"),
        pytest.param(signed(other(user="aigul"), TYPE), id="outside its schema"),
    ],
)
def test_a_proof_that_does_not_hold_stops_no_letter(receiver: Desk, token: str) -> None:
    """The letter is taken and receipted; that what stands beside it is forged is an alarm."""
    status, answer = receiver.post(letter(tried()), X_Saqshy_Late=token)
    [entry] = receiver.get("/v1/notices").json()["notices"]
    page = receiver.get("/?language=en").text
    assert (status, "receipt" in answer) == (201, True)
    assert [(one["verified"], one["said"]) for one in entry["late"]] == [(False, None)]
    assert "X-Saqshy-Late" in page
    assert "aigul" not in page


def test_each_attempt_may_say_more(receiver: Desk) -> None:
    """A repeated letter may come with a newer word on its lateness: both are kept, once each."""
    older = signed(said(replace(tried(), attempts=4)), TYPE)
    newer = signed(said(tried()), TYPE)
    for token in (older, newer, newer):
        receiver.post(letter(tried()), X_Saqshy_Late=token)
    [entry] = receiver.get("/v1/notices").json()["notices"]
    assert [one["said"]["attempts"] for one in entry["late"]] == [4, 5]


def test_a_letter_in_time_says_nothing(receiver: Desk) -> None:
    """A letter without such a word is listed without one."""
    receiver.post(letter(notice()))
    [entry] = receiver.get("/v1/notices").json()["notices"]
    assert "late" not in entry
