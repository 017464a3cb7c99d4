"""Retention: the policy by itself, and over a real Elasticsearch with the keeper's rights."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.stores.elasticsearch.retention import ElasticPeriods
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.memory import open_memory
from pipeline.errors import ConfigurationError
from pipeline.model import IncidentState, instant
from pipeline.ports.retention import Held, Period
from pipeline.runtime.retention import Policy, apply_retention, kept_by, policy_of
from pipeline.settings import RetentionSettings
from tests.connectors.elastic_server import Server
from tests.connectors.stores.nouns import batch, event, failure, finding, incident

NOW = instant("2026-11-21T12:00:00Z")
OLD, NEW = instant("2026-11-01T10:00:00Z"), instant("2026-11-20T10:00:00Z")
DAYS = {"events": 10, "failures": 10}


@pytest.fixture
def periods(elastic: Server, elastic_store: ElasticStore) -> Iterator[ElasticPeriods]:
    """Give the periods as the keeper may touch them: two days with two events each, one failure."""
    for number, time in ((1, OLD), (2, NEW)):
        kept = batch(number, received_at=time)
        elastic_store.events.add(kept, [event(kept, index, time + index) for index in range(2)])
    elastic_store.dead_letters.put([failure(1, received_at=OLD), failure(2, received_at=NEW)])
    keeper = open_elastic(elastic.as_user("keeper"), refresh=True)
    yield ElasticPeriods(keeper.client, keeper.documents, keeper.bulk)
    keeper.close()


def ids(store: ElasticStore) -> list[str]:
    """Give the ids of all events that are found."""
    store.client.indices.refresh(index="saqshy-events")
    answer = store.client.search(index="saqshy-events", query={"match_all": {}}, size=100)
    return sorted(hit["_id"] for hit in answer["hits"]["hits"])


FIRST, SECOND = [f"{batch(1).id}-{index}" for index in range(2)], [
    f"{batch(2).id}-{index}" for index in range(2)
]  # fmt: skip


def test_whole_days_go(elastic_store: ElasticStore, periods: ElasticPeriods) -> None:
    """What is older than its class is kept goes as a whole; the rest is not touched."""
    done = apply_retention(Policy(DAYS), periods, elastic_store.incidents, NOW, dry=False)
    assert [one.period.name for one in done.gone] == [
        "saqshy-events-2026.11.01",
        "saqshy-failures-2026.11.01",
    ]
    assert ids(elastic_store) == SECOND
    assert list(elastic_store.dead_letters.list()) == [failure(2, received_at=NEW)]


def test_dry_run_changes_nothing(elastic_store: ElasticStore, periods: ElasticPeriods) -> None:
    """A dry run tells what would go and what would stay."""
    elastic_store.incidents.put_findings([finding(1, event_ids=(FIRST[0],))])
    elastic_store.incidents.put_incidents([incident(1)])
    done = apply_retention(Policy(DAYS), periods, elastic_store.incidents, NOW, dry=True)
    assert [(one.period.count, one.stays) for one in done.gone] == [(2, 1), (1, 0)]
    assert done.open_incidents == 1
    assert ids(elastic_store) == FIRST + SECOND


def test_events_of_an_open_incident_stay_until_it_is_closed(
    elastic_store: ElasticStore, periods: ElasticPeriods
) -> None:
    """What an open incident refers to outlives its day, and goes when the incident is over."""
    store = elastic_store.incidents
    store.put_findings([finding(1, event_ids=(FIRST[1], SECOND[0]))])
    store.put_incidents([incident(1)])
    done = apply_retention(Policy(DAYS), periods, store, NOW, dry=False)
    assert [one.stays for one in done.gone] == [1, 0]
    assert ids(elastic_store) == [FIRST[1], *SECOND]
    assert set(elastic_store.events.get([FIRST[1]])) == {FIRST[1]}
    assert apply_retention(Policy(DAYS), periods, store, NOW, dry=False).freed == 0
    store.put_incidents([incident(1, 2, state=IncidentState.CLOSED)])
    assert apply_retention(Policy(DAYS), periods, store, NOW, dry=False).freed == 1
    assert ids(elastic_store) == SECOND


def test_legal_hold(elastic_store: ElasticStore, periods: ElasticPeriods) -> None:
    """Events of a held object and span stay whatever their age; of another object they do not."""
    other = Policy(DAYS, (Held("bank-1", OLD - 1, NEW),))
    assert [g.stays for g in apply_retention(other, periods, _none(), NOW, dry=True).gone] == [0, 0]
    policy = Policy(DAYS, (Held("power-7", OLD, OLD + 1_000_000),))
    done = apply_retention(policy, periods, elastic_store.incidents, NOW, dry=False)
    assert [one.stays for one in done.gone] == [2, 0]
    assert ids(elastic_store) == FIRST + SECOND
    assert apply_retention(Policy(DAYS), periods, _none(), NOW, dry=False).freed == 2


def _none() -> Any:
    return open_memory().incidents


def test_without_days_everything_is_kept() -> None:
    """The law gives no number: nothing goes that nobody set."""
    policy = policy_of(RetentionSettings())
    assert not policy.expired(Period("events", "x", 0, 1, 1), NOW)


@pytest.mark.parametrize(
    ("end", "expired"),
    [
        (instant("2026-11-11T12:00:00Z"), True),
        (instant("2026-11-11T12:00:01Z"), False),
        (instant("2026-11-21T00:00:00Z"), False),
    ],
)
def test_a_period_goes_when_its_end_is_old(end: int, *, expired: bool) -> None:
    """A day goes only when its last instant is older than the class is kept."""
    assert Policy(DAYS).expired(Period("events", "x", end, 1, 1), NOW) is expired


def test_holds_are_read_all_at_once() -> None:
    """Every hold that is none is told; a day reaches into the zones around it."""
    bad = [
        {"begin": "2026-02-30", "end": "2026-03-01", "reason": "one", "author": "x"},
        {"begin": "2026-03-01", "end": "2026-03-01", "reason": "two", "author": "x"},
    ]
    with pytest.raises(ConfigurationError) as caught:
        policy_of(RetentionSettings.model_validate({"holds": bad}))
    assert len(caught.value.problems) == 2
    good = {"begin": "2026-03-01", "end": "2026-03-02", "reason": "court", "author": "x"}
    (held,) = policy_of(RetentionSettings.model_validate({"holds": [good]})).held
    assert (held.begin, held.end) == (
        instant("2026-02-28T00:00:00Z"),
        instant("2026-03-03T00:00:00Z"),
    )


def test_what_is_kept_follows_from_open_incidents() -> None:
    """Candidates are open as well; closed and merged incidents hold nothing."""
    stores = open_memory()
    stores.incidents.put_findings([finding(n, event_ids=(f"e-{n}",)) for n in (1, 2, 3)])
    states = {1: IncidentState.CANDIDATE, 2: IncidentState.CLOSED, 3: IncidentState.MERGED}
    stores.incidents.put_incidents(
        [
            incident(n, state=state, finding_ids=(f"finding-{n}", "unknown"))
            for n, state in states.items()
        ]
    )
    kept, count = kept_by(Policy({}), stores.incidents)
    assert (kept.event_ids, count) == (frozenset({"e-1"}), 1)
