"""Partitions are added while state can follow, and refused afterwards."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.kafka_link import connected
from connectors.stores.kafka.admin import Administration
from pipeline.errors import StoreError
from pipeline.runtime.cluster.growing import late_growth, refuse_late_growth
from pipeline.runtime.cluster.topology import read_topology
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.kafka.rig import Rig


@pytest.mark.parametrize(
    ("begins", "refused"),
    [([], False), ([0, 0], False), ([0, 5_000], True)],
    ids=["none", "whole", "one begins later"],
)
def test_growth_is_refused_once_raw_is_cut(begins: list[int], refused: bool) -> None:
    """Where one partition of raw lacks its beginning the way out is named."""
    assert ("cluster.prefix" in late_growth(begins)) is refused


def test_a_cluster_grows_as_long_as_a_rebuild_can_follow(kafka: Broker, tmp_path: Path) -> None:
    """It grows while raw is whole; once raw let records go, events alone may have more."""
    from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

    rig = Rig(kafka, tmp_path).apply()
    raw = rig.topics("raw")
    more = {
        name: [
            replace(one, partitions=5) if one.name == rig.topics(name) else one
            for one in read_topology(rig.settings)
        ]
        for name in ("observations", "events")
    }
    with closing(Administration(rig.settings)) as administration:
        found = {name: administration.differences(more[name], grow=True) for name in more}
    refuse_late_growth(rig.settings, found["observations"])
    with closing(connected(KafkaProducer, bootstrap_servers=kafka.plain, acks="all")) as producer:
        producer.send(raw, value=b"gone", partition=1)
        producer.flush()
    with closing(connected(KafkaAdminClient, bootstrap_servers=kafka.plain)) as admin:
        admin.delete_records({TopicPartition(raw, 1): 1})
    with pytest.raises(StoreError, match="no longer reaches back"):
        refuse_late_growth(rig.settings, found["observations"])
    refuse_late_growth(rig.settings, found["events"])
