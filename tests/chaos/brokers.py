"""Several combined brokers as one cluster, each with a second way in that leads over a wire."""

import base64
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.runtime.local.java import free_ports
from tests.chaos.processes import Process
from tests.chaos.wires import Wire
from tests.connectors.kafka_broker import FOLDER, JAVA
from tests.patience import Patience

PATIENCE = 180.0  # seconds
_SETTINGS = """process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=NEAR://127.0.0.1:{near},FAR://127.0.0.1:{far},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=NEAR://127.0.0.1:{near},FAR://127.0.0.1:{wire}
controller.listener.names=CONTROLLER
listener.security.protocol.map=NEAR:PLAINTEXT,FAR:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=NEAR
log.dirs={folder}/data
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=8
transaction.state.log.replication.factor={copies}
transaction.state.log.num.partitions=8
transaction.state.log.min.isr={kept}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
message.max.bytes=17000000
replica.fetch.max.bytes=17000000
log.index.size.max.bytes=1048576
auto.create.topics.enable=false
"""


@dataclass
class Broker:
    """One broker: ``near`` is its direct address, ``far`` the one over its ``wire``."""

    process: Process
    near: str
    far: str
    wire: Wire


@dataclass
class Brokers:
    """All brokers of a cluster."""

    cluster: str
    each: list[Broker] = field(default_factory=list)

    @property
    def near(self) -> list[str]:
        """Give the direct addresses."""
        return [one.near for one in self.each]

    @property
    def far(self) -> list[str]:
        """Give the addresses over wires."""
        return [one.far for one in self.each]

    def answer(self, brokers: int | None = None) -> bool:
        """Tell whether so many (all of them) are in the cluster, and that it is this one."""
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        from connectors.kafka_link import connected

        try:
            with closing(connected(KafkaAdminClient, bootstrap_servers=self.near)) as admin:
                found = admin.describe_cluster()
        except (OSError, KafkaError):
            return False
        assert found["cluster_id"] == self.cluster, "another cluster listens there"
        return len(found["brokers"]) >= (brokers or len(self.each))

    def wait(self) -> None:
        """Wait until all brokers are in the cluster."""
        patience = Patience(PATIENCE)
        while not self.answer():
            assert not patience.over(), "\n".join(one.process.last_words for one in self.each)
            threading.Event().wait(0.3)


@contextmanager
def brokers(folders: list[Path], *lines: str) -> Iterator[Brokers]:
    """Run as many brokers as there are folders for as long as the block runs.

    ``lines`` are settings beside the usual.
    """
    count = len(folders)
    ports = free_ports(3 * count)
    cluster = "A" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
    voters = ",".join(f"{one + 1}@127.0.0.1:{ports[3 * one + 2]}" for one in range(count))
    made = Brokers(cluster)
    with ExitStack() as stack:
        for number, folder in enumerate(folders):
            near, far, controller = ports[3 * number : 3 * number + 3]
            wire = Wire(far)
            stack.callback(wire.close)
            settings = folder / "server.properties"
            text = _SETTINGS.format(
                node=number + 1, voters=voters, near=near, far=far, controller=controller,
                wire=wire.port, folder=folder, copies=count, kept=min(2, count),
            )  # fmt: skip
            settings.write_text("\n".join([text, *lines, ""]), encoding="utf-8")
            java = ["java", *JAVA, "-cp", f"{FOLDER}/lib/*"]
            tool = [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings)]
            done = subprocess.run(tool, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            command = [*java, "kafka.Kafka", str(settings)]
            process = Process(f"broker {number + 1}", command, folder / "broker.log")
            stack.callback(process.end)
            made.each.append(Broker(process, f"127.0.0.1:{near}", f"127.0.0.1:{wire.port}", wire))
        for one in made.each:
            one.process.start()
        made.wait()
        yield made
