"""The indexer: topics to Elasticsearch, offsets behind what is known to be written.

One thread reads and makes ready, another writes what was made ready before; offsets are committed
in the order of reading, each after the fate of every item before it is known. While the store takes
nothing, the writer goes on asking, the reader stays in its group and takes nothing more: Kafka
holds what comes, and whoever detects and notifies does not notice.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import structlog
from kafka import TopicPartition

from connectors.stores.elasticsearch.bulk import Action
from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.elasticsearch.templates import standing_differences
from pipeline.errors import StoreError
from pipeline.runtime.cluster.indexed import Indexed, Message, NewerMessage
from pipeline.runtime.cluster.indexing_feed import Feed
from pipeline.runtime.cluster.indexing_figures import IndexingFigures
from pipeline.runtime.cluster.indexing_writer import Stopped, Writer

# A write that takes longer is told to the group by taking nothing: membership ends with silence.
PATIENCE_SECONDS = 2.0
KEEP_SECONDS = 0.5  # between two signs of life from then on
log = structlog.get_logger("saqshy.indexer")


@dataclass(slots=True)
class Gathered:
    """What is written together, and where reading goes on behind it.

    ``oldest`` is when the oldest message of each topic was sent, in seconds.
    """

    actions: list[Action] = field(default_factory=list)
    behind: dict[TopicPartition, int] = field(default_factory=dict)
    oldest: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Indexer:
    """Reads, writes and commits until it is told to end."""

    feed: Feed
    indexed: Indexed
    store: ElasticStore
    writer: Writer
    figures: IndexingFigures
    stopped: threading.Event
    documents: int = 4_000
    seconds: float = 0.5
    waits: str = "not started yet"

    def run(self) -> None:
        """Index until told to end; what was not written and known to be is not committed."""
        try:
            if not self._fits():
                return
            with ThreadPoolExecutor(1, "index") as hand:
                self._run(hand.submit)
        finally:
            self.feed.close()

    @property
    def unready(self) -> str:
        """Say why nothing is indexed now, or "" where all is well."""
        return self.waits or self.feed.trouble

    def _run(self, submit: Callable[[Writer, Sequence[Action]], Future[None]]) -> None:
        under_way: tuple[Future[None], Gathered] | None = None
        while not self.stopped.is_set():
            gathered = self._gathered()
            if under_way is not None:
                self._finish(*under_way)
                under_way = None
            if gathered.behind:
                self.figures.begun(gathered.oldest)
                under_way = submit(self.writer, gathered.actions), gathered
        if under_way is not None:
            self._finish(*under_way)

    def _gathered(self) -> Gathered:
        """Read until there is enough for one request, or nothing more comes in time."""
        gathered = Gathered()
        end = self.feed.monotonic() + self.seconds
        while len(gathered.actions) < self.documents and not self.stopped.is_set():
            left = end - self.feed.monotonic()
            if left <= 0:
                break
            for message in self.feed.poll(left):
                self._take(message, gathered)
        self.figures.held(self.feed.held)
        for topic, messages in self.feed.lags().items():
            self.figures.lag(topic, messages)
        return gathered

    def _take(self, message: Message, gathered: Gathered) -> None:
        partition = TopicPartition(message.topic, message.partition)
        if self.feed.holds(partition):
            return
        try:
            gathered.actions += self.indexed(message)
        except NewerMessage as error:
            log.error("index.newer", message=str(error))  # noqa: TRY400 (its text says all)
            self.feed.hold(message)
            return
        gathered.behind[partition] = message.offset + 1
        sent, topic = message.sent / 1000, message.topic
        gathered.oldest[topic] = min(sent, gathered.oldest.get(topic, sent))

    def _finish(self, future: Future[None], gathered: Gathered) -> None:
        """Wait until everything is written, staying a member of the group; then commit."""
        waited = PATIENCE_SECONDS
        while not wait([future], waited).done:
            self.feed.hold_on(0.0)
            waited = KEEP_SECONDS
        try:
            future.result()
        except Stopped:
            return
        self.figures.ended()
        if not self.feed.commit(gathered.behind):
            self.figures.uncommitted()

    def _fits(self) -> bool:
        """Wait until the store has our indices: what it would make by itself has no templates."""
        while not self.stopped.is_set():
            try:
                found = list(standing_differences(self.store.client, self.store.documents.names))
                self.waits = f"{found[0]}: run saqshy cluster apply" if found else ""
            except StoreError as error:
                self.waits = str(error)
            if not self.waits:
                return True
            log.warning("index.waits", reason=self.waits)
            self.writer.pause(self.writer.retry)
        return False
