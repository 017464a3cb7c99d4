"""A real Kafka broker for the tests: fetched once from Maven Central, started on free ports.

One broker serves a whole session. It is formatted with a cluster id of its own, which is compared
before anything is written: that a port answers does not mean that it is this broker.
"""

import gc
import os
import shutil
import socket
import subprocess
import threading
import time
import warnings
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.runtime.local.broker import JVM, cluster_id, pkcs8
from pipeline.runtime.local.java import free_ports
from pipeline.runtime.pki import Pki, development_pki

ROOT = Path(__file__).parents[2]
FETCH = ROOT / "deploy" / "dev" / "services" / "kafka" / "fetch.sh"
FOLDER = Path(os.environ.get("SAQSHY_SERVICES", ROOT / "var" / "services")) / "kafka-4.1.0"
JAVA = [*JVM]
READY = "Kafka Server started"
PATIENCE = 90.0  # seconds
USER, PASSWORD = "saqshy", "tests-only"
NEEDS_BROKER = frozenset({"kafka", "mortal", "broker", "topic", "rig"})  # fixtures
ABSENT = "no Kafka broker can be had on this machine"


@dataclass
class Broker:
    """One broker: ``plain`` is open, ``secure`` asks for SASL_SSL with SCRAM, ``pki`` is its CA."""

    folder: Path
    plain: str
    secure: str
    pki: Pki
    cluster: str
    process: subprocess.Popen[bytes] | None = None
    _ports: tuple[int, ...] = field(default=())

    @property
    def _log(self) -> Path:
        return self.folder / "broker.log"

    def start(self) -> None:
        """Start, and wait until this very broker answers."""
        command = ["java", *JAVA, "-cp", f"{FOLDER}/lib/*", "kafka.Kafka", str(self._settings)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder
            )
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            if _answers(self.plain, self.cluster):
                return
            threading.Event().wait(0.2)
        raise AssertionError(f"the broker did not start:\n{self._log.read_text()[-3000:]}")

    def kill(self) -> None:
        """End the broker as a power failure would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def format(self) -> None:
        """Write settings and storage: a cluster of its own with one SCRAM user."""
        client, controller, secure = self._ports
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        tls = self.folder / "broker.pem"
        tls.write_bytes(pkcs8(self.pki.receiver_key) + self.pki.receiver.read_bytes())
        self._settings.write_text(
            f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{client},SASL_SSL://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{client},SASL_SSL://127.0.0.1:{secure}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={tls}
log.dirs={self.folder}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
message.max.bytes=10000000
auto.create.topics.enable=false
""",
            encoding="utf-8",
        )
        _java(
            "kafka.tools.StorageTool",
            *("format", "-t", self.cluster, "-c", str(self._settings)),
            *("--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"),
        )


def _java(main: str, *arguments: str) -> None:
    done = subprocess.run(
        ["java", *JAVA, "-cp", f"{FOLDER}/lib/*", main, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _answers(address: str, cluster: str) -> bool:
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    from connectors.kafka_link import connected

    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        with closing(connected(KafkaAdminClient, bootstrap_servers=address)) as admin:
            found = admin.describe_cluster()["cluster_id"]
    except (OSError, KafkaError):
        return False
    assert found == cluster, f"another broker listens on {address}"
    return True


def make_broker(folder: Path) -> Broker:
    """Make a broker that is formatted and not started yet."""
    ports = free_ports(3)
    pki = development_pki(folder / "pki", datetime.now(UTC))
    plain, secure = f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[2]}"
    broker = Broker(folder, plain, secure, pki, cluster_id(), _ports=ports)
    broker.format()
    return broker


def fetch() -> None:
    """Fetch the broker's files; skips where they cannot be had here."""
    if (FOLDER / "lib").is_dir() and shutil.which("java"):
        return
    done = subprocess.run([str(FETCH), str(FOLDER)], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(ABSENT)
    assert done.returncode == 0, done.stderr


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let go of the client's sockets after each test that needs a broker."""
    try:
        return (yield)
    finally:
        if not NEEDS_BROKER.isdisjoint(getattr(item, "fixturenames", ())):
            let_go_of_sockets()


def let_go_of_sockets() -> None:
    """Collect the sockets that kafka-python leaves where a broker goes away.

    It gives them to the garbage collector (3.0.12), which would blame a test that came later. The
    records of a test's log hold them until all of it is over, its fixtures included.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Give the session's broker."""
    fetch()
    broker = make_broker(tmp_path_factory.mktemp("kafka"))
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
