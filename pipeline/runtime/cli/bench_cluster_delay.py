"""`saqshy bench pipeline --cluster`: how long the first word takes at half of the load."""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace

from kafka import KafkaConsumer, TopicPartition

from connectors.kafka_link import connected, security
from connectors.stores.kafka.topics import Told, Topics, unpack_outcome
from pipeline.model import Json
from pipeline.runtime.cli.bench_cluster_ground import Case, Ground, batches, ground
from pipeline.runtime.knowledge import Knowledge
from pipeline.settings import ClusterSettings, Settings

RECORDS = 50  # of one batch; each batch is of an object of its own
FULL_LOAD = Case("full load", objects=1_000_000, records=RECORDS)
_READ_SECONDS = 5.0


def delays(
    settings: Settings, cluster: ClusterSettings, known: Knowledge, lines: Sequence[bytes]
) -> Json:
    """Find the rate of one worker by the wall, send half of it, and give the delays in seconds.

    From when a batch is sent to when the brokers have the first outcome of its object, with all
    that its notices say.
    """
    with ground(settings, cluster, known, FULL_LOAD.partitions) as made, ExitStack() as stack:
        made.send(list(batches(known, lines, FULL_LOAD, "stream", "warm")))
        workers = [stack.enter_context(made.worker(0))]
        made.folded(workers)
        full = list(batches(known, lines, FULL_LOAD, "stream", "full"))
        began = time.perf_counter()
        made.send(full)
        made.folded(workers)
        rate = len(lines) / (time.perf_counter() - began)
        _paced(made, known, lines, rate / 2)
        made.folded(workers)
        found = sorted(_told(made))
    return {
        "case": "first outcome at half load",
        "events_per_second": round(rate / 2),
        "outcomes": len(found),
        "seconds_p50": round(found[len(found) // 2], 3) if found else None,
        "seconds_p99": round(found[int(len(found) * 0.99)], 3) if found else None,
        "seconds_most": round(found[-1], 3) if found else None,
    }


def _paced(made: Ground, known: Knowledge, lines: Sequence[bytes], rate: float) -> None:
    """Send batches at so many events a second, each received when it is sent."""
    wait, began = threading.Event(), time.monotonic()
    for number, batch in enumerate(batches(known, lines, FULL_LOAD, "stream", "half")):
        wait.wait(max(0.0, began + number * RECORDS / rate - time.monotonic()))
        now = time.time_ns()
        made.send([replace(batch, received_at=now, reference_at=now)])


def _told(made: Ground) -> list[float]:
    """Give the delay of the first outcome of each object of the paced stream."""
    cluster = made.cluster
    topic = Topics(cluster.prefix)("outcomes")
    first: dict[str, float] = {}
    options = {"bootstrap_servers": list(cluster.brokers), **security(cluster)}
    with closing(connected(KafkaConsumer, **options)) as consumer:
        parts = [TopicPartition(topic, number) for number in range(cluster.partitions)]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends = consumer.end_offsets(parts)
        until = time.monotonic() + _READ_SECONDS * len(parts)
        while time.monotonic() < until and any(consumer.position(p) < ends[p] for p in parts):
            for messages in consumer.poll(timeout_ms=200).values():
                for message in messages:
                    told = unpack_outcome(message.value)
                    if isinstance(told, Told) and told.object_id.startswith("half-"):
                        delay = message.timestamp / 1000 - told.at / 1e9
                        first.setdefault(told.object_id, delay)
    return list(first.values())
