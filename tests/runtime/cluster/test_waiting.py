"""Partitions that cannot go on now hold up nobody else, and lose nothing."""

from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from faust.types import TP

from pipeline.runtime.cluster import waiting as module
from pipeline.runtime.cluster.waiting import Missed, Waiting


class TopicPartition(NamedTuple):
    """A partition in aiokafka's form."""

    topic: str
    partition: int


@dataclass(frozen=True)
class Message:
    """What is asked of a message."""

    tp: TP | TopicPartition
    offset: int


@dataclass(frozen=True)
class Event:
    """An event of a stream."""

    message: Message


@dataclass
class Consumer:
    """What faust's consumer is told of its buffers."""

    full: list[TP] = field(default_factory=list)
    free: list[TP] = field(default_factory=list)

    def on_buffer_full(self, tp: TP) -> None:
        """Note a partition of which no more is to be fetched."""
        self.full.append(tp)

    def on_buffer_drop(self, tp: TP) -> None:
        """Note a partition that goes on."""
        self.free.append(tp)


ONE, TWO = TP("raw", 0), TP("raw", 1)


def event(place: TP | TopicPartition, offset: int) -> Event:
    return Event(Message(place, offset))


def test_what_waits_keeps_its_order_and_holds_up_no_other_partition() -> None:
    """Behind what waits its partition waits, others do not; tried again it comes in its order."""
    consumer = Consumer()
    waiting = Waiting(lambda: consumer)
    assert not waiting.behind(event(ONE, 1))
    waiting.hold(event(ONE, 1), "no such bundle")
    assert waiting.behind(event(ONE, 2))
    assert not waiting.behind(event(TWO, 1))
    assert waiting.trouble == "no such bundle"
    assert waiting.places("raw") == [ONE]
    assert waiting.places("observations") == []
    first, *more = waiting.again(ONE)
    assert [one.message.offset for one in (first, *more)] == [1, 2]
    waiting.hold(first, "no such bundle")
    assert all(waiting.behind(one) for one in more)
    waiting.tried(ONE)
    assert consumer.free == []
    assert [one.message.offset for one in waiting.again(ONE)] == [1, 2]
    waiting.tried(ONE)
    assert consumer.free == [ONE]
    assert set(consumer.full) == {ONE}
    assert waiting.trouble == ""
    assert not waiting.behind(event(ONE, 3))


def test_what_waits_is_bounded_and_what_is_more_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond the bound nothing is kept, and nobody goes on behind it: it is to be read again."""
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    waiting = Waiting(Consumer)
    waiting.hold(event(ONE, 1), "no such bundle")
    assert all(waiting.behind(event(ONE, number)) for number in (2, 3, 4))
    assert [one.message.offset for one in waiting.again(ONE)] == [1, 2]
    with pytest.raises(Missed, match="read again"):
        waiting.tried(ONE)


def test_what_is_given_up_waits_no_longer() -> None:
    """A partition that is another's is forgotten."""
    waiting = Waiting(Consumer)
    waiting.hold(event(ONE, 1), "no such bundle")
    waiting.forget()
    assert waiting.trouble == ""
    assert waiting.places("raw") == []
    assert not waiting.behind(event(ONE, 1))


def test_faust_is_told_of_a_partition_in_its_own_form() -> None:
    """Messages name theirs as aiokafka does; faust ends over such a one among its own."""
    consumer = Consumer()
    waiting = Waiting(lambda: consumer)
    place = TopicPartition("raw", 0)
    waiting.hold(event(place, 1), "no such bundle")
    assert waiting.behind(event(place, 2))
    assert len(waiting.again(place)) == 2
    waiting.tried(place)
    assert {type(one) for one in (*consumer.full, *consumer.free)} == {TP}
    assert (consumer.full, consumer.free) == ([ONE, ONE], [ONE])
