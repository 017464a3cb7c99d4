"""Classes of rows: counted as the rows themselves, over any span, after any change."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.stores.memory import open_memory
from connectors.stores.memory_search import MemorySearch
from connectors.stores.sqlite import open_sqlite, search_walk
from connectors.stores.sqlite.search import open_search
from connectors.stores.sqlite.search_tables import COLUMNS, DAY, classes_of, days_of, table_of
from pipeline.errors import StoreError
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
from pipeline.ports import Stores
from pipeline.ports.searching import Ask, Kind, Search
from tests.connectors.stores.nouns import at, entry, failure, finding, incident, notice
from tests.connectors.stores.searched import LARGE, OBJECTS
from tests.connectors.stores.test_search import walked

DAY_NS = DAY * 1_000_000
STATES = tuple(IncidentState)
LATE, CLOSED = Among("state", ("new",)), Among("state", ("closed",))


def put(stores: Stores, number: int, revision: int) -> None:
    """Write an incident somewhere in six days; a revision may move it to another day."""
    made = incident(
        number, revision, object_id=OBJECTS[number % 3],
        state=STATES[(number * 7 + revision) % len(STATES)],
        opened_at=at(number * 13_477 + revision // 3 * 90_000) + number % 3 * 333_333,
        assigned_to="" if number % 4 else f"Person-{number % 5}",
    )  # fmt: skip
    stores.incidents.put_incidents([made])


def fill(stores: Stores) -> None:
    """Write incidents over six days, some of them in three revisions."""
    for number in range(40):
        for revision in range(1, 2 + number % 3):
            put(stores, number, revision)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Search, Search]]:
    """Give a file and the memory with equal rows."""
    path = tmp_path_factory.mktemp("counts") / "saqshy.db"
    stores, memory = open_sqlite(path), open_memory()
    for one in (stores, memory):
        fill(one)
    search = open_search(path)
    yield search, MemorySearch(memory)
    search.close()
    stores.database.close()
    memory.database.close()


ENDS = st.none() | st.one_of(
    st.integers(-1, 7).map(lambda day: (at(0) // DAY_NS + day) * DAY_NS),
    st.integers(0, 6 * 86_400_000).map(lambda more: at(0) + more * 1_000_000),
    st.integers(0, 6 * 86_400).map(lambda more: at(more) + 1),
    st.integers(0, 39).map(lambda number: at(number * 13_477) + number % 3 * 333_333),
)
CONDITIONS: tuple[Condition, ...] = (
    EVERYTHING, NOTHING, LATE, Not(CLOSED), All((LATE, Among("object_id", ("BANK-1",)))),
    Either((LATE, Like("object_id", ("w", "")))), All((Not(LATE), Like("assigned_to", ("p", "")))),
    Among("state", ("no such",)),
)  # fmt: skip


@given(
    where=st.sampled_from(CONDITIONS), begin=ENDS, end=ENDS,
    step=st.sampled_from([DAY_NS, 7 * DAY_NS, 3_600 * 10**9, 2_500 * 10**6 * 10**3]),
    few=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_counts_over_any_span(
    both: tuple[Search, Search], where: Condition, begin: int | None, end: int | None, step: int,
    few: bool,
) -> None:  # fmt: skip
    """Whole days and parts of days together are counted as by who opens every row."""
    search, memory = both
    ask = Ask(Kind.INCIDENTS, where, begin=begin, end=end, budget=LARGE, limit=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_walk, "_SIDE_BY_SIDE", 1 if few else 300)
        assert search.count(ask) == memory.count(ask)
        fields = ["state", "object_id", "assessment.severity"]
        assert search.facets(ask, fields) == memory.facets(ask, fields)
        assert search.histogram(ask, step) == memory.histogram(ask, step)
        assert list(search.page(ask).rows) == list(memory.page(ask).rows)


def checked(path: Path) -> None:
    """Hold classes, days and letters against the rows."""
    with closing(sqlite3.connect(path)) as file:
        for kind, columns in COLUMNS.items():
            table = table_of(kind)
            rows = file.execute(f"SELECT class, at, id, name FROM {table}").fetchall()
            days = Counter((number, time // DAY) for number, time, _, _ in rows)
            kept = {
                tuple(one[:2]): one[2] for one in file.execute(f"SELECT * FROM {days_of(kind)}")
            }
            assert kept == days
            for one in columns.values():
                if one.classed:
                    query = f"""SELECT count(*) FROM {table} AS r LEFT JOIN {classes_of(kind)} AS c
                        USING (class) WHERE c.class IS NULL OR r.{one.name} IS NOT c.{one.name}"""
                    assert file.execute(query).fetchone() == (0,)
            base = next(iter(columns.values())).number // 100 * 100
            query = "SELECT letter FROM search_letters WHERE field = ?"
            letters = {letter for (letter,) in file.execute(query, (base,))}
            assert letters >= {letter for _, _, one, name in rows for letter in name or one}


def test_classes_follow_the_rows(tmp_path: Path) -> None:
    """New rows, revisions, moves to another day, changes and deletions are all counted."""
    path = tmp_path / "saqshy.db"
    stores = open_sqlite(path)
    fill(stores)
    for number in range(9):
        made = notice(number, channel=f"Channel {number % 2}")
        stores.outbox.put([made, made])
        stores.dead_letters.put([failure(number)])
        stores.dead_letters.put([failure(number)])
        stores.incidents.put_findings([finding(number, 1), finding(number, 2)])
        stores.audit.append([entry(number + 1)])
        assert stores.outbox.change(made, replace(made, attempts=1))
    stores.dead_letters.resolve(next(stores.dead_letters.list()).id)
    checked(path)
    stores.database.close()


def test_a_class_of_an_undone_transaction_is_made_anew(tmp_path: Path) -> None:
    """What a transaction made that was undone is not taken for known."""
    path = tmp_path / "saqshy.db"
    stores = open_sqlite(path)

    def broken() -> None:
        with stores.database.transaction():
            stores.incidents.put_incidents([incident(1, id="Ж-1", object_id="bank-9")])
            raise StoreError("power failure")

    with pytest.raises(StoreError, match="power failure"):
        broken()
    stores.incidents.put_incidents([incident(2, object_id="water-9")])
    stores.incidents.put_incidents([incident(3, id="Ж-3", object_id="bank-9")])
    checked(path)
    with closing(open_search(path)) as search:
        for where, count in (
            (Among("object_id", ("bank-9",)), 1), (Like("id", ("", "ж", "")), 1),
        ):  # fmt: skip
            assert search.count(Ask(Kind.INCIDENTS, where)).value == count
    stores.database.close()


NOWHERE: dict[str, dict[str, Any]] = {
    "values that never meet": {
        "where": All((Among("object_id", ("power-7",)), Among("state", ("nowhere",)))),
    },
    "a word in no field": {
        "where": Either(
            tuple(
                Like(field, ("", "zzz", ""))
                for field in ("id", "object_id", "fold_key", "assessment.rsit", "assigned_to")
            )
        ),
    },
    "by another order": {"where": Among("state", ("nowhere",)), "sort": "changed_at"},
}


@pytest.mark.parametrize("asked", NOWHERE.values(), ids=NOWHERE)
def test_what_is_nowhere_is_known_at_once(
    both: tuple[Search, Search], asked: dict[str, Any]
) -> None:
    """What no row has is answered whole, however small the budget."""
    search, _ = both
    page = search.page(Ask(Kind.INCIDENTS, budget=1, **asked))
    assert (list(page.rows), page.after, page.complete) == ([], "", True)


def test_beside_a_condition_that_rows_tell(both: tuple[Search, Search]) -> None:
    """Classes narrow what rows and documents decide, and change no answer."""
    search, memory = both
    for where in (
        All((LATE, Within("event_count", 2))),
        All((LATE, Within("assessment.impact.PUB", 2))),
        Either((CLOSED, Within("opened_at", at(0), at(90_000), below=True))),
    ):
        for sort in ("", "changed_at"):
            ask = Ask(Kind.INCIDENTS, where, budget=LARGE, limit=9, sort=sort)
            assert walked(search, ask) == walked(memory, ask) == list(search.every(ask))
        assert search.count(ask) == memory.count(ask)
        assert search.facets(ask, ["state"]) == memory.facets(ask, ["state"])
        assert search.histogram(ask, DAY_NS) == memory.histogram(ask, DAY_NS)
