"""The interface over a file and over Elasticsearch: the same questions have the same answers."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from connectors.stores.elasticsearch.search import ElasticSearching
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.elasticsearch.templates import apply
from connectors.stores.memory import open_memory
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.search import open_search
from pipeline.access import Role
from pipeline.ports import Outbox
from tests.connectors.elastic_server import Server
from tests.web.api.browser import Client
from tests.web.desks import NUMBERS, centre, incident_of, viewer

ROLES = (Role.DUTY_LEAD, Role.OWNER, Role.NCC, Role.PROSECUTOR)
ASKED: Mapping[str, Mapping[str, str | int]] = {
    "newest": {"limit": 4},
    "oldest": {"limit": 5, "order": "asc"},
    "by object": {"q": 'object_id: "plain" or saqshy.object_id: plain or chain: plain'},
    "not": {"q": "not object_id: (plain or other)", "limit": 3},
    "states": {"q": "state: new or state: acknowledged or kind: notice", "limit": 100},
    "free words": {"q": "secret*", "limit": 100},
    "a wrong question": {"q": "state: ("},
    "from": {"from": "2026-03-01T00:00:05Z", "limit": 100},
}
pytestmark = pytest.mark.proof
KINDS = ("events", "findings", "incidents", "notices", "audit", "dead-letters")


@pytest.fixture(scope="module")
def houses(
    elastic: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Client, ...]]:
    """Give the same centre in memory, in a file and in Elasticsearch."""
    settings = elastic.as_user("root", prefix="served")
    path = Path(tmp_path_factory.mktemp("served")) / "saqshy.db"
    with ExitStack() as stack:
        kept = open_elastic(settings, refresh=True)
        stack.callback(kept.close)
        apply(kept.client, kept.documents.names, settings)
        stack.callback(emptied, kept)
        file = open_sqlite(path)
        stack.callback(file.database.close)
        search = open_search(path)
        stack.callback(search.close)
        there = replace(
            open_memory(),
            events=kept.events,
            incidents=kept.incidents,
            outbox=cast("Outbox", kept.notices),
            audit=kept.audit,
            dead_letters=kept.dead_letters,
        )
        asked = ElasticSearching(kept.client, kept.documents.names)
        made = centre(), centre(over=(file, search)), centre(over=(there, asked))
        kept.client.indices.refresh(index="served*")
        yield tuple(Client(one, None) for one in made)


def emptied(kept: ElasticStore) -> None:
    """Take away what was made: other tests ask for all there is."""
    made = kept.client.indices.get(index="served-*", expand_wildcards="all")
    kept.client.indices.delete(index=",".join(made))


def answered(house: Client, role: Role, path: str, **query: str | int) -> object:
    """Give status and body of an answer, a page's cursor only as to whether there is one."""
    house.viewer = viewer(role)
    answer = house.get(path, params=query)
    body = answer.json()
    if isinstance(body, dict) and "after" in body:
        body["after"] = bool(body["after"])
    return answer.status_code, body


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", KINDS)
def test_lists_are_equal(houses: tuple[Client, ...], role: Role, kind: str) -> None:
    """Pages, counts and exports of every kind say the same in memory, a file and Elasticsearch."""
    for name, query in ASKED.items():
        for way in (f"/{kind}", f"/{kind}/count"):
            given = {
                key: said for key, said in query.items() if "count" not in way or key != "limit"
            }
            expected, *found = [answered(one, role, way, **given) for one in houses]
            assert found == [expected] * 2, (name, way)


@pytest.mark.parametrize("role", ROLES)
def test_things_are_equal(houses: tuple[Client, ...], role: Role) -> None:
    """One incident with its history, findings, notices and trail, seen or not, says the same."""
    for name in (*NUMBERS, "nothing"):
        incident = incident_of(name) if name in NUMBERS else "f" * 32
        parts = ("", "/history", "/findings", "/notices", "/audit")
        for part in parts:
            way = f"/incidents/{incident}{part}"
            expected, *found = [answered(one, role, way) for one in houses]
            assert found == [expected] * 2, way


@pytest.mark.parametrize("role", ROLES)
def test_pages_follow_each_other_alike(houses: tuple[Client, ...], role: Role) -> None:
    """Turning page by page gives the same rows in the same order, each once."""
    rows: list[list[str]] = []
    for house in houses:
        house.viewer, after, seen = viewer(role), "", list[str]()
        while True:
            page = house.json("/incidents", params={"limit": 3, "cursor": after})
            seen += [str(one["id"]) for one in page["rows"]]
            after = page["after"]
            if not after:
                break
        assert len(seen) == len(set(seen))
        rows.append(seen)
    assert rows[1:] == [rows[0]] * 2
