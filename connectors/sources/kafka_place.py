"""Where a Kafka source stands: by topic and partition the next message, and records of it given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from pipeline.errors import SourceError


class Place(NamedTuple):
    """The next message of a partition, and how many of its records were given already."""

    offset: int
    given: int = 0


@dataclass(slots=True)
class Places:
    """The places of all partitions, and their form as a resume position."""

    by_partition: dict[tuple[str, int], Place] = field(default_factory=dict)

    def text(self) -> str:
        """Write the places, partitions in order."""
        topics: dict[str, dict[str, list[int]]] = {}
        for (topic, partition), place in sorted(self.by_partition.items()):
            topics.setdefault(topic, {})[str(partition)] = list(place)
        return orjson.dumps(topics).decode()


def places_of(name: str, resume: str) -> Places:
    """Read what ``Places.text`` wrote; SourceError where it is no position."""
    if not resume:
        return Places()
    try:
        topics: Mapping[str, Mapping[str, list[int]]] = orjson.loads(resume)
        found = {
            (topic, int(partition)): Place(int(place[0]), int(place[1]))
            for topic, partitions in topics.items()
            for partition, place in partitions.items()
        }
    except (orjson.JSONDecodeError, AttributeError, IndexError, TypeError, ValueError) as error:
        raise SourceError(f"{name}: {resume[:60]!r} is no position; start without one") from error
    return Places(found)
