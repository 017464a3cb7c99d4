"""Troubles that alerts are about, each caused for real on systems of a test's own."""

import json
import os
import re
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx

from connectors.sources.syslog_udp import SyslogUdp
from connectors.stores.elasticsearch.store import open_elastic
from pipeline.model import NANOSECONDS
from pipeline.ports import Delivery
from pipeline.runtime.cluster.indexing_writer import Stopped, Writer
from pipeline.runtime.cores.pool import Pool
from pipeline.runtime.intake import Intake
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reloading import Ask
from tests.connectors.elastic_server import empty_store
from tests.connectors.stores.nouns import incident
from tests.dashboards.filled import Message
from tests.dashboards.prometheus_server import until
from tests.deploy.world import BUFFER, World
from tests.runtime.centre import RULE, entry, failures, overwrite
from tests.runtime.cluster.indexing_rig import Rig, events_of

OLD = "<86>1 2026-03-02T20:{minute:02d}:00.000+05:00 bank-gw01 sshd 9 - - Failed password for u{n}"
MARKED = (
    "<86>1 2026-03-02T20:41:00.000+05:00 bank-gw01 sshd 9 - "
    '[doc secrecy="секретно"] Failed password for x'
).encode()


def not_ready(world: World) -> None:
    """Have a process of the cluster wait for brokers."""
    world.why = "no broker answers"


def behind_in_a_topic(world: World) -> None:
    """Let messages wait behind one that is old."""
    world.progress.note([Message("saqshy.raw", 0, 1, 1_770_000_000.0)])


def unknown_sender(world: World) -> None:
    """Send records that nobody registered the sender of."""
    taken = world.system("usual").system.collector.take(
        Delivery("wire", "203.0.113.250", (b"<86>1 - x y - - - z",) * 5, resume="9001")
    )
    assert taken == 0


def marked_record(world: World) -> None:
    """Send a record that bears a secrecy mark where nobody declared one."""
    world.system("usual").take([MARKED])


def noise(world: World) -> None:
    """Send more events of one group than a window keeps."""
    made = world.system("usual")
    for _ in range(42):
        made.take(failures(44, 50) * 10)


def refused_reload(world: World) -> None:
    """Break a rule in force by an edit."""
    made = world.system("usual")
    made.edit(RULE, lambda text: re.sub(r"(?m)condition: keywords$", "condition: nothing", text))
    ask = Ask(Cause("duty_lead/a.serik", "command", "an edit"), id="c1")
    assert made.system.reloader.reload(ask).outcome == "refused"


def broken_rule(world: World) -> None:
    """Start a system with a new rule that cannot be used."""
    (world.folder / "flawed" / "detection" / "new.yml").write_text("title: x\n", encoding="utf-8")
    world.system("flawed")


def an_incident_left_alone(world: World) -> None:
    """Send no notice of an incident; let hours pass, a source fall silent, terms end."""
    made = world.system("usual")
    made.take(failures(46))
    made.take([entry(47)])
    world.auditor.once(everything=True)
    for _ in range(35):  # more than ten minutes without a tick were our own deafness
        made.tick(9)
    world.auditor.once(everything=True)
    made.take([OLD.format(minute=48, n=n).encode() for n in range(40)])
    made.tick()
    made.journal(failures(49))
    made.clock.advance_to(made.clock.now() + 1_200 * NANOSECONDS)


def dead_channel(world: World) -> None:
    """Let a channel take nothing until notices are given up."""
    made = world.system("unsent")
    outgoing = made.folder / "outgoing"
    if outgoing.is_dir():
        for path in sorted(outgoing.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        outgoing.rmdir()
    outgoing.write_text("in the way", encoding="utf-8")
    made.take(failures(46))
    made.take([entry(47)])
    for _ in range(12):
        made.system.dispatcher.run_due()
        made.clock.advance_to(made.clock.now() + 10 * NANOSECONDS)
    assert any(one.state.value == "dead" for one in made.notices())
    made.take(failures(51))
    made.take([entry(52)])
    for _ in range(2):
        made.system.dispatcher.run_due()


def damaged_store(world: World) -> None:
    """Overwrite a store's file, as a dying disk does."""
    overwrite(world.system("damaged").folder / "saqshy.db")


def locked_store(world: World) -> None:
    """Lock a store from another program: what comes in is spooled."""
    made = world.system("locked")
    other = sqlite3.connect(made.folder / "saqshy.db", isolation_level=None)
    world.stack.callback(other.close)
    other.execute("BEGIN IMMEDIATE")
    made.journal(failures(46))


def waiting_indexer(world: World) -> None:
    """Have an indexer wait for Elasticsearch, and write one item with another content."""
    store = empty_store(world.elastic)
    writer = Writer(store.bulk, store.documents, world.figures, world.stopped.wait)
    writer(list(store.documents.incidents([incident(1)])))
    store.client.indices.refresh(index="saqshy*")
    writer(list(store.documents.incidents([replace(incident(1), event_count=99)])))
    world.stack.callback(store.close)
    absent = open_elastic(world.elastic.as_user("indexer", urls=("https://127.0.0.1:1",)))
    lost = Writer(absent.bulk, absent.documents, world.figures, world.stopped.wait)
    thread = threading.Thread(target=_until_stopped, args=(lost, absent), daemon=True)
    thread.start()
    world.stack.callback(thread.join, 30)
    registry = world.figures.registry
    until(
        lambda: registry.get_sample_value("saqshy_indexer_store_waiting") == 1, "the indexer waits"
    )


def _until_stopped(writer: Writer, store: Any) -> None:
    try:
        writer(list(store.documents.incidents([incident(2)])))
    except Stopped:
        store.close()


def stalled_index(world: World) -> None:
    """Stop Elasticsearch where it stands, under an indexer that reads what is an hour old."""
    from kafka import KafkaProducer

    rig = Rig(world.kafka, world.elastic)
    an_hour_ago = int((time.time() - 3600) * 1000)
    with closing(KafkaProducer(bootstrap_servers=world.kafka.plain)) as producer:
        for topic, key, value in events_of(1):
            producer.send(rig.topics(topic), value, key=key, timestamp_ms=an_hour_ago)
        producer.flush()
    made = world.stack.enter_context(rig.running(timeout_seconds=2.0))
    world.serve_registry(made.figures.registry, lambda: made.unready)
    until(lambda: not made.waits, "the indexer begins")
    world.elastic.pause()
    world.stack.callback(world.elastic.pause, going_on=True)
    with closing(KafkaProducer(bootstrap_servers=world.kafka.plain)) as producer:
        for topic, key, value in events_of(2):
            producer.send(rig.topics(topic), value, key=key, timestamp_ms=an_hour_ago)
        producer.flush()


def misread_source(world: World) -> None:
    """Send what the registry says is of another format."""
    record = b'{"EventID": 7036, "Channel": "System", "Computer": "bank-dc01.bank.example"}'
    _windows(world, "misread", (record,) * 20)


def failing_rule(world: World) -> None:
    """Send an event whose lists have more pairs of values than a rule compares."""
    lists = {name: [f"{name}{number}" for number in range(1100)] for name in ("Left", "Right")}
    told = {"EventID": 7036, "Channel": "System", "Computer": "bank-dc01.bank.example", **lists}
    _windows(world, "failing", (json.dumps(told).encode(),))


def _windows(world: World, system: str, records: tuple[bytes, ...]) -> None:
    made = world.system(system)
    delivery = Delivery("wire", "192.0.2.1", records, resume="9001")
    assert made.system.collector.take(delivery) == len(records)
    made.drain()


def killed_process(world: World) -> None:
    """Kill a matching process as the kernel does for want of memory."""
    made = world.system("matched apart")
    pool = made.system.engine.ahead
    assert isinstance(pool, Pool)
    os.kill(next(iter(pool.work.figures.alive.values())), signal.SIGKILL)
    made.take(failures(46))
    until(lambda: pool.work.figures.lost["killed"] > 0, "it is missed")


def flooded_socket(world: World) -> None:
    """Send more datagrams than the kernel keeps while nobody reads."""
    made = world.system("flooded")
    source = made.system.sources["datagrams"]
    assert isinstance(source, SyslogUdp)
    source.open("")
    world.stack.callback(source.close)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(BUFFER // 100):
            sender.sendto(failures(46, 1)[0], ("127.0.0.1", source.port))
    intake = Intake(source, made.system.collector, records=500, stop=threading.Event())
    intake.tell(at_once=True)
    assert source.dropped


def closed_port(world: World) -> None:
    """Name a process that is gone."""
    world.targets.append("127.0.0.1:1")


TROUBLES: dict[Callable[[World], None], tuple[str, ...]] = {
    not_ready: ("SaqshyNotReady",),
    behind_in_a_topic: ("SaqshyTopicBehind",),
    unknown_sender: ("SaqshyRecordsRefused",),
    marked_record: ("SaqshyRecordStopped",),
    noise: ("SaqshyStateEvicted",),
    refused_reload: ("SaqshyReloadRefused",),
    broken_rule: ("SaqshyRulesLeftOut",),
    dead_channel: ("SaqshyLineDown", "SaqshyNoticeDead"),
    damaged_store: ("SaqshyStoreUnreadable",),
    locked_store: ("SaqshyStoreRefuses", "SaqshySpoolWaits"),
    waiting_indexer: ("SaqshyIndexerWaits", "SaqshyIndexerClash"),
    closed_port: ("SaqshyDown",),
    misread_source: ("SaqshyDeadLettersGrow",),
    failing_rule: ("SaqshyRuleErrors",),
    killed_process: ("SaqshyMatchingLost",),
    flooded_socket: ("SaqshyRecordsDropped",),
    an_incident_left_alone: (
        "SaqshyTermOverdue", "SaqshyNoticeWaits", "SaqshyCandidateWaits", "SaqshySourceSilent",
        "SaqshyAuditorAlarm", "SaqshyAuditorBlind", "SaqshyFallsBehind", "SaqshyWatermarkBehind",
        "SaqshyClockSkew",
    ),
    stalled_index: ("SaqshyIndexerBehind",),  # the last: nothing else can be written from here on
}  # fmt: skip


def in_seconds(rules: str) -> str:
    """Give rules whose troubles need not stand for minutes: five seconds are one of ``for``."""
    return re.sub(r"(?m)^(\s+for: )(\d+)m$", lambda one: f"{one[1]}{5 * int(one[2])}s", rules)


def fired(client: httpx.Client) -> set[str]:
    """Give the names of all alerts that have fired, from Prometheus' own record of them."""
    query = 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1h]))'
    told: Any = client.get("/api/v1/query", params={"query": query}).json()
    return {one["metric"]["alertname"] for one in told["data"]["result"]}
