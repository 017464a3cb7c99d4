"""Heartbeats at the receiver: who was heard, who stays away, and what is no heartbeat."""

from collections.abc import Iterator

import orjson
import pytest
from joserfc import jws
from structlog.testing import capture_logs

from pipeline.model import NANOSECONDS, rfc3339
from pipeline.web.receiver_heartbeats import MOST_BEAT, Heartbeats, Watch
from tests.notify.made import BASE
from tests.web.receiver_desk import RECEIPTS, Desk, desk, signed

PATH, KIND = "/v1/heartbeats", "heartbeat"
MINUTE = 60 * NANOSECONDS


@pytest.fixture
def receiver() -> Iterator[Desk]:
    """Give the application over a store in memory, its clock standing still."""
    with desk() as opened:
        yield opened


def heartbeat(at: int = BASE, centre: str = "OCIB-1", **more: object) -> bytes:
    said = {"format": "saqshy-heartbeat-1", "centre": centre, "at": rfc3339(at), **more}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def beat(receiver: Desk, at: int, **more: object) -> tuple[int, dict[str, object]]:
    """Have a centre's heartbeat arrive at the time that it says."""
    receiver.reception.now = lambda: at
    return receiver.post(heartbeat(at, **more), PATH, KIND)  # type: ignore[arg-type]


def test_a_heartbeat_is_kept_whole_and_receipted(receiver: Desk) -> None:
    """What stands in a heartbeat is kept to the byte, and the receipt names its hash."""
    checkpoint = signed(b'{"root":"aa"}', "saqshy-checkpoint+jws")
    status, answer = beat(receiver, BASE, checkpoint=checkpoint, alarms={"missing": 1})
    [kept] = receiver.book.heartbeats.listed(0, 10)
    token = str(answer["receipt"])
    claims = orjson.loads(jws.deserialize_compact(token, RECEIPTS, ["Ed25519"]).payload)
    [centre] = receiver.get(PATH).json()["centres"]
    assert status == 201
    assert kept.body == heartbeat(BASE, checkpoint=checkpoint, alarms={"missing": 1})
    assert claims == {
        "heartbeat": "OCIB-1",
        "sha256": kept.sha256,
        "received_at": rfc3339(BASE),
        "receiver": "NCC",
    }
    assert (centre["centre"], centre["checkpoint"], centre["away"]) == ("OCIB-1", checkpoint, False)
    assert centre["heartbeat"]["alarms"] == {"missing": 1}
    assert checkpoint in receiver.get("/").text


def test_the_same_heartbeat_gets_the_first_receipt(receiver: Desk) -> None:
    """A repetition is answered as a duplicate and is no new sign of life."""
    _, first = beat(receiver, BASE)
    receiver.reception.now = lambda: BASE + 10 * MINUTE
    again = receiver.post(heartbeat(), PATH, KIND)
    [centre] = receiver.get(PATH).json()["centres"]
    assert again == (200, {"receipt": first["receipt"], "duplicate": True})
    assert (centre["received_at"], centre["away"]) == (rfc3339(BASE), True)


def test_an_older_heartbeat_is_no_sign_of_life(receiver: Desk) -> None:
    """One that says an earlier time than the last is kept, answered, and moves nothing."""
    beat(receiver, BASE)
    receiver.reception.now = lambda: BASE + 10 * MINUTE
    status, _ = receiver.post(heartbeat(BASE - MINUTE), PATH, KIND)
    [centre] = receiver.get(PATH).json()["centres"]
    assert (status, centre["received_at"], centre["away"]) == (201, rfc3339(BASE), True)
    assert len(receiver.book.heartbeats.listed(0, 10)) == 2


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(heartbeat(), "notice", 401, id="signed as a notice"),
        pytest.param(b"[1]", KIND, 422, id="no object"),
        pytest.param(heartbeat(centre="x\n"), KIND, 422, id="a centre with a line break"),
        pytest.param(b"{}", KIND, 422, id="empty"),
        pytest.param(b" " * (MOST_BEAT + 1), KIND, 413, id="too large"),
    ],
)
def test_what_is_no_heartbeat_is_not_taken(
    receiver: Desk, body: bytes, kind: str, status: int
) -> None:
    """A heartbeat must be signed as one, and fit."""
    assert receiver.post(body, PATH, kind)[0] == status
    assert receiver.book.heartbeats.listed(0, 1) == []


def test_who_stays_away_is_told_once_and_remembered(receiver: Desk) -> None:
    """Beyond three minutes a centre is silent: told once, shown, and kept when it is back."""
    watch = Watch(Heartbeats(receiver.reception))
    for minute in (0, 1, 2):
        beat(receiver, BASE + minute * MINUTE)
    beat(receiver, BASE + 2 * MINUTE, centre="OCIB-2")
    with capture_logs() as said:
        told = []
        for minute in (4, 6, 7):
            receiver.reception.now = lambda at=BASE + minute * MINUTE: at  # type: ignore[misc]
            if minute == 6:
                beat(receiver, BASE + 6 * MINUTE, centre="OCIB-2")
            told.append([one.centre for one in watch.look()])
    page = receiver.get("/?language=en").text
    beat(receiver, BASE + 8 * MINUTE)
    watch.look()
    listed = receiver.get(PATH).json()
    assert told == [[], ["OCIB-1"], ["OCIB-1"]]
    assert [one["centre"] for one in said if one["event"] == "receiver.silent"] == ["OCIB-1"]
    assert f"OCIB-1: silent since {rfc3339(BASE + 2 * MINUTE)}" in page
    assert [one["away"] for one in listed["centres"]] == [False, False]
    assert {"centre": "OCIB-1", "since": rfc3339(BASE + 2 * MINUTE),
            "until": rfc3339(BASE + 8 * MINUTE)} in listed["absences"]  # fmt: skip
