"""What was written, read beside the writer: what every implementation must do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.elasticsearch.trace import ElasticTrace
from connectors.stores.memory import open_memory
from connectors.stores.memory_trace import MemoryTrace
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.trace import SqliteTrace
from pipeline.model import AuditEntry
from pipeline.model.checkpoint import ChainHead, Checkpoint
from pipeline.ports import CheckpointTrace, Stores, Trace
from tests.connectors.stores.nouns import entry, incident, notice


@dataclass(frozen=True)
class Pair:
    """Stores, and how to read them beside their writer."""

    stores: Stores
    trace: Callable[[], SqliteTrace | MemoryTrace | ElasticTrace]


@dataclass
class Topics:
    """The trail and its checkpoints as notifiers tell them, over a store that indexers fill."""

    store: ElasticStore
    told: list[AuditEntry] = field(default_factory=list)
    signed: list[Checkpoint] = field(default_factory=list)

    def append(self, what: Sequence[AuditEntry] | Checkpoint) -> None:
        """Tell, and write what was told."""
        if isinstance(what, Checkpoint):
            self.signed.append(what)
            return
        self.told += what
        self.store.audit.append(what)

    def entries(self, after: int) -> Iterator[tuple[int, AuditEntry]]:
        """Give the entries behind a mark, each with its own."""
        yield from list(enumerate(self.told, 1))[after:]

    def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Give up to ``limit`` checkpoints behind a number."""
        return [one for one in self.signed if one.number > after][:limit]

    def close(self) -> None:
        """Hold nothing; the session's store is not ours to close."""

    def trace(self) -> ElasticTrace:
        """Read all of it, as one that remembers nothing."""
        return ElasticTrace(self.store, self, {}, 0)


@pytest.fixture(params=["memory", "sqlite", "elasticsearch"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """Each implementation, empty."""
    if request.param == "elasticsearch":
        store: ElasticStore = request.getfixturevalue("elastic_store")
        topics = Topics(store)
        stores = replace(
            open_memory(),
            incidents=store.incidents,
            outbox=store.notices,  # type: ignore[arg-type]  # its writing half is the notifier's
            audit=topics,  # type: ignore[arg-type]  # only told
            checkpoints=topics,  # type: ignore[arg-type]  # only told
        )
        yield Pair(stores, topics.trace)
        return
    if request.param == "memory":
        stores = open_memory()
        yield Pair(stores, lambda: MemoryTrace(stores))
    else:
        stores = open_sqlite(tmp_path / "saqshy.db")
        yield Pair(stores, lambda: SqliteTrace(tmp_path / "saqshy.db"))
    stores.database.close()


def about(number: int, kind: str, subject: str, **detail: str) -> AuditEntry:
    """Make an entry about an incident or a notice."""
    return entry(
        number,
        kind=kind,
        subject=subject,
        entry_id=f"{kind}:{subject}:{number}",
        detail=detail,
    )


def read(trace: Trace, place: str, step: int) -> list[str]:
    """Read a place to its end in steps; give whose the rows are."""
    found: list[str] = []
    mark = 0
    while rows := trace.added(place, mark, step):
        assert [row.mark for row in rows] == sorted({row.mark for row in rows})
        found += [row.incident_id for row in rows]
        mark = rows[-1].mark
    return found


@pytest.mark.parametrize("step", [1, 2, 100])
def test_rows_come_as_they_were_added(pair: Pair, step: int) -> None:
    """Revisions and notices are read on behind a mark in the order of their adding, once."""
    stores = pair.stores
    stores.incidents.put_incidents([incident(2), incident(1)])
    stores.incidents.put_incidents([incident(2), incident(2, revision=2)])
    told = {2: "incident-2", 1: "incident-1"}
    stores.outbox.put([notice(one, incident_id=told[one]) for one in told])
    with closing(pair.trace()) as trace, trace.still():
        assert read(trace, "incidents", step) == [told[2], told[1], told[2]]
        assert read(trace, "notices", step) == [told[2], told[1]]


def test_entries_come_with_the_incident_that_they_are_about(pair: Pair) -> None:
    """The trail's rows are the entries themselves, of whichever chain; some are of no incident."""
    made = [
        about(1, "incident", "i1"),
        about(2, "notice", "n1", incident="i1"),
        entry(1, "administration", kind="silence", subject="s1"),
        about(3, "notice", "n1", incident="i1"),
    ]
    for one in made:
        pair.stores.audit.append([one])
    with closing(pair.trace()) as trace, trace.still():
        rows = trace.added("audit", 0, 10)
        assert [row.entry for row in rows] == made
        assert [row.incident_id for row in rows] == ["i1", "i1", "", "i1"]
        assert list(trace.told("n1")) == [made[1], made[3]]
        assert list(trace.told("i1")) == [made[0]]
        assert list(trace.told("i")) == []


def test_an_incident_s_history_comes_whole(pair: Pair) -> None:
    """Revisions come oldest first, notices by creation and id; of an unknown one nothing."""
    first, second = incident(1), incident(1, revision=2)
    early, late = notice(1), notice(2)
    stores = pair.stores
    stores.incidents.put_incidents([second, first, incident(2)])
    stores.outbox.put([late, early, notice(3, incident_id="incident-2")])
    with closing(pair.trace()) as trace, trace.still():
        revisions, notices = trace.written("incident-1")
        assert (list(revisions), list(notices)) == ([first, second], [early, late])
        assert [list(part) for part in trace.written("incident-9")] == [[], []]


def test_checkpoints_and_entries_are_read_by_place(pair: Pair) -> None:
    """Checkpoints come behind a number, within a bound; an entry by chain and number."""
    pair.stores.audit.append([entry(1), entry(2)])
    made = [Checkpoint(one, f"t{one}", (ChainHead("power-7", one, "00"),)) for one in (1, 2, 3)]
    for one in made:
        pair.stores.checkpoints.append(one)
    with closing(pair.trace()) as trace, trace.still():
        held: CheckpointTrace = trace
        assert list(held.checkpoints(1, 1)) == made[1:2]
        assert list(held.checkpoints(3, 5)) == []
        assert held.entry("power-7", 2) == entry(2)
        assert held.entry("power-7", 3) is None


def test_stores_elsewhere_are_no_memory(tmp_path: Path) -> None:
    """Whoever gives a file's stores to the sibling in memory is told so."""
    stores = open_sqlite(tmp_path / "saqshy.db")
    with pytest.raises(TypeError, match="not in memory"):
        MemoryTrace(stores)
    stores.database.close()
