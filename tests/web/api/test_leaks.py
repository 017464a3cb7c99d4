"""Two owners at one centre: what is one's can be told by the other in no way.

A world is compared with one in which everything that a viewer may not see is not there, or says
something else: every answer must be the same in both, to the byte: counts, facets, order, cursors,
tags, errors, exports, live lists, guessed ids. So no side channel has to be thought of beforehand.
"""

import asyncio
from collections.abc import Callable, Iterable

import httpx
import pytest

from pipeline.access import Role, Viewer
from pipeline.ports.search_fields import fields_of, sortable
from pipeline.ports.searching import Kind
from pipeline.web.api import ApiLimits
from pipeline.web.desk import Asked
from tests.connectors.stores import nouns
from tests.connectors.stores.nouns import at
from tests.web.api.browser import GENEROUS, Client
from tests.web.desks import FLAGS, Centre, centre, incident_of, viewer

WITHHELD = ("stub", "hold", "odd", "lapsed", "unattested")
GUESSED = ("plain", "other", "stub", "hold", "candidate")
UNSEEN: dict[str, tuple[Viewer, tuple[str, ...]]] = {
    "owner a": (
        viewer(Role.OWNER), ("other", "hold", "odd", "lapsed", "unattested", "candidate"),
    ),
    "owner b": (
        viewer(Role.OWNER, parties=frozenset({"party-b"}), session="b"),
        tuple(set(FLAGS) - {"other"}),
    ),
    "owner of nothing": (viewer(Role.OWNER, parties=frozenset()), tuple(FLAGS)),
    "ncc": (viewer(Role.NCC), ("hold", "odd", "lapsed", "unattested")),
    "sectoral centre": (viewer(Role.SECTORAL_CENTRE), tuple(set(FLAGS) - {"bank"})),
    "regulator": (viewer(Role.REGULATOR), ("hold", "odd", "lapsed", "unattested")),
    "regulator of a branch": (
        viewer(Role.REGULATOR, sectors=frozenset({"banking"})), tuple(set(FLAGS) - {"bank"}),
    ),
    "prosecutor of a branch": (
        viewer(Role.PROSECUTOR, sectors=frozenset({"banking"})), tuple(set(FLAGS) - {"bank"}),
    ),
    "administrator": (viewer(Role.ADMINISTRATOR), ("lapsed", "unattested")),
}  # fmt: skip
"""Viewers, and the objects of whose rows they may see nothing, whatever the kind."""


def questions(every: int = 7) -> list[str]:
    """Give requests of every kind: good ones, odd ones, and guesses; of fields each ``every``th."""
    asked = ["/me", "/objects", "/compliance", "/statistics", "/versions", "/audit-verification"]
    asked += ["/statistics?year=2025", "/statistics?from=2025-10-09&to=2025-10-09"]
    for kind in Kind:
        top = f"/{kind.value}"
        asked += [top, f"{top}?limit=1", f"{top}/count", f"{top}/histogram?step=10"]
        asked += [f"{top}/export", f"{top}/export?format=csv", f"{top}/live"]
        asked += [
            f"{top}?sort={one}&order={way}"
            for one in sortable(kind)[::every]
            for way in ("asc", "desc")
        ]
        asked += [f"{top}/facets?fields={one}" for one in list(fields_of(kind))[::every]]
        asked += [f"{top}?q={one}: *" for one in list(fields_of(kind))[::every]]
        asked += [f"{top}/count?q=not {one}: *" for one in list(fields_of(kind))[::every]]
        for text in ("secret", "other", "candidate", "=cmd", "nothing:", "a:b:c", "(", "*"):
            asked += [f"{top}?q={text}", f"{top}/count?q=*{text}*"]
        asked += [f"{top}?cursor=W10", f"{top}?limit=0", f"{top}?sort=none", f"{top}?begin=x"]
    for name in list(FLAGS) if every == 1 else GUESSED:
        one = incident_of(name)
        asked += [f"/incidents/{one}{part}" for part in
                  ("", "/history", "/findings", "/notices", "/audit", "/why")]  # fmt: skip
        asked += [f"/findings/finding-{name}", f"/notices/notice-{name}-ncc"]
        asked += [f"/notices/notice-{name}-holder", f"/audit/entry-{name}"]
        asked += [f"/incidents/count?q=id: {one}", f"/incidents?q=links.to: {one}"]
        asked += [f"/notices?q=incident_id: {one}", f"/objects/{name}"]
    return asked


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """Give all that an answer tells."""
    return answer.status_code, answer.content, dict(answer.headers)


@pytest.fixture(scope="module")
def whole() -> Centre:
    return centre()


def compare(one: Client, other: Client, asked: Iterable[str]) -> None:
    """Ask two worlds the same."""
    for path in asked:
        assert told(one.get(path)) == told(other.get(path)), path


@pytest.mark.parametrize(("who", "unseen"), UNSEEN.values(), ids=UNSEEN.keys())
def test_what_is_hidden_might_as_well_not_be(
    whole: Centre, who: Viewer, unseen: tuple[str, ...]
) -> None:
    """Every answer is the one of a world without the rows that this viewer may not see."""
    compare(Client(whole, who), Client(centre(skip=unseen), who), questions())


@pytest.mark.proof
@pytest.mark.parametrize(("who", "unseen"), UNSEEN.values(), ids=UNSEEN.keys())
def test_no_field_tells_of_what_is_hidden(
    whole: Centre, who: Viewer, unseen: tuple[str, ...]
) -> None:
    """So it is with every field of every kind, and every id."""
    compare(Client(whole, who), Client(centre(skip=unseen), who), questions(every=1))


STUBS = {
    # a finding of an object that is open today is withheld by its own mark alone
    "analyst": (Role.ANALYST, ("stub", "lapsed", "unattested"), ("/incidents", "/findings")),
    "analyst, held": (Role.ANALYST, WITHHELD, ("/incidents", "/notices")),
    "duty lead": (Role.DUTY_LEAD, ("hold", "odd", "lapsed"), ("/incidents", "/notices")),
    "prosecutor": (Role.PROSECUTOR, WITHHELD, ("/incidents", "/notices", "/objects")),
}


@pytest.mark.parametrize(("role", "names", "tops"), STUBS.values(), ids=STUBS.keys())
def test_what_a_stub_hides_might_as_well_be_anything(
    whole: Centre, role: Role, names: tuple[str, ...], tops: tuple[str, ...]
) -> None:
    """Of withheld rows no answer depends on anything beside the stub's fields."""
    who = viewer(role)
    one, other = Client(whole, who), Client(centre(altered=names), who)
    trail = ("/audit", "/findings") if "/findings" not in tops else ("/audit",)
    asked = [path for path in questions() if path.startswith(tops)]
    compare(one, other, [path for path in asked if not path.endswith(trail)])


@pytest.mark.parametrize("name", ["other", "hold", "never"])
def test_an_act_on_what_is_hidden_is_an_act_on_nothing(whole: Centre, name: str) -> None:
    """A step on a hidden incident, or a link to one, is answered as on one that never was."""
    lead = viewer(Role.DUTY_LEAD)
    target = incident_of(name) if name in FLAGS else "f" * 32
    client = Client(whole, viewer(Role.OWNER))
    body = {"reason": "to see whether it is there"}
    answer = client.request("POST", f"/incidents/{target}/steps/acknowledge", json=body)
    assert answer.status_code == 404
    assert answer.json() == {
        "type": "urn:saqshy:problem:not-found",
        "title": "There is no such thing",
        "status": 404,
    }
    outcome = Client(whole, lead).json(f"/commands/{'0' * 32}?incident={target}")
    assert outcome == {"command": "0" * 32, "state": "waiting"}


def _more_of(centre_: Centre, name: str) -> None:
    """Add an incident of an object, as the running system would."""
    made = nouns.incident(900, id="9" * 32, object_id=name, opened_at=at(900))
    centre_.stores.incidents.put_incidents([made])


@pytest.mark.parametrize(("name", "events"), [("other", 1), ("lapsed", 1), ("plain", 2)], ids=str)
def test_a_live_list_is_quiet_about_what_is_hidden(name: str, events: int) -> None:
    """A change that the viewer may not see sends nothing; one that it may see sends the page."""
    house = centre()
    limits = ApiLimits(
        a_second=1e6, at_once=10**6, look_seconds=0.02, stream_seconds=0.5, heartbeat_seconds=0.1
    )
    client = Client(house, viewer(Role.OWNER), limits)
    text = _during(client, "/incidents/live", lambda: _more_of(house, name))
    assert text.count("event: page") == events
    assert ": here" in text


def test_who_comes_back_is_sent_nothing_twice(whole: Centre) -> None:
    """With the last event's id a stream begins with nothing, and with no other id's page."""
    client = Client(whole, viewer(Role.OWNER))
    first = client.text("/incidents/live")
    (digest,) = [line[4:] for line in first.splitlines() if line.startswith("id: ")]
    again = client.text("/incidents/live", headers={"last-event-id": digest})
    assert "event: page" not in again
    other = client.text("/incidents/live", headers={"last-event-id": "0" * 32})
    assert other == first


def _during(client: Client, path: str, change: Callable[[], None]) -> str:
    """Read a stream to its end; the change comes to pass while it runs."""
    found: list[str] = []

    async def both() -> None:
        async def changed() -> None:
            await asyncio.sleep(0.2)
            change()

        async def read() -> None:
            found.append((await client.sent("GET", path)).text)

        await asyncio.gather(read(), changed())

    client.run(both())
    return found[0]


def test_a_role_that_ends_ends_what_is_seen(whole: Centre) -> None:
    """What a broken glass opened is gone with the instant at which it ends."""
    admin = viewer(
        Role.ADMINISTRATOR, broke_glass=whole.now + 10**9, glass_reason="the duty lead is ill"
    )
    asked = Asked(Kind.INCIDENTS, limit=500)
    assert len(whole.desk.page(admin, asked).rows) == len(FLAGS)
    before = whole.now
    try:
        whole.now += 10**9
        assert not whole.desk.page(admin, asked).rows
    finally:
        whole.now = before
    assert Client(whole, admin, GENEROUS).json("/me")["broken_glass"]
