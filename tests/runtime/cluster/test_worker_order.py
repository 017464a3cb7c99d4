"""In which order the worker finishes a group: what it sends on, its state, its acknowledgement."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faust.types import TP, Message

from connectors.stores.kafka.topics import pack_posted_batch, unpack_posted
from pipeline.model import BatchKind, Command, RawBatch, Revisions, to_json
from pipeline.runtime.chain import Chain
from pipeline.runtime.cluster.fold_partition import FoldPartition
from pipeline.runtime.cluster.worker import Line, Task
from pipeline.runtime.reads import READ
from tests.connectors.stores.claimed_log import Log, Member, settled
from tests.runtime.cluster.test_preparing import OFFSET, Event, Stream, worker

TURNS = 400  # of the loop, until something must have happened


@dataclass
class Sink:
    """A topic whose brokers keep what is sent when they are told to."""

    sent: list["asyncio.Future[None]"] = field(default_factory=list)

    async def send(self, **_message: object) -> "asyncio.Future[None]":
        """Take a message; what is given is done once it is kept."""
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]


def asked(number: int) -> Event:
    """Give the event of what a person asked of the notifier: it is sent on as it is."""
    command = Command(READ, "duty_lead", "a.serik", "to see it", number)
    batch = RawBatch(
        f"b{number}", "", "asked", number, number - 1, number, number, "command",
        (to_json(command),), kind=BatchKind.COMMAND,
    )  # fmt: skip
    place = TP("w.observations", 0)
    offset = OFFSET + number - 1
    message = Message(*place, offset, 0.0, 0, [], None, b"", None, tp=place, generation_id=1)
    return Event(pack_posted_batch(batch, "c1", 0), message)


async def until(so: Callable[[], bool]) -> None:
    """Wait until something happened, and let all that follows of itself happen too."""
    for _ in range(TURNS):
        if so():
            break
        await asyncio.sleep(0.005)
    assert so()
    await settled()


def test_what_is_sent_is_kept_then_the_state_then_it_is_acknowledged(tmp_path: Path) -> None:
    """No state leaves before the outputs are kept, and nothing is acknowledged before it."""

    def chains(stamp: Revisions) -> Chain:
        raise AssertionError(stamp)

    async def played() -> None:
        member, sink = Member(tmp_path / "state", Log()), Sink()
        rows = await member.open()
        member.wire.silent, claimed = True, member.log.end
        one = worker(tmp_path, lambda _stamp: None)  # type: ignore[arg-type, return-value] # no stage is asked
        one._sinks["outcomes"] = sink
        one._tasks["observations", 0] = Task(
            FoldPartition(0, 1, 1, chains, rows), rows, member.disk
        )
        line = Line("observations", unpack_posted, one._folding("observations"), 64)
        events = [asked(1), asked(2)]
        group = asyncio.create_task(one._agent(line)(Stream(events)))

        await until(lambda: len(sink.sent) == len(events))
        assert not member.wire.held
        sink.sent[1].set_result(None)
        await settled()
        assert not member.wire.held
        sink.sent[0].set_result(None)

        for number in range(len(events)):
            await until(lambda: bool(member.wire.held))
            assert member.log.end == claimed + number
            assert _stands(member) == number
            assert not any(event.acked for event in events)
            member.wire.deliver(len(member.wire.held))
        await asyncio.wait_for(group, TURNS)
        assert _stands(member) == len(events)
        assert [event.acked for event in events] == [[OFFSET], [OFFSET + 1]]

    asyncio.run(played())


def _stands(member: Member) -> int:
    """Count the steps that the disk has."""
    found: list[Any] = [key for key in member.db.keys() if key.startswith(b"w\0")]  # noqa: SIM118 (no dict)
    return len(found)
