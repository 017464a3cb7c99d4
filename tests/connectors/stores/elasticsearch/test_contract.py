"""Elasticsearch under the contract of the stores, as far as it holds them.

The tests are those of tests/connectors/stores/test_contract.py; what Elasticsearch does not hold
(journal, state, outbox, transactions) lies in memory here.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.memory import open_memory
from pipeline.ports import Outbox, Stores
from tests.connectors.stores import test_contract as contract
from tests.connectors.stores.nouns import entry, notice


@pytest.fixture
def stores(elastic_store: ElasticStore) -> Iterator[Stores]:
    """Elasticsearch, empty, with a journal and state in memory."""
    rest = open_memory()
    yield replace(
        rest,
        events=elastic_store.events,
        incidents=elastic_store.incidents,
        outbox=cast("Outbox", elastic_store.notices),  # its reading half, and put
        audit=elastic_store.audit,
        dead_letters=elastic_store.dead_letters,
        content=elastic_store.content,
    )
    rest.database.close()


test_events_by_id = contract.test_events_by_id
test_events_by_batch = contract.test_events_by_batch
test_events_of_the_same_batch_overwrite = contract.test_events_of_the_same_batch_overwrite
test_search_merges_blocks_by_time = contract.test_search_merges_blocks_by_time
test_events_outside_the_range = contract.test_events_outside_the_range_of_a_store_integer
test_abandoned_search_holds_nothing = contract.test_abandoned_search_holds_nothing
test_finding_latest_revision = contract.test_finding_latest_revision
test_equal_revision_again = contract.test_equal_revision_again
test_equal_revision_with_other_content = contract.test_equal_revision_with_other_content
test_incident_history_and_latest = contract.test_incident_history_and_latest
test_outbox_list = contract.test_outbox_list
test_audit_chains = contract.test_audit_chains
test_audit_is_create_only = contract.test_audit_is_create_only
test_dead_letters = contract.test_dead_letters
test_bundles = contract.test_bundles


def test_a_known_notice_stays_as_it_stands(elastic_store: ElasticStore) -> None:
    """A notice that is made again undoes nothing."""
    elastic_store.notices.put([notice(1, attempts=3)])
    elastic_store.notices.put([notice(1), notice(2)])
    assert elastic_store.notices.get("notice-1") == notice(1, attempts=3)
    assert elastic_store.notices.get("notice-2") == notice(2)
    assert elastic_store.notices.get("notice-9") is None


def test_long_lists_are_read_page_by_page(elastic_store: ElasticStore) -> None:
    """What takes several requests comes whole, in order, each once."""
    numbers = list(range(1, 2501))
    elastic_store.audit.append([entry(number) for number in numbers])
    assert [one.number for one in elastic_store.audit.read("power-7")] == numbers


def test_heads_of_all_chains(elastic_store: ElasticStore) -> None:
    """Every chain's end is given, by chain, however many chains there are."""
    chains = [f"object-{number:04}" for number in range(1200)]
    elastic_store.audit.append([entry(n, chain) for chain in chains for n in (1, 2)])
    heads = elastic_store.audit.heads()
    assert [(one.chain, one.number, one.hash) for one in heads] == [(c, 2, "00") for c in chains]
