"""The stores' gauges: read when asked, and honest about a store that cannot be read."""

import pytest
from prometheus_client import CollectorRegistry

from connectors.stores.memory import open_memory
from pipeline.ports import Stores
from pipeline.runtime.gauges import watch_stores
from tests.connectors.stores.nouns import at, batch, event, failure


@pytest.fixture
def stores() -> Stores:
    """Make stores that hold three batches, one of them processed."""
    made = open_memory()
    made.journal.append("udp", [batch(1), batch(2), batch(3)])
    made.journal.commit(1)
    made.events.add(batch(1), [event(batch(1), 0, at(0)), event(batch(1), 1, at(1))])
    made.dead_letters.put([failure(1)])
    return made


def test_gauges_show_what_is_stored(stores: Stores) -> None:
    """A scrape gives positions, events and dead letters as they stand now."""
    registry = CollectorRegistry()
    watch_stores(registry, stores)
    read = registry.get_sample_value
    assert read("saqshy_store_up") == 1
    assert read("saqshy_journal_position") == 3
    assert read("saqshy_journal_committed_position") == 1
    assert read("saqshy_events_kept") == 2
    assert read("saqshy_dead_letters") == 1
    stores.journal.append("udp", [batch(4)])
    assert read("saqshy_journal_position") == 4


def test_unreadable_store(stores: Stores) -> None:
    """A store that cannot be read is shown as down, with no stale numbers beside."""
    registry = CollectorRegistry()
    watch_stores(registry, stores)
    stores.database.close()
    assert registry.get_sample_value("saqshy_store_up") == 0
    assert registry.get_sample_value("saqshy_journal_position") is None
