"""The indexer against a bare bulk loop: same server, same documents."""

import statistics
import threading
import time
from collections.abc import Callable

import orjson
import pytest
from kafka import TopicPartition

from connectors.stores.elasticsearch.client import connect
from connectors.stores.kafka.topics import pack_events
from pipeline.model import event_lines
from tests.connectors.elastic_server import Server, empty_store
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.nouns import at, batch, event
from tests.runtime.cluster.indexing_rig import Rig, within

pytestmark = [pytest.mark.proof, pytest.mark.filterwarnings("ignore:.*unclosed.*")]
BATCHES, EACH, REQUEST, ROUNDS = 100, 500, 2_000, 5
LEAST = 0.9  # of the bare loop's rate
_MESSAGE = "A network connection was detected. " * 12


def documents() -> list[tuple[bytes, bytes]]:
    """Make batches of events of about a kilobyte: (batch id, NDJSON)."""
    made = []
    for number in range(1, BATCHES + 1):
        kept = batch(number)
        events = [
            event(kept, index, at(number) + index, native={"Message": _MESSAGE, "RecordID": index})
            for index in range(EACH)
        ]
        made.append((kept.id.encode(), event_lines(events)))
    return made


def bare(server: Server, made: list[tuple[bytes, bytes]]) -> float:
    """Give the events a second of a loop that does nothing but send what is ready."""
    store = empty_store(server)
    actions = []
    for _, lines in made:
        for action in store.documents.events(lines):
            head = {"index": {"_index": action.index, "_id": action.id}}
            actions.append(orjson.dumps(head) + b"\n" + action.body)
    client = connect(server.as_user("indexer"))
    begun = time.perf_counter()
    for begin in range(0, len(actions), REQUEST):
        some = actions[begin : begin + REQUEST]
        answer = client.bulk(operations=some, filter_path="errors")  # type: ignore[arg-type]
        assert not answer["errors"]
    taken = time.perf_counter() - begun
    client.close()
    store.close()
    return len(actions) / taken


def ours(broker: Broker, server: Server, made: list[tuple[bytes, bytes]]) -> float:
    """Give the events a second of the indexer, from its first message to its last commit."""
    store = empty_store(server)
    rig = Rig(broker, server)
    rig.put(*(("events", key, value) for key, lines in made for value in pack_events(lines)))
    stopped = threading.Event()
    indexer = rig.indexer(stopped, bulk_documents=REQUEST)
    times: list[float] = []
    take: Callable[..., None] = indexer._take
    commit = indexer.feed.commit

    def timed(*given: object) -> None:
        if not times:
            times.append(time.perf_counter())
        take(*given)

    def committed(told: dict[TopicPartition, int]) -> bool:
        done = commit(told)
        times.append(time.perf_counter())
        return done

    thread = threading.Thread(target=indexer.run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(indexer), "_take", lambda _, *given: timed(*given))
        patch.setattr(type(indexer.feed), "commit", lambda _, told: committed(told))
        thread.start()
        assert within(lambda: indexer.figures.value("written") == BATCHES * EACH, 300)
        stopped.set()
        thread.join()
    indexer.store.close()
    store.close()
    return BATCHES * EACH / (times[-1] - times[0])


def test_nearly_as_fast_as_a_bare_loop(
    kafka: Broker, elastic: Server, record_property: Callable[[str, object], None]
) -> None:
    """Reading, judging and committing cost no more than a tenth of a bare loop's rate."""
    made = documents()
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    for number in range(ROUNDS):
        for kind in ("bare", "ours") if number % 2 else ("ours", "bare"):
            rate = bare(elastic, made) if kind == "bare" else ours(kafka, elastic, made)
            rates[kind].append(rate)
    found = {kind: round(statistics.median(some)) for kind, some in rates.items()}
    record_property("events a second", found)
    record_property("all rounds", {k: [round(one) for one in some] for k, some in rates.items()})
    assert found["ours"] >= LEAST * found["bare"]
