"""What a file holds, as a cluster's services would hold it: indexed, told, and with its bundles."""

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.kafka.content import bundle_messages
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import pack_audit, pack_checkpoint
from connectors.stores.sqlite import open_sqlite
from pipeline.model import event_from
from tests.connectors.stores.kafka.rig import Rig


def indexed(path: Path, store: ElasticStore) -> None:
    """Write events, incidents, notices, trail and dead letters into Elasticsearch."""
    kept = open_sqlite(path, readonly=True)
    try:
        for _, batch in kept.journal.read(0, 10_000):
            documents = map(orjson.loads, kept.events.of_batch(batch.id))
            store.events.add(batch, [event_from(one) for one in documents])
        for incident in kept.incidents.latest():
            history = kept.incidents.history(incident.id)
            store.incidents.put_incidents(history)
            findings = map(kept.incidents.finding, incident.finding_ids)
            store.incidents.put_findings([one for one in findings if one is not None])
        store.notices.put(list(kept.outbox.list()))
        store.audit.append(list(kept.audit.read()))
        store.dead_letters.put(list(kept.dead_letters.list()))
    finally:
        kept.database.close()


def told(path: Path, rig: Rig) -> None:
    """Send the trail, in the order in which it came to be, its checkpoints and the bundles."""
    kept = open_sqlite(path, readonly=True)
    messages = []
    try:
        entries = {(one.chain, one.number): one for one in kept.audit.read()}
        with closing(sqlite3.connect(path)) as db:
            order = db.execute("SELECT chain, number FROM audit ORDER BY rowid").fetchall()
            bundles = db.execute("SELECT kind, revision FROM bundles").fetchall()
        for place in order:
            packed = pack_audit([entries[place]])
            messages.append(Message(rig.topics("audit"), packed, None, 0))
        for checkpoint in kept.checkpoints.read():
            packed = pack_checkpoint(checkpoint)
            messages.append(Message(rig.topics("checkpoints"), packed, None, 0))
        for kind, revision in bundles:
            data = kept.content.bundle(kind, revision)
            assert data is not None
            messages += bundle_messages(rig.topics, kind, revision, data)
    finally:
        kept.database.close()
    carrier = Carrier(rig.settings, 10.0)
    carrier.send(messages)
    carrier.close()
    _done(rig)


def _done(rig: Rig) -> None:
    """Have the group of indexers stand where the topics end."""
    settings, group = rig.settings, rig.settings.group("indexer")
    with Reading(settings) as reading:
        ends = {
            TopicPartition(rig.topics(name), number): OffsetAndMetadata(end, "", -1)
            for name in ("outcomes", "notices", "audit")
            for number, (_, end) in enumerate(reading.bounds(rig.topics(name)))
        }
    consumer = connected(
        KafkaConsumer,
        bootstrap_servers=list(settings.brokers),
        bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS,
        group_id=group,
        enable_auto_commit=False,
        **security(settings),
    )
    consumer.assign(list(ends))
    consumer.commit(ends)
    consumer.close(autocommit=False)
