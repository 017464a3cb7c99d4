"""Elasticsearch under the contract of searching: the answers of one who opens every row."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from connectors.stores.elasticsearch.documents import plain
from connectors.stores.elasticsearch.search import ElasticSearching
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.elasticsearch.templates import apply
from connectors.stores.memory import open_memory
from connectors.stores.memory_search import MemorySearch
from pipeline.model.conditions import Among, Either, Like, Present, Within
from pipeline.ports import Outbox
from pipeline.ports.searching import Ask, Kind, Search
from tests.connectors.elastic_server import Server
from tests.connectors.stores import test_search as contract
from tests.connectors.stores.nouns import at, batch, event, incident
from tests.connectors.stores.searched import ANY_QUESTION, LARGE, fill
from tests.connectors.stores.test_search import Held, check_answers, oracle, walked

__all__ = ["oracle"]


@dataclass
class HeldThere(Held):
    """Stores in Elasticsearch, which shows what was written at the next refresh."""

    elastic: ElasticStore

    def shown(self) -> None:
        """Refresh."""
        self.elastic.client.indices.refresh(index=f"{self.elastic.documents.names.prefix}*")


def held_there(elastic: ElasticStore) -> HeldThere:
    """Give stores that are written and searched there."""
    stores = replace(
        open_memory(),
        events=elastic.events,
        incidents=elastic.incidents,
        outbox=cast("Outbox", elastic.notices),
        audit=elastic.audit,
        dead_letters=elastic.dead_letters,
    )
    return HeldThere(stores, ElasticSearching(elastic.client, elastic.documents.names), elastic)


@pytest.fixture
def held(elastic_store: ElasticStore) -> HeldThere:
    """Elasticsearch, empty."""
    return held_there(elastic_store)


@pytest.fixture(scope="module")
def standing(elastic: Server) -> Iterator[HeldThere]:
    """Elasticsearch with rows of every kind, for questions alone: other tests leave it alone."""
    asked = elastic.as_user("root", prefix="asked")
    store = open_elastic(asked, refresh=True)
    apply(store.client, store.documents.names, asked)
    held = held_there(store)
    fill(held.stores)
    yield held
    made = store.client.indices.get(index="asked-*", expand_wildcards="all")
    store.client.indices.delete(index=",".join(made))
    store.close()


@pytest.fixture
def full(standing: HeldThere) -> Held:
    """Give what the contract's tests of reading ask."""
    return standing


@given(ask=ANY_QUESTION)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_equal(standing: HeldThere, oracle: Search, ask: Ask) -> None:
    """Any question is answered as one answers who opens every row."""
    check_answers(standing.search, oracle, ask)


test_a_late_revision_changes_nothing = contract.test_a_late_revision_changes_nothing
test_everything_page_by_page = contract.test_everything_page_by_page
test_latest_revisions = contract.test_latest_revisions
test_one_that_may_not_be_seen_is_absent = contract.test_one_that_may_not_be_seen_is_absent
test_cursors_of_others_are_refused = contract.test_cursors_of_others_are_refused
test_what_cannot_be_asked = contract.test_what_cannot_be_asked
test_empty_buckets_are_there = contract.test_empty_buckets_are_there
test_too_many_buckets = contract.test_too_many_buckets
test_a_budget_that_ends = contract.test_a_budget_that_ends
test_facets_of_what_fits_alone = contract.test_facets_of_what_fits_alone
test_nothing_and_everything = contract.test_nothing_and_everything


def test_what_is_written_meanwhile(held: HeldThere) -> None:
    """Rows that come meanwhile shift nothing, and the mark tells of them."""
    held.stores.incidents.put_incidents([incident(number) for number in range(9)])
    kept = batch(1)
    held.stores.events.add(kept, [event(kept, index, at(index)) for index in range(9)])
    held.shown()
    mark = held.search.mark()
    contract.test_cursors_while_others_write(held)
    assert held.search.mark() != mark


def test_documents_that_are_not_indexed_whole(held: HeldThere) -> None:
    """What is kept in its plain form, or beyond what an index takes, is found all the same."""
    memory = open_memory()
    kept = batch(1)
    long = {"process": {"command_line": "x" * 9_000 + " Secret"}, "source": {"ip": "no address"}}
    rows = [
        event(kept, 0, at(0), ecs=long, versions={"normalizer": "1"}),
        event(kept, 1, at(1), versions={"normalizer": "1"}),
        event(kept, 2, at(2)),
    ]
    for stores in (memory, held.stores):
        stores.events.add(kept, rows)
        stores.incidents.put_incidents([incident(1), incident(2)])
    actions = [
        *held.elastic.documents.events(orjson.dumps(rows[2].document())),
        *held.elastic.documents.incidents([incident(2)]),
    ]
    forced = [replace(plain(one), version=None, verb="index") for one in actions]
    held.elastic.bulk.strictly(forced)
    held.shown()
    plainly = MemorySearch(memory)
    for ask in (
        Ask(Kind.EVENTS, Like("process.command_line", ("", "secret"))),
        Ask(Kind.EVENTS, Present("source.ip")),
        Ask(Kind.EVENTS, Among("source.ip", ("NO address",))),
        Ask(Kind.EVENTS, Among("host.name", ("dc-1",)), begin=at(1)),
        Ask(Kind.INCIDENTS, Among("fold_key", ("ACCESS",))),
        Ask(Kind.INCIDENTS, Within("event_count", 1, 1)),
    ):
        wide = replace(ask, budget=LARGE)
        check_answers(held.search, plainly, wide)
        assert walked(plainly, wide)


_LONG = "0123456789abcdef" * 20  # longer than the longest token
MESSAGES = (
    "Nowhere else", "foo_NOWHERE-bar", "no\u00adwhere", "no where", f"{_LONG[:250]}nowhere{_LONG}",
    "Straße STRASSE", "Mau\u017f", "\u212aelvin", "Құпия сөз: ӘЖЕ.Т1", "3.14,15", "", "---",
    "x" * 300, "\U0001d400" * 200 + "end", "a\u0301b",
)  # fmt: skip
WORDS = (
    "nowhere", "NOWHERE", "where e", "ss", "mauss", "kelvin", "ыпи", "құпия сөз", "т1", "14,1", "x",
    "xxx", "end", "---", "b", "o_n", "straße s", "mau\u017f", "4625.0", "cdef0",
)  # fmt: skip


def test_words_in_an_analysed_text(held: HeldThere) -> None:
    """A word inside of a message is found, wherever the analyser cuts; nothing else is."""
    memory, kept = open_memory(), batch(1)
    rows = [
        event(kept, index, at(index), ecs={"message": message}, versions={"normalizer": "1"})
        for index, message in enumerate(MESSAGES)
    ]
    for stores in (memory, held.stores):
        stores.events.add(kept, rows)
    held.shown()
    plainly = MemorySearch(memory)
    found = 0
    for word in WORDS:
        for where in (Like("message", ("", word, "")), Among("message", (word,))):
            ask = Ask(Kind.EVENTS, where, budget=LARGE)
            rows_found = walked(held.search, ask)
            assert rows_found == walked(plainly, ask), word
            found += len(rows_found)
    assert found > len(WORDS)


def test_an_absent_word_opens_no_document(held: HeldThere) -> None:
    """A word that no event has is answered whole, however small the budget."""
    kept = batch(1)
    said = {"ecs": {"message": "Somewhere else"}, "versions": {"normalizer": "1"}}
    held.stores.events.add(kept, [event(kept, index, at(index), **said) for index in range(5)])
    held.shown()
    for word, complete in (("nowhere", True), ("somewhere el", False)):
        where = Either((Like("message", ("", word, "")), Like("host.name", ("", word, ""))))
        assert held.search.page(Ask(Kind.EVENTS, where, budget=1)).complete is complete


def test_a_short_span_is_asked_of_every_index_that_can_answer(held: HeldThere) -> None:
    """Events of a day are found in its index, and where those of a deleted day were copied to."""
    kept = batch(1)
    rows = [event(kept, index, at(index), versions={"normalizer": "1"}) for index in range(4)]
    held.stores.events.add(kept, rows[:2])
    documents = held.elastic.documents
    refuge = f"{documents.names.alias('events')}-kept"
    copied = documents.events(b"\n".join(orjson.dumps(one.document()) for one in rows[2:]))
    held.elastic.bulk.strictly([replace(one, index=refuge) for one in copied])
    held.shown()
    ask = Ask(Kind.EVENTS, begin=at(0), end=at(9))
    assert len(walked(held.search, ask)) == held.search.count(ask).value == 4
    assert held.search.facets(ask, ["host.name"]).of == {"host.name": [("dc-1", 4)]}
    assert held.search.count(replace(ask, begin=at(86_400), end=at(90_000))).value == 0
