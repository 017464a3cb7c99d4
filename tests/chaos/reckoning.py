"""What came out of a town, beside what one machine makes of the same input."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import yaml

from connectors.kafka_link import connected
from connectors.stores.elasticsearch.names import Names
from connectors.stores.elasticsearch.scan import hits
from connectors.stores.kafka.topics import (
    Failed,
    Told,
    Unread,
    unpack_audit,
    unpack_events,
    unpack_failures,
    unpack_notice,
    unpack_outcome,
    unpack_raw,
)
from connectors.stores.received import ReceivedNotices
from pipeline.incidents.audit import verify
from pipeline.model import AuditEntry, BatchKind, Failure, Notice, NoticeState, RawBatch
from pipeline.runtime.bootstrap import assemble
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.configuration import read_settings
from tests.chaos.town import Town
from tests.runtime.cluster.simulated import Came

WAITING = (NoticeState.PENDING, NoticeState.FAILED)


@dataclass
class Outcome:
    """What the cluster's topics hold, and how long nothing came."""

    batches: list[RawBatch] = field(default_factory=list)
    lines: Counter[bytes] = field(default_factory=Counter)
    came: Came = field(default_factory=Came)
    events: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    notices: dict[str, Notice] = field(default_factory=dict)
    audit: dict[tuple[str, int], AuditEntry] = field(default_factory=dict)
    repeated: int = 0
    places: dict[str, str] = field(default_factory=dict)  # of batches in raw
    gaps: dict[str, float] = field(default_factory=dict)


@dataclass
class Alone:
    """What one machine makes of the same journal."""

    came: Came
    events: set[str]
    breaks: list[Any]


def read(town: Town) -> Outcome:
    """Read everything that the town's topics hold."""
    found = Outcome()
    read_raw(town, found)
    _read_outcomes(town, found)
    found.events = event_ids(town)
    for message in messages(town, "failures"):
        failed = unpack_failures(message.value)
        assert isinstance(failed, Failed), failed
        found.failures += failed.failures
    if town.plan.notifies:
        _read_notified(town, found)
    return found


def event_ids(town: Town) -> Counter[str]:
    """Give the ids of the events that were sent, and how often each was."""
    found: Counter[str] = Counter()
    for message in messages(town, "events"):
        lines = unpack_events(message.value)
        assert isinstance(lines, bytes), lines
        found.update(_event_id(line) for line in lines.split(b"\n"))
    return found


def _event_id(line: bytes) -> str:
    own = orjson.loads(line)["saqshy"]
    return f"{own['batch']}-{own['index']}"


def read_raw(town: Town, found: Outcome, *, strict: bool = True) -> None:
    """Read what collectors wrote: each batch once, in the order in which it was made.

    Not ``strict``: others wrote there, too.
    """
    known: set[str] = set()
    placed = []
    times = []
    for message in messages(town, "raw"):
        batch = unpack_raw(message.value)
        if not isinstance(batch, RawBatch):
            assert not strict, batch
            continue
        times.append(message.timestamp)
        if batch.id in known:
            continue
        known.add(batch.id)
        at = f"{message.timestamp / 1000:.1f}"
        found.places[batch.id] = f"{message.partition}/{message.offset} at {at}"
        headers = dict(message.headers)
        placed.append((int(headers["position"]), batch))
        if batch.kind is BatchKind.RAW:
            found.lines.update(batch.records)
    found.batches = [batch for _, batch in sorted(placed, key=lambda one: one[0])]
    found.gaps["raw"] = _longest(times)


def _read_outcomes(town: Town, found: Outcome) -> None:
    times: dict[int, list[int]] = {}
    told = 0
    for message in messages(town, "outcomes"):
        times.setdefault(message.partition, []).append(message.timestamp)
        outcome = unpack_outcome(message.value)
        assert not isinstance(outcome, Unread), outcome
        if isinstance(outcome, Told):
            told += len(outcome.incidents)
            found.came.take(outcome.findings, outcome.incidents, outcome.notices)
            found.came.drafts |= {str(draft["entry_id"]) for draft in outcome.drafts}
    found.repeated = told - len(found.came.incidents)
    found.gaps["outcomes"] = max(map(_longest, times.values()))


def _read_notified(town: Town, found: Outcome) -> None:
    for message in messages(town, "notices"):
        notice = unpack_notice(message.value)
        assert isinstance(notice, Notice), notice
        found.notices[notice.id] = notice
    for message in messages(town, "audit"):
        entries = unpack_audit(message.value)
        assert not isinstance(entries, Unread), entries
        for entry in entries:
            assert found.audit.setdefault((entry.chain, entry.number), entry) == entry


def _longest(times: list[int]) -> float:
    """Give the longest time between two messages, in seconds."""
    return max((after - before for before, after in pairwise(sorted(times))), default=0) / 1000


def messages(town: Town, topic: str) -> Iterator[Any]:
    """Give a topic's messages from the oldest to the present end, partition by partition."""
    from kafka import KafkaConsumer, TopicPartition

    name = town.topics(topic)
    options = {"max_partition_fetch_bytes": 17_000_000, "fetch_max_bytes": 50_000_000}
    near = list(town.plan.near)
    with closing(connected(KafkaConsumer, bootstrap_servers=near, **options)) as consumer:
        parts = [TopicPartition(name, one) for one in consumer.partitions_for_topic(name) or ()]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends = consumer.end_offsets(parts)
        while any(consumer.position(part) < ends[part] for part in parts):
            for found in consumer.poll(timeout_ms=500).values():
                yield from found


def alone(town: Town, batches: list[RawBatch], folder: Path) -> Alone:
    """Have one machine process a journal of these batches, in this order."""
    folder.mkdir()
    document = yaml.safe_load(town.settings("alone").read_text(encoding="utf-8"))
    document["store"]["path"] = str(folder / "alone.db")
    del document["cluster"]
    config = town.folder / "alone.yml"
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    clock = StoryClock(batches[0].received_at)
    system = assemble(read_settings(config), clock)
    try:
        # Terms are the notifier's affair in a cluster: here is what folds alone come to.
        system.engine.terms = None
        came, read = Came(), set[str]()

        def watch(outcome: Any) -> None:
            read.update(event.id for event in outcome.observed.events)
            for part in outcome.folded:
                came.take(tuple(part.findings), tuple(part.incidents), tuple(part.notices))
                came.drafts |= {draft.entry_id for draft in part.drafts}

        system.engine.watch = watch
        for batch in batches:
            clock.advance_to(max(clock.now(), batch.received_at))
            system.stores.journal.append("wire", [batch])
            while system.engine.run_pending():
                pass
        trail = list(system.stores.audit.read())
        return Alone(came, read, list(verify(trail)))
    finally:
        system.close()


def stored(town: Town) -> set[str]:
    """Give the ids of the events that the store has."""
    assert town.store is not None
    alias = Names().alias("events")
    town.store.client.indices.refresh(index=alias)
    return {
        hit["_id"] for hit in hits(town.store.client, alias, {"match_all": {}}, [{"_doc": "asc"}])
    }


def received(town: Town) -> tuple[set[str], int, int]:
    """Give the ids of the notices that the receiver has, how many came again, and conflicts."""
    assert town.told is not None
    store = ReceivedNotices(next((town.folder / "ncc").glob("*.db")))
    try:
        kept = store.listed(0, 1_000_000)
        again = sum(one.deliveries - 1 for one in kept)
        return {one.notice_id for one in kept}, again, len(store.conflicts(1000))
    finally:
        store.close()


def waiting(found: dict[str, Notice], now: int) -> int:
    """Give how many notices should have left by now and have not."""
    return sum(one.state in WAITING and one.next_attempt_at <= now for one in found.values())
