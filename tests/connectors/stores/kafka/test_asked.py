"""What people ask through processes that only look, over a real broker; checkpoints beside it."""

import gc
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from connectors.stores.kafka.asked import LEFT_WITHIN, SHUT, AskedIn, AskedOut
from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.kafka.checkpoints import KafkaCheckpoints
from connectors.stores.kafka.frames import Unread
from connectors.stores.kafka.topics import pack_checkpoint
from pipeline.errors import StoreError
from pipeline.model import Command
from pipeline.model.checkpoint import ChainHead, Checkpoint
from pipeline.settings import ClusterSettings
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.kafka.rig import Rig

PATIENCE = 60.0  # seconds


@pytest.fixture
def rig(kafka: Broker, tmp_path: Path) -> Rig:
    """Give topics of the test's own."""
    return Rig(kafka, tmp_path).apply()


def command(number: int) -> Command:
    return Command("read", "analyst", "a.serik", "what we need it for", number)


def come(reader: AskedIn, holds: Callable[[int], bool]) -> list[tuple[int, Command | Unread]]:
    """Give what came, once it is so much."""
    found: list[tuple[int, Command | Unread]] = []
    end = time.monotonic() + PATIENCE
    while not holds(len(found)) and time.monotonic() < end:
        found += reader.poll(0.2)
    return found


def test_commands_come_in_order_until_they_are_done(rig: Rig) -> None:
    """What was polled and not done comes to the next reader; what was done never again."""
    with closing(AskedOut(rig.settings)) as out:
        for number in (1, 2, 3):
            out(command(number))
        assert not out.trouble
    with closing(AskedIn(rig.settings)) as first:
        found = come(first, lambda count: count >= 3)
        assert [one for _, one in found] == [command(1), command(2), command(3)]
        first.done(found[0][0])
    with closing(AskedIn(rig.settings)) as second:
        assert come(second, lambda count: count >= 2) == found[1:]
        second.done(found[2][0])
    with closing(AskedIn(rig.settings)) as third, closing(AskedOut(rig.settings)) as out:
        out(command(4))
        assert [one for _, one in come(third, lambda count: count >= 1)] == [command(4)]
    gc.collect()  # the client leaves sockets to the collector: here, where no test is blamed


@pytest.mark.usefixtures("kafka")  # which sees to what the client leaves behind
def test_without_brokers_nobody_waits_in_a_row() -> None:
    """A command that nobody keeps is an error; those right behind it are one at once."""
    now = [0.0]
    nowhere = ClusterSettings(brokers=("127.0.0.1:1",), timeout_seconds=1.0)
    with closing(AskedOut(nowhere, lambda: now[0])) as out:
        with pytest.raises(StoreError):
            out(command(1))
        assert out.trouble
        begun = time.monotonic()
        for number in range(50):
            with pytest.raises(StoreError):
                out(command(number))
        assert time.monotonic() - begun < LEFT_WITHIN
        now[0] = SHUT + 1
        with pytest.raises(StoreError):
            out(command(2))


def test_checkpoints_are_read_in_their_order(rig: Rig) -> None:
    """A repetition is one, another statement of the same number stays to be found out."""
    made = [Checkpoint(at, f"token {at}", (ChainHead("a", at, "h"),)) for at in (1, 2, 3)]
    other = Checkpoint(2, "another token", ())
    carrier = Carrier(rig.settings, 10.0)
    topic = rig.topics("checkpoints")
    sent = [made[0], made[1], made[1], other, made[2]]
    carrier.send([Message(topic, pack_checkpoint(one), None, 0) for one in sent])
    carrier.close()
    read = KafkaCheckpoints(rig.settings)
    assert list(read.read()) == [made[0], made[1], other, made[2]]
    assert list(read.read(after=2)) == [made[2]]
    assert read.last() == made[2]
    assert list(read.covered()) == [ChainHead("a", 3, "h")]
    with pytest.raises(StoreError):
        read.append(made[0])
    gc.collect()
