"""The collector's own process: files and senders to Kafka, kills, reloads, a clean end."""

import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from connectors.stores.kafka.content import unpack_piece
from connectors.stores.kafka.topics import unpack_command
from pipeline.errors import ConfigurationError
from pipeline.model import BatchKind, Command, RawBatch
from pipeline.runtime.cli.app import app
from pipeline.runtime.cluster.collecting_wiring import fitting
from pipeline.runtime.configuration import bundled, read_settings
from pipeline.runtime.leaving import leave, spool_of
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.kafka.rig import Rig

pytestmark = pytest.mark.proof  # minutes: kills, leases that are waited out
PATIENCE = 60.0  # seconds
OBJECT = """parties:
  - {id: owner, names: {kk: O, ru: O, en: O}}
  - {id: holder, names: {kk: H, ru: H, en: H}}
objects:
  - id: plant
    restriction: none
    parties: {infrastructure: {owner: owner, holder: holder}}
    attestation: {attested_open_by: Head, at: 2025-01-01, valid_until: 2030-12-31}
    sources:
      - {id: file, format: syslog, match: {listeners: [file]}}
      - {id: tcp, format: syslog, match: {listeners: [tcp]}}
"""
LINE = "<86>1 2026-03-02T20:00:00.000+05:00 gw sshd 9 - - line {number} of {of}"


@pytest.fixture
def rig(kafka: Broker, tmp_path: Path) -> Rig:
    """Give topics of the test's own."""
    return Rig(kafka, tmp_path, link={"lease_seconds": 6.0}).apply()


def prepare(rig: Rig, *listeners: dict[str, object]) -> Path:
    """Write registry, one rule and settings; give the settings."""
    folder = rig.folder
    (folder / "objects").mkdir()
    (folder / "objects" / "objects.yml").write_text(OBJECT, encoding="utf-8")
    (folder / "rules").mkdir()
    shutil.copy(bundled("detection") / "linux" / "sshd_failed_password.yml", folder / "rules")
    document = {
        "store": {"path": "saqshy.db"},
        "registry": ["objects"],
        "content": {"paths": ["rules"], "cache": "cache", "watch_seconds": 0},
        "law": {"pack": str(bundled("law") / "kz")},
        "batch": {"records": 50},
        "listeners": list(listeners),
        "tick_seconds": 0.5,
        "web": None,
        "cluster": {
            "brokers": [rig.broker.plain],
            "prefix": rig.prefix,
            "partitions": rig.partitions,
            "replication": 1,
            "folder": "cluster",
            "lease_seconds": 6.0,
            "ticks": True,
            "port": 0,
        },
    }
    config = folder / "saqshy.yml"
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    return config


def command(config: Path, *options: str) -> list[str]:
    """Give the command line of a collector."""
    module = [sys.executable, "-W", "ignore", "-m", "pipeline.runtime.cli"]
    return [*module, "collect", "--config", str(config), *options]


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come to that in time"
        threading.Event().wait(0.1)


@contextmanager
def running(config: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """Run a collector; give it with the addresses that it tells."""
    said = config.with_name("said")
    with said.open("wb") as file:
        process = subprocess.Popen(command(config), stderr=file, stdout=file)
    try:
        until(lambda: b"tcp: " in said.read_bytes() or process.poll() is not None)
        told = said.read_text(encoding="utf-8")
        yield process, dict(re.findall(r"(?m)^([a-z ]+): (\S+)$", told))
    finally:
        process.kill()
        process.wait()


def of_source(found: list[RawBatch], source: str) -> dict[str, RawBatch]:
    """Give a source's batches by id; whatever has the same id must be the same."""
    by_id: dict[str, RawBatch] = {}
    for one in found:
        if one.source_id == source:
            assert by_id.setdefault(one.id, one) == one
    return by_id


@pytest.mark.parametrize("seed", [8])
def test_kills_lose_nothing_and_repeat_nothing_but_the_same_batch(rig: Rig, seed: int) -> None:
    """A collector that is killed again and again has every line of its file in raw, in order."""
    lines = [LINE.format(number=number, of=30_000) for number in range(30_000)]
    (rig.folder / "input.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = prepare(rig, {"name": "file", "kind": "file", "path": "input.log", "format": "syslog"})
    chance = random.Random(seed)
    ends = []
    for _ in range(2):
        process = subprocess.Popen(command(config, "--once"), stderr=subprocess.DEVNULL)
        before = len(rig.read("raw"))

        def begun(process: subprocess.Popen[bytes] = process, before: int = before) -> bool:
            return len(rig.read("raw")) > before + 30 or process.poll() is not None

        until(begun)
        threading.Event().wait(chance.uniform(0, 0.3))
        process.kill()
        ends.append(process.wait())
    assert -signal.SIGKILL in ends  # the second may have been done before it was killed
    done = subprocess.run(command(config, "--once"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    batches = list(of_source(rig.raw(), "file").values())
    assert [one.sequence for one in batches] == list(range(1, len(batches) + 1))
    assert [one.previous for one in batches] == list(range(len(batches)))
    records = [record.decode() for one in batches for record in one.records]
    assert records == lines


def test_a_running_collector_takes_ticks_reloads_obeys_and_ends(rig: Rig) -> None:
    """What it is sent stands in raw, bundles before batches that name them, and it ends cleanly."""
    config = prepare(rig, {"name": "tcp", "kind": "syslog_tcp", "port": 0})
    asked = Command("silence_end", "duty_lead", "a.a", "no more", 7, {"silence": "x"})
    with running(config) as (process, addresses):
        web = addresses["status page"]
        assert httpx.get(f"{web}healthz").status_code == 200
        assert httpx.get(f"{web}readyz").text == "ready\n"
        host, port = addresses["tcp"].split(":")
        with socket.create_connection((host, int(port))) as sender:
            lines = [LINE.format(number=number, of=500) for number in range(500)]
            sender.sendall("".join(f"{line}\n" for line in lines).encode())
            leave(spool_of(rig.folder / "saqshy.db"), asked)
            until(lambda: _records(rig) == lines and bool(rig.read("commands")))
            first = {one.revisions.content for one in rig.raw()}
            rule = rig.folder / "rules" / "sshd_failed_password.yml"
            rule.write_text(rule.read_text().replace("Failed SSH", "A failed SSH"))
            process.send_signal(signal.SIGHUP)
            until(lambda: {one.revisions.content for one in rig.raw()} > first)
            sender.sendall(f"{LINE.format(number=500, of=501)}\n".encode())
            until(lambda: len(_records(rig)) == 501)
        assert "saqshy_" in httpx.get(f"{web}metrics").text
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0, config.with_name("said").read_text()
    found = rig.raw()
    ticks = [one.sequence for one in of_source(found, "clock").values()]
    assert ticks == list(range(1, len(ticks) + 1))
    assert {one.kind for one in found} >= {BatchKind.RAW, BatchKind.CLOCK, BatchKind.COMMAND}
    assert [unpack_command(one.value) for one in rig.read("commands")] == [asked]
    bundles = {(one.key or b"").decode().split("/")[1] for one in rig.read("bundles")}
    assert {one.revisions.content for one in found} <= bundles
    assert all(unpack_piece(one.value) for one in rig.read("bundles"))


def _records(rig: Rig) -> list[str]:
    found = of_source(rig.raw(), "tcp").values()
    return [record.decode() for one in found for record in one.records]


def test_what_does_not_fit_a_message_is_refused_before_it_begins(rig: Rig) -> None:
    """Records that may be larger than any message are a mistake of the settings."""
    settings = read_settings(prepare(rig))
    assert fitting(settings).spool.path == rig.folder / "cluster" / "collect" / "spool"
    large = settings.batch.model_copy(update={"record_bytes": 8 * 1024 * 1024})
    with pytest.raises(ConfigurationError, match="would not fit a message"):
        fitting(settings.model_copy(update={"batch": large}))


def test_apply_and_status_tell_by_their_exit_codes(kafka: Broker, tmp_path: Path) -> None:
    """A dry run changes nothing; what is applied stands; what is missing is found."""
    rig = Rig(kafka, tmp_path)
    config = str(prepare(rig))
    runner = CliRunner()

    def told(*arguments: str) -> tuple[int, str]:
        done = runner.invoke(app, ["cluster", *arguments, "--config", config, "--json"])
        return done.exit_code, done.stdout or done.stderr

    assert told("apply", "--dry-run")[0] == 1
    code, said = told("status")
    assert code == 1, said
    assert said.count('"kind":"missing"') == 11
    assert told("apply")[0] == 0
    assert told("apply") == (0, "")
    code, said = told("status")
    assert code == 0
    assert '"differences":[]' in said
    assert runner.invoke(app, ["cluster", "status"]).exit_code == 2
