"""The brokers' side of the topics: what is there, what is missing, what differs, who lags.

Nothing is ever shrunk or deleted. More partitions move keys to other partitions, so that they are
made only where somebody says so.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupIdNotFoundError,
    NotCoordinatorError,
)
from kafka.structs import OffsetAndMetadata

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from connectors.stores.kafka.trouble import told
from pipeline.errors import StoreError
from pipeline.settings import ClusterSettings

_Answer = TypeVar("_Answer")
SETTLE_SECONDS = 0.1  # between two looks at what brokers tell
RIGHTS = "DESCRIBE, CREATE and ALTER on the topics, DESCRIBE on the groups"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic as it should be; ``config`` by Kafka's own names."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as it is; ``replication`` is that of its least kept partition."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]
    leaderless: tuple[int, ...] = ()
    under_replicated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a topic is not as it should be.

    ``kind``: missing, config, partitions (fewer), surplus (more partitions), replication.
    ``mends``: apply does it; else a person must (``way_out``).
    """

    topic: str
    kind: str
    what: str
    is_now: str
    wanted: str
    mends: bool
    way_out: str = ""

    def __str__(self) -> str:
        told = f"{self.topic}: {self.what} is {self.is_now}, wanted {self.wanted}"
        if self.kind == "missing":
            told = f"{self.topic}: is missing"
        return told + (f" ({self.way_out})" if self.way_out else "")


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a consumer group is behind in one partition; ``committed`` -1: nothing yet."""

    group: str
    topic: str
    partition: int
    committed: int
    end: int
    member: str = ""

    @property
    def behind(self) -> int:
        """Give how many messages wait (of a group that committed nothing: all that are there)."""
        return max(0, self.end - max(0, self.committed))


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group: its state, and each who is in it, as ``client@host``."""

    name: str
    state: str
    members: tuple[str, ...] = ()
    lags: tuple[Lag, ...] = field(default=())


class Administration:
    """Looks at topics and groups, and changes topics. StoreError where no broker answers."""

    def __init__(self, settings: ClusterSettings) -> None:
        self._place = ",".join(settings.brokers)
        self._milliseconds = int(settings.timeout_seconds * 1000)
        with told(self._place, RIGHTS):
            self._client: Any = connected(
                KafkaAdminClient,
                bootstrap_servers=list(settings.brokers),
                client_id="saqshy-cluster",
                request_timeout_ms=self._milliseconds,
                bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS,
                **security(settings),
            )

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
        self._client.close()

    def brokers(self) -> Mapping[int, str]:
        """Give the brokers that are up, by node id."""
        with told(self._place, RIGHTS):
            found = self._client.describe_cluster()
        return {one["broker_id"]: f"{one['host']}:{one['port']}" for one in found["brokers"]}

    def topics(self, names: Iterable[str]) -> Mapping[str, Found]:
        """Give those of the topics that are there, with their configuration."""
        wanted = frozenset(names)
        with told(self._place, RIGHTS):
            there = sorted(wanted & frozenset(self._client.list_topics()))
            if not there:
                return {}
            described = {one["name"]: one for one in self._client.describe_topics(there)}
            asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in there]
            configs = self._client.describe_configs(asked, config_filter="all")["topic"]
        return {name: _found(name, described[name], configs.get(name, {})) for name in there}

    def differences(self, wanted: Sequence[Wanted], *, grow: bool = False) -> list[Difference]:
        """Compare what should be with what is; with ``grow`` partitions may be added."""
        there = self.topics(one.name for one in wanted)
        found: list[Difference] = []
        for one in wanted:
            found += _differences(one, there.get(one.name), grow=grow)
        return found

    def apply(self, wanted: Sequence[Wanted], differences: Sequence[Difference]) -> None:
        """Do what ``differences`` says can be done, and wait until brokers tell it so."""
        by_name = {one.name: one for one in wanted}
        due = [one for one in differences if one.mends]
        missing = [by_name[one.topic] for one in due if one.kind == "missing"]
        with told(self._place, RIGHTS):
            if missing:
                made = {one.name: _options(one) for one in missing}
                self._client.create_topics(made, timeout_ms=self._milliseconds)
                self._client.wait_for_topics(list(made), timeout_ms=self._milliseconds)
            changed: dict[str, dict[str, str]] = {}
            for one in due:
                if one.kind == "config":
                    changed.setdefault(one.topic, {})[one.what] = one.wanted
            if changed:
                self._readable(changed)
                self._client.alter_configs(
                    [ConfigResource(ConfigResourceType.TOPIC, *item) for item in changed.items()]
                )
            more = {one.topic: int(one.wanted) for one in due if one.kind == "partitions"}
            if more:
                self._client.create_partitions(more, timeout_ms=self._milliseconds)
        done = {(one.topic, one.kind, one.what) for one in due}
        end = time.monotonic() + self._milliseconds / 1000
        while time.monotonic() < end:
            left = {(one.topic, one.kind, one.what) for one in self.differences(wanted)}
            if not done & left:
                return
            time.sleep(SETTLE_SECONDS)
        raise StoreError(f"{self._place}: brokers do not tell of what they confirmed: try again")

    def _readable(self, names: Iterable[str]) -> None:
        """Raise StoreError where brokers tell nothing of how a topic is set: a right is absent.

        The client takes that for settings that no broker knows.
        """
        for name, found in self.topics(names).items():
            if not found.config:
                raise StoreError(
                    f"{self._place}: the user may not read how {name} is set: give it {RIGHTS}"
                )

    def drop(self, names: Sequence[str]) -> None:
        """Delete topics, and wait until brokers have forgotten them."""
        with told(self._place, RIGHTS):
            self._client.delete_topics(list(names), timeout_ms=self._milliseconds)
        end = time.monotonic() + self._milliseconds / 1000
        while self.topics(names):
            if time.monotonic() > end:
                raise StoreError(f"{self._place}: deleted topics are still there: try again")
            time.sleep(SETTLE_SECONDS)

    def committed(self, group: str) -> Mapping[tuple[str, int], int]:
        """Give up to where a group has read, by topic and partition; nothing where it is none."""
        with told(self._place, RIGHTS):
            try:
                asked = self._patiently(lambda: self._client.list_group_offsets([group]))
            except GroupIdNotFoundError:
                return {}
        found = asked.get(group, {})
        return {(at.topic, at.partition): place.offset for at, place in found.items()}

    def place(self, group: str, offsets: Mapping[tuple[str, int], int]) -> None:
        """Set up to where a group has read; StoreError where somebody of it is there."""
        asked = {TopicPartition(*at): OffsetAndMetadata(to, "", -1) for at, to in offsets.items()}
        with told(self._place, RIGHTS):
            answers = self._client.alter_group_offsets(group, asked)
        refused = sorted({one.__name__ for one in answers.values() if one.errno})
        if refused:
            raise StoreError(
                f"{self._place}: the place of {group} is not taken ({', '.join(refused)}): end its"
                " processes first"
            )

    def groups(self, names: Sequence[str], topics: Sequence[str]) -> list[Group]:
        """Give groups as they are, with their lag in those of the topics that they read."""
        with told(self._place, RIGHTS):
            ends = self._ends(topics)
            return [self._patiently(partial(self._group, name, ends)) for name in names]

    def _patiently(self, ask: Callable[[], _Answer]) -> _Answer:
        """Ask again while brokers are still finding who coordinates a group."""
        end = time.monotonic() + self._milliseconds / 1000
        while True:
            try:
                return ask()
            except (
                CoordinatorLoadInProgressError,
                CoordinatorNotAvailableError,
                NotCoordinatorError,
            ):
                if time.monotonic() > end:
                    raise
                time.sleep(SETTLE_SECONDS)

    def _group(self, name: str, ends: Mapping[TopicPartition, int]) -> Group:
        try:
            described = self._client.describe_groups([name])[name]
            committed = self._client.list_group_offsets([name]).get(name, {})
        except GroupIdNotFoundError:
            return Group(name, "absent")
        members = described.get("members") or ()
        reads: dict[tuple[str, int], str] = {}
        for member in members:
            for topic in (member.get("member_assignment") or {}).get("assigned_partitions", ()):
                reads |= {(topic["topic"], number): _who(member) for number in topic["partitions"]}
        lags = tuple(
            Lag(name, at.topic, at.partition, place.offset, ends[at], reads.get(tuple(at), ""))
            for at, place in sorted(committed.items())
            if at in ends
        )
        if not members and not committed:
            return Group(name, "absent")
        state = str(described["group_state"]).lower()
        return Group(name, state, tuple(sorted(map(_who, members))), lags)

    def _ends(self, topics: Sequence[str]) -> Mapping[TopicPartition, int]:
        there = self.topics(topics)
        asked = {
            TopicPartition(one.name, partition): OffsetSpec.LATEST
            for one in there.values()
            for partition in range(one.partitions)
            if partition not in one.leaderless
        }
        found = self._client.list_partition_offsets(asked) if asked else {}
        return {at: place.offset for at, place in found.items()}


def _who(member: Mapping[str, Any]) -> str:
    return f"{member['client_id']}@{member['client_host'].lstrip('/')}"


def _found(name: str, described: Mapping[str, Any], config: Mapping[str, Any]) -> Found:
    partitions = described["partitions"]
    return Found(
        name=name,
        partitions=len(partitions),
        replication=min((len(one["replica_nodes"]) for one in partitions), default=0),
        config={key: str(one["value"]) for key, one in config.items()},
        leaderless=tuple(
            sorted(one["partition_index"] for one in partitions if one["leader_id"] < 0)
        ),
        under_replicated=tuple(
            sorted(
                one["partition_index"]
                for one in partitions
                if len(one["isr_nodes"]) < len(one["replica_nodes"])
            )
        ),
    )


def _differences(one: Wanted, there: Found | None, *, grow: bool) -> Iterator[Difference]:
    if there is None:
        yield Difference(one.name, "missing", "topic", "missing", "there", mends=True)
        return
    if there.partitions < one.partitions:
        way_out = "" if grow else "apply --grow adds them, and moves keys to other partitions"
        yield Difference(
            one.name, "partitions", "partitions", str(there.partitions), str(one.partitions),
            mends=grow, way_out=way_out,
        )  # fmt: skip
    if there.partitions > one.partitions:
        yield Difference(
            one.name, "surplus", "partitions", str(there.partitions), str(one.partitions),
            mends=False, way_out="partitions are never taken away: raise the number in the file",
        )  # fmt: skip
    if there.replication != one.replication:
        yield Difference(
            one.name, "replication", "replication", str(there.replication), str(one.replication),
            mends=False, way_out="move replicas with kafka-reassign-partitions",
        )  # fmt: skip
    for key, value in sorted(one.config.items()):
        if (is_now := there.config.get(key, "unknown")) != value:
            yield Difference(one.name, "config", key, is_now, value, mends=True)


def _options(one: Wanted) -> dict[str, Any]:
    return {
        "num_partitions": one.partitions,
        "replication_factor": one.replication,
        "configs": dict(one.config),
    }
