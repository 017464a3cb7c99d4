"""Retention of a SQLite store: days go, but for what must stay, beside the process that writes."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.retention import SqlitePeriods
from pipeline.model import instant
from pipeline.ports import Stores
from pipeline.ports.retention import Held, Kept
from pipeline.runtime.retention import Policy, apply_retention
from tests.connectors.stores.nouns import batch, event, failure, finding, incident

OLD, NEW = instant("2026-11-01T10:00:00Z"), instant("2026-11-20T10:00:00Z")
NOW = instant("2026-11-21T12:00:00Z")
POLICY = Policy({"events": 10, "failures": 10})


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """Give a store that its own process has open: an old and a new day."""
    made = open_sqlite(tmp_path / "saqshy.db")
    for number, time in ((1, OLD), (2, NEW)):
        kept = batch(number, received_at=time)
        made.events.add(kept, [event(kept, index, time + index) for index in range(3)])
    made.dead_letters.put([failure(1, received_at=OLD), failure(2, received_at=NEW)])
    yield made
    made.database.close()


@pytest.fixture
def periods(stores: Stores, tmp_path: Path) -> Iterator[SqlitePeriods]:
    """Give the periods, opened beside."""
    assert stores.events.count()
    with closing(SqlitePeriods(tmp_path / "saqshy.db")) as made:
        yield made


def ids(stores: Stores) -> list[str]:
    """Give the ids of the old batch's and the new batch's events that are there."""
    names = [f"{batch(number).id}-{index}" for number in (1, 2) for index in range(3)]
    return sorted(stores.events.get(names))


def test_old_days_go_beside_the_writer(stores: Stores, periods: SqlitePeriods) -> None:
    """What is old goes, what is new stays, and the writer goes on and counts right."""
    done = apply_retention(POLICY, periods, stores.incidents, NOW, dry=False)
    assert [one.period.name for one in done.gone] == ["events-2026.11.01", "failures-2026.11.01"]
    assert ids(stores) == [f"{batch(2).id}-{index}" for index in range(3)]
    assert stores.events.count() == 3
    assert [one.received_at for one in stores.dead_letters.list()] == [NEW]
    late = batch(3, received_at=NEW)
    stores.events.add(late, [event(late, 0, NEW)])
    assert stores.events.count() == 4


def test_a_dry_run_changes_nothing(stores: Stores, periods: SqlitePeriods) -> None:
    """A dry run says the same and leaves everything."""
    before = ids(stores)
    done = apply_retention(POLICY, periods, stores.incidents, NOW, dry=True)
    assert [(one.period.count, one.stays) for one in done.gone] == [(3, 0), (1, 0)]
    assert ids(stores) == before
    assert stores.dead_letters.count() == 2


@pytest.mark.parametrize(
    ("kept", "stay"),
    [
        (Kept(frozenset({f"{batch(1).id}-1"})), [1]),
        (Kept(held=(Held("", OLD + 1, OLD + 3),)), [1, 2]),
        (Kept(held=(Held("power-7", OLD, OLD + 1),)), [0]),
        (Kept(held=(Held("another", OLD, OLD + 9),)), []),
    ],
    ids=["of an open incident", "held", "held of one object", "another's hold"],
)
def test_what_must_stay_stays_alone(
    stores: Stores, periods: SqlitePeriods, kept: Kept, stay: list[int]
) -> None:
    """Of a batch only the events stay that something needs; they go once nothing does."""
    first = periods.periods()[0]
    assert periods.bound(first, kept) == len(stay)
    assert periods.let_go(first, kept) == len(stay)
    there = [name for name in ids(stores) if name.startswith(f"{batch(1).id}-")]
    assert there == [f"{batch(1).id}-{index}" for index in stay]
    assert stores.events.count() == 3 + len(stay)
    if stay:
        assert periods.let_go(periods.periods()[0], Kept()) == 0
    assert stores.events.count() == 3


def test_an_open_incident_keeps_its_events(stores: Stores, periods: SqlitePeriods) -> None:
    """The events of an open incident's findings stay, whatever their age."""
    name = f"{batch(1).id}-2"
    stores.incidents.put_findings([finding(1, event_ids=(name,))])
    stores.incidents.put_incidents([incident(1, finding_ids=(finding(1).id,))])
    done = apply_retention(POLICY, periods, stores.incidents, NOW, dry=False)
    assert done.open_incidents == 1
    assert name in ids(stores)
    assert [one.stays for one in done.gone] == [1, 0]
