"""What partitions that change hands do to messages: nothing is passed by that was not worked on."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP, Message

from pipeline.runtime.cluster.faust_app import make_app
from pipeline.settings import ClusterSettings
from tests.connectors.kafka_broker import Broker
from tests.connectors.kafka_topics import Topic

PATIENCE = 60.0  # seconds
PLACE, CHANGELOG = TP("numbers", 0), TP("numbers-changelog", 0)


def application(folder: Path, broker: str, prefix: str) -> Any:
    """Make an application with a folder of its own."""
    settings = ClusterSettings(
        brokers=(broker,), prefix=prefix, folder=folder, replication=1, session_seconds=6
    )
    return make_app(settings, "worker")


def message(offset: int, generation: int, place: TP = PLACE) -> Message:
    """Make a message as it was fetched under a generation of the group."""
    return Message(
        *place, offset, 0.0, 0, [], None, b"", None, tp=place, generation_id=generation
    )  # fmt: skip


@pytest.mark.parametrize(
    ("generation", "active", "expected"),
    [(2, True, 1), (1, True, None), (2, False, None)],
    ids=["present", "of an assignment that is over", "while partitions change hands"],
)
def test_what_a_stream_skipped_is_not_committed(
    tmp_path: Path, generation: int, active: bool, expected: int | None
) -> None:
    """A commit counts what was worked on under the present assignment, and nothing else."""

    async def committed() -> int | None:
        app = application(tmp_path, "127.0.0.1:1", "skipped.")
        app.topics.acking_topics.add(PLACE.topic)
        app.consumer_generation_id = 2
        if active:
            app.flow_control.resume()
        else:
            app.flow_control.suspend()
        consumer = app._new_consumer()
        consumer.ack(message(0, generation))
        found: int | None = consumer._new_offset(PLACE)
        consumer._thread.thread_loop.close()
        return found

    assert asyncio.run(committed()) == expected


@dataclass
class Log:
    """A broker's partitions in memory, as the fetching thread gives them."""

    ends: Mapping[TP, int]
    at: dict[TP, int] = field(default_factory=dict)
    empty: int = 0

    async def getmany(self, active: set[TP], _seconds: float) -> dict[TP, list[Any]]:
        """Give all that is there."""
        await asyncio.sleep(0)
        found = {tp: range(self.at.get(tp, 0), self.ends[tp]) for tp in sorted(active)}
        self.at |= {tp: self.ends[tp] for tp in active}
        self.empty += not any(found.values())
        return {tp: [message(one, 2, tp) for one in of] for tp, of in found.items() if of}

    async def seek_to_committed(self) -> dict[TP, int | None]:
        """Go back to the beginning: nothing was committed."""
        await asyncio.sleep(0)
        self.at |= dict.fromkeys(set(self.at) - {CHANGELOG}, 0)
        await asyncio.sleep(0)
        return dict.fromkeys(self.ends)

    def highwater(self, place: TP) -> int:
        """Give where a partition ends."""
        return self.ends[place]


async def recovered(app: Any, log: Log, taken_before: int) -> list[Message]:
    """Give what is queued behind a recovery whose seek comes after so many messages."""
    app.consumer_generation_id = 2
    app.flow_control.resume()
    consumer = app._new_consumer()
    consumer._thread.thread_loop.close()
    consumer._thread, consumer._to_message = log, lambda _place, one: one
    app.tables._changelogs[CHANGELOG.topic] = None
    queue = app.FlowControlQueue(0, clear_on_resume=True)
    sought, came = asyncio.Event(), asyncio.Event()

    async def deliver(one: Message) -> None:
        if queue.qsize() == taken_before:
            came.set()
            await sought.wait()
        queue.put_nowait(one)

    consumer.callback = deliver
    consumer._set_active_tps(set(log.ends))
    fetcher = SimpleNamespace(_stopped=asyncio.Event())
    drain = asyncio.ensure_future(consumer._drain_messages(fetcher))
    await came.wait()
    await consumer.perform_seek()
    sought.set()
    for _ in range(taken_before):  # what comes between the seek and the word that streams go on
        await asyncio.sleep(0)
    app.flow_control.resume()
    log.empty = 0
    async with asyncio.timeout(PATIENCE):
        while log.empty < 2 and not drain.done():  # noqa: ASYNC110 (the loop itself is watched)
            await asyncio.sleep(0)
    drain.cancel()
    return [queue.get_nowait() for _ in range(queue.qsize())]


@pytest.mark.parametrize("before", range(7))
def test_nothing_is_lost_around_the_seek_behind_a_recovery(tmp_path: Path, before: int) -> None:
    """Whenever the seek comes, and streams are told to go on, every message reaches the streams."""
    log = Log({PLACE: 6, CHANGELOG: 3})

    async def came() -> list[Message]:
        return await recovered(application(tmp_path, "127.0.0.1:1", "sought."), log, before)

    found = asyncio.run(came())
    assert {one.offset for one in found if one.tp == PLACE} == set(range(6))
    assert [one.offset for one in found if one.tp == CHANGELOG] == [0, 1, 2]


def test_what_was_fetched_and_not_committed_comes_again(kafka: Broker, tmp_path: Path) -> None:
    """A partition of which nothing was committed yet is sought back to its beginning."""
    topic = Topic(kafka)
    topic.put(b"0", b"1", b"2")
    came: list[bytes] = []

    async def until(count: int) -> None:
        end = time.monotonic() + PATIENCE
        while len(came) < count and time.monotonic() < end:  # noqa: ASYNC110 (another loop's work)
            await asyncio.sleep(0.05)

    async def worked() -> None:
        app = application(tmp_path, kafka.plain, f"{topic.name}.")

        async def agent(stream: Any) -> None:
            async for event in stream.noack().events():
                came.append(event.value)  # noqa: PERF401 (the stream has no end)

        app.agent(app.topic(topic.name, value_type=bytes, value_serializer="raw"))(agent)
        async with app:
            await until(3)
            await app.consumer.perform_seek()  # as after a rebalance in which they were dropped
            await until(6)

    asyncio.run(worked())
    assert came == [b"0", b"1", b"2"] * 2
