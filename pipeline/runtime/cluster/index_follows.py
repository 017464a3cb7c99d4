"""Whether the index has what was found up to now: what is let go of is decided by what it has."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing

from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import Topics
from pipeline.errors import StoreError
from pipeline.settings import ClusterSettings

FOUND = "outcomes"  # the topic of incidents
LOOK_SECONDS = 0.5  # between two looks at how far indexers are


def wait_for_index(settings: ClusterSettings, patience: float) -> None:
    """Wait until indexers have written every incident that is known now.

    StoreError where they do not get there in ``patience`` seconds, or no broker answers.
    """
    topic = Topics(settings.prefix)(FOUND)
    with Reading(settings) as reading, closing(Administration(settings)) as administration:
        bounds = reading.bounds(topic)
        until = time.monotonic() + patience
        while behind := unwritten(
            bounds, administration.committed(settings.group("indexer")), topic
        ):
            if time.monotonic() >= until:
                raise StoreError(
                    f"indexers are {behind} messages of {topic} behind, so an open incident may be"
                    " unknown that holds what would go: see that they run (saqshy cluster status),"
                    " and try again (nothing was let go)"
                )
            time.sleep(LOOK_SECONDS)


def unwritten(
    bounds: Sequence[tuple[int, int]], committed: Mapping[tuple[str, int], int], topic: str
) -> int:
    """Count the messages of a topic, by the bounds of its partitions, that are not written yet."""
    return sum(
        max(0, end - max(begin, committed.get((topic, number), begin)))
        for number, (begin, end) in enumerate(bounds)
    )
