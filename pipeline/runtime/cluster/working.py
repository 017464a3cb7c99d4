"""Put a worker together from the settings: shape of the topics, stages, application."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from prometheus_client import CollectorRegistry

from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.reading import Reading, first_behind
from connectors.stores.kafka.topics import Topics
from connectors.stores.memory import open_memory
from pipeline.content import Content
from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.begun import Begun
from pipeline.runtime.bootstrap import make_stages
from pipeline.runtime.chain_gauges import watch_chain
from pipeline.runtime.chains import Chains
from pipeline.runtime.cluster.faust_app import make_app, run_app
from pipeline.runtime.cluster.generations import fit_generation
from pipeline.runtime.cluster.isolating import Isolating
from pipeline.runtime.cluster.progress import watch_progress
from pipeline.runtime.cluster.standing_still import watch_standing_still
from pipeline.runtime.cluster.worker import Shape, Worker
from pipeline.runtime.cores.alone import make_alone
from pipeline.runtime.gauges import watch_content
from pipeline.runtime.knowledge import Shelf
from pipeline.runtime.object_figures import watch_objects
from pipeline.runtime.skews import watch_skews
from pipeline.runtime.telemetry import Prometheus
from pipeline.settings import ClusterSettings, Settings


@dataclass(frozen=True, slots=True)
class Working:
    """A worker with its application and its figures."""

    worker: Worker
    app: Any
    metrics: CollectorRegistry

    def run(self) -> int:
        """Work until a signal ends it; give the exit status."""
        return run_app(self.app)

    def unready(self) -> str:
        """Say why nothing can be worked on now; "" where it can."""
        if self.worker.trouble:
            return self.worker.trouble
        return "" if self.app.started and not self.app.rebalancing else "partitions are assigned"


def make_worker(settings: Settings) -> Working:
    """Make a worker; ConfigurationError without a cluster, StoreError where no broker answers."""
    cluster = cluster_of(settings)
    metrics = CollectorRegistry()
    fit_generation(cluster)
    topics = Topics(cluster.prefix)
    with Reading(cluster) as reading:
        shape = Shape(
            topics, reading.partitions(topics("raw")), reading.partitions(topics("observations"))
        )
    # Of the stores a worker has the bundles alone: the rest is in the state of its partitions.
    stores = replace(open_memory(), content=KafkaContentStore(cluster, topics))
    shelf = Shelf(stores, settings.content.cache)
    telemetry = Prometheus(metrics)
    chains = Chains(shelf, make_stages(settings, settings, telemetry))
    app = make_app(cluster, "worker")
    begun = Begun.opened(cluster.folder / "begun")
    isolating = Isolating(begun, make_alone(settings, stores.content))
    worker = Worker(app, shape, chains, isolating, first_of(cluster), cluster.session_seconds)
    worker.stored = telemetry.stored
    worker.install()
    watch_chain(metrics, chains.latest, settings.law.regime)
    watch_content(metrics, lambda: _content(chains, shelf))
    watch_objects(metrics, worker.figures)
    watch_skews(metrics, worker.skews)
    watch_standing_still(metrics, worker.still)
    watch_progress(metrics, app, worker.progress, lambda topic: topic.removeprefix(cluster.prefix))
    return Working(worker, app, metrics)


def first_of(cluster: ClusterSettings) -> Callable[[str, int, int], Awaitable[int]]:
    """Give what tells the first offset that a topic's partition has at or behind an offset."""

    async def first(topic: str, partition: int, offset: int) -> int:
        return await asyncio.to_thread(first_behind, cluster, topic, partition, offset)

    return first


def _content(chains: Chains, shelf: Shelf) -> Content | None:
    """Give the content of the stages that were used last."""
    chain = chains.latest()
    return None if chain is None else shelf(chain.revisions).content


def cluster_of(settings: Settings) -> ClusterSettings:
    """Give the section of the cluster; ConfigurationError where there is none."""
    if settings.cluster is None:
        problem = Problem("settings", 0, "the section cluster is absent", "add it; see saqshy init")
        raise ConfigurationError([problem])
    return settings.cluster
