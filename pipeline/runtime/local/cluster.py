"""A whole cluster on this machine: services, rights, topics, processes; ended in good order."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.runtime.demonstration import receiver
from pipeline.runtime.local.broker import ROOT, local_broker
from pipeline.runtime.local.elastic import local_elastic
from pipeline.runtime.local.java import free_ports
from pipeline.runtime.local.people import make_people
from pipeline.runtime.local.processes import Running, done, process, wait_ready
from pipeline.runtime.local.settings import ELASTIC_ROLES, KAFKA_ROLES, Places
from pipeline.runtime.pki import Pki, development_pki


@dataclass(frozen=True, slots=True)
class LocalCluster:
    """What runs: where its services are, its processes by name, its receiver's address."""

    places: Places
    processes: dict[str, Running] = field(default_factory=dict)

    @property
    def collector(self) -> Running:
        """The process that takes records in."""
        return self.processes["collector"]

    def settings(self, role: str) -> Path:
        """Write the settings of somebody beside the processes, as the user of a role."""
        return self.places.write(role, role)


@contextmanager
def local_services(home: Path, tell: Callable[[str], None]) -> Iterator[LocalCluster]:
    """Run Kafka, Elasticsearch and the receiver, with users, rights, topics and templates.

    ``home`` is an empty folder. StoreError where a service cannot be had, or does not start.
    """
    pki = development_pki(home / "ncc" / "pki", datetime.now(UTC))
    with ExitStack() as stack:
        tell("starting Kafka (TLS, SCRAM, a user for each kind of process) ...")
        users = [f"saqshy-{role}" for role in KAFKA_ROLES]
        broker = stack.enter_context(local_broker(home / "kafka", pki, users))
        tell(f"  Kafka: {broker.address}")
        tell("starting Elasticsearch (TLS, a user for each role) ...")
        roles = {role: f"saqshy_{role}" for role in ELASTIC_ROLES}
        log = home / "elasticsearch.log"
        elastic = stack.enter_context(local_elastic(home / "elastic", log, pki, roles))
        tell(f"  Elasticsearch: {elastic.url}")
        clock = ("--clock", str(home / "clock.json"))
        centre = stack.enter_context(receiver(home / "ncc", *clock))
        tell(f"  coordination centre: {centre.url}")
        tell("giving rights, making topics, templates and indices ...")
        (console,) = free_ports(1)
        places = Places(home, broker, elastic, centre.url, Pki(centre.pki), console)
        done("cluster", "rights", "--config", str(places.write("root", ROOT)))
        done("cluster", "apply", "--config", str(places.write("admin", "admin")))
        yield LocalCluster(places)
        tell("ending the services ...")


@contextmanager
def local_cluster(home: Path, workers: int, tell: Callable[[str], None]) -> Iterator[LocalCluster]:
    """Run services and processes, ready for the story; each is told the time by ``clock.json``.

    They end in the order in which records come through them.
    """
    with local_services(home, tell) as cluster, ExitStack() as stack:
        people = make_people(cluster.settings("web"), home)
        tell("starting indexer, notifier, worker, collector, web and auditor ...")
        for name, role, more in _wanted(workers, home / "clock.json"):
            own = {"collector": "c1", "ticks": True} if role == "collect" else {}
            config = str(cluster.places.write(name, role, **own))
            log = home / f"{name}.log"
            started = process(name, role, "--config", config, *more, log=log)
            cluster.processes[name] = stack.enter_context(started)
        wait_ready(list(cluster.processes.values()))
        for name, one in cluster.processes.items():
            tell(f"  {name}: {one.metrics.removesuffix('metrics')}readyz")
        tell(f"  console: {cluster.processes['web'].address('console')} (see {people.file})")
        yield cluster
        tell("ending auditor, web, collector, worker, notifier and indexer ...")


def _wanted(workers: int, told: Path) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Give name, role and further arguments of each process, in the order of their start."""
    clock = ("--clock", str(told))
    yield "indexer", "indexer", ()
    yield "notifier", "notifier", clock
    for number in range(1, workers + 1):
        yield f"worker-{number}", "worker", ()
    yield "collector", "collect", clock
    yield "web", "web", ()
    yield "auditor", "auditor", clock
