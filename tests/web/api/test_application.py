"""The interface as programs meet it: problems, languages, pages, exports, bounds, description."""

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from pipeline.access import Role
from pipeline.model import NANOSECONDS
from pipeline.model.safe_cell import meant_by
from pipeline.web.api import ApiLimits
from pipeline.web.api.limits import Rates, Seats
from tests.web.api.browser import Client
from tests.web.desks import FLAGS, GROUND, HOSTILE, Centre, centre, incident_of, viewer

DESCRIPTION = Path(__file__).parents[3] / "deploy" / "api" / "openapi.json"
PLAIN = incident_of("plain")


@pytest.fixture(scope="module")
def house() -> Centre:
    return centre()


@pytest.fixture(scope="module")
def analyst(house: Centre) -> Client:
    return Client(house, viewer(Role.ANALYST))


@pytest.mark.parametrize("path", ["/incidents", "/me", "/nothing", "/openapi.json", "/commands"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_nobody_is_let_in_without_a_login(analyst: Client, method: str, path: str) -> None:
    """Without a viewer every way answers 401, whether it is there or not."""
    answer = analyst.as_(None).request(method, path)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:saqshy:problem:unauthenticated"
    assert answer.headers["www-authenticate"] == "Bearer"


LANGUAGES = {
    "kk": ("kk", "Мұндай нәрсе жоқ"),
    "ru-RU,en;q=0.5": ("ru", "Такого нет"),
    "de, en;q=0.8, kk;q=0.9": ("kk", "Мұндай нәрсе жоқ"),
    "fr": ("en", "There is no such thing"),
    "ru;q=x": ("en", "There is no such thing"),
}


@pytest.mark.parametrize(("wanted", "told"), LANGUAGES.items(), ids=LANGUAGES.keys())
def test_problems_speak_the_clients_language(
    analyst: Client, wanted: str, told: tuple[str, str]
) -> None:
    """A problem's title is in the language that is asked for first, else in the viewer's own."""
    answer = analyst.get("/incidents/none", headers={"accept-language": wanted})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.headers["content-language"], answer.json()["title"]) == told


WRONG = {
    "q=a:b:c": 400, "q=nothing_here: 1": 400, "sort=nothing": 400, "cursor=xyz": 400,
    "begin=now": 400,
    "limit=0": 422, "limit=501": 422, "order=up": 422, "end=2026-13-01T00:00:00Z": 400,
}  # fmt: skip


@pytest.mark.parametrize(("query", "status"), WRONG.items(), ids=WRONG.keys())
def test_a_wrong_question_is_told(analyst: Client, query: str, status: int) -> None:
    """What cannot be asked is a problem, and quotes nothing of a store."""
    answer = analyst.get(f"/incidents?{query}")
    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_pages_follow_each_other(analyst: Client) -> None:
    """Cursors lead through every row once, in order."""
    seen, after = [], ""
    while True:
        page = analyst.json(f"/incidents?limit=3&sort=opened_at&order=asc&cursor={after}")
        seen += [one["object_id"] for one in page["rows"]]
        after = page["after"]
        if not after:
            break
    assert seen == list(FLAGS)


def test_an_answer_that_the_client_has_is_not_sent_again(analyst: Client) -> None:
    """The tag of an answer brings 304, and nothing may be kept by anybody between."""
    first = analyst.get("/incidents")
    again = analyst.get("/incidents", headers={"if-none-match": f'"x", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == again.headers["cache-control"] == "no-store"


def test_an_export_is_every_row(analyst: Client) -> None:
    """NDJSON has a document a line, CSV a row each; no cell is a formula."""
    lines = analyst.get("/events/export").text.splitlines()
    assert len(lines) == analyst.json("/events/count")["value"]
    table = analyst.get("/events/export?format=csv&fields=saqshy.object_id,message")
    rows = list(csv.reader(io.StringIO(table.text, newline="")))
    assert rows[0] == ["saqshy.object_id", "message", "details_available"]
    assert len(rows) == len(lines) + 1
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "@"))]


def test_what_reads_an_export_is_not_obeyed(analyst: Client) -> None:
    """Marks that turn the line are spelled out, every cell is quoted, and no part of one is run."""
    table = analyst.get("/events/export?format=csv&fields=message,user.name").text
    assert "\\u202e" in table
    assert "\u202e" not in table
    for line in table.splitlines():
        assert line.startswith('"')
        assert line.endswith('"')
    message = next(csv.DictReader(io.StringIO(table, newline="")))["message"]
    assert HOSTILE in meant_by(message)


def test_hostile_text_stays_data(analyst: Client) -> None:
    """Markup, escapes and templates come back as the JSON that they stand in, and as no page."""
    answer = analyst.get("/events?q=saqshy.object_id: plain")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert HOSTILE in answer.json()["rows"][0]["message"]


def test_a_role_that_owes_a_ground_says_it(house: Centre) -> None:
    """A regulator without a ground is shown nothing; with one it stands in the record (35(4))."""
    silent = Client(house, viewer(Role.REGULATOR, basis=""))
    refused = silent.get("/incidents")
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:saqshy:problem:ground-missing"
    before = len(house.left)
    said = silent.get("/incidents", headers={"saqshy-basis": quote("бұйрық № 7, 2026 жыл")})
    assert said.status_code == 200
    assert house.left[before].reason == "бұйрық № 7, 2026 жыл"
    Client(house, viewer(Role.REGULATOR)).get("/incidents?q=state: new")
    assert (house.left[-1].reason, house.left[-1].detail["query"]) == (GROUND, "state: new")


def test_every_read_is_recorded(house: Centre) -> None:
    """Each way that shows something of the store leaves who, in which role, and what of it."""
    client = Client(house, viewer(Role.DUTY_LEAD, session="of its own"))
    for path in (
        "/events", "/incidents/count", "/notices/export", "/findings/live", "/audit/histogram",
        "/failures/facets?fields=code", f"/incidents/{PLAIN}", f"/incidents/{PLAIN}/history",
        f"/incidents/{PLAIN}/why", "/objects", "/objects/plain", "/statistics", "/compliance",
        "/versions", "/audit-verification", "/incidents/none",
    ):  # fmt: skip
        before = len(house.left)
        client.get(path)
        assert len(house.left) > before, path
        assert {one.actor for one in house.left[before:]} == {"duty_lead/a.duty_lead"}


def test_an_act_is_left_once_and_told_of(house: Centre) -> None:
    """An act under a key is one command; its outcome is asked for where the answer says."""
    client = Client(house, viewer(Role.ANALYST))
    body = {"reason": "it is on our desk", "revision": 1}
    key = {"idempotency-key": "one"}
    path = f"/incidents/{PLAIN}/steps/acknowledge"
    first = client.request("POST", path, json=body, headers=key)
    second = client.request("POST", path, json=body, headers=key)
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    other = client.request("POST", path, json={**body, "revision": 2}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:saqshy:problem:refused")
    left = house.keys["analyst/a.analyst one"]
    assert left.detail == {"incident": PLAIN, "object_id": "plain", "revision": 1}
    where = first.headers["location"].removeprefix("/api/v1")
    assert client.json(where) == {"command": left.id, "state": "waiting"}


def test_bounds_hold(house: Centre) -> None:
    """Too many requests, too large a body, too many streams are refused, and say when to come."""
    client = Client(house, viewer(Role.ANALYST), ApiLimits(a_second=0.1, at_once=2, body_bytes=100))
    assert client.get("/me").status_code == 200
    body = {"name": "reload", "reason": "x" * 200}
    assert client.request("POST", "/commands", json=body).status_code == 413
    refused = client.get("/me")
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)


def test_a_body_without_a_length_is_bounded(house: Centre) -> None:
    """A body that comes in parts is counted as it comes."""

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 50

    client = Client(house, viewer(Role.ANALYST), ApiLimits(body_bytes=100))
    answer = client.request("POST", "/commands", content=parts())
    assert answer.status_code == 413


def test_rates_come_back_with_time() -> None:
    """A client's bucket fills again, and another client has its own."""
    now = [0]
    rates = Rates(ApiLimits(a_second=2, at_once=2), lambda: now[0])
    assert [rates.wait("a") for _ in range(3)] == [0.0, 0.0, 0.5]
    assert rates.wait("b") == 0.0
    now[0] = NANOSECONDS // 2
    assert [rates.wait("a"), rates.wait("a") > 0] == [0.0, True]


def test_a_seat_comes_back_when_its_taker_is_gone() -> None:
    """Seats are bounded in all and for each, and come back without being asked."""

    class Taker:
        """Takes a seat."""

    seats, taker = Seats(most=2, each=1), Taker()
    assert [seats.take("a"), seats.take("a"), seats.take("b"), seats.take("c")] == [
        True, False, True, False,
    ]  # fmt: skip
    seats.until_gone(taker, "a")
    del taker
    assert seats.take("a")


def test_the_description_is_the_one_that_is_kept(
    analyst: Client, request: pytest.FixtureRequest
) -> None:
    """The OpenAPI 3.1 document of the program equals ``deploy/api/openapi.json``."""
    made = analyst.json("/openapi.json")
    text = json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if request.config.getoption("--update-goldens", default=False):
        DESCRIPTION.write_text(text, encoding="utf-8")
    assert DESCRIPTION.read_text(encoding="utf-8") == text
    assert made["openapi"].startswith("3.1")
    assert orjson.loads(orjson.dumps(made)) == made


def test_an_event_is_read_by_the_id_of_its_row(analyst: Client) -> None:
    """Rows of lists, exports and streams of events carry the id by which one is read."""
    rows = analyst.json("/events")["rows"]
    lines = [orjson.loads(one) for one in analyst.text("/events/export").splitlines()]
    table = csv.DictReader(io.StringIO(analyst.text("/events/export?format=csv"), newline=""))
    ids = {one["id"] for one in rows}
    assert ids == {one["id"] for one in lines} == {one["id"] for one in table}
    assert len(ids) == len(rows)
    for one in rows:
        assert one["id"] == f"{one['saqshy']['batch']}-{one['saqshy']['index']}"
        assert analyst.json(f"/events/{one['id']}")["id"] == one["id"]
    assert f'"id":"{rows[0]["id"]}"' in analyst.text("/events/live")


UNKNOWN = {
    "/events?after=xyz": "did you mean cursor?",
    "/events?limt=5": "did you mean limit?",
    "/incidents?state=new": "known: begin, cursor, end, limit, order, q, sort",
    "/incidents/count?limit=5": "known: begin, end, order, q, sort",
    "/events/export?column=id": "did you mean fields?",
    "/events/live?begn=2026-01-01T00:00:00Z": "did you mean begin?",
    "/statistics?mnth=2026-03": "did you mean month?",
    "/objects?sector=gas": "known: none",
}


@pytest.mark.parametrize(("path", "told"), UNKNOWN.items(), ids=UNKNOWN.keys())
def test_an_unknown_parameter_is_told(analyst: Client, path: str, told: str) -> None:
    """What would be passed over in silence is refused, with the nearest that there is."""
    answer = analyst.get(path)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:saqshy:problem:bad-question"
    assert answer.json()["detail"].endswith(told), answer.json()
