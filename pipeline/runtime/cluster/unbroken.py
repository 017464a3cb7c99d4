"""Whether what is worked on follows what was worked on before, message by message.

Between the brokers and an agent stand a fetcher, queues and a consumer that drops, seeks and
resumes as partitions change hands, and a commit passes by what was never given to us. So each
message's offset is compared with the one before it, the first with what is committed; where one is
missing that the log has, nothing behind it may be acknowledged.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

log = structlog.get_logger("saqshy.worker")


class Skipped(Exception):
    """Messages that stand in the log were not given to us."""


@dataclass(slots=True)
class Unbroken:
    """What comes next of each partition under the present assignment.

    ``consumer`` gives ours, which comes with the start; ``first`` the offset of the first message
    that a topic's partition has at or behind an offset.
    """

    consumer: Callable[[], Any]
    first: Callable[[str, int, int], Awaitable[int]]
    _next: dict[Any, int] = field(default_factory=dict)

    async def __call__(self, place: Any, offset: int) -> None:
        """Note a message of a partition; raises Skipped where one before it was not given."""
        wanted = self._next.get(place)
        if wanted is None:
            wanted = await self.consumer().committed(place)
        if offset > wanted:
            stands = await self.first(place.topic, place.partition, wanted)
            if offset != stands:
                raise Skipped(f"{place.topic}/{place.partition}: {offset} came before {stands}")
            if wanted:
                log.error("log.hole", topic=place.topic, partition=place.partition,
                          since=wanted, until=offset)  # fmt: skip
        self._next[place] = max(wanted, offset + 1)

    def forget(self) -> None:
        """Let go of everything: another assignment begins with what is committed."""
        self._next.clear()
