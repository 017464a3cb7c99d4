"""What waits at the brokers, as the health page tells it."""

from pathlib import Path

import pytest

from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.kafka.topics import pack_command
from pipeline.errors import StoreError
from pipeline.model import Command
from pipeline.runtime.cluster.behind import ASKED_FOR, READS, Behind, asked_behind, waiting
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.kafka.rig import Rig


@pytest.fixture
def rig(kafka: Broker, tmp_path: Path) -> Rig:
    """Give topics of the test's own."""
    return Rig(kafka, tmp_path).apply()


def test_what_nobody_read_waits(rig: Rig) -> None:
    """Where a group committed nothing all that is there waits; other groups have nothing to do."""
    assert asked_behind(rig.settings) == dict.fromkeys(READS, 0)
    carrier = Carrier(rig.settings, 10.0)
    command = pack_command(Command("read", "analyst", "a.serik", "what we need it for", 1))
    carrier.send([Message(rig.topics("asked"), command, None, 0)] * 3)
    carrier.close()
    assert asked_behind(rig.settings) == {**dict.fromkeys(READS, 0), "collector": 3}


@pytest.mark.parametrize(
    ("committed", "wait"),
    [({}, 14), ({("a", 0): 8}, 11), ({("a", 0): 2}, 14), ({("a", 0): 10, ("a", 1): 9}, 0)],
    ids=["none", "one partition", "before what is kept", "all"],
)
def test_what_waits_is_counted_by_partition(
    committed: dict[tuple[str, int], int], wait: int
) -> None:
    """What the topic let go of waits for nobody."""
    assert waiting({"a": [(5, 10), (0, 9)]}, committed, ["a"]) == wait


def test_brokers_are_not_asked_at_each_look() -> None:
    """Within ten seconds the answer is the one before; a broker that is away is an error again."""
    elapsed, said = [0.0], [{"worker": 1}, {"worker": 2}]

    def ask() -> dict[str, int]:
        if not said:
            raise StoreError("no broker answers")
        return said.pop(0)

    behind = Behind(ask, lambda: elapsed[0])
    assert [behind(), behind()] == [{"worker": 1}] * 2
    elapsed[0] = ASKED_FOR
    assert behind() == {"worker": 2}
    elapsed[0] = 2 * ASKED_FOR
    with pytest.raises(StoreError):
        behind()
