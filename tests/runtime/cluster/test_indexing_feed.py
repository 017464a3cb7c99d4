"""What the indexer reads where partitions go to others and come back: nothing is passed over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import OffsetAndMetadata, TopicPartition
from kafka.consumer.subscription_state import SubscriptionState

from pipeline.runtime.cluster.indexing_feed import Feed

PARTITION = TopicPartition("events", 0)
NEWER = 1  # the offset of the message that this process does not know


@dataclass
class Reader:
    """One log and what is committed of it; place and pause are kept by kafka-python's own state."""

    length: int
    committed: dict[TopicPartition, int] = field(default_factory=dict)
    state: Any = field(default_factory=SubscriptionState)
    _coordinator: Any = field(default_factory=lambda: SimpleNamespace(rejoining=False))

    def __post_init__(self) -> None:
        self.state.subscribe(topics=(PARTITION.topic,))
        self.give([PARTITION])

    def give(self, partitions: Iterable[TopicPartition]) -> None:
        """Let the group give these to this member."""
        self.state.assign_from_subscribed(list(partitions))
        for one in partitions:
            if not self.state.assignment[one].has_valid_position:
                self.seek(one, self.committed.get(one, 0))

    def poll(self, timeout_ms: int, max_records: int) -> Mapping[TopicPartition, list[Any]]:  # noqa: ARG002 (the client's)
        """Give what is not paused, from where reading stands."""
        found = {}
        for one, state in self.state.assignment.items():
            begin = state.position.offset
            if state.is_fetchable() and begin < self.length:
                end = min(begin + max_records, self.length)
                self.seek(one, end)
                found[one] = [
                    SimpleNamespace(offset=at, timestamp=1, key=b"k", value=b"v")
                    for at in range(begin, end)
                ]
        return found

    def assignment(self) -> set[TopicPartition]:
        """Give whose member this is."""
        return set(self.state.assignment)

    def pause(self, *partitions: TopicPartition) -> None:
        """Let nothing come of these."""
        for one in partitions:
            self.state.pause(one)

    def resume(self, *partitions: TopicPartition) -> None:
        """Let it come again."""
        for one in partitions:
            self.state.resume(one)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read on from an offset."""
        self.state.seek(partition, offset)

    def commit(self, told: Mapping[TopicPartition, OffsetAndMetadata], timeout_ms: int) -> None:  # noqa: ARG002 (the client's)
        """Keep where reading goes on."""
        self.committed.update({one: at.offset for one, at in told.items()})


def taken(feed: Feed) -> list[int]:
    """Take what comes as the indexer does; give the offsets that it would write."""
    wrote: list[int] = []
    for message in feed.poll(0.0):
        if feed.holds(PARTITION):
            continue
        if message.offset == NEWER:
            feed.hold(message)
        else:
            wrote.append(message.offset)
    if wrote:
        assert feed.commit({PARTITION: wrote[-1] + 1})
    return wrote


@pytest.mark.parametrize("passed", [False, True], ids=["as it was", "behind another's commit"])
def test_what_waits_is_not_passed_over_where_it_comes_back(*, passed: bool) -> None:
    """A held partition that was another's is read on from its commit, and held again there."""
    now = [0.0]
    reader = Reader(6)
    feed = Feed(lambda: reader, lambda _seconds: None, lambda: now[0])
    assert taken(feed) == [0]
    assert (feed.held, reader.committed[PARTITION]) == (1, 1)
    reader.give([])
    taken(feed)
    if passed:
        reader.committed[PARTITION] = 3  # a newer process read it
    now[0] += 5
    reader.give([PARTITION])
    expected = [3, 4, 5] if passed else []
    assert [*taken(feed), *taken(feed)] == expected
    now[0] += 60
    reader.length += 1
    assert [*taken(feed), *taken(feed)] == ([6] if passed else [])
    assert reader.committed[PARTITION] == (7 if passed else NEWER)
    assert feed.held == (0 if passed else 1)
