"""A running system as a process of its own, told to listen; its addresses, and what it kept."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreError
from pipeline.model import BatchKind, RawBatch
from pipeline.ports import Stores
from pipeline.runtime.configuration import bundled

COMMAND = [sys.executable, "-m", "pipeline.runtime.cli"]
PATIENCE = 60.0  # seconds; several suites share one machine


def write_settings(
    folder: Path, listeners: Sequence[Mapping[str, object]], **changes: object
) -> Path:
    """Write settings over the bundled content and registry."""
    document: dict[str, object] = {
        "store": {"path": "saqshy.db"},
        "registry": [str(bundled("objects"))],
        "content": {
            "paths": [str(bundled("detection")), str(bundled("correlation"))],
            "cache": str(folder.parent / "cache"),  # one for all tests of a session
        },
        "law": {"pack": str(bundled("law") / "kz")},
        "listeners": [dict(one) for one in listeners],
        "notify": {"folder": {"path": "outgoing"}, "retry_seconds": 0.05},
        "web": None,
        "log": {"level": "error"},
        **changes,
    }
    path = folder / "saqshy.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


@dataclass
class Running:
    """A process and the addresses of its listeners by name."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]

    def port(self, listener: str) -> int:
        """Give the port that a listener took."""
        return int(self.addresses[listener].rsplit(":", 1)[1])

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the process, orderly or not."""
        self.process.send_signal(how)
        self.process.communicate(timeout=PATIENCE)


@contextmanager
def running(config: Path, listeners: int = 1) -> Iterator[Running]:
    """Run a system until the block ends; killed then if it is still there."""
    command = [*COMMAND, "run", "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ})
    try:
        assert process.stderr is not None
        told = [process.stderr.readline().strip() for _ in range(listeners)]
        assert all(": " in line for line in told), told
        yield Running(process, dict(line.split(": ", 1) for line in told))
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


@contextmanager
def reading(folder: Path) -> Iterator[Stores]:
    """Read a run's store."""
    stores = open_sqlite(folder / "saqshy.db", readonly=True)
    try:
        yield stores
    finally:
        stores.database.close()


def batches(folder: Path) -> list[RawBatch]:
    """Give the journalled batches of records."""
    try:
        with reading(folder) as stores:
            found = [batch for _, batch in stores.journal.read(0, 1_000_000)]
    except StoreError:  # no run has made it yet
        return []
    return [batch for batch in found if batch.kind is BatchKind.RAW]


def records(folder: Path) -> list[bytes]:
    """Give the journalled records in their order."""
    return [record for batch in batches(folder) for record in batch.records]


def titles(folder: Path) -> dict[str, list[str]]:
    """Give the rules' titles of all incidents' findings, with the ids of their events."""
    found: dict[str, list[str]] = {}
    try:
        with reading(folder) as stores:
            for incident in stores.incidents.latest():
                for finding_id in incident.finding_ids:
                    finding = stores.incidents.finding(finding_id)
                    assert finding is not None
                    found.setdefault(finding.rule.title, []).extend(finding.event_ids)
    except StoreError:
        return {}
    return found


def within(holds: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.05)
    return True
