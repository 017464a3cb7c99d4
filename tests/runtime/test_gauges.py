"""The stores' gauges: read when asked, and honest about a store that cannot be read."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from connectors.stores.memory import open_memory
from pipeline.content import load_content
from pipeline.ports import Stores
from pipeline.runtime.bootstrap import assemble
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import default_settings
from pipeline.runtime.gauges import watch_content, watch_stores
from tests.connectors.stores.nouns import at, batch, event, failure
from tests.match.material import content_of
from tests.runtime.centre import centre, failures, overwrite
from tests.web.test_status import Browser


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


def test_rules_in_force_are_those_of_now() -> None:
    """A scrape counts the rules and correlations in force at that moment, after a reload too."""
    rule = "title: T\nid: 00000000-0000-4000-8000-000000000001\nname: base\n"
    rule += "logsource: {product: windows}\ndetection: {s: {EventID: 7}, condition: s}\n"
    correlation = "title: C\nid: 00000000-0000-4000-8000-000000000002\n"
    correlation += "correlation: {type: event_count, rules: [base], timespan: 1m, "
    correlation += "group-by: [Computer], condition: {gte: 2}}\n"
    held = [content_of(rule)]
    registry = CollectorRegistry()
    watch_content(registry, lambda: held[-1])

    def shown(kind: str) -> float | None:
        return registry.get_sample_value("saqshy_rules_in_force", {"kind": kind})

    assert (shown("rule"), shown("correlation")) == (1, 0)
    held.append(content_of(f"{rule}---\n{correlation}"))
    assert (shown("rule"), shown("correlation")) == (1, 1)


@pytest.mark.usefixtures("logs_kept")
def test_a_system_shows_its_rules(tmp_path: Path) -> None:
    """The metrics and the page of a running system tell how many rules are in force."""
    settings = default_settings()
    settings = settings.model_copy(
        update={
            "store": settings.store.model_copy(update={"path": tmp_path / "s.db"}),
            "content": settings.content.model_copy(update={"cache": tmp_path / "cache"}),
        }
    )
    system = assemble(settings, SystemClock())
    try:
        client = Browser(system._page())
        rules = len(load_content(settings.content.paths, None).rules)
        assert f'saqshy_rules_in_force{{kind="rule"}} {rules}.0' in client.get("/metrics").text
        assert "rules in force" in client.get("/").text
    finally:
        system.close()


@pytest.mark.usefixtures("logs_kept")
def test_a_damaged_store_hides_no_other_figure(tmp_path: Path) -> None:
    """Where the store's file is overwritten the page says so, and still shows all that is known."""
    with centre(tmp_path) as made:
        made.take(failures(45, 3))
        client = Browser(made.system._page())
        assert "saqshy_store_up 1.0" in client.get("/metrics").text
        overwrite(tmp_path / "saqshy.db")
        told = client.get("/metrics")
        assert told.status_code == 200
        assert "saqshy_store_up 0.0" in told.text
        assert 'saqshy_journal_records_total{listener="wire"} 3.0' in told.text
        assert "saqshy_terms_overdue 0" not in told.text
