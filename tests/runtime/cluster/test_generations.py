"""No process begins in a generation of the state that is not the one in force."""

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from connectors.stores.kafka.admin import Administration
from pipeline.errors import ConfigurationError
from pipeline.runtime.cluster.indexing_wiring import make_indexer
from pipeline.runtime.cluster.notifying_wiring import make_notifier
from pipeline.runtime.cluster.working import make_worker
from pipeline.settings import ClusterSettings, ElasticsearchSettings, Settings
from tests.connectors.kafka_broker import Broker
from tests.connectors.kafka_topics import Topic

PROCESSES: dict[str, Callable[[Settings], object]] = {
    "worker": make_worker,
    "notifier": make_notifier,
    "indexer": lambda settings: make_indexer(settings, threading.Event()),
}


def settings(folder: Path, kafka: Broker, prefix: str, generation: int) -> Settings:
    """Give the settings of a process of a generation."""
    cluster = ClusterSettings(
        brokers=(kafka.plain,), prefix=prefix, folder=folder, generation=generation
    )
    return Settings(cluster=cluster, elasticsearch=ElasticsearchSettings(urls=("http://[::1]:1",)))


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_of_another_generation_does_not_begin(
    kafka: Broker, tmp_path: Path, process: str
) -> None:
    """Behind a rebuild the former ends, and one that was not prepared never begins: it is told."""
    topic = Topic(kafka)
    topic.put(b"0")
    make, prefix = PROCESSES[process], f"{topic.name}."
    with pytest.raises(ConfigurationError, match="is 2, which is not ready"):
        make(settings(tmp_path, kafka, prefix, 2))
    former = settings(tmp_path, kafka, prefix, 1).cluster
    assert former is not None
    with closing(Administration(former)) as administration:
        later = former.model_copy(update={"generation": 2})
        administration.place(later.group("notifier"), {(topic.name, 0): 1})
    with pytest.raises(ConfigurationError, match="is 1, and 2 is ready"):
        make(settings(tmp_path, kafka, prefix, 1))
