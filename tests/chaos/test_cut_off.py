"""A worker whose network is silent for longer than a session, but not than a request may take."""

import random
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos.account import account, come_to_rest
from tests.chaos.brokers import brokers
from tests.chaos.stream import Stream
from tests.chaos.town import SESSION_SECONDS, Plan, town
from tests.connectors.kafka_broker import fetch

START_SECONDS = 240.0
CUTS = 3


@pytest.mark.proof
def test_a_worker_that_was_cut_off_writes_nothing_behind_its_successor(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Cut off for four sessions, again and again, the other going on: all as on one machine."""
    fetch()
    (tmp_path / "broker").mkdir()
    with ExitStack() as stack:
        made = stack.enter_context(brokers([tmp_path / "broker"]))
        plan = Plan(workers=2, notifies=False, near=tuple(made.near), far=tuple(made.far))
        city = stack.enter_context(town(tmp_path, plan, made))
        stream = Stream(city.files, random.Random(1), every=0.04)
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 30, START_SECONDS, "first outcomes")
            for _ in range(CUTS):
                for one in made.each:
                    one.wire.silence()
                threading.Event().wait(4 * SESSION_SECONDS)
                for one in made.each:
                    one.wire.mend()
                threading.Event().wait(2 * SESSION_SECONDS)
        come_to_rest(city, stream.written)
        figures = account(city, stream.written)
        words = [path.read_text(errors="replace") for path in tmp_path.glob("worker *.log")]
    for name, value in figures.items():
        record_property(name, value)
    record_property("taken over", sum(one.count("taken it over") for one in words))
    assert figures["findings"]
