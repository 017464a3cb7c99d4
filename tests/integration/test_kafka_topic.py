"""Kafka into a running system: killed in the middle, and nothing is lost or stored twice."""

import signal
from collections import Counter
from pathlib import Path

import orjson
import pytest

from tests.connectors.kafka_broker import Broker
from tests.connectors.kafka_topics import Topic
from tests.integration.running import records, running, titles, within, write_settings

RECORDS, A_MESSAGE = 30_000, 100  # a third of the records in each of three partitions
# kafka-python leaves the sockets of connections that fail to the garbage collector.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*unclosed.*")]


def listener(topic: Topic) -> dict[str, object]:
    """Give the settings of a listener for one topic of one source."""
    return {
        "name": "kafka",
        "kind": "kafka",
        "source": "kz-energy-tec/tec-win",
        "kafka": {
            "brokers": [topic.broker.plain],
            "topics": [topic.name],
            "group": topic.name,
            "session_seconds": 2,
        },
    }


def document(number: int) -> bytes:
    return orjson.dumps({"EventID": 1102 if number == 7 else 4, "Channel": "Security", "n": number})


def test_a_kill_in_the_middle_stores_everything_once(kafka: Broker, tmp_path: Path) -> None:
    """Killed twice while it reads, it has every record once, and the rule fired once."""
    topic = Topic(kafka, partitions=3)
    for partition in range(3):
        numbers = range(partition, RECORDS, 3)
        messages = [
            b"\n".join(map(document, numbers[at : at + A_MESSAGE]))
            for at in range(0, len(numbers), A_MESSAGE)
        ]
        topic.put(*messages, partition=partition)
    config = write_settings(tmp_path, [listener(topic)])
    for share in (0.1, 0.5):
        with running(config) as made:
            enough = share * RECORDS
            assert within(lambda enough=enough: len(records(tmp_path)) >= enough)  # type: ignore[misc]
            made.end(signal.SIGKILL)
        assert len(records(tmp_path)) < RECORDS
    with running(config) as made:
        assert within(lambda: len(records(tmp_path)) >= RECORDS)
        assert within(lambda: bool(titles(tmp_path)))
        assert within(
            lambda: sum(topic.committed(one) or 0 for one in range(3)) == RECORDS // A_MESSAGE
        )
        made.end()
    kept = Counter(orjson.loads(record)["n"] for record in records(tmp_path))
    assert kept == Counter(range(RECORDS))
    assert {title: len(ids) for title, ids in titles(tmp_path).items()} == {
        "Windows Event Log Cleared": 1
    }


def test_a_broker_that_is_away_is_no_reason_to_end(tmp_path: Path) -> None:
    """Without a broker the system runs, and its status page says what is wrong."""
    import urllib.request

    settings = {
        "name": "kafka",
        "kind": "kafka",
        "kafka": {"brokers": ["127.0.0.1:1"], "topics": ["t"]},
    }
    config = write_settings(tmp_path, [settings], web={"port": 0})
    with running(config, listeners=2) as made:

        def told() -> bool:
            with urllib.request.urlopen(made.addresses["status page"], timeout=10) as answer:
                return b"127.0.0.1:1: cannot be reached" in answer.read()

        assert within(told)
        assert made.process.poll() is None
        made.end()
    assert made.process.returncode == 0
