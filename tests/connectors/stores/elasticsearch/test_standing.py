"""Incidents that stand are counted by their latest revisions."""

from dataclasses import replace

from connectors.stores.elasticsearch.standing import standing_by_act, standing_by_object
from connectors.stores.elasticsearch.store import ElasticStore
from pipeline.model import IncidentState, Tri
from tests.connectors.stores.nouns import assessment, incident


def test_what_stands_is_counted(elastic_store: ElasticStore) -> None:
    """Only the latest revision counts, by state, severity and object, and by act."""
    client, names = elastic_store.client, elastic_store.documents.names
    assert standing_by_object(client, names) == {}
    low = replace(assessment(), severity="low", acts={"leak": Tri.YES, "damage": Tri.UNKNOWN})
    elastic_store.incidents.put_incidents(
        [
            incident(1),
            incident(1, 2, state=IncidentState.CLOSED),
            incident(2),
            incident(3, object_id="bank-1"),
            incident(4, object_id="bank-1", assessment=low),
        ]
    )
    assert standing_by_object(client, names) == {
        ("closed", "high", "power-7"): 1,
        ("new", "high", "power-7"): 1,
        ("new", "high", "bank-1"): 1,
        ("new", "low", "bank-1"): 1,
    }
    acts = ["unauthorised_access", "leak", "damage"]
    assert standing_by_act(client, names, acts) == {
        ("unauthorised_access", "closed"): 1,
        ("unauthorised_access", "new"): 2,
        ("leak", "new"): 1,
    }
    assert standing_by_act(client, names, []) == {}
