"""`saqshy bench index`: the indexer beside a bare bulk loop, over the same server and documents.

A bare loop sends requests that are ready; the indexer reads the same documents from Kafka, makes
requests of them, judges each answer and commits. Both write into indices of the benchmark's own,
which are removed after each turn.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import orjson
import typer
from kafka import TopicPartition

from connectors.stores.elasticsearch.client import connect, mapped
from connectors.stores.elasticsearch.documents import Documents
from connectors.stores.elasticsearch.names import Names
from connectors.stores.elasticsearch.templates import apply, templates
from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.carrier import Carrier
from connectors.stores.kafka.carrier import Message as Sent
from connectors.stores.kafka.topics import Topics, pack_events
from pipeline.errors import StoreError
from pipeline.model import event_lines
from pipeline.runtime.bootstrap import make_stages, offline
from pipeline.runtime.cli.bench_cluster_ground import FULL, Case, batches
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import emit, show_table, told_errors
from pipeline.runtime.cluster.indexed import Message
from pipeline.runtime.cluster.indexing_feed import Feed
from pipeline.runtime.cluster.indexing_wiring import make_indexer, wanted
from pipeline.runtime.cluster.topology import read_topology
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.observing import observe
from pipeline.settings import ClusterSettings, ElasticsearchSettings, Settings

PATIENCE = 600.0  # seconds of one turn
LOOK_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Turn:
    """Where one turn writes: names of its own on the brokers and the server of the settings."""

    settings: Settings
    cluster: ClusterSettings
    elastic: ElasticsearchSettings
    client: Any

    @property
    def documents(self) -> Documents:
        """Give what says which document goes into which index."""
        return Documents(Names(self.elastic.prefix, self.elastic.past_days))


def bench_index(
    file: Annotated[Path, typer.Argument(help="Records.", metavar="FILE")],
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 3,
    most: Annotated[int, typer.Option("--records", min=FULL, help="Records of a turn.")] = 20_000,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Time the indexer from its first message to its last commit, beside a bare bulk loop.

    Needs brokers, and an Elasticsearch user that may make templates and indices of any name.
    Example: saqshy bench index events.ndjson --rounds 5 --config indexer.yml
    """
    with told_errors():
        settings = read_settings(config)
        wanted(settings)
        lines = list(islice(_lines(file), most))
        made = _events(settings, lines)
        rates: dict[str, list[float]] = {"bare": [], "indexer": []}
        for number in range(rounds):
            for kind in ("bare", "indexer") if number % 2 else ("indexer", "bare"):
                with _turn(settings) as turn:
                    rate = _bare(turn, made) if kind == "bare" else _indexer(turn, made, len(lines))
                rates[kind].append(len(lines) / rate)
        found = {kind: statistics.median(some) for kind, some in rates.items()}
        result = {
            "file": file.name,
            "documents": len(lines),
            "bytes_each": round(sum(len(one) for _, one in made) / len(lines)),
            "a_request": wanted(settings)[1].bulk_documents,
            "bare_per_second": round(found["bare"]),
            "indexer_per_second": round(found["indexer"]),
            "ratio": round(found["indexer"] / found["bare"], 3),
            "rounds": {kind: [round(one) for one in some] for kind, some in rates.items()},
            "load": round(os.getloadavg()[0], 1),
        }
        if json:
            emit(result)
        else:
            show_table("bench index", ("what", "value"), [(k, str(v)) for k, v in result.items()])


def _lines(file: Path) -> Iterator[bytes]:
    """Give a file's lines, again and again."""
    lines = file.read_bytes().splitlines()
    while lines:
        yield from lines


def _events(settings: Settings, lines: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Read records as a worker does: (batch id, its events as NDJSON)."""
    own = settings.model_copy(update={"cluster": None, "elasticsearch": None})
    with (
        tempfile.TemporaryDirectory(prefix="saqshy-bench-") as folder,
        offline(own, Path(folder) / "bench.db") as system,
    ):
        known = system.reloader.knowledge
        chain = make_stages(own, own, system.collector.telemetry)(known, known.revisions)
        some = batches(known, lines, Case("index"), "index")
        return [(one.id.encode(), event_lines(observe(chain, one).events)) for one in some]


@contextmanager
def _turn(settings: Settings) -> Iterator[Turn]:
    """Make topics and indices of one turn, and remove them after it."""
    cluster, elastic = wanted(settings)
    name = f"bench-{uuid4().hex[:8]}"
    cluster = cluster.model_copy(update={"prefix": f"{name}.", "port": None})
    elastic = elastic.model_copy(update={"prefix": name})
    with (
        closing(connect(elastic)) as client,
        closing(Administration(cluster)) as administration,
    ):
        replication = min(len(administration.brokers()), cluster.replication or 1)
        cluster = cluster.model_copy(update={"replication": replication})
        topics = read_topology(cluster)
        administration.apply(topics, administration.differences(topics))
        try:
            apply(client, Names(name), elastic)
            yield Turn(
                settings.model_copy(update={"cluster": cluster, "elasticsearch": elastic}),
                cluster,
                elastic,
                client,
            )
        finally:
            administration.drop([one.name for one in topics])
            _remove(client, Names(name))


def _remove(client: Any, names: Names) -> None:
    with mapped("the benchmark's indices"):
        there = client.indices.get(index=f"{names.prefix}-*", filter_path="*.aliases")
        if there:
            client.indices.delete(index=",".join(there))
        for one in templates(names):
            client.options(ignore_status=404).indices.delete_index_template(name=one)
        shared = f"{names.prefix}-settings"
        client.options(ignore_status=404).cluster.delete_component_template(name=shared)


def _bare(turn: Turn, made: Sequence[tuple[bytes, bytes]]) -> float:
    """Give the seconds of a loop that does nothing but send what is ready."""
    ready = []
    for _, lines in made:
        for action in turn.documents.events(lines):
            head = {"index": {"_index": action.index, "_id": action.id}}
            ready.append(orjson.dumps(head) + b"\n" + action.body)
    size = turn.elastic.bulk_documents
    began = time.perf_counter()
    with mapped("the bare loop"):
        for begin in range(0, len(ready), size):
            some = ready[begin : begin + size]
            if turn.client.bulk(operations=some, filter_path="errors")["errors"]:
                raise StoreError("Elasticsearch refused documents of the bare loop")
    return time.perf_counter() - began


@dataclass(slots=True)
class TimedFeed(Feed):
    """A feed that notes when its first messages came and when it committed last, in seconds."""

    began: float = 0.0
    ended: float = 0.0

    def poll(self, seconds: float) -> list[Message]:
        """Give what came."""
        found = Feed.poll(self, seconds)
        if found and not self.began:
            self.began = time.perf_counter()
        return found

    def commit(self, next_offsets: Mapping[TopicPartition, int]) -> bool:
        """Commit where reading goes on."""
        done = Feed.commit(self, next_offsets)
        self.ended = time.perf_counter()
        return done


def _indexer(turn: Turn, made: Sequence[tuple[bytes, bytes]], count: int) -> float:
    """Give the indexer's seconds, from its first messages to its last commit."""
    topic, stopped = Topics(turn.cluster.prefix)("events"), threading.Event()
    with closing(Carrier(turn.cluster, turn.cluster.timeout_seconds)) as carrier:
        carrier.send(
            [
                Sent(topic, value, key, number % turn.cluster.partitions)
                for number, (key, lines) in enumerate(made)
                for value in pack_events(lines)
            ]
        )
    indexer = make_indexer(turn.settings, stopped)
    feed = indexer.feed = TimedFeed(indexer.feed.connect, stopped.wait)
    with closing(indexer.store), ThreadPoolExecutor(1, "indexer") as hand:
        running = hand.submit(indexer.run)
        until = time.monotonic() + PATIENCE
        while indexer.figures.value("written") < count and not running.done():
            if time.monotonic() > until:
                break
            stopped.wait(LOOK_SECONDS)
        written = indexer.figures.value("written")
        stopped.set()
        running.result()
    if written < count:
        raise StoreError(f"the indexer wrote {written:.0f} of {count} documents")
    return feed.ended - feed.began
