"""What comes in too large, from machines whose clocks are off, or for rules that are not there."""

import base64
import http.client
import random
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml

from connectors.kafka_link import connected
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.frames import SIGN, VERSION
from connectors.stores.kafka.topics import MOST_MESSAGE, pack_raw, raw_headers, unpack_raw
from connectors.stores.memory import open_memory
from pipeline.model import NANOSECONDS, BatchKind, FailureCode, RawBatch
from pipeline.runtime.bootstrap import assemble
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import bundled, read_settings
from pipeline.runtime.knowledge import Knowledge, keep_knowledge
from pipeline.runtime.local.java import free_ports
from tests.chaos.account import account, come_to_rest
from tests.chaos.reckoning import Outcome, alone, event_ids, messages, read, read_raw
from tests.chaos.stream import LINE, Stream
from tests.chaos.test_misfortunes import set_aside
from tests.chaos.town import Plan, Town, town
from tests.connectors.kafka_broker import Broker

pytestmark = pytest.mark.proof
PATIENCE = 240.0  # seconds
LONGEST = 1024 * 1024  # bytes of a record, as settings have it by default
SKEW = Path(__file__).with_name("skew.c")
OFF = {  # seconds; an hour ahead is what brokers refuse where messages bear their senders' time
    "worker 1": 3 * 3600,
    "worker 2": -9 * 24 * 3600,
    "notifier": -15 * 60,
}


def test_what_is_too_large_is_cut_or_set_aside_and_holds_up_nothing(
    kafka: Broker, tmp_path: Path
) -> None:
    """Records at and beyond the bound, and messages that others made too large, end no process."""
    chance = random.Random(1)
    with town(tmp_path, Plan(workers=1, notifies=False, near=(kafka.plain,))) as city:
        stream = Stream(city.files, chance, every=0.5)
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 20, PATIENCE, "outcomes")
            stream.put([long(chance, 900_000 + one) for one in range(8)])
            beyond = long(chance, 3 * LONGEST)
            with city.files[0].open("ab", buffering=0) as file:
                file.write(beyond + b"\n")
            stream.written.append(beyond[:LONGEST])
            noise = SIGN + bytes((VERSION,)) + chance.randbytes(MOST_MESSAGE)
            send(city, "raw", noise)
            send(city, "observations", noise)
            city.wait(lambda: len(set_aside(city)) >= 3, PATIENCE, "dead letters")
            done = city.outcomes()
            city.wait(lambda: city.outcomes() > done + 8, PATIENCE, "outcomes again")
        come_to_rest(city, stream.written, strict=False)
        found = Outcome()
        read_raw(city, found, strict=False)
        assert found.lines.keys() == set(stream.written)
        single = alone(city, found.batches, tmp_path / "alone")
        assert event_ids(city).keys() == single.events
        assert FailureCode.OVERSIZED in set_aside(city).values()
        ended = {name: dict(one.ended) for name, one in city.processes.items()}
    assert ended == {"collector": {0: 1}, "worker 1": {}}


def test_clocks_that_are_off_change_no_answer(
    kafka: Broker, tmp_path: Path, skewed: Callable[[int], list[str]]
) -> None:
    """Workers hours ahead and days behind, a notifier behind: all is as on one machine."""
    with town(tmp_path, Plan(near=(kafka.plain,))) as city:
        for name, seconds in OFF.items():
            one = city.processes[name]
            one.end()
            one.command = [*skewed(seconds), *one.command]
            one.start()
        stream = Stream(city.files, random.Random(1), every=0.25)
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 60, PATIENCE, "outcomes")
        come_to_rest(city, stream.written)
        told = read(city)
        begun = min(one.received_at for one in told.batches)
        first = min(one.at for one in told.audit.values())  # by the cluster's own time
        assert first > begun - 60 * NANOSECONDS
        for topic in ("events", "outcomes", "notices"):
            stamps = [one.timestamp / 1000 for one in messages(city, topic)]
            assert begun / NANOSECONDS - 60 < min(stamps) <= max(stamps) < time.time() + 60
        figures = account(city, stream.written)
        ended = {name: dict(one.ended) for name, one in city.processes.items()}
    assert figures["findings"]
    assert figures["notices at the centre"]
    assert ended == {"collector": {0: 1}, "worker 1": {}, "worker 2": {}, "notifier": {}}


def test_rules_that_are_not_there_are_waited_for(kafka: Broker, tmp_path: Path) -> None:
    """The worker says what it waits for and reads on elsewhere; once it is there all is read."""
    (port,) = free_ports(1)
    plan = Plan(workers=1, notifies=False, near=(kafka.plain,), port=port)
    with town(tmp_path, plan) as city:
        stream = Stream(city.files, random.Random(1), every=0.5)
        with stream.flowing():
            city.wait(lambda: city.outcomes() > 20, PATIENCE, "outcomes")
            assert readiness(port)[0] == http.client.OK
            other = other_knowledge(city)
            strange = stamped(city, other)
            send(city, "raw", pack_raw(strange), raw_headers(strange, "c2", "wire"))
            city.wait(lambda: readiness(port)[0] != http.client.OK, PATIENCE, "a word of it")
            assert strange.revisions.content in readiness(port)[1]
            done = len(event_ids(city))
            city.wait(lambda: len(event_ids(city)) > done + 24, PATIENCE, "events elsewhere")
            assert not names(strange) & event_ids(city).keys()
            keep(city, other)
            city.wait(lambda: names(strange) <= event_ids(city).keys(), PATIENCE, "its events")
            city.wait(lambda: readiness(port)[0] == http.client.OK, PATIENCE, "an end of it")
        come_to_rest(city, stream.written)
        found = Outcome()
        read_raw(city, found)
        raw = [one for one in found.batches if one.kind is BatchKind.RAW]
        assert event_ids(city).keys() == set[str]().union(*map(names, raw))
        assert not city.processes["worker 1"].ended


@pytest.fixture
def skewed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], list[str]]:
    """Give what makes the words before a command that have its machine's clock be off."""
    compiler = which("cc")
    if compiler is None:
        pytest.skip("no C compiler is on this machine")
    made = tmp_path_factory.mktemp("skew") / "skew.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", made, SKEW, "-ldl"], check=True)
    return lambda seconds: ["env", f"LD_PRELOAD={made}", f"SKEW_SECONDS={seconds}"]


def long(chance: random.Random, size: int) -> bytes:
    """Make a record of so many bytes that no compression makes much smaller."""
    line = LINE.format(time="2026-01-01T00:00:00Z", host="dc-hv01", serial=size, what="x ").encode()
    return (line + base64.b64encode(chance.randbytes(size)))[:size]


def send(city: Town, topic: str, value: bytes, headers: Any = ()) -> None:
    """Write one message, however large, into a topic's first partition."""
    from kafka import KafkaProducer

    options = {"max_request_size": len(value) + 100_000, "compression_type": None}
    near = list(city.plan.near)
    with closing(connected(KafkaProducer, bootstrap_servers=near, **options)) as producer:
        place = {"partition": 0, "headers": list(headers)}
        producer.send(city.topics(topic), value=value, key=b"k", **place).get(60)


def names(batch: RawBatch) -> set[str]:
    """Give the ids of a batch's events."""
    return {f"{batch.id}-{one}" for one in range(len(batch.records))}


def other_knowledge(city: Town) -> Knowledge:
    """Give knowledge of other rules than those that the town's collector keeps."""
    document = yaml.safe_load(city.settings("other").read_text(encoding="utf-8"))
    document["content"]["paths"] = [str(bundled("correlation"))]
    config = city.folder / "other.yml"
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    del document["cluster"]
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    system = assemble(read_settings(config), SystemClock())
    try:
        return system.reloader.knowledge
    finally:
        system.close()


def stamped(city: Town, knowledge: Knowledge) -> RawBatch:
    """Give a batch as another collector would make it under that knowledge."""
    read = (unpack_raw(one.value) for one in messages(city, "raw"))
    model = next(one for one in read if isinstance(one, RawBatch) and one.kind is BatchKind.RAW)
    return replace(
        model, id="f" * len(model.id), source_id="far", sequence=1, previous=0,
        revisions=knowledge.revisions,
    )  # fmt: skip


def keep(city: Town, knowledge: Knowledge) -> None:
    """Put the bundles of a knowledge where workers look for them."""
    from kafka import KafkaProducer

    near = list(city.plan.near)
    with closing(
        connected(KafkaProducer, bootstrap_servers=near, max_request_size=MOST_MESSAGE)
    ) as producer:

        def write(written: list[Any]) -> None:
            for one in written:
                producer.send(one.topic, key=one.key, value=one.value, partition=one.partition)
            producer.flush()

        content = KafkaContentStore(city.cluster(), city.topics, write)
        keep_knowledge(replace(open_memory(), content=content), knowledge, SystemClock().now())


def readiness(port: int) -> tuple[int, str]:
    """Ask a process whether it is ready; give the status and its words."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        line.request("GET", "/readyz")
        answer = line.getresponse()
        return answer.status, answer.read().decode()
