"""The topics in which the processes' state stands: the changelogs of their tables, by generation.

faust names a table's changelog ``<group>-<table>-changelog``. It would make what is missing as the
brokers' defaults have it, so that all are made before: by ``cluster apply``, and those of the next
generation by a rebuild.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.stores.kafka.admin import Wanted
from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.partition_rows import Write
from pipeline.settings import ClusterSettings

FOLD, CENTRE, NOTIFIER = ("worker", "fold"), ("worker", "centre"), ("notifier", "notifier")
TABLES = (FOLD, CENTRE, NOTIFIER)
LEAST_IN_SYNC = 2  # replicas that keep what is acknowledged, where there are so many
UNCUT = {"min.compaction.lag.ms": "3600000"}
"""What is read of a changelog within an hour is a beginning of it: nothing behind took from it."""
CONFIG = {
    "cleanup.policy": "compact",
    "max.message.bytes": "16777216",
    "message.timestamp.type": "LogAppendTime",
    "unclean.leader.election.enable": "false",
    **UNCUT,
}
AT_ONCE = 2_000  # messages that are sent together


def changelog(settings: ClusterSettings, table: tuple[str, str]) -> str:
    """Give the topic of a table of a kind of process, in the settings' generation."""
    kind, name = table
    return f"{settings.group(kind)}-{name}-changelog"


def wanted(settings: ClusterSettings, folds: int, replication: int) -> list[Wanted]:
    """Give the topics of all tables as they should be, of so many partitions of objects."""
    config = {**CONFIG, "min.insync.replicas": str(min(LEAST_IN_SYNC, replication))}
    return [
        Wanted(changelog(settings, table), 1 if table == CENTRE else folds, replication, config)
        for table in TABLES
    ]


@dataclass(slots=True)
class StateWriter:
    """Writes what a partition's state begins with; ``written`` counts messages."""

    carrier: Carrier
    topic: str
    written: int = 0

    def __call__(self, partition: int, writes: Iterable[Write]) -> None:
        """Have brokers keep a partition's beginning, in its order; StoreError where not."""
        waiting: list[Message] = []
        for key, value in writes:
            waiting.append(Message(self.topic, value, key, partition))
            if len(waiting) == AT_ONCE:
                self._send(waiting)
                waiting = []
        self._send(waiting)

    def _send(self, messages: Sequence[Message]) -> None:
        if messages:
            self.carrier.send(messages)
            self.written += len(messages)
