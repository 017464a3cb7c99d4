"""How far a process of the cluster is behind its topics."""

from collections import namedtuple

import pytest
from prometheus_client import CollectorRegistry

from pipeline.runtime.cluster.progress import Progress, ProgressGauges

Message = namedtuple("Message", "topic partition offset timestamp")  # noqa: PYI024 (as faust's)


class Consumer:
    """What faust's consumer tells: which partitions it has, and where they end."""

    def __init__(self, ends: dict[tuple[str, int], int]) -> None:
        self.ends = ends

    def assignment(self) -> set[tuple[str, int]]:
        """Give its partitions."""
        return set(self.ends)

    def highwater(self, partition: tuple[str, int]) -> int:
        """Give where one ends."""
        return self.ends[partition]


class App:
    """A faust application, as far as it is asked."""

    def __init__(self, ends: dict[tuple[str, int], int]) -> None:
        self.consumer = Consumer(ends)


@pytest.mark.parametrize(
    ("ends", "messages", "seconds"),
    [
        ({("s.raw", 0): 5}, 0, 0),
        ({("s.raw", 0): 8}, 3, 40),
        ({("s.raw", 0): 8, ("s.raw", 1): 3}, 4, 90),
        ({("s.raw", 1): 3}, 1, 90),
        ({}, None, None),
    ],
    ids=["at the end", "behind", "two partitions", "one was given up", "none is held"],
)
def test_lag_is_of_the_partitions_held(
    ends: dict[tuple[str, int], int], messages: float | None, seconds: float | None
) -> None:
    """Messages behind the last one taken are summed; the oldest of those taken tells the age."""
    progress = Progress()
    progress.note([Message("s.raw", 0, 3, 900.0), Message("s.raw", 0, 4, 960.0)])
    progress.note([Message("s.raw", 1, 1, 910.0)])
    registry = CollectorRegistry()
    registry.register(
        ProgressGauges(App(ends), progress, lambda topic: topic.removeprefix("s."), lambda: 1000.0)
    )
    read = registry.get_sample_value
    assert read("saqshy_topic_lag_messages", {"topic": "raw"}) == messages
    assert read("saqshy_topic_lag_seconds", {"topic": "raw"}) == seconds
