"""What partitions that change hands do to messages: nothing is passed by that was not worked on."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP, Message

from pipeline.runtime.cluster.faust_app import make_app
from pipeline.settings import ClusterSettings
from tests.connectors.kafka_broker import Broker
from tests.connectors.kafka_topics import Topic

PATIENCE = 60.0  # seconds
PLACE = TP("numbers", 0)


def application(folder: Path, broker: str, prefix: str) -> Any:
    """Make an application with a folder of its own."""
    settings = ClusterSettings(
        brokers=(broker,), prefix=prefix, folder=folder, replication=1, session_seconds=6
    )
    return make_app(settings, "worker")


def message(offset: int, generation: int) -> Message:
    """Make a message as it was fetched under a generation of the group."""
    return Message(
        *PLACE, offset, 0.0, 0, [], None, b"", None, tp=PLACE, generation_id=generation
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
