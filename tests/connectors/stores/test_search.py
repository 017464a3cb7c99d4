"""What every implementation of ``Search`` must answer: equal pages, counts, facets, histograms."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from connectors.stores.asking import MILLISECOND, as_facets, name_of, own_time, tally
from connectors.stores.memory import open_memory
from connectors.stores.memory_search import MemorySearch
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.search import open_search
from pipeline.model import NANOSECONDS, IncidentState
from pipeline.model.conditions import EVERYTHING, NOTHING, All, Among, Like, Not, Within
from pipeline.ports import Stores
from pipeline.ports.search_fields import fields_of
from pipeline.ports.searching import Ask, Kind, Search
from tests.connectors.stores.nouns import at, batch, event, failure, finding, incident, notice
from tests.connectors.stores.searched import ANY_QUESTION, LARGE, OBJECTS, fill

SECOND = NANOSECONDS


@dataclass
class Held:
    """Stores, and a search over them; ``shown`` waits until the search sees what was written."""

    stores: Stores
    search: Search

    def shown(self) -> None:
        """See what was written at once."""


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Held]:
    """Open one implementation."""
    stores = open_memory() if kind == "memory" else open_sqlite(folder / "saqshy.db")
    search: Search = MemorySearch(stores) if kind == "memory" else open_search(folder / "saqshy.db")
    try:
        yield Held(stores, search)
    finally:
        search.close()
        stores.database.close()


@pytest.fixture(params=["memory", "sqlite"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Held]:
    """Each implementation, empty."""
    with opened(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def full(held: Held) -> Held:
    """Each implementation, with rows of every kind."""
    fill(held.stores)
    held.shown()
    return held


@pytest.fixture(scope="module")
def oracle() -> Iterator[Search]:
    """Give the same rows in memory."""
    stores = open_memory()
    fill(stores)
    yield MemorySearch(stores)
    stores.database.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Search]:
    """Give a store on a disk with rows of every kind."""
    with opened("sqlite", tmp_path_factory.mktemp("search")) as made:
        fill(made.stores)
        yield made.search


def walked(search: Search, ask: Ask) -> list[bytes]:
    """Read page after page to the end."""
    rows: list[bytes] = []
    for _ in range(2_000):
        page = search.page(ask)
        assert len(page.rows) <= ask.limit
        rows += page.rows
        if not page.after:
            return rows
        ask = replace(ask, after=page.after)
    raise AssertionError("the pages have no end")


def names(kind: Kind, rows: list[bytes]) -> list[str]:
    """Give what rows are named by."""
    return [name_of(kind, orjson.loads(row)) for row in rows]


def check_answers(search: Search, oracle: Search, ask: Ask) -> None:
    """Hold everything that one implementation answers against the plain one."""
    expected = list(map(orjson.loads, oracle.every(ask)))
    assert list(map(orjson.loads, walked(search, ask))) == expected
    assert list(map(orjson.loads, search.every(ask))) == expected
    assert search.count(ask) == oracle.count(ask)
    fields = [name for name, one in fields_of(ask.kind).items() if one.facetable]
    assert search.facets(ask, fields, 5) == oracle.facets(ask, fields, 5)
    for step in (SECOND, 7 * SECOND):
        assert search.histogram(ask, step) == oracle.histogram(ask, step)


@given(ask=ANY_QUESTION)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_answers_are_equal(filled: Search, oracle: Search, ask: Ask) -> None:
    """Any question is answered as one answers who opens every row."""
    check_answers(filled, oracle, ask)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("descending", [True, False], ids=["newest", "oldest"])
def test_everything_page_by_page(full: Held, kind: Kind, descending: bool) -> None:
    """Pages give every row once, by the kind's time and then by id, and end."""
    ask = Ask(kind, descending=descending, limit=7, budget=LARGE)
    rows = walked(full.search, ask)
    assert len(rows) == full.search.count(ask).value
    assert len(set(names(kind, rows))) == len(rows)
    times = [own_time(kind, orjson.loads(row)) // MILLISECOND for row in rows]
    assert times == sorted(times, reverse=descending)


def test_latest_revisions(full: Held) -> None:
    """An incident is found as its latest revision stands, not as it stood."""
    rows = walked(full.search, Ask(Kind.INCIDENTS))
    assert {orjson.loads(row)["revision"] for row in rows} == {1, 2, 3}
    revisions = full.search.revisions(Kind.INCIDENTS, "incident-5")
    assert [orjson.loads(one)["revision"] for one in revisions] == [1, 2, 3]
    assert full.search.revisions(Kind.INCIDENTS, "incident-999") == []
    found = full.search.one(Kind.INCIDENTS, "incident-5")
    assert found is not None
    assert orjson.loads(found)["revision"] == 3


def test_a_late_revision_changes_nothing(held: Held) -> None:
    """An older revision that comes late does not hide the newer one."""
    held.stores.incidents.put_incidents([incident(1, 3, state=IncidentState.CLOSED)])
    held.stores.incidents.put_incidents([incident(1, 2, state=IncidentState.NEW)])
    held.shown()
    for state, count in (("closed", 1), ("new", 0)):
        ask = Ask(Kind.INCIDENTS, Among("state", (state,)))
        assert held.search.count(ask).value == count


@pytest.mark.parametrize("kind", Kind)
def test_one_that_may_not_be_seen_is_absent(full: Held, kind: Kind) -> None:
    """A row outside of what may be seen looks like one that is not there."""
    row_id = names(kind, walked(full.search, Ask(kind)))[0]
    assert full.search.one(kind, row_id) is not None
    assert full.search.one(kind, row_id, NOTHING) is None
    assert full.search.one(kind, f"{row_id}x") is None
    assert full.search.one(kind, "") is None


def test_changed_notices_and_resolved_failures(full: Held) -> None:
    """What changed is found as it stands now; what was resolved is found no more."""
    before = full.stores.outbox.get("notice-0")
    assert before is not None
    assert full.search.count(Ask(Kind.FAILURES)).value == 30
    first = names(Kind.FAILURES, walked(full.search, Ask(Kind.FAILURES)))[0]
    full.stores.dead_letters.resolve(first)
    full.stores.outbox.put([replace(before, channel="another")])
    full.shown()
    assert full.search.count(Ask(Kind.FAILURES)).value == 29
    assert full.search.one(Kind.FAILURES, first) is None
    assert full.search.count(Ask(Kind.NOTICES, Among("channel", ("another",)))).value == 0


def test_cursors_while_others_write(full: Held) -> None:
    """Rows that come meanwhile shift nothing: none twice, and none lost that was there."""
    for kind in (Kind.INCIDENTS, Kind.EVENTS):
        ask = Ask(kind, Like(_object(kind), ("", "")), limit=4, budget=LARGE)
        before = names(kind, walked(full.search, ask))
        seen: list[str] = []
        for turn in range(100):
            page = full.search.page(ask)
            seen += names(kind, list(page.rows))
            if not page.after:
                break
            ask = replace(ask, after=page.after)
            more = batch(1000 + turn)
            full.stores.events.add(more, [event(more, 0, at(60 - turn))])
            full.stores.incidents.put_incidents([incident(1000 + turn, opened_at=at(20 - turn))])
            full.shown()
        assert len(seen) == len(set(seen))
        assert set(before) <= set(seen)


def _object(kind: Kind) -> str:
    return "saqshy.object_id" if kind is Kind.EVENTS else "object_id"


BAD_CURSORS = {
    "nonsense": "!!",
    "not ascii": "құпия",
    "other json": "e30",
    "too long": "a" * 5_000,
    "another's": "",
}


@pytest.mark.parametrize("bad", BAD_CURSORS.values(), ids=BAD_CURSORS)
def test_cursors_of_others_are_refused(full: Held, bad: str) -> None:
    """A cursor of another question, or that is none, is refused as what it is."""
    ask = Ask(Kind.INCIDENTS, limit=3)
    after = bad or full.search.page(replace(ask, descending=False)).after
    with pytest.raises(ValueError, match="not of this question"):
        full.search.page(replace(ask, after=after))
    other = Ask(Kind.INCIDENTS, Among("state", ("new",)), limit=3)
    with pytest.raises(ValueError, match="not of this question"):
        full.search.page(replace(other, after=full.search.page(ask).after))


WRONG = {
    "sort": {"sort": "state"},
    "sort of another kind": {"sort": "created_at"},
    "no rows": {"limit": 0},
    "no budget": {"budget": 0},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_cannot_be_asked(full: Held, wrong: dict[str, object]) -> None:
    """A field that is not sorted by, and an empty page, are refused."""
    with pytest.raises(ValueError, match=r"sorted by|one row"):
        full.search.page(replace(Ask(Kind.INCIDENTS), **wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("step", [0, -1, 1, 1_500_000])
def test_steps_of_whole_milliseconds(full: Held, step: int) -> None:
    """A histogram's step is a whole number of milliseconds."""
    with pytest.raises(ValueError, match="milliseconds"):
        full.search.histogram(Ask(Kind.INCIDENTS), step)


def test_too_many_buckets(full: Held) -> None:
    """A histogram that nobody could draw is refused."""
    with pytest.raises(ValueError, match="buckets"):
        full.search.histogram(Ask(Kind.INCIDENTS, begin=0, end=at(0)), SECOND)


def test_empty_buckets_are_there(full: Held) -> None:
    """A histogram covers the span that was asked for, also where nothing happened."""
    ask = Ask(Kind.INCIDENTS, begin=at(-2), end=at(3))
    found = full.search.histogram(ask, SECOND).buckets
    assert [(begin - at(0)) // SECOND for begin, _ in found] == [-2, -1, 0, 1, 2]
    assert [count for _, count in found] == [0, 0, 2, 2, 2]


def test_a_budget_that_ends(full: Held) -> None:
    """Where no index answers and the budget ends, a page says so, and its cursor goes on."""
    where = Like("labels.any", ("label 1",))
    ask = Ask(Kind.EVENTS, where, limit=50, budget=20)
    everything = names(Kind.EVENTS, walked(full.search, replace(ask, budget=LARGE)))
    assert names(Kind.EVENTS, walked(full.search, ask)) == everything
    heads = Ask(Kind.INCIDENTS, Within("assessment.impact.PUB", 2), limit=50, budget=4)
    everything = names(Kind.INCIDENTS, walked(full.search, replace(heads, budget=LARGE)))
    assert names(Kind.INCIDENTS, walked(full.search, heads)) == everything
    for one in (ask, heads):
        assert full.search.count(one).value <= full.search.count(replace(one, budget=LARGE)).value


def test_facets_of_what_fits_alone(full: Held) -> None:
    """A facet tells nothing of rows that do not fit, and the most frequent values first."""
    ask = Ask(Kind.EVENTS, Among("saqshy.object_id", (OBJECTS[0],)), budget=LARGE)
    found = full.search.facets(ask, ["saqshy.object_id", "host.ip", "source.port"], 2)
    rows = [orjson.loads(row) for row in full.search.every(ask)]
    assert found == as_facets(tally(rows, ["saqshy.object_id", "host.ip", "source.port"]), 2)
    assert found.of["saqshy.object_id"] == [(OBJECTS[0], len(rows))]


def test_the_mark_changes_with_what_is_written(full: Held) -> None:
    """Whoever waits for news sees that there is some, of every kind."""
    writes: list[Callable[[], None]] = [
        lambda: full.stores.incidents.put_incidents([incident(77)]),
        lambda: full.stores.incidents.put_findings([finding(77)]),
        lambda: full.stores.outbox.put([notice(77)]),
        lambda: full.stores.dead_letters.put([failure(77)]),
        lambda: full.stores.events.add(batch(77), [event(batch(77), 0, at(7))]),
    ]
    seen = {full.search.mark()}
    assert full.search.mark() in seen
    for count, write in enumerate(writes, 2):
        write()
        full.shown()
        seen.add(full.search.mark())
        assert len(seen) == count


def test_nothing_and_everything(full: Held) -> None:
    """The empty conditions are answered as what they are."""
    for kind in Kind:
        assert full.search.page(Ask(kind, NOTHING)).rows == []
        both = All((EVERYTHING, Not(NOTHING)))
        assert full.search.count(Ask(kind, both)) == full.search.count(Ask(kind))
