"""All processes of a cluster on one machine: brokers, Elasticsearch, receiver, and ours."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import TOPICS, Topics
from pipeline.errors import StoreError
from pipeline.model import Json
from pipeline.runtime.configuration import bundled
from pipeline.runtime.demonstration import Receiver, receiver
from pipeline.settings import ClusterSettings
from tests.chaos.brokers import Brokers
from tests.chaos.processes import Process, supervised
from tests.connectors.elastic_server import Server, empty_store
from tests.patience import Patience

SAQSHY = [sys.executable, "-W", "ignore", "-m", "pipeline.runtime.cli"]
PARTITIONS = 4
SESSION_SECONDS = 6


@dataclass(frozen=True)
class Plan:
    """What a town has: how many workers, and whether it tells notices and fills a store."""

    workers: int = 2
    notifies: bool = True
    near: tuple[str, ...] = ()  # brokers by their direct ways
    far: tuple[str, ...] = ()  # by their wires, which the first worker uses
    disk: Path | None = None  # of the last worker, where its disk is to become full
    spool: int = 512 * 1024 * 1024  # bytes
    port: int | None = None  # where the first worker says how it is


@dataclass
class Town:
    """A cluster that runs."""

    folder: Path
    plan: Plan
    server: Server | None
    told: Receiver | None
    store: ElasticStore | None = None
    processes: dict[str, Process] = field(default_factory=dict)
    lags: dict[str, int] = field(default_factory=dict)

    @property
    def topics(self) -> Topics:
        """Give the topics' names."""
        return Topics(f"{self.folder.name}.")

    @property
    def files(self) -> tuple[Path, ...]:
        """Give the files that the collector follows."""
        return self.folder / "gate.log", self.folder / "office.log"

    def cluster(self, name: str = "reader") -> ClusterSettings:
        """Give the cluster's settings of a process, by its name."""
        return ClusterSettings.model_validate(self._cluster(name))

    def _cluster(self, name: str) -> Json:
        far = name == "worker 1" and self.plan.far
        last = name == f"worker {self.plan.workers}" and self.plan.disk
        return {
            "brokers": list(self.plan.far if far else self.plan.near),
            "prefix": self.topics.prefix,
            "partitions": PARTITIONS,
            "replication": min(3, len(self.plan.near)),
            "folder": str(self.plan.disk if last else self.folder / name),
            "port": self.plan.port if name == "worker 1" else None,
            "session_seconds": SESSION_SECONDS,
            "ticks": name == "collector",
        }

    def settings(self, name: str) -> Path:
        """Write the settings of one process."""
        document: Json = {
            "store": {"path": f"{name}.db"},
            "registry": [str(bundled("objects"))],
            "content": {
                "paths": [str(bundled("detection")), str(bundled("correlation"))],
                "cache": "cache", "watch_seconds": 0,
            },
            "law": {"pack": str(bundled("law") / "kz")},
            "listeners": [
                {"name": one.stem, "kind": "file", "path": str(one), "follow": True}
                for one in self.files
            ],
            "tick_seconds": 1.0,
            "log": {"level": "warning"},
            "spool": {"bytes": self.plan.spool},
            "web": None,
            "cluster": self._cluster(name),
            "notify": {"folder": {"path": "outgoing"}, "retry_seconds": 0.2},
        }  # fmt: skip
        if self.told is not None:
            pki = self.told.pki
            document["notify"]["ncc"] = {
                "url": self.told.url,
                "ca": str(pki / "ca.pem"),
                "certificate": str(pki / "centre.pem"),
                "key": str(pki / "centre.key.pem"),
                "signing_key": str(pki / "centre-signing.pem"),
                "receipt_key": str(pki / "receipt-signing.pub.pem"),
            }
        if self.server is not None and name == "indexer":
            kept = self.server.as_user("indexer", retry_seconds=0.2, retry_most_seconds=2.0)
            document["elasticsearch"] = kept.model_dump(mode="json")
        path = self.folder / f"{name}.yml"
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return path

    def add(self, name: str, command: str) -> Process:
        """Make a process of ours."""
        line = [*SAQSHY, command, "--config", str(self.settings(name))]
        made = Process(name, line, self.folder / f"{name}.log")
        self.processes[name] = made
        return made

    def apply(self) -> None:
        """Make the topics."""
        command = [*SAQSHY, "cluster", "apply", "--config", str(self.settings("collector"))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def behind(self) -> dict[str, int]:
        """Give how many messages each group of processes has before it; raises StoreError."""
        with closing(Administration(self.cluster())) as administration:
            names = [self.topics(name) for name in TOPICS]
            kinds = ["worker"] + ["notifier"] * self.plan.notifies
            kinds += ["indexer"] * (self.server is not None)
            groups = administration.groups([self.cluster().group(kind) for kind in kinds], names)
        lags = {}
        for kind, group in zip(kinds, groups, strict=True):
            lags[kind] = sum(one.behind for one in group.lags) if group.lags else -1
        return lags

    def settled(self) -> bool:
        """Tell whether nothing is before any group."""
        try:
            self.lags = self.behind()
        except StoreError:
            return False
        return all(lag == 0 for lag in self.lags.values())

    def outcomes(self) -> int:
        """Give how many messages folds have told; -1 while no broker says."""
        try:
            with Reading(self.cluster()) as reading:
                return sum(end for _, end in reading.bounds(self.topics("outcomes")))
        except StoreError:
            return -1

    def wait(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until something holds; fails with everybody's last words."""
        patience = Patience(seconds)
        while not holds():
            if patience.over():
                words = [one.last_words for one in self.processes.values()]
                raise AssertionError("\n".join([f"never came: {what}", *words]))
            threading.Event().wait(0.3)


@contextmanager
def town(
    folder: Path, plan: Plan, made: Brokers | None = None, server: Server | None = None
) -> Iterator[Town]:
    """Run a town for as long as the block runs."""
    with ExitStack() as stack:
        told = stack.enter_context(receiver(folder / "ncc")) if plan.notifies else None
        city = Town(folder, plan, server, told)
        for file in city.files:
            file.touch()
        if server is not None:
            city.store = stack.enter_context(closing(empty_store(server)))
        city.apply()
        ours = [city.add("collector", "collect")]
        ours += [city.add(f"worker {one + 1}", "worker") for one in range(plan.workers)]
        if plan.notifies:
            ours.append(city.add("notifier", "notifier"))
        if server is not None:
            ours.append(city.add("indexer", "indexer"))
        others: Sequence[Process] = [one.process for one in made.each] if made else ()
        for one in others:
            city.processes[one.name] = one
        for one in ours:
            stack.callback(one.end)
            one.start()
        with supervised([*ours, *others]):
            yield city
