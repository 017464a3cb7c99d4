"""Topics as they should be: made once, compared always, never shrunk."""

import gc
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.stores.kafka.admin import Administration, Wanted
from pipeline.errors import StoreError
from pipeline.runtime.cluster.topology import read_topology
from tests.connectors.kafka_broker import PASSWORD, USER, Broker
from tests.connectors.stores.kafka.rig import Rig


@pytest.fixture
def rig(kafka: Broker, tmp_path: Path) -> Rig:
    """Give a prefix under which nothing stands yet."""
    return Rig(kafka, tmp_path)


def test_topics_are_made_once_and_then_stand(rig: Rig) -> None:
    """What is missing is made as the file says; a second time there is nothing to do."""
    wanted = read_topology(rig.settings)
    with closing(Administration(rig.settings)) as administration:
        missing = administration.differences(wanted)
        assert {one.kind for one in missing} == {"missing"}
        administration.apply(wanted, missing)
        assert administration.differences(wanted) == []
        there = administration.topics(one.name for one in wanted)
    assert there[rig.topics("raw")].partitions == 3
    assert there[rig.topics("tails")].config["cleanup.policy"] == "compact"
    assert there[rig.topics("commands")].partitions == 1


def test_what_differs_is_found_and_corrected(rig: Rig) -> None:
    """Another retention is put right; fewer partitions only where somebody says so."""
    wanted = read_topology(rig.apply().settings)
    other = [_changed(one, "9000") if one.name.endswith("raw") else one for one in wanted]
    with closing(Administration(rig.settings)) as administration:
        (found,) = administration.differences(other)
        assert (found.what, found.is_now, found.wanted) == ("retention.ms", "604800000", "9000")
        administration.apply(other, [found])
        assert administration.differences(other) == []
        more = [replace(one, partitions=5) if one.name.endswith("raw") else one for one in other]
        (held,) = administration.differences(more)
        administration.apply(more, [held])
        assert (held.kind, held.mends) == ("partitions", False)
        administration.apply(more, administration.differences(more, grow=True))
        assert administration.differences(more) == []
        (surplus,) = administration.differences(other)
        assert (surplus.kind, surplus.mends) == ("surplus", False)


def _changed(one: Wanted, retention: str) -> Wanted:
    return replace(one, config={**one.config, "retention.ms": retention})


def test_a_group_tells_how_far_it_is_behind(rig: Rig) -> None:
    """Lag is told by partition with who reads it; a group that never was is absent."""
    from kafka import KafkaConsumer, KafkaProducer

    rig.apply()
    with closing(KafkaProducer(bootstrap_servers=rig.broker.plain)) as producer:
        for _ in range(3):
            producer.send(rig.topics("raw"), b"x", partition=1)
    with (
        closing(
            KafkaConsumer(
                rig.topics("raw"),
                bootstrap_servers=rig.broker.plain,
                group_id=rig.settings.group("worker"),
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                max_poll_records=1,
                client_id="reader",
            )
        ) as consumer,
        closing(Administration(rig.settings)) as administration,
    ):
        while not consumer.poll(timeout_ms=200):
            pass
        consumer.commit()
        names = [rig.settings.group(kind) for kind in ("worker", "indexer")]
        worker, indexer = administration.groups(names, [rig.topics("raw")])
    assert (worker.state, worker.members) == ("stable", ("reader@127.0.0.1",))
    behind = {lag.partition: (lag.behind, lag.member) for lag in worker.lags}
    assert behind[1] == (2, "reader@127.0.0.1")
    assert (indexer.state, indexer.lags) == ("absent", ())


def test_each_member_of_a_group_is_told(rig: Rig) -> None:
    """Two processes of one machine and one name are two members."""
    from kafka import KafkaConsumer

    rig.apply()
    group = rig.settings.group("worker")
    options = {"bootstrap_servers": rig.broker.plain, "group_id": group, "client_id": "reader"}
    with (
        closing(KafkaConsumer(rig.topics("raw"), **options)) as one,
        closing(KafkaConsumer(rig.topics("raw"), **options)) as other,
        closing(Administration(rig.settings)) as administration,
    ):
        members: tuple[str, ...] = ()
        until = time.monotonic() + 60
        while len(members) < 2 and time.monotonic() < until:
            for consumer in (one, other):
                consumer.poll(timeout_ms=100)
            (found,) = administration.groups([group], ())
            members = found.members
    assert members == ("reader@127.0.0.1",) * 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"brokers": ("127.0.0.1:9",)}, "compare cluster.brokers"),
        ({"replication": 3}, "fewer brokers are up"),
    ],
    ids=["nobody there", "too few brokers"],
)
def test_what_cannot_be_done_says_the_way_out(
    rig: Rig, link: dict[str, object], words: str
) -> None:
    """An operator reads what to change, not an exception of a client."""
    rig.link = dict(link)
    with pytest.raises(StoreError, match=words):
        rig.apply()
    gc.collect()  # the client leaves the sockets of its attempts: here, where it is known


def test_topics_are_made_over_tls_with_a_password(rig: Rig, tmp_path: Path) -> None:
    """SASL_SSL with SCRAM serves administration as it serves all else."""
    secret = tmp_path / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    rig.link = {
        "brokers": (rig.broker.secure,),
        "security": "sasl_ssl",
        "user": USER,
        "password_file": secret,
        "ca": rig.broker.pki.ca,
    }
    rig.apply()
    with closing(Administration(rig.settings)) as administration:
        assert administration.differences(read_topology(rig.settings)) == []
        assert len(administration.brokers()) == 1
