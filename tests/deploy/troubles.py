"""Troubles that alerts are about, each caused for real on systems of a test's own."""

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.stores.elasticsearch.store import open_elastic
from pipeline.model import NANOSECONDS
from pipeline.ports import Delivery
from pipeline.runtime.auditor_process import AuditorGauges
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.cluster.indexing_figures import IndexingFigures
from pipeline.runtime.cluster.indexing_writer import Stopped, Writer
from pipeline.runtime.cluster.progress import Progress, watch_progress
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reloading import Ask
from pipeline.runtime.web import serving
from pipeline.settings import WebSettings
from pipeline.web.status import LOOPBACK
from tests.connectors.elastic_server import Server, empty_store
from tests.connectors.stores.nouns import incident
from tests.dashboards.filled import App, Consumer, Message, make_auditor_of
from tests.dashboards.prometheus_server import until
from tests.runtime.centre import RULE, Centre, centre, entry, failures, prepare

WEB = WebSettings(port=0)
OLD = "<86>1 2026-03-02T20:{minute:02d}:00.000+05:00 bank-gw01 sshd 9 - - Failed password for u{n}"
MARKED = (
    "<86>1 2026-03-02T20:41:00.000+05:00 bank-gw01 sshd 9 - "
    '[doc secrecy="секретно"] Failed password for x'
).encode()


@dataclass
class World:
    """Systems whose metrics are served; troubles are caused on them one after the other."""

    folder: Path
    elastic: Server
    stack: ExitStack
    targets: list[str] = field(default_factory=list)
    systems: dict[str, Centre] = field(default_factory=dict)
    figures: IndexingFigures = field(default_factory=IndexingFigures)
    stopped: threading.Event = field(default_factory=threading.Event)
    why: str = ""
    auditor: Any = None
    progress: Progress = field(default_factory=Progress)

    def system(self, name: str, **changes: object) -> Centre:
        """Give the system of that name; made and served when it is first asked for."""
        if name not in self.systems:
            folder = self.folder / name
            made = self.stack.enter_context(centre(folder, **changes))  # type: ignore[arg-type] # settings
            made.system.engine.standing.sector = made.system._gauges().sector()
            self.systems[name] = made
            self.serve(made.system._page)
        return self.systems[name]

    def serve(self, page: Callable[[], Any]) -> None:
        """Serve a page's metrics as a target of Prometheus."""
        addresses = self.stack.enter_context(serving(WEB, page))
        self.targets.append(urlsplit(addresses["metrics"]).netloc)


def make_world(folder: Path, elastic: Server, stack: ExitStack) -> World:
    """Make systems that are well, and what is beside them: an indexer's figures, an auditor."""
    world = World(folder, elastic, stack)
    folder.mkdir()
    world.system("usual")
    world.system("unsent", notify={
        "folder": {"path": "outgoing"}, "attempts": 3, "retry_seconds": 0.05,
        "breaker_failures": 2, "breaker_seconds": 1, "fallback_seconds": 0,
    })  # fmt: skip
    world.system("closed")
    world.system("locked")
    flaw = folder / "flawed"
    flaw.mkdir()
    prepare(flaw)
    world.auditor = make_auditor_of(world.system("usual"), folder)
    world.figures.registry.register(AuditorGauges(world.auditor))
    app = App(Consumer("saqshy.raw", 5))
    watch_progress(world.figures.registry, app, world.progress, str)
    world.progress.note([Message("saqshy.raw", 0, 4, 1_770_000_000.0)])
    world.serve(lambda: health_app(lambda: world.why, world.figures.registry, LOOPBACK))
    stack.callback(world.stopped.set)
    return world


def ordinary(world: World) -> None:
    """Let what is usual happen: records that are read, nothing wrong."""
    for made in world.systems.values():
        made.take(failures(45, 3))
        made.tick()


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
    lines = failures(50, 50)
    for begin in range(0, 21_000, 500):
        world.system("usual").take(
            [lines[n % 50].replace(b" port ", b" port %d" % (begin + n)) for n in range(500)]
        )


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


def closed_store(world: World) -> None:
    """Close a store that is still asked."""
    world.system("closed").system.stores.database.close()


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
    closed_store: ("SaqshyStoreUnreadable",),
    locked_store: ("SaqshyStoreRefuses", "SaqshySpoolWaits"),
    waiting_indexer: ("SaqshyIndexerWaits", "SaqshyIndexerClash"),
    closed_port: ("SaqshyDown",),
    an_incident_left_alone: (
        "SaqshyTermOverdue", "SaqshyNoticeWaits", "SaqshyCandidateWaits", "SaqshySourceSilent",
        "SaqshyAuditorAlarm", "SaqshyAuditorBlind", "SaqshyFallsBehind", "SaqshyWatermarkBehind",
        "SaqshyClockSkew",
    ),
}  # fmt: skip


def in_seconds(rules: str) -> str:
    """Give rules whose minutes are seconds, so that a trouble need not stand for long."""
    return "".join(_quick(line) for line in rules.splitlines(keepends=True))


def _quick(line: str) -> str:
    if not line.strip().startswith(("expr:", "for:")):
        return line
    return re.sub(r"\b(\d+)m\b", lambda found: f"{found[1]}s", line)


def firing(alerts: Any) -> Iterator[str]:
    """Give the names of the alerts that fire, from Prometheus' own answer."""
    for one in alerts["data"]["alerts"]:
        if one["state"] == "firing":
            yield one["labels"]["alertname"]
