"""The cluster: brokers, topics and one process of it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.settings.arriving import KafkaLink


class ClusterSettings(KafkaLink):
    """The cluster: its brokers, its topics, and what one process of it needs.

    Names of topics and consumer groups begin with ``prefix``, groups go on with the process's kind
    (``saqshy.worker``). ``topics`` is the file of partitions, retention and all else of the topics;
    without it the bundled one. ``partitions`` and ``replication`` (0: the file's) hold for every
    topic that the file does not keep at one partition, and for all topics.

    ``collector`` names a collector among others, without it by the centre; each has a ``folder`` of
    its own. One collector has ``ticks``: it gives the cluster its time. ``lease_seconds`` is how
    long a collector that was taken over may still write; what brokers do not keep within half of it
    goes to the spool. ``timeout_seconds`` is how long any other answer of theirs is waited for.
    Readiness and metrics are served on ``address`` and ``port`` (0: any free one; without a port
    not at all).

    ``generation`` counts the rebuilds: state, groups and folders of a process belong to one, and
    `saqshy cluster rebuild` makes the next. All processes of a cluster have the same.
    """

    brokers: tuple[str, ...] = ("127.0.0.1:9092",)
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = "saqshy."
    topics: Path | None = None
    partitions: Annotated[int, Field(ge=0, le=10_000)] = 0
    replication: Annotated[int, Field(ge=0, le=15)] = 0
    collector: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$|^$")] = ""
    ticks: bool = False
    folder: Path = Path("var/cluster")
    lease_seconds: Annotated[float, Field(ge=1, le=300)] = 10.0
    timeout_seconds: Annotated[float, Field(ge=1, le=300)] = 30.0
    session_seconds: Annotated[float, Field(ge=6, le=300)] = 10.0
    standbys: Annotated[int, Field(ge=0, le=5)] = 1
    generation: Annotated[int, Field(ge=1, le=100_000)] = 1
    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = 8794

    def group(self, kind: str) -> str:
        """Give the consumer group of a kind of process."""
        return f"{self.prefix}{self.in_generation(kind)}"

    def in_generation(self, name: str) -> str:
        """Give a name as it is in this generation: the first one's bear no number."""
        return name if self.generation == 1 else f"{name}-v{self.generation}"
