"""What console and API stand on: what is kept, how it is asked, where commands are left.

On one machine the store's file, read beside its writer, and its spool folder; in the cluster (the
settings name Elasticsearch) what the indexer wrote there, and the brokers: they have the bundles of
registry and pack, the checkpoints of the trail, and take commands.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from connectors.stores.elasticsearch.heard import last_heard
from connectors.stores.elasticsearch.notices import ElasticNotices
from connectors.stores.elasticsearch.search import ElasticSearching
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.kafka.asked import AskedOut
from connectors.stores.kafka.checkpoints import KafkaCheckpoints
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import Topics
from connectors.stores.memory import open_memory
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.search import open_search
from pipeline.correlate.presence import SourceRow
from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS, Command, Instant, Notice, to_json
from pipeline.model.rows import Rows
from pipeline.ports import ContentStore, Stores
from pipeline.ports.searching import Ask, Kind, Search
from pipeline.ports.stores import WHATEVER, Turn
from pipeline.runtime.cluster.behind import Behind, asked_behind
from pipeline.runtime.cluster.indexing_wiring import wanted
from pipeline.runtime.leaving import leave, spool_of
from pipeline.runtime.leaving_once import LeaveOnce
from pipeline.runtime.reading import in_cluster
from pipeline.runtime.settled import SETTLING
from pipeline.runtime.term_rows import TERMS
from pipeline.runtime.told_terms import ToldTerms
from pipeline.settings import ClusterSettings, Settings

HEARD_FOR = 10 * NANOSECONDS
PARTS_FOR = 60.0  # seconds
MOST_BUNDLES = 16
KEYS = "web"  # the folder, in the cluster's, where the keys of acts stand
LOOKED_AT = "is only looked at here"


@dataclass(frozen=True, slots=True)
class Ground:
    """What is served over: ``name`` says what it is.

    ``leave`` keeps a command durably, ``once`` the same one of a key. ``unready`` says why nothing
    can be asked now, "" where it can. ``settling`` is for how long (nanoseconds) entries of the
    trail may be lacking here that a checkpoint covers already. ``parts`` gives how many partitions
    obey a command side by side, each with an entry of its own; 0: one does, on one machine.
    ``behind`` gives how many messages each kind of process has yet to read, of a cluster.
    """

    name: str
    stores: Stores
    search: Search
    leave: Callable[[Command], None]
    once: LeaveOnce
    unready: Callable[[], str]
    settling: Instant = 0
    parts: Callable[[], int] = int
    behind: Callable[[], Mapping[str, int]] = dict


@contextmanager
def opened_ground(
    settings: Settings, store: Path | None, clock: Callable[[], Instant]
) -> Iterator[Ground]:
    """Open what is served; ``store`` names a file instead of what the settings say. StoreError."""
    opened = (
        _cluster(settings, clock)
        if in_cluster(settings, store)
        else _file(store or settings.store.path)
    )
    with opened as ground:
        yield ground


@contextmanager
def _file(path: Path) -> Iterator[Ground]:
    with ExitStack() as stack:
        stores = open_sqlite(path, readonly=True)
        stack.callback(stores.database.close)
        search = open_search(path)
        stack.callback(search.close)
        spool = spool_of(path)
        yield Ground(
            name="sqlite",
            stores=stores,
            search=search,
            leave=lambda command: leave(spool, command),
            once=LeaveOnce(spool),
            unready=lambda: _answers(search),
        )


@contextmanager
def _cluster(settings: Settings, clock: Callable[[], Instant]) -> Iterator[Ground]:
    cluster, elastic = wanted(settings)
    with ExitStack() as stack:
        kept = open_elastic(elastic)
        stack.callback(kept.close)
        out = AskedOut(cluster)
        stack.callback(out.close)
        search = ElasticSearching(kept.client, kept.documents.names)
        topics = Topics(cluster.prefix)
        stores = replace(
            open_memory(),  # of journal and spilled content nothing is here to be looked at
            state=HeardState(kept, ToldTerms(search, kept.incidents), clock),
            events=kept.events,
            incidents=kept.incidents,
            outbox=LookedAtNotices(kept.notices),
            audit=kept.audit,
            dead_letters=kept.dead_letters,
            content=RememberedBundles(KafkaContentStore(cluster, topics)),
            checkpoints=KafkaCheckpoints(cluster),
        )
        yield Ground(
            name="elasticsearch",
            stores=stores,
            search=search,
            leave=out,
            once=LeaveOnce(cluster.folder / KEYS, out),
            unready=lambda: out.trouble or _answers(search),
            settling=SETTLING,
            parts=Parts(partial(_partitions, cluster, topics("outcomes"))),
            behind=Behind(partial(asked_behind, cluster)),
        )


def _partitions(cluster: ClusterSettings, topic: str) -> int:
    """Ask the brokers how many partitions a topic has."""
    with Reading(cluster) as reading:
        return reading.partitions(topic)


@dataclass(slots=True)
class Parts:
    """How many partitions there are, asked once a minute: a topic grows while we run.

    While no broker answers it is what it was; StoreError where it never was known.
    """

    ask: Callable[[], int]
    elapsed: Callable[[], float] = time.monotonic
    _known: tuple[float, int] | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> int:
        """Give the number."""
        with self._turn:
            now, known = self.elapsed(), self._known
            if known is None or now - known[0] >= PARTS_FOR:
                try:
                    found = self.ask()
                except StoreError:
                    if known is None:
                        raise
                    found = known[1]
                self._known = known = now, found
            return known[1]


def _answers(search: Search) -> str:
    """Say why a store does not answer a small question; "" where it does."""
    try:
        search.page(Ask(Kind.AUDIT, limit=1))
    except StoreError as error:
        return str(error)
    return ""


@dataclass(slots=True)
class RememberedBundles:
    """Bundles that were read lately: their topic is asked once for each of them."""

    content: ContentStore
    _known: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def put_bundle(self, kind: str, revision: str, data: bytes) -> None:
        """Refuse: StoreError."""
        raise StoreError(f"the bundle {kind} {revision} ({len(data)} bytes) {LOOKED_AT}")

    def bundle(self, kind: str, revision: str) -> bytes | None:
        """Give a bundle's bytes; None where it is not there. StoreError as the topic's."""
        with self._turn:
            known = self._known.get((kind, revision))
            if known is None:
                known = self.content.bundle(kind, revision)
                if known is not None:
                    while len(self._known) >= MOST_BUNDLES:
                        del self._known[next(iter(self._known))]
                    self._known[kind, revision] = known
            return known


@dataclass(slots=True)
class HeardState:
    """Of the state of objects what their kept events tell: when each source was heard last.

    Of terms what the trail tells. All else is in the partitions of workers and notifiers. What was
    asked of events is remembered for ten seconds.
    """

    kept: ElasticStore
    terms: ToldTerms
    clock: Callable[[], Instant]
    _heard: dict[str, dict[str, bytes]] = field(default_factory=dict)
    _asked_at: Instant | None = None

    def load(self, object_id: str) -> Mapping[str, bytes]:
        """Give a row for each source of an object that was heard."""
        return self._rows().get(object_id, {})

    def save(self, object_id: str, rows: Mapping[str, bytes | None]) -> None:
        """Refuse: StoreError."""
        raise StoreError(f"the state of {object_id} ({len(rows)} rows) {LOOKED_AT}")

    def between(
        self, object_id: str, begin: str, end: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Give the rows of one object with keys in [begin, end), in their order."""
        if object_id == TERMS:
            return self.terms.between(begin, end, limit)
        rows = sorted(self.load(object_id).items())
        return [(key, data) for key, data in rows if begin <= key < end][:limit]

    def objects(self) -> Sequence[str]:
        """Give every object of which something was heard, sorted."""
        return sorted(self._rows())

    def _rows(self) -> dict[str, dict[str, bytes]]:
        now = self.clock()
        if self._asked_at is None or not 0 <= now - self._asked_at < HEARD_FOR:
            found: dict[str, dict[str, bytes]] = {}
            told = last_heard(self.kept.client, self.kept.documents.names)
            for (object_id, source), at in told.items():
                row = to_json(SourceRow(heard_at=at))
                found.setdefault(object_id, {})[Rows.key("source", source)] = row
            self._heard, self._asked_at = found, now
        return self._heard


@dataclass(frozen=True, slots=True)
class LookedAtNotices:
    """Notices as they stand; the outbox itself is the notifier's."""

    kept: ElasticNotices

    def put(self, notices: Sequence[Notice]) -> None:
        """Refuse: StoreError."""
        raise StoreError(f"the outbox ({len(notices)} notices) {LOOKED_AT}")

    def due(
        self, now: int, limit: int, channel: str | None = None, turn: Turn = WHATEVER
    ) -> Sequence[Notice]:
        """Refuse: StoreError."""
        raise StoreError(f"the outbox ({channel}, {turn}, {limit} by {now}) {LOOKED_AT}")

    def change(self, before: Notice, after: Notice) -> bool:
        """Refuse: StoreError."""
        raise StoreError(f"the outbox ({before.id}, {after.state}) {LOOKED_AT}")

    def get(self, notice_id: str) -> Notice | None:
        """Give one notice."""
        return self.kept.get(notice_id)

    def list(self, incident_id: str | None = None, last: int | None = None) -> Iterator[Notice]:
        """Give notices by creation and id; ``last``: only so many, from the end."""
        return self.kept.list(incident_id, last)
