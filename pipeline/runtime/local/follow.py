"""What a cluster comes to, as its topics tell it to whoever may look on."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition

from connectors.kafka_link import connected, security
from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.frames import MOST_MESSAGE
from connectors.stores.kafka.topics import (
    Posted,
    Told,
    Topics,
    unpack_audit,
    unpack_notice,
    unpack_outcome,
)
from connectors.stores.kafka.trouble import told
from pipeline.model import AuditEntry, BatchKind, Incident, Notice, NoticeState
from pipeline.settings import ClusterSettings

RIGHTS = "the role watch of deploy/kafka/acls.yml"
READ = {"worker": ("raw", "observations", "centre"), "notifier": ("outcomes",)}
FOLLOWED = ("outcomes", "notices", "audit")
POLL_MILLISECONDS = 20
ASKED_EACH = 0.1  # seconds between two looks at how far groups are


@dataclass(slots=True)
class Follow:
    """Follows outcomes, notices and audit trail from their beginning; ``watch`` is told of each.

    ``incidents`` and ``notices`` are the latest by id, ``entries`` the audit trail as it came,
    ``ticks`` the last tick that came to pass in each partition.
    """

    settings: ClusterSettings
    watch: Callable[[Told | Notice], None]
    incidents: dict[str, Incident] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    entries: list[AuditEntry] = field(default_factory=list)
    ticks: dict[int, int] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)  # notices of which folds told
    _consumer: Any = None
    _administration: Any = None
    _asked: float = 0.0
    _behind: bool = True

    def __enter__(self) -> Self:
        with told(",".join(self.settings.brokers), RIGHTS):
            self._consumer = connected(
                KafkaConsumer,
                bootstrap_servers=list(self.settings.brokers),
                client_id="saqshy-watch",
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                max_partition_fetch_bytes=MOST_MESSAGE + 1024 * 1024,
                metrics_enabled=False,
                **security(self.settings),
            )
            parts = self._parts(FOLLOWED)
            self._consumer.assign(parts)
            self._consumer.seek_to_beginning(*parts)
        self._administration = Administration(self.settings)
        self.ticks = {one.partition: 0 for one in self._parts(("outcomes",))}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._administration.close()
        self._consumer.close(autocommit=False, timeout_ms=1000)

    def pump(self) -> None:
        """Take what has come; StoreError where no broker answers."""
        with told(",".join(self.settings.brokers), RIGHTS):
            found = self._consumer.poll(timeout_ms=POLL_MILLISECONDS)
        for place, messages in found.items():
            name = place.topic.removeprefix(self.settings.prefix)
            for message in messages:
                self._take(name, message)

    def passed(self, at: int) -> bool:
        """Tell whether a tick of that time has come to pass in every partition."""
        return all(tick >= at for tick in self.ticks.values())

    def behind(self, kinds: Mapping[str, tuple[str, ...]]) -> bool:
        """Tell whether groups of processes have messages of those topics to work on yet."""
        parts = {kind: self._parts(names) for kind, names in kinds.items()}
        asked = [one for those in parts.values() for one in those]
        with told(",".join(self.settings.brokers), RIGHTS):
            ends = self._consumer.end_offsets(asked)
        for kind, those in parts.items():
            at = self._administration.committed(self.settings.group(kind))
            if any(at.get((one.topic, one.partition), 0) < ends[one] for one in those):
                return True
        return False

    def settled(self, now: int) -> bool:
        """Tell whether all that came is worked on, and told to whom it can be told by now."""
        self.pump()
        if not self.passed(now):
            return False
        if time.monotonic() - self._asked >= ASKED_EACH:
            self._behind = self.behind(READ)
            self._asked = time.monotonic()
            self.pump()
        return not self._behind and not self.due(now)

    def due(self, now: int) -> bool:
        """Tell whether a notice is not told yet that may leave by now."""
        return not self._made <= self.notices.keys() or any(
            one.state in (NoticeState.PENDING, NoticeState.FAILED) and one.next_attempt_at <= now
            for one in self.notices.values()
        )

    def _parts(self, names: Sequence[str]) -> list[TopicPartition]:
        """Give the partitions of topics."""
        topics, parts = Topics(self.settings.prefix), []
        for name in names:
            numbers = self._consumer.partitions_for_topic(topics(name)) or ()
            parts += [TopicPartition(topics(name), number) for number in sorted(numbers)]
        return parts

    def _take(self, name: str, message: Any) -> None:
        if name == "outcomes":
            outcome = unpack_outcome(message.value)
            if isinstance(outcome, Told):
                self._told(outcome)
            elif isinstance(outcome, Posted):
                batch = outcome.batch
                if batch is not None and batch.kind is BatchKind.CLOCK:
                    self.ticks[message.partition] = batch.received_at
        elif name == "notices":
            notice = unpack_notice(message.value)
            if isinstance(notice, Notice):
                self.notices[notice.id] = notice
                self.watch(notice)
        else:
            entries = unpack_audit(message.value)
            self.entries += entries if isinstance(entries, tuple) else ()

    def _told(self, outcome: Told) -> None:
        for incident in outcome.incidents:
            held = self.incidents.get(incident.id)
            if held is None or held.revision < incident.revision:
                self.incidents[incident.id] = incident
        self._made.update(one.id for one in outcome.notices)
        self.watch(outcome)
