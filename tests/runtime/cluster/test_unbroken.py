"""What is worked on follows what was worked on before, or nothing is acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from faust.types import TP, Message

from pipeline.runtime.cluster.faust_app import make_app
from pipeline.runtime.cluster.unbroken import Skipped, Unbroken
from pipeline.settings import ClusterSettings

PLACE, OTHER = TP("raw", 0), TP("raw", 1)


@dataclass
class Group:
    """A group's commits and a log's offsets, as brokers have them."""

    commits: dict[TP, int] = field(default_factory=dict)
    log: Sequence[int] = range(100)
    asked: list[int] = field(default_factory=list)

    async def committed(self, place: TP) -> int:
        """Give from where a partition is read."""
        await asyncio.sleep(0)
        return self.commits.get(place, 0)

    async def first(self, _topic: str, _partition: int, offset: int) -> int:
        """Give the first offset of the log at or behind one."""
        await asyncio.sleep(0)
        self.asked.append(offset)
        return min(one for one in self.log if one >= offset)


async def taken(group: Group, *offsets: int, place: TP = PLACE) -> Unbroken:
    """Take messages one after the other."""
    unbroken = Unbroken(lambda: group, group.first)
    for offset in offsets:
        await unbroken(place, offset)
    return unbroken


@pytest.mark.parametrize(
    ("committed", "offsets", "missing"),
    [
        (0, (0, 1, 3), 2),
        (0, (1,), 0),
        (7, (8,), 7),
        (7, (7, 9), 8),
        (7, (7, 8, 7, 8, 10), 9),
    ],
    ids=["between two", "before any commit", "the one at the commit", "behind it", "come again"],
)
def test_what_is_missing_stops_all_behind_it(
    committed: int, offsets: tuple[int, ...], missing: int
) -> None:
    """Whoever is not given a message that the log has takes nothing behind it."""
    with pytest.raises(Skipped, match=rf"raw/0: {offsets[-1]} came before {missing}"):
        asyncio.run(taken(Group({PLACE: committed}), *offsets))


@pytest.mark.parametrize(
    ("committed", "log", "offsets", "asked"),
    [
        (0, range(100), (0, 1, 2), []),
        (7, range(100), (7, 8, 7, 8, 9), []),
        (0, range(40, 100), (40, 41), [0]),
        (7, range(40, 100), (40, 41), [7]),
        (0, (0, 1, 5, 6), (0, 1, 5, 6), [2]),
    ],
    ids=["in order", "some again", "an old beginning", "retention overtook", "a hole in the log"],
)
def test_what_follows_is_taken(
    committed: int, log: Sequence[int], offsets: tuple[int, ...], asked: list[int]
) -> None:
    """What comes again, and what the log itself does not have, stops nobody."""
    group = Group({PLACE: committed}, log)
    asyncio.run(taken(group, *offsets))
    assert group.asked == asked


@pytest.mark.parametrize(
    ("noted", "committed", "expected"),
    [(285, 287, 291), (287, 287, 291), (285, 285, None), (None, 0, 291)],
    ids=["an answer came late", "as it is", "two were not worked on", "nothing yet"],
)
def test_a_late_answer_holds_up_no_commit(
    tmp_path: Path, noted: int | None, committed: int, expected: int | None
) -> None:
    """What was worked on is committed from where the brokers stand; past a hole nothing is."""

    async def played() -> dict[TP, int]:
        settings = ClusterSettings(brokers=("127.0.0.1:1",), prefix="late.", folder=tmp_path)
        app = make_app(settings, "worker")
        app.topics.acking_topics.add(PLACE.topic)
        app.consumer_generation_id = 2
        app.flow_control.resume()
        consumer = app._new_consumer()
        consumer._thread.thread_loop.close()
        consumer._thread = Group({PLACE: committed})
        consumer._committed_offset[PLACE] = noted
        for offset in range(287, 291):
            consumer.ack(
                Message(*PLACE, offset, 0.0, 0, [], None, b"", None, tp=PLACE, generation_id=2)
            )
        told: dict[TP, int] = {}

        async def tell(offsets: dict[TP, int], **_: object) -> bool:
            await asyncio.sleep(0)
            told.update(offsets)
            return True

        consumer._commit_offsets = tell
        await consumer._commit_tps([PLACE], start_new_transaction=True)
        return told

    assert asyncio.run(played()).get(PLACE) == expected


def test_another_assignment_begins_with_what_is_committed() -> None:
    """What came under an assignment that is over counts for nothing; partitions are apart."""

    async def played() -> None:
        group = Group({PLACE: 3, OTHER: 50})
        unbroken = await taken(group, 3, 4, 5)
        await unbroken(OTHER, 50)
        unbroken.forget()
        await unbroken(PLACE, 3)
        assert not group.asked
        unbroken.forget()
        with pytest.raises(Skipped):
            await unbroken(PLACE, 6)

    asyncio.run(played())
