"""Where workers are measured: topics of the benchmark's own on real brokers, dropped at the end."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from uuid import uuid4

import yaml

from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.topics import Topics, pack_raw, raw_headers
from connectors.stores.memory import open_memory
from pipeline.errors import StoreError
from pipeline.model import RawBatch, identity
from pipeline.runtime.cluster.topology import read_state_topology, read_topology
from pipeline.runtime.knowledge import Knowledge, keep_knowledge
from pipeline.settings import ClusterSettings, Settings

READ = ("raw", "observations", "centre")  # what workers read
POLL_SECONDS = 0.25
PATIENCE = 900.0  # seconds for one stream
SESSION_SECONDS = 60.0  # on a machine with much else to do nobody is to change places
FULL = 500  # records


@dataclass(frozen=True, slots=True)
class Case:
    """One measurement: how many partitions, objects, records a batch, workers, times the stream."""

    name: str
    partitions: int = 4
    objects: int = 10
    records: int = FULL
    workers: int = 1
    times: int = 1


@dataclass(frozen=True, slots=True)
class Ground:
    """Topics of one case on the brokers of the settings, and what workers need beside them."""

    settings: Settings
    cluster: ClusterSettings
    folder: Path
    known: Knowledge
    carrier: Carrier
    administration: Administration

    def send(self, batches: Sequence[RawBatch]) -> None:
        """Write batches as a collector does, spread over all partitions."""
        topic, count = Topics(self.cluster.prefix)("raw"), self.cluster.partitions
        self.carrier.send(
            [
                Message(
                    topic,
                    pack_raw(batch),
                    batch.object_id.encode(),
                    number % count,
                    tuple(raw_headers(batch, "bench", "bench", number)),
                )
                for number, batch in enumerate(batches)
            ]
        )

    def joined(self, workers: Sequence["subprocess.Popen[bytes]"]) -> None:
        """Wait until every worker has its partitions; StoreError where that takes too long."""
        until, wait = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < until:
            (group,) = self.administration.groups([self.cluster.group("worker")], ())
            if group.state == "stable" and len(group.members) == len(workers):
                return
            _living(workers)
            wait.wait(POLL_SECONDS)
        raise StoreError(f"workers have not joined within {PATIENCE:.0f} s")

    def folded(self, workers: Sequence["subprocess.Popen[bytes]"]) -> None:
        """Wait until all that was written has been folded; StoreError where that takes too long."""
        names = [Topics(self.cluster.prefix)(name) for name in READ]
        until, wait = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < until:
            (group,) = self.administration.groups([self.cluster.group("worker")], names)
            # What was never written to has no place of its own, and nothing that waits.
            if group.lags and not any(lag.behind for lag in group.lags):
                return
            _living(workers)
            wait.wait(POLL_SECONDS)
        raise StoreError(f"workers have not folded a stream within {PATIENCE:.0f} s")

    @contextmanager
    def worker(self, number: int) -> "Iterator[subprocess.Popen[bytes]]":
        """Run `saqshy worker` for as long as the block runs."""
        own = self.cluster.model_copy(
            update={
                "folder": self.folder / f"worker-{number}",
                "port": None,
                "standbys": 0,
                "session_seconds": SESSION_SECONDS,
            }
        )
        config = self.folder / f"worker-{number}.yml"
        document = {
            "cluster": own.model_dump(mode="json", exclude_none=True) | {"port": None},
            "content": {"cache": str(self.settings.content.cache.resolve())},
            "log": {"level": "warning"},
        }
        config.write_text(yaml.safe_dump(document), encoding="utf-8")
        command = [sys.executable, "-m", "pipeline.runtime.cli", "worker", "--config", str(config)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def ground(
    settings: Settings, cluster: ClusterSettings, known: Knowledge, partitions: int
) -> Iterator[Ground]:
    """Make topics for one case, and drop them after it."""
    own = cluster.model_copy(
        update={"prefix": f"bench-{uuid4().hex[:8]}.", "partitions": partitions}
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="saqshy-bench-")))
        administration = stack.enter_context(closing(Administration(own)))
        carrier = stack.enter_context(closing(Carrier(own, own.timeout_seconds)))
        wanted = [*read_topology(own), *read_state_topology(own)]
        administration.apply(wanted, administration.differences(wanted))
        try:
            content = KafkaContentStore(own, Topics(own.prefix), lambda some: _sent(carrier, some))
            keep_knowledge(replace(open_memory(), content=content), known, time.time_ns())
            yield Ground(settings, own, folder, known, carrier, administration)
        finally:
            administration.drop([one.name for one in wanted])


def batches(
    known: Knowledge, lines: Sequence[bytes], case: Case, source: str, name: str = "bench"
) -> Iterator[RawBatch]:
    """Cut a stream into batches, object after object."""
    now = time.time_ns()
    places = chain.from_iterable(range(0, len(lines), case.records) for _ in range(case.times))
    for number, at in enumerate(places):
        object_id, sequence = f"{name}-{number % case.objects}", number // case.objects + 1
        yield RawBatch(
            id=identity("bench", name, source, now, number),
            object_id=object_id,
            source_id=source,
            sequence=sequence,
            previous=sequence - 1,
            received_at=now,
            reference_at=now,
            format="auto",
            records=tuple(lines[at : at + case.records]),
            revisions=known.revisions,
        )


def _living(workers: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Raise StoreError where a worker has ended."""
    if ended := [one for one in workers if one.poll() is not None]:
        raise StoreError(f"a worker ended: exit code {ended[0].returncode}; see above")


def _sent(carrier: Carrier, messages: list[Message]) -> None:
    carrier.send(messages)
