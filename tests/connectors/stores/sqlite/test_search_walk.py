"""Ways along a kind's table: narrow windows change no answer, small budgets lose no row."""

from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from connectors.stores.asking import name_of
from connectors.stores.memory import open_memory
from connectors.stores.memory_search import MemorySearch
from connectors.stores.sqlite import open_sqlite, search_walk
from connectors.stores.sqlite.search import open_search
from pipeline.model import IncidentState
from pipeline.model.conditions import (
    EVERYTHING,
    NOTHING,
    All,
    Among,
    Condition,
    Either,
    Like,
    Not,
    Within,
)
from pipeline.ports.searching import Ask, Kind, Search
from tests.connectors.stores.nouns import at, entry, incident
from tests.connectors.stores.searched import ANY_QUESTION, LARGE, fill
from tests.connectors.stores.test_search import check_answers, filled, names, oracle, walked

__all__ = ["filled", "oracle"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Search, Search]]:
    """Give a file and the memory with equal rows; the file's windows are of two rows."""
    path = tmp_path_factory.mktemp("walk") / "saqshy.db"
    stores, memory = open_sqlite(path), open_memory()
    for one in (stores, memory):
        fill(one)
    search = open_search(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_walk, "_FIRST_WINDOW", 2)
        patch.setattr(search_walk, "MANY", 1)
        yield search, MemorySearch(memory)
    search.close()
    stores.database.close()
    memory.database.close()


@given(ask=ANY_QUESTION.filter(lambda ask: ask.kind is not Kind.EVENTS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_windows_change_no_answer(both: tuple[Search, Search], ask: Ask) -> None:
    """What is gone through window by window is answered as by who opens every row."""
    check_answers(*both, ask)


@pytest.mark.parametrize(
    "never",
    [NOTHING, Not(EVERYTHING), Not(Within("event_count")), Either((NOTHING, NOTHING))],
    ids=["nothing", "not-everything", "not-any-number", "either-nothing"],
)
def test_what_never_holds_beside_an_indexed_term(
    filled: Search, oracle: Search, never: Condition
) -> None:
    """A term with an index beside what nothing is like finds nothing, and is no error."""
    where = All((never, Among("object_id", ("power-7",))))
    check_answers(filled, oracle, Ask(Kind.INCIDENTS, where, budget=LARGE))
    check_answers(filled, oracle, Ask(Kind.INCIDENTS, Not(where), budget=LARGE, sort="changed_at"))


@pytest.mark.parametrize("sort", ["", "changed_at"], ids=["by-time", "by-change"])
@pytest.mark.parametrize("descending", [True, False], ids=["newest", "oldest"])
def test_a_small_budget_loses_no_row(
    both: tuple[Search, Search], sort: str, descending: bool
) -> None:
    """Where the budget ends a page says so, and goes on from where it stopped."""
    search, memory = both
    where = All((Like("fold_key", ("key-", "")), Not(Among("state", ("new",)))))
    ask = Ask(Kind.INCIDENTS, where, sort=sort, descending=descending, budget=1, limit=40)
    assert not search.page(ask).complete
    expected = names(Kind.INCIDENTS, list(memory.every(replace(ask, budget=10**6))))
    assert names(Kind.INCIDENTS, walked(search, ask)) == expected


def test_beyond_the_budget_nothing_is_said(both: tuple[Search, Search]) -> None:
    """Counts, facets and histograms over more rows than the budget allows are not exact."""
    search, memory = both
    ask = Ask(Kind.INCIDENTS, Like("fold_key", ("key-", "")), budget=1)
    whole = memory.count(ask).value
    found = search.count(ask)
    assert (found.exact, found.value <= whole) == (False, True)
    facets = search.facets(ask, ["state"])
    assert not facets.exact
    assert 0 < sum(count for _, count in facets.of["state"]) < whole
    assert not search.histogram(ask, 10**9).exact


@pytest.mark.parametrize("written", ["I-Ünï", "i-ünï", "I-ÜNÏ"])
def test_names_of_any_case(tmp_path_factory: pytest.TempPathFactory, written: str) -> None:
    """A row is found by its name in any case, whatever letters it has."""
    path = tmp_path_factory.mktemp("names") / "saqshy.db"
    stores = open_sqlite(path)
    made = replace(incident(1), id="I-Ünï")
    stores.incidents.put_incidents([made, incident(2)])
    search = open_search(path)
    ask = Ask(Kind.INCIDENTS, Among("id", (written,)))
    assert [name_of(Kind.INCIDENTS, orjson.loads(row)) for row in search.page(ask).rows] == [
        "I-Ünï"
    ]
    assert search.count(ask).value == 1
    assert search.count(Ask(Kind.INCIDENTS, Like("id", ("I-ü", "")))).value == 1
    search.close()
    stores.database.close()


def test_a_later_revision_moves_its_row(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A revision with another opening, state or assignment is found by them, and by no old one."""
    path = tmp_path_factory.mktemp("moved") / "saqshy.db"
    stores = open_sqlite(path)
    stores.incidents.put_incidents([incident(1, 1, opened_at=at(5), state=IncidentState.NEW)])
    later = incident(1, 2, opened_at=at(2), state=IncidentState.CLOSED, assigned_to="Дежурный")
    stores.incidents.put_incidents([later])
    stores.incidents.put_incidents([replace(later, revision=3)])
    stores.audit.append([entry(1), entry(2)])
    search = open_search(path)
    for field, value, count in (
        ("state", "new", 0), ("state", "CLOSED", 1), ("assigned_to", "дежурный", 1),
    ):  # fmt: skip
        ask = Ask(Kind.INCIDENTS, Among(field, (value,)))
        assert search.count(ask).value == count
    ask = Ask(Kind.INCIDENTS)
    assert len(search.page(ask).rows) == 1
    assert search.facets(ask, ["assigned_to"]).of == {"assigned_to": [("Дежурный", 1)]}
    assert search.count(replace(ask, end=at(3))).value == 1
    search.close()
    stores.database.close()
