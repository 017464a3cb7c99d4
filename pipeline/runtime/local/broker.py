"""One Kafka broker on this machine: TLS and SCRAM for everybody, and rights that are asked for."""

import base64
import secrets
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from connectors.kafka_link import connected, security
from pipeline.errors import StoreError
from pipeline.runtime.local.java import Service, fetched, free_ports, kept
from pipeline.runtime.pki import Pki
from pipeline.settings import ClusterSettings

VERSION = "4.1.0"
PATIENCE = 180.0  # seconds: a busy machine takes its time
ROOT = "saqshy-broker"  # the broker itself, which may do everything
JVM = ("-Xms128m", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=CLIENTS://127.0.0.1:{clients},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENTS://127.0.0.1:{clients}
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENTS
listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.mechanism.controller.protocol=PLAIN
listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.clients.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{root}" password="{password}";
listener.name.controller.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required \
username="{root}" password="{password}" user_{root}="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={tls}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{root}
allow.everyone.if.no.acl.found=false
log.dirs={data}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
message.max.bytes=20000000
auto.create.topics.enable=false
"""


@dataclass(frozen=True, slots=True)
class LocalBroker:
    """A broker that is up: its address, its CA, and each user's file with the password."""

    address: str
    ca: Path
    passwords: Mapping[str, Path]

    def link(self, user: str) -> dict[str, object]:
        """Give the settings of a link as that user."""
        return {
            "brokers": [self.address],
            "security": "sasl_ssl",
            "mechanism": "SCRAM-SHA-512",
            "user": user,
            "password_file": str(self.passwords[user]),
            "ca": str(self.ca),
        }


@contextmanager
def local_broker(folder: Path, pki: Pki, users: Sequence[str]) -> Iterator[LocalBroker]:
    """Run a broker of those users for as long as the block runs; ``saqshy-broker`` may do all.

    It is made anew each time. StoreError where it cannot be had, or does not start.
    """
    libraries = fetched("kafka", VERSION) / "lib"
    folder.mkdir(mode=0o700, parents=True)
    clients, controller = free_ports(2)
    passwords = {name: secrets.token_hex(16) for name in (ROOT, *users)}
    files = kept(folder, passwords)
    cluster = cluster_id()
    settings = folder / "server.properties"
    tls = folder / "broker.pem"
    tls.touch(mode=0o600)
    tls.write_bytes(pkcs8(pki.receiver_key) + pki.receiver.read_bytes())
    settings.touch(mode=0o600)
    settings.write_text(
        _SETTINGS.format(
            clients=clients, controller=controller, tls=tls, ca=pki.ca, data=folder / "data",
            root=ROOT, password=passwords[ROOT],
        ),
        encoding="utf-8",
    )  # fmt: skip
    broker = LocalBroker(f"127.0.0.1:{clients}", pki.ca, files)
    java = ("java", *JVM, "-cp", f"{libraries}/*")
    said = folder / "broker.log"
    scram = [f"SCRAM-SHA-512=[name={name},password={word}]" for name, word in passwords.items()]
    asked = [word for one in scram for word in ("--add-scram", one)]
    _format(
        [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings), *asked]
    )
    service = Service("Kafka", (*java, "kafka.Kafka", str(settings)), folder, said)
    try:
        service.start(lambda: _answers(broker, cluster), PATIENCE)
        yield broker
    finally:
        service.stop()


def cluster_id() -> str:
    """Give a new cluster's id: 22 characters; a leading dash would be read as an option."""
    made = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    return f"A{made[1:]}"


def pkcs8(key: Path) -> bytes:
    """Give a private key's file in the form that Kafka reads."""
    return load_pem_private_key(key.read_bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def _format(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    if done.returncode:
        raise StoreError(f"Kafka's storage could not be made: {done.stdout}{done.stderr}"[:500])


def _answers(broker: LocalBroker, cluster: str) -> bool:
    """Tell whether this very broker answers: that a port does is not enough."""
    link = ClusterSettings.model_validate(broker.link(ROOT))
    host, port = broker.address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        options = {"bootstrap_servers": broker.address, **security(link)}
        with closing(connected(KafkaAdminClient, **options)) as admin:
            found = admin.describe_cluster()["cluster_id"]
    except (OSError, KafkaError):
        return False
    if found != cluster:
        raise StoreError(f"another broker listens on {broker.address}: try again")
    return True
