"""What is let go of waits until the index has what was found."""

from contextlib import closing
from pathlib import Path

import pytest

from connectors.kafka_link import connected
from connectors.stores.kafka.admin import Administration
from pipeline.errors import StoreError
from pipeline.runtime.cluster.index_follows import unwritten, wait_for_index
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.kafka.rig import Rig


@pytest.mark.parametrize(
    ("committed", "expected"),
    [({}, 12), ({("t", 0): 2, ("t", 1): 9}, 7), ({("t", 0): 9, ("t", 1): 10}, 0)],
    ids=["not begun", "behind what is kept, and behind", "up to the end"],
)
def test_what_is_not_written_is_counted(
    committed: dict[tuple[str, int], int], expected: int
) -> None:
    """Of what a partition still has, everything behind the group's place."""
    assert unwritten([(3, 9), (4, 10)], committed, "t") == expected


def test_nothing_goes_while_indexers_are_behind(kafka: Broker, tmp_path: Path) -> None:
    """It is refused with the way out until the group has read all that was found."""
    from kafka import KafkaProducer

    rig = Rig(kafka, tmp_path).apply()
    topic = rig.topics("outcomes")
    wait_for_index(rig.settings, 0.0)
    with closing(connected(KafkaProducer, bootstrap_servers=kafka.plain, acks="all")) as producer:
        producer.send(topic, value=b"found", partition=0)
        producer.flush()
    with pytest.raises(StoreError, match=r"1 messages of .*outcomes behind.*nothing was let go"):
        wait_for_index(rig.settings, 0.0)
    with closing(Administration(rig.settings)) as administration:
        administration.place(rig.settings.group("indexer"), {(topic, 0): 1})
    wait_for_index(rig.settings, 0.0)
