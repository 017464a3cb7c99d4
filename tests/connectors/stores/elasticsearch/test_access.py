"""Who may do what, and how Elasticsearch's refusals come out."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.stores.elasticsearch.bulk import Action, Fate
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from pipeline.errors import StoreError
from pipeline.model import IncidentState, rfc3339
from tests.connectors.elastic_server import Server, empty_store
from tests.connectors.stores.nouns import at, batch, entry, event, incident


@pytest.fixture(scope="module")
def filled(elastic: Server) -> Iterator[ElasticStore]:
    """Give a store with something of each kind."""
    store = empty_store(elastic)
    store.events.add(batch(1), [event(batch(1), 0, at(1))])
    candidate = replace(incident(2), state=IncidentState.CANDIDATE)
    trial = replace(incident(3), trial=True)
    store.incidents.put_incidents([incident(1), candidate, trial])
    store.audit.append([entry(1)])
    yield store
    store.close()


@pytest.fixture
def role(
    request: pytest.FixtureRequest, elastic: Server, filled: ElasticStore
) -> Iterator[ElasticStore]:
    """Give the store as a user of one role sees it."""
    assert filled.client
    store = open_elastic(elastic.as_user(request.param))
    yield store
    store.close()


@pytest.mark.parametrize("role", ["web"], indirect=True)
def test_the_web_reads(role: ElasticStore) -> None:
    """The web process sees events, incidents and the audit trail."""
    assert role.events.count() == 1
    assert len(list(role.incidents.latest())) == 3
    assert role.incidents.history("incident-1") == [incident(1)]
    assert role.audit.head("power-7") == entry(1)


@pytest.mark.parametrize("role", ["web", "auditor", "statistics"], indirect=True)
def test_readers_write_nothing(role: ElasticStore) -> None:
    """Whoever only reads is refused every write."""
    for action in (
        Action("index", "saqshy-incidents-v1", "x", b'{"id":"x"}'),
        Action("create", "saqshy-audit-v1", "2@power-7", b'{"chain":"power-7"}'),
        Action("delete", "saqshy-incidents-v1", "incident-1"),
        Action("index", "elsewhere", "x", b'{"message":"x"}'),
    ):
        with pytest.raises(StoreError, match="does not let this user"):
            role.bulk([action])


@pytest.mark.parametrize("role", ["indexer"], indirect=True)
def test_the_indexer_overwrites_no_history(role: ElasticStore) -> None:
    """Audit trail and revisions are created only, and the indexer deletes nothing."""
    day = role.documents.names.event_index(rfc3339(at(1)), rfc3339(at(1)))
    items = role.bulk(
        [
            Action("index", "saqshy-audit-v1", "1@power-7", b'{"chain":"forged"}'),
            Action("delete", "saqshy-audit-v1", "1@power-7"),
            Action("index", "saqshy-incident-revisions-v1", "incident-1-1", b'{"id":"forged"}'),
            Action("delete", "saqshy-incidents-v1", "incident-1"),
            Action("delete", day, "x"),
        ]
    )
    assert [(item.fate, item.status) for item in items] == [(Fate.BUSY, 403)] * 5


@pytest.mark.parametrize("role", ["auditor"], indirect=True)
def test_the_auditor_sees_no_events(role: ElasticStore) -> None:
    """History and the audit trail are the auditor's matter, events are not."""
    assert len(list(role.incidents.latest())) == 3
    with pytest.raises(StoreError, match="does not let this user"):
        role.events.count()


@pytest.mark.parametrize("role", ["statistics"], indirect=True)
def test_dashboards_see_what_counts(role: ElasticStore) -> None:
    """The filtered alias shows no candidate and no trial, and the index itself is barred."""
    answer = role.client.search(index="saqshy-counted", query={"match_all": {}})
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["incident-1"]
    with pytest.raises(StoreError, match="does not let this user"):
        list(role.incidents.latest())


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"user": "nobody"}, "no such user"),
        ({"urls": ("https://127.0.0.1:1",)}, "could not be asked"),
        ({"ca": None}, "could not be asked"),
        ({"password_file": "/nowhere"}, "unreadable"),
    ],
)
def test_errors_say_what_mends_them(elastic: Server, over: dict[str, object], words: str) -> None:
    """A client that cannot ask says why, as a StoreError."""
    settings = elastic.as_user("web").model_copy(update=over)
    if over.get("password_file"):
        settings = elastic.as_user("web", **over)
    with pytest.raises(StoreError, match=words):
        open_elastic(settings).events.count()
