"""What a run counts and shows beside its outcome: sources, rules, incidents, notices, store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from connectors.stores.memory import open_memory
from pipeline.errors import StoreFull
from pipeline.model import NANOSECONDS, IncidentState
from pipeline.runtime.standing_incidents import StandingIncidents, watch_standing
from pipeline.runtime.telemetry import Silent
from pipeline.runtime.timed_stores import timed, timed_collector
from tests.connectors.stores.nouns import at, batch
from tests.runtime.centre import Centre, centre, entry, failures

SPRAYED = {"object_id": "kz-bank", "source_id": "bank-sshd"}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Centre]:
    """Give a system that shows its metrics."""
    with centre(tmp_path) as one:
        one.system.engine.standing.sector = one.system._gauges().sector()
        one.system._gauges().register(one.system.metrics)
        yield one


def test_an_incident_moves_what_people_watch(made: Centre) -> None:
    """Sources, hits, incidents by act and sector, and the guard tell of one incident."""
    read = made.system.metrics.get_sample_value
    made.take(failures(45))
    made.take([entry(46)])
    assert read("saqshy_source_records_total", SPRAYED) == 13
    hits = {
        one.labels["rule"]: one.value
        for family in made.system.metrics.collect()
        for one in family.samples
        if one.name == "saqshy_rule_hits_total"
    }
    seen = [match for one in made.outcomes for match in one.observed.observation.matches]
    assert sum(hits.values()) == len(seen) > 0
    (incident,) = made.system.stores.incidents.latest()
    severity = incident.assessment.severity
    own = {"severity": severity, "sector": "banking"}
    assert read("saqshy_incidents_opened_total", own) == 1
    assert read("saqshy_incidents", {**own, "state": "new"}) == 1
    acts = {act for act, said in incident.assessment.acts.items() if said == "yes"}
    for act in acts:
        assert read("saqshy_incident_acts_total", {"act": act}) == 1
        assert read("saqshy_incidents_by_act", {"act": act, "state": "new"}) == 1
    assert acts
    notices = made.notices()
    decided = {"open": 0, "stub": 0, "hold": 0}
    for one in notices:
        decided[one.guard.decision] += 1
    for decision, count in decided.items():
        assert (read("saqshy_guard_decisions_total", {"decision": decision}) or 0) == count


def test_notices_are_told_until_they_arrive(made: Centre) -> None:
    """What waits is counted with its age and due time; delivery moves it to states and receipts."""
    read = made.system.metrics.get_sample_value
    made.take(failures(45))
    made.take([entry(46)])
    made.clock.advance_to(made.clock.now() + 60 * NANOSECONDS)
    waiting = {one.channel for one in made.notices()}
    shown = {
        one: read("saqshy_notices_waiting", {"channel": one, "state": "pending"}) for one in waiting
    }
    assert all(count and count >= 1 for count in shown.values())
    assert read("saqshy_notices_oldest_waiting_seconds") == 60
    assert (read("saqshy_notices_due_in_seconds") or 0) <= 0
    while made.system.dispatcher.run_due():
        pass
    assert read("saqshy_notices_oldest_waiting_seconds") == 0
    assert read("saqshy_notices_due_in_seconds") is None
    first = {"channel": "folder", "leg": "first"}
    count = read("saqshy_receipt_delay_seconds_count", first) or 0
    assert count > 0
    assert read("saqshy_receipt_delay_seconds_sum", first) == 60 * count
    assert (
        read("saqshy_notice_states_total", {"channel": "folder", "state": "sent"}) or 0
    ) >= count


def test_a_tick_shows_how_objects_stand(made: Centre) -> None:
    """After a tick sources, their last sign of life, watermark and state are shown."""
    read = made.system.metrics.get_sample_value
    made.take(failures(44))
    made.tick(1)
    heard = read("saqshy_source_last_seen_timestamp_seconds", SPRAYED)
    assert heard == (made.clock.now() - 60 * NANOSECONDS) / NANOSECONDS
    assert read("saqshy_sources", {"standing": "heard"}) == 1
    delay = read("saqshy_watermark_delay_seconds") or 0
    assert 300 < delay < 900  # the source's lateness, and what the story's clock is ahead
    for _ in range(8):  # more than ten minutes without a tick were our own deafness
        made.tick(9)
    assert (read("saqshy_sources", {"standing": "silent"}) or 0) >= 1
    assert read("saqshy_sources", {"standing": "heard"}) == 0
    assert read("saqshy_watermark_delay_seconds") == 0  # nothing is waited for
    assert (read("saqshy_state_objects") or 0) > 1
    assert (read("saqshy_state_rows", {"kind": "source"}) or 0) >= 1


def test_what_waits_in_the_journal_has_an_age(made: Centre) -> None:
    """The oldest unprocessed batch tells how long ago it came; 0 once nothing waits."""
    read = made.system.metrics.get_sample_value
    made.journal(failures(45))
    made.clock.advance_to(made.clock.now() + 90 * NANOSECONDS)
    assert read("saqshy_oldest_unprocessed_seconds") == 90
    made.drain()
    assert read("saqshy_oldest_unprocessed_seconds") == 0


def test_versions_and_costs_are_those_in_force(made: Centre) -> None:
    """The versions in force are labels of one sample; rules that were asked tell what it cost."""
    made.take(failures(45))
    families = {one.name: one for one in made.system.metrics.collect()}
    (versions,) = families["saqshy_versions_info"].samples
    stamp = made.system.reloader.knowledge.revisions
    told = (stamp.content, stamp.registry, stamp.pack)
    assert (
        versions.labels["content"],
        versions.labels["registry"],
        versions.labels["pack"],
    ) == told
    asked = {one.labels["rule"]: one.value for one in families["saqshy_rule_tests"].samples}
    took = {one.labels["rule"]: one.value for one in families["saqshy_rule_test_seconds"].samples}
    assert set(asked) == set(took) <= set(made.system.reloader.knowledge.content.rules)
    assert sum(asked.values()) > 0
    assert all(seconds > 0 for seconds in took.values())


def test_standing_incidents_are_counted_after_a_start(tmp_path: Path) -> None:
    """A new process counts what the store holds, an object at a time, and then what comes."""
    with centre(tmp_path) as made:
        made.take(failures(45))
        made.take([entry(46)])
        incidents = list(made.system.stores.incidents.latest())
    with centre(tmp_path) as made:
        registry = CollectorRegistry()
        standing = StandingIncidents(lambda _object, _at: "banking")
        watch_standing(registry, standing)
        assert standing.now() == ({}, {})
        while standing._left is None or standing._left:
            standing.load(made.system.stores, 1)
        (one,) = incidents
        assert one.state is IncidentState.NEW
        labels = {"state": "new", "severity": one.assessment.severity, "sector": "banking"}
        assert registry.get_sample_value("saqshy_incidents", labels) == 1


def test_transactions_are_timed_and_refusals_counted() -> None:
    """A transaction that was taken is timed, one that was not is counted by its reason."""
    telemetry = Silent()
    stores = timed(open_memory(), telemetry)
    with stores.database.transaction():
        stores.journal.append("udp", [batch(1)])
    assert telemetry.value("saqshy_store_transaction_seconds_count") == 1
    with pytest.raises(StoreFull), stores.database.transaction():
        raise StoreFull("no room")
    assert telemetry.value("saqshy_store_refusals_total", "store_full") == 1
    assert telemetry.value("saqshy_store_transaction_seconds_count") == 1
    with timed_collector(stores, telemetry).database.transaction():
        pass
    assert stores.journal.committed() == 0
    assert at(0) > 0
    with stores.database.still():
        assert stores.journal.read(0, 1)[0][1] == batch(1)
    stores.database.close()
