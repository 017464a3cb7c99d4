"""Partitions that cannot go on now: what came of them waits in its order, all others go on.

What waits is not acknowledged, so another worker that takes the partition has it again. The
consumer is told that a buffer is full: it fetches no more of such a partition, and gives what it
had fetched by then (paused, faust 0.15.3 would drop that, and go on behind it).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from faust.types import TP

MOST_WAITING = 10_000  # messages of one partition
log = structlog.get_logger("saqshy.worker")


class Missed(Exception):
    """Messages were let go of, unacknowledged: they come again to whoever begins anew."""


@dataclass(slots=True)
class Waiting:
    """Events that wait, by partition; ``consumer`` gives faust's, which comes with the start."""

    consumer: Callable[[], Any]
    _held: dict[Any, list[Any]] = field(default_factory=dict)
    _why: dict[Any, str] = field(default_factory=dict)
    _more: set[Any] = field(default_factory=set)

    @property
    def trouble(self) -> str:
        """Say what is waited for; "" where nothing is."""
        return next(iter(self._why.values()), "")

    def behind(self, event: Any) -> bool:
        """Tell whether an event's partition waits; then it is kept behind what waits there."""
        held = self._held.get(event.message.tp)
        if held is None:
            return False
        if len(held) < MOST_WAITING:
            held.append(event)
        else:
            self._more.add(event.message.tp)
        self.consumer().on_buffer_full(TP(*event.message.tp))
        return True

    def hold(self, event: Any, why: str, behind: Sequence[Any] = ()) -> None:
        """Have an event wait, and all of its partition behind it: ``behind`` first."""
        place = event.message.tp
        if self._why.get(place) != why:
            log.warning("worker.waits", topic=place.topic, partition=place.partition, reason=why)
        self._held[place] = [event, *behind, *self._held.get(place, ())]
        self._why[place] = why
        self.consumer().on_buffer_full(TP(*place))

    def places(self, topic: str) -> list[Any]:
        """Give the partitions of a topic of which something waits."""
        return [place for place in self._held if place.topic == topic]

    def again(self, place: Any) -> Sequence[Any]:
        """Give what waits of a partition, to be tried again: what still waits is held anew."""
        return self._held.pop(place, ())

    def tried(self, place: Any) -> None:
        """Let a partition go on, where nothing of it waits any more.

        Raises Missed where more came of it meanwhile than could wait.
        """
        if place in self._held or self._why.pop(place, None) is None:
            return
        if place in self._more:
            raise Missed(f"more came of {place} than could wait: it is to be read again")
        # faust ends over aiokafka's own form of a partition, which messages have.
        self.consumer().on_buffer_drop(TP(*place))

    def forget(self) -> None:
        """Let go of everything: it is another's by now, or comes again."""
        self._held.clear()
        self._why.clear()
        self._more.clear()
