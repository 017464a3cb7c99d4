"""The cluster's processes in a row: a file goes in, and what one machine would find comes out."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml

from connectors.kafka_link import connected
from connectors.stores.kafka.topics import Told, unpack_outcome
from connectors.stores.sqlite import open_sqlite
from pipeline.runtime.configuration import bundled
from tests.connectors.kafka_broker import Broker
from tests.runtime.centre import entry, failures
from tests.runtime.cluster.simulated import Came

PATIENCE = 240.0  # seconds: a busy machine takes its time
SAQSHY = [sys.executable, "-W", "ignore", "-m", "pipeline.runtime.cli"]
PARTITIONS = 4


def settings(folder: Path, name: str, broker: Broker, **cluster: object) -> Path:
    """Write the settings of one process; each has a folder of its own."""
    document = {
        "store": {"path": f"{name}.db"},
        "registry": [str(bundled("objects"))],
        "content": {
            "paths": [str(bundled("detection")), str(bundled("correlation"))],
            "cache": "cache", "watch_seconds": 0,
        },
        "law": {"pack": str(bundled("law") / "kz")},
        "batch": {"records": 10},
        "listeners": [{"name": "wire", "kind": "file", "path": "events.log", "follow": True}],
        "tick_seconds": 0.5,
        "web": None,
        "cluster": {
            "brokers": [broker.plain], "prefix": f"{folder.name}.", "partitions": PARTITIONS,
            "replication": 1, "folder": name, "port": None, "session_seconds": 15, **cluster,
        },
    }  # fmt: skip
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@contextmanager
def process(kind: str, config: Path) -> Iterator[None]:
    """Run a process of the cluster, and have it end cleanly."""
    told = config.with_suffix(".log")
    with told.open("wb") as log:
        made = subprocess.Popen(
            [*SAQSHY, kind, "--config", str(config)], stdout=log, stderr=log, cwd=config.parent
        )
    try:
        yield
        assert made.poll() is None, told.read_text(errors="replace")[-2000:]
        made.terminate()
        assert made.wait(60) == 0, told.read_text(errors="replace")[-2000:]
    finally:
        made.kill()
        made.wait()


def follow(broker: Broker, topic: str, came: Came, until: Callable[[], bool]) -> None:
    """Take what comes of everything until that is so."""
    from kafka import KafkaConsumer, TopicPartition

    end = time.monotonic() + PATIENCE
    with closing(connected(KafkaConsumer, bootstrap_servers=broker.plain)) as consumer:
        parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        while not until() and time.monotonic() < end:
            for messages in consumer.poll(timeout_ms=200).values():
                for told in (unpack_outcome(message.value) for message in messages):
                    if isinstance(told, Told):
                        came.take(told.findings, told.incidents, told.notices)
    said = [(one.rule.title, one.event_ids) for one in came.findings.values()]
    assert until(), f"{len(came.incidents)} revisions came: {said}"


def alone(path: Path) -> dict[str, str]:
    """Give the findings of incidents that one machine keeps, by id, once no more come."""
    found: dict[str, str] = {}
    end, quiet = time.monotonic() + PATIENCE, 0
    while quiet < 8 and time.monotonic() < end:
        threading.Event().wait(0.5)
        if not path.exists():
            continue
        stores = open_sqlite(path, readonly=True)
        kept = {
            one: repr(stores.incidents.finding(one))
            for incident in stores.incidents.latest()
            for one in incident.finding_ids
        }
        stores.database.close()
        quiet = quiet + 1 if kept == found and len(kept) >= 3 else 0
        found = kept
    return found


@pytest.mark.proof
def test_a_file_through_the_cluster_is_a_file_through_one_machine(
    kafka: Broker, tmp_path: Path
) -> None:
    """Collector and two workers find what `saqshy run` finds in the same file, ids included."""
    lines = [*failures(10), entry(10), *failures(30, address="203.0.113.99"), entry(30)]
    (tmp_path / "events.log").write_bytes(b"\n".join(lines) + b"\n")
    first = settings(tmp_path, "collector", kafka, ticks=True)
    with process("run", first):
        expected = alone(tmp_path / "collector.db")
    applied = subprocess.run(
        [*SAQSHY, "cluster", "apply", "--config", str(first)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert applied.returncode == 0, applied.stderr
    came = Came()
    with (
        process("worker", settings(tmp_path, "one", kafka)),
        process("worker", settings(tmp_path, "two", kafka)),
        process("collect", first),
    ):
        follow(
            kafka, f"{tmp_path.name}.outcomes", came,
            lambda: {one for one, _ in came.findings} >= expected.keys(),
        )  # fmt: skip
        threading.Event().wait(2)
    assert {one for one, _ in came.findings} == expected.keys()
    assert came.incidents
    assert re.search("ended", (tmp_path / "one.log").read_text(encoding="utf-8"))
