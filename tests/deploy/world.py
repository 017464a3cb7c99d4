"""What is watched in the live test of the alerts: systems of its own, all well at the beginning."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from prometheus_client import CollectorRegistry

from pipeline.runtime.auditor_process import AuditorGauges
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.cluster.indexing_figures import IndexingFigures
from pipeline.runtime.cluster.progress import Progress, watch_progress
from pipeline.runtime.web import serving
from pipeline.settings import WebSettings
from pipeline.web.status import LOOPBACK
from tests.connectors.elastic_server import Server
from tests.connectors.kafka_broker import Broker
from tests.dashboards.filled import App, Consumer, Message, make_auditor_of
from tests.runtime.centre import Centre, centre, failures, prepare

WEB = WebSettings(port=0)
BUFFER = 65_536  # bytes
# Two lists in one event make more pairs than a rule compares: it fails, and says so.
PAIRS = """title: Two lists with a value in common
id: 0f1f6a39-6a3f-4b61-9f3c-1d1d2b7c9a10
status: test
logsource: {product: windows, service: system}
detection:
  selection:
    Left|fieldref|contains: Right
  condition: selection
level: low
"""


@dataclass
class World:
    """Systems whose metrics are served; troubles are caused on them one after the other."""

    folder: Path
    elastic: Server
    kafka: Broker
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

    def serve_registry(self, registry: CollectorRegistry, unready: Callable[[], str]) -> None:
        """Serve a registry as a process of the cluster does."""
        self.serve(lambda: health_app(unready, registry, LOOPBACK))


def make_world(folder: Path, elastic: Server, kafka: Broker, stack: ExitStack) -> World:
    """Make systems that are well, and what is beside them: an indexer's figures, an auditor."""
    world = World(folder, elastic, kafka, stack)
    folder.mkdir()
    world.system("usual")
    world.system("unsent", notify={
        "folder": {"path": "outgoing"}, "attempts": 3, "retry_seconds": 0.05,
        "breaker_failures": 2, "breaker_seconds": 1, "fallback_seconds": 0,
    })  # fmt: skip
    world.system("damaged")
    world.system("locked")
    world.system("matched apart", workers=2)
    world.system("flooded", listeners=[
        {"name": "wire", "kind": "syslog_tcp", "port": 0},
        {"name": "datagrams", "kind": "syslog_udp", "port": 0, "receive_buffer_bytes": BUFFER},
    ])  # fmt: skip
    for name in ("flawed", "failing", "misread"):
        (folder / name).mkdir()
        prepare(folder / name)
    (folder / "failing" / "detection" / "pairs.yml").write_text(PAIRS, encoding="utf-8")
    _misread(folder / "misread" / "objects" / "objects.yml")
    world.system("failing")
    world.system("misread")
    world.auditor = make_auditor_of(world.system("usual"), folder)
    world.figures.registry.register(AuditorGauges(world.auditor))
    app = App(Consumer("saqshy.raw", 5))
    watch_progress(world.figures.registry, app, world.progress, str)
    world.progress.note([Message("saqshy.raw", 0, 4, 1_770_000_000.0)])
    world.serve_registry(world.figures.registry, lambda: world.why)
    stack.callback(world.stopped.set)
    return world


def ordinary(world: World) -> None:
    """Let what is usual happen: records that are read, nothing wrong."""
    for made in world.systems.values():
        made.take(failures(45, 3))
        made.tick()


def _misread(registry: Path) -> None:
    """Say of a source that it sends what it does not send."""
    told = yaml.safe_load(registry.read_text(encoding="utf-8"))
    for source in (one for record in told["objects"] for one in record["sources"]):
        if source["id"] == "bank-win":
            source["format"] = "rfc5424"
    registry.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
