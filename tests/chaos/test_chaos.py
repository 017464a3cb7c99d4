"""The cluster's real processes, killed, stopped, starved and cut off by chance: nothing differs."""

import os
import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos.account import account, come_to_rest
from tests.chaos.brokers import brokers
from tests.chaos.disturbances import Disturbances, small_disk
from tests.chaos.stream import Stream
from tests.chaos.town import Plan, town
from tests.connectors.elastic_server import fetch as fetch_elastic
from tests.connectors.elastic_server import make_server
from tests.connectors.kafka_broker import Broker
from tests.connectors.kafka_broker import fetch as fetch_kafka

ROUNDS = int(os.environ.get("SAQSHY_CHAOS_ROUNDS", "32"))
PAUSE = 8.0  # seconds between two disturbances, on average
START_SECONDS = 240.0


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(
    kafka: Broker, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Of two workers one is killed in the middle: all records come out once, as on one machine."""
    with town(tmp_path, Plan(notifies=False, near=(kafka.plain,))) as city:
        stream = Stream(city.files, random.Random(1), every=0.25)
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 8, START_SECONDS, "first outcomes")
            city.processes["worker 1"].kill()
            done = city.outcomes()
            city.wait(lambda: city.outcomes() > done + 8, START_SECONDS, "outcomes again")
        come_to_rest(city, stream.written)
        figures = account(city, stream.written)
    for name, value in figures.items():
        record_property(name, value)
    assert len(stream.written) > 100
    assert figures["findings"]


@pytest.mark.proof
def test_chaos_changes_nothing(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """Whatever befalls three brokers, Elasticsearch and all of ours, nothing is lost or differs."""
    fetch_kafka()
    fetch_elastic()
    seed = int(request.config.getoption("randomly_seed"))
    with ExitStack() as stack:
        folders = [tmp_path / f"broker-{number}" for number in range(3)]
        for folder in folders:
            folder.mkdir()
        made = stack.enter_context(brokers(folders))
        server = make_server()
        stack.callback(server.remove)
        server.start()
        disk = stack.enter_context(small_disk(tmp_path / "small"))
        plan = Plan(near=tuple(made.near), far=tuple(made.far), disk=disk)
        city = stack.enter_context(town(tmp_path, plan, made, server))
        happens = Disturbances(city, made, random.Random(seed))
        stream = Stream(city.files, random.Random(seed), every=0.2)
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 20, START_SECONDS, "first outcomes")
            happens.run(ROUNDS, PAUSE)
        come_to_rest(city, stream.written)
        figures = account(city, stream.written)
    record_property("seed", seed)
    record_property("done", dict(happens.done))
    record_property("left out", happens.left_out)
    for name, value in figures.items():
        record_property(name, value)
    assert sum(happens.done.values()) == ROUNDS
    assert figures["findings"]
