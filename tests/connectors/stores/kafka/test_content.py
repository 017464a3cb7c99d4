"""Bundles over a compacted topic: whole or not there."""

import os
from pathlib import Path

import pytest

from connectors.stores.kafka.carrier import Carrier
from connectors.stores.kafka.content import PIECE, KafkaContentStore, bundle_messages
from pipeline.errors import StoreCorrupt
from pipeline.runtime.configuration import default_settings
from pipeline.runtime.knowledge import Shelf, keep_knowledge, read_knowledge
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.kafka.rig import Rig


@pytest.fixture
def rig(kafka: Broker, tmp_path: Path) -> Rig:
    """Give topics of the test's own."""
    return Rig(kafka, tmp_path).apply()


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE], ids=str)
def test_a_bundle_of_any_size_comes_back(rig: Rig, size: int) -> None:
    """What a process puts another one finds, in as many messages as it takes."""
    data = os.urandom(size)
    with rig.opened() as stores:
        stores.content.put_bundle("data", "r1", data)
        assert stores.content.bundle("data", "r1") == data
        stores.content.put_bundle("data", "r1", b"a known revision is left as it is")
    reader = KafkaContentStore(rig.settings, rig.topics)
    assert reader.bundle("data", "r1") == data
    assert reader.bundle("data", "r2") is None
    assert len(rig.read("bundles")) == max(1, -(-size // PIECE))


def test_half_a_bundle_is_not_there_yet(rig: Rig) -> None:
    """A reader waits until the last piece stands, and takes no piece of another content."""
    carrier = Carrier(rig.settings, 5.0)
    data, other = os.urandom(2 * PIECE), os.urandom(2 * PIECE)
    first, last = bundle_messages(rig.topics, "rules", "r1", data)
    reader = KafkaContentStore(rig.settings, rig.topics)
    carrier.send([first])
    assert reader.bundle("rules", "r1") is None
    carrier.send([list(bundle_messages(rig.topics, "rules", "r1", other))[1]])
    assert reader.bundle("rules", "r1") is None
    carrier.send([first, last])
    assert reader.bundle("rules", "r1") == data
    carrier.close()


def test_a_bundle_that_is_not_what_it_says_is_refused(rig: Rig) -> None:
    """A piece that somebody changed gives no rules."""
    from connectors.stores.kafka.frames import framed, unframed

    (whole,) = bundle_messages(rig.topics, "rules", "r1", b"rule")
    data = unframed(whole.value, bytes)
    assert isinstance(data, bytes)
    carrier = Carrier(rig.settings, 5.0)
    carrier.send([type(whole)(whole.topic, framed(data + b"s"), whole.key, 0)])
    carrier.close()
    with pytest.raises(StoreCorrupt, match="not what it says"):
        KafkaContentStore(rig.settings, rig.topics).bundle("rules", "r1")


def test_the_bundled_rules_make_the_same_knowledge_again(rig: Rig, tmp_path: Path) -> None:
    """What a collector keeps before its first batch is all that a worker needs to read it."""
    known = read_knowledge(default_settings())
    with rig.opened() as stores:
        keep_knowledge(stores, known, 1)
        told = rig.read("outcomes")
    with rig.opened("worker", name="another") as stores:
        read = Shelf(stores, tmp_path / "cache")(known.revisions)
    assert read.revisions == known.revisions
    assert read.content.rules.keys() == known.content.rules.keys()
    assert len(told) == 1
