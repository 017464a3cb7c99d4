"""Snapshots and their return, with the rights of the keeper."""

from collections.abc import Iterator

import pytest

from connectors.stores.elasticsearch.snapshots import Snapshots
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.elasticsearch.templates import standing_differences
from pipeline.errors import IntegrityError, StoreError
from tests.connectors.elastic_server import Server
from tests.connectors.stores.nouns import at, batch, entry, event, incident


@pytest.fixture
def snapshots(elastic: Server, elastic_store: ElasticStore) -> Iterator[Snapshots]:
    """Give a repository as the keeper uses it."""
    keeper = open_elastic(elastic.as_user("keeper"))
    made = Snapshots(keeper.client, elastic_store.documents.names)
    made.register(str(elastic.repository / "saqshy"))
    yield made
    for one in made.list():
        keeper.client.snapshot.delete(repository="saqshy", snapshot=one.name)
    keeper.close()


def test_what_was_lost_comes_back(snapshots: Snapshots, elastic_store: ElasticStore) -> None:
    """After everything is gone a snapshot brings back every document, alias and mapping."""
    kept = batch(1)
    elastic_store.events.add(kept, [event(kept, 0, at(1))])
    elastic_store.incidents.put_incidents([incident(1), incident(1, 2)])
    elastic_store.audit.append([entry(1), entry(2)])
    taken = snapshots.take("first")
    assert "saqshy-audit-v1" in taken.indices
    with pytest.raises(IntegrityError, match="of our indices"):
        snapshots.restore("first")
    elastic_store.client.indices.delete(index=",".join(taken.indices))
    assert snapshots.restore("first") == list(taken.indices)
    assert list(standing_differences(snapshots.client, snapshots.names)) == []
    assert elastic_store.events.count() == 1
    assert elastic_store.incidents.history("incident-1") == [incident(1), incident(1, 2)]
    assert list(elastic_store.audit.read()) == [entry(1), entry(2)]
    assert [one.name for one in snapshots.list()] == ["first"]


def test_unknown_snapshot(snapshots: Snapshots, elastic_store: ElasticStore) -> None:
    """A snapshot that is not there is told, and nothing changes."""
    there = elastic_store.client.indices.get_alias(index="saqshy-*")
    elastic_store.client.indices.delete(index=",".join(there))
    with pytest.raises(StoreError):
        snapshots.restore("second")
