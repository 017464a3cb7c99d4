"""A cluster's auditor finds what that of one machine finds, and waits for what is on its way."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.stores.auditor_state import AuditorState
from connectors.stores.elasticsearch.bulk import Action
from connectors.stores.elasticsearch.documents import entry_id
from connectors.stores.elasticsearch.names import AUDIT, INCIDENT_REVISIONS, INCIDENTS, NOTICES
from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.elasticsearch.trace import ElasticTrace
from connectors.stores.kafka.topics import pack_audit, pack_checkpoint
from connectors.stores.kafka.trail import KafkaTrail
from connectors.stores.sqlite import open_sqlite
from pipeline.audit import Discrepancy
from pipeline.errors import StoreError
from pipeline.model import AuditEntry, from_json
from pipeline.model.checkpoint import Checkpoint
from pipeline.runtime.auditor import Auditor, Settling
from pipeline.runtime.cluster.auditing import Ends, Indexed
from pipeline.settings import ClusterSettings
from tests.audit.runs import ALLOWED, DAY, copied, found, night, run, told
from tests.audit.test_store_faults import Db, entry_cut_out, lost, redirected, rows
from tests.connectors.kafka_broker import Broker
from tests.connectors.kafka_topics import Topic
from tests.connectors.stores.nouns import entry
from tests.runtime.centre import AT

LATER = AT + DAY
OUTCOMES = ("outcomes", 0)


@dataclass
class Told:
    """The trail as it was told, in memory."""

    audit: list[AuditEntry]

    def entries(self, after: int) -> Iterator[tuple[int, AuditEntry]]:
        """Give the entries behind a mark, each with its own."""
        yield from list(enumerate(self.audit, 1))[after:]

    def checkpoints(self, _after: int, _limit: int) -> list[Checkpoint]:
        """Give none: nobody signs here."""
        return []

    def close(self) -> None:
        """Hold nothing."""


@dataclass
class Elapsed:
    """A clock that a test moves."""

    at: float = 0.0

    def __call__(self) -> float:
        """Give seconds."""
        return self.at


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the store of a night in which a bit of everything happened, all of it delivered."""
    folder = tmp_path_factory.mktemp("night")
    with run(folder) as one:
        night(one)
    return folder / "saqshy.db"


def indexed(path: Path, store: ElasticStore) -> Told:
    """Write what a file holds into Elasticsearch, as it stands; give the trail."""
    lasting = store.documents.names.lasting
    with closing(sqlite3.connect(path)) as db:
        revisions = [data for (data,) in db.execute("SELECT data FROM incidents ORDER BY rowid")]
        notices = [data for (data,) in db.execute("SELECT data FROM notices ORDER BY rowid")]
        audit = [data for (data,) in db.execute("SELECT data FROM audit ORDER BY rowid")]
    actions = []
    for data in revisions:
        one = orjson.loads(data)
        name = f"{one['id']}-{one['revision']}"
        actions.append(Action("create", lasting(INCIDENT_REVISIONS), name, data))
        actions.append(Action("index", lasting(INCIDENTS), one["id"], data, one["revision"]))
    actions += [Action("index", lasting(NOTICES), orjson.loads(one)["id"], one) for one in notices]
    entries = [from_json(AuditEntry, one) for one in audit]
    for one, data in zip(entries, audit, strict=True):
        actions.append(Action("create", lasting(AUDIT), entry_id(one.chain, one.number), data))
    assert all(item.fate.name == "WRITTEN" for item in store.bulk(actions))
    return Told(entries)


def auditor(
    path: Path, trace: ElasticTrace, state: Path, settling: Settling | None = None
) -> Auditor:
    """Make an auditor over a cluster's stores, with the bundles of a file."""
    content = open_sqlite(path, readonly=True).content
    return Auditor(trace, content, AuditorState(state), ALLOWED, settling=settling)


def said(one: Auditor) -> list[tuple[str, str]]:
    """Give kind and what of the alarms that stand."""
    return told([from_json(Discrepancy, alarm.data) for alarm in one.state.alarms()])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(None, id="none"),
        pytest.param(lost, id="a notice is lost"),
        pytest.param(redirected, id="a recipient is changed"),
        pytest.param(entry_cut_out, id="an entry is cut out"),
    ],
)
def test_both_auditors_find_the_same(
    store: Path, tmp_path: Path, elastic_store: ElasticStore, fault: Callable[[Db], None] | None
) -> None:
    """Of the same history a file and a cluster give the same alarms, of the same ids."""
    path = copied(store, tmp_path)
    if fault is not None:
        with rows(path) as db:
            fault(db)
    trail = indexed(path, elastic_store)
    mine = auditor(path, ElasticTrace(elastic_store, trail, {}, 0), tmp_path / "cluster.db")
    look = mine.look(LATER)
    expected = {one.id for one in found(path, LATER)}
    assert {one.id for one in mine.state.alarms()} == expected
    assert bool(expected) is (fault is not None)
    assert look.entries == len(trail.audit)
    again = mine.look(LATER)
    assert (again.entries, again.everything) == (0, False)
    mine.state.close()


def test_what_is_told_again_after_a_kill_is_no_second_entry(
    store: Path, tmp_path: Path, elastic_store: ElasticStore
) -> None:
    """An entry may stand in the topic twice, also behind a restart; another content may not."""
    trail = indexed(store, elastic_store)
    state = tmp_path / "cluster.db"
    mine = auditor(store, ElasticTrace(elastic_store, trail, {}, 0), state)
    mine.look(LATER)
    trail.audit += trail.audit[-3:]
    assert mine.look(LATER).entries == 0
    trail.audit += trail.audit[:2]
    known = {chain: number for chain, (number, _) in mine.state.ends().items()}
    mark = int(mine.state.mark("audit"))
    mine.state.close()
    other = auditor(store, ElasticTrace(elastic_store, trail, known, mark), state)
    assert (other.look(LATER).entries, said(other)) == (0, [])
    first = trail.audit[0]
    trail.audit.append(entry(first.number, first.chain))
    other.look(LATER)
    assert {kind for kind, _ in said(other)} == {"broken"}
    other.state.close()


def test_what_does_not_fit_counts_once_it_has_stood(
    store: Path, tmp_path: Path, elastic_store: ElasticStore
) -> None:
    """What indexers are about to write is no alarm, what stays away is one, and ends with it."""
    path = copied(store, tmp_path)
    with closing(sqlite3.connect(path)) as db, db:
        (late,) = db.execute("SELECT data FROM notices ORDER BY rowid LIMIT 1").fetchone()
        db.execute("DELETE FROM notices WHERE rowid = (SELECT min(rowid) FROM notices)")
    trail, elapsed = indexed(path, elastic_store), Elapsed()
    settling = Settling(30.0, elapsed=elapsed)
    trace = ElasticTrace(elastic_store, trail, {}, 0)
    mine = auditor(store, trace, tmp_path / "cluster.db", settling)
    mine.look(LATER)
    assert said(mine) == []
    assert len(settling.waiting()) == 1
    elapsed.at = 31.0
    mine.look(LATER)
    assert ("missing", "removed") in said(mine)
    name = orjson.loads(late)["id"]
    lasting = elastic_store.documents.names.lasting(NOTICES)
    (item,) = elastic_store.bulk([Action("index", lasting, name, late)])
    assert item.fate.name == "WRITTEN"
    mine.look(LATER)
    assert (said(mine), settling.waiting()) == ([], [])
    mine.state.close()


def test_who_looks_while_indexers_are_behind_says_so() -> None:
    """What was told a while ago and is not written yet leaves nothing to judge."""
    elapsed, ends = Elapsed(), dict[tuple[str, int], tuple[int, int]]()

    def asked() -> Ends:
        return dict(ends)

    fit = Indexed(asked, 60.0, elapsed)
    for second, (written, end) in enumerate([(0, 5), (5, 9), (5, 9), (9, 20)]):
        elapsed.at, ends[OUTCOMES] = second * 30.0, (written, end)
        fit()
    elapsed.at, ends[OUTCOMES] = 180.0, (12, 20)
    with pytest.raises(StoreError, match=r"8 message\(s\).*indexers run"):
        fit()
    ends[OUTCOMES] = (20, 40)
    fit()


def test_the_trail_is_read_as_it_was_told(kafka: Broker) -> None:
    """Entries come behind a mark in the topics' order, checkpoints by number, each as told last."""
    audit, signed = Topic(kafka), Topic(kafka)
    made = [entry(number) for number in (1, 2, 3)]
    audit.put(pack_audit(made[:2]), pack_audit(made[2:]))
    checkpoints = [Checkpoint(number, f"t{number}", ()) for number in (1, 2)]
    signed.put(*map(pack_checkpoint, [checkpoints[0], checkpoints[0], checkpoints[1]]))
    names: dict[str, str] = {"audit": audit.name, "checkpoints": signed.name}
    topics: Any = names.__getitem__
    with closing(KafkaTrail(ClusterSettings(brokers=(kafka.plain,)), topics)) as trail:
        marked = list(trail.entries(0))
        assert [one for _, one in marked] == made
        for number, (mark, _) in enumerate(marked):
            assert list(trail.entries(mark)) == marked[number + 1 :]
            assert next(trail.entries(mark - 1)) == marked[number]
        assert trail.checkpoints(0, 1) == checkpoints[:1]
        signed.put(pack_checkpoint(Checkpoint(3, "t3", ())))
        assert [one.number for one in trail.checkpoints(1, 9)] == [2, 3]
