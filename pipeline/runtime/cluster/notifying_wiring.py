"""Put a notifier together from the settings: ways out, registry in force, application."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from prometheus_client import CollectorRegistry

from connectors.sinks.heartbeat_https import HeartbeatSink
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import Topics
from connectors.stores.memory import open_memory
from connectors.stores.partition_stores import PartitionStores
from pipeline.model import NANOSECONDS
from pipeline.notify import read_texts
from pipeline.notify.duty import Taken
from pipeline.notify.reminding import PageWriter
from pipeline.notify.spoken import Spoken
from pipeline.notify.undelivered import Undelivered
from pipeline.ports import Clock, Sink
from pipeline.registry import Registry
from pipeline.runtime.bootstrap import make_stages
from pipeline.runtime.chains import Chains
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.cluster.cluster_time import ClusterTime
from pipeline.runtime.cluster.faust_app import make_app, run_app
from pipeline.runtime.cluster.generations import fit_generation
from pipeline.runtime.cluster.notifier import Notifier
from pipeline.runtime.cluster.notifying import InForce, NotifierPartition
from pipeline.runtime.cluster.notifying_checkpoints import checkpoints_of
from pipeline.runtime.cluster.notifying_heartbeat import Heartbeats
from pipeline.runtime.cluster.notifying_peers import join_peers_held, peering_of
from pipeline.runtime.cluster.progress import watch_progress
from pipeline.runtime.cluster.working import cluster_of, first_of
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.gates import Gates
from pipeline.runtime.knowledge import Knowledge, Shelf
from pipeline.runtime.lines import watch_lines
from pipeline.runtime.outbox_gauges import watch_outboxes
from pipeline.runtime.paging import DUTY, DutySink
from pipeline.runtime.telemetry import Prometheus
from pipeline.runtime.term_figures import TermFigures, watch_terms
from pipeline.runtime.term_rows import TermRows
from pipeline.runtime.version_gauges import watch_versions
from pipeline.runtime.ways_out import Reach, make_courier, make_gates, make_page, make_sinks
from pipeline.settings import ClusterSettings, Settings


@dataclass(slots=True)
class Standing:
    """The newest revisions that messages named, and the registry that they mean."""

    shelf: Shelf
    newest: InForce = field(default_factory=InForce)

    def noted(self, stage: NotifierPartition) -> bool:
        """Take what a partition knows; tell whether any registry is known."""
        known = stage.in_force()
        if known.revisions is not None and known.at >= self.newest.at:
            self.shelf(known.revisions)
            self.newest = known
        return self.newest.revisions is not None

    def clock(self, machine: Clock | None) -> ClusterTime:
        """Give the time by which is delivered; ``machine`` is the clock of another than this."""
        return ClusterTime(machine or SystemClock(), lambda: self.newest.at)

    def knowledge(self) -> Knowledge:
        """Give what is in force."""
        assert self.newest.revisions is not None  # nothing is delivered before
        return self.shelf(self.newest.revisions)

    def registry(self) -> Registry:
        """Give the registry in force."""
        return self.knowledge().registry


@dataclass(frozen=True, slots=True)
class Notifying:
    """A notifier with its application, its ways out and its figures."""

    notifier: Notifier
    app: Any
    metrics: CollectorRegistry
    sinks: Mapping[str, Sink]
    beats: Heartbeats | None = None

    def run(self) -> int:
        """Work until a signal ends it; give the exit status."""
        ended = threading.Event()
        if self.beats is not None:
            threading.Thread(target=self.beats.run, args=(ended,), daemon=True).start()
        try:
            return run_app(self.app)
        finally:
            ended.set()
            for sink in self.sinks.values():
                sink.close()

    def unready(self) -> str:
        """Say why nothing can be worked on now; "" where it can."""
        if self.notifier.trouble:
            return self.notifier.trouble
        return "" if self.app.started and not self.app.rebalancing else "partitions are assigned"


def make_notifier(settings: Settings, clock: Clock | None = None) -> Notifying:
    """Make a notifier; ConfigurationError without a cluster or with a channel that is not well.

    StoreError where no broker answers.
    """
    cluster, metrics = cluster_of(settings), CollectorRegistry()
    telemetry = Prometheus(metrics)
    fit_generation(cluster)
    topics = Topics(cluster.prefix)
    standing = _standing(settings, topics, metrics)
    chains = Chains(standing.shelf, make_stages(settings, settings, telemetry))
    figures = TermFigures(metrics)
    at_once = int(settings.statistics.at_once_seconds * NANOSECONDS)
    reach = Reach(standing.registry, settings.notify)
    sinks = make_sinks(settings.notify, reach, Spoken(read_texts()))
    gates = make_gates(settings.notify)
    peers = peering_of(settings, standing.knowledge)
    folds = _folds(cluster, topics)
    signs = checkpoints_of(settings, folds)

    def stage(number: int, held: PartitionStores) -> NotifierPartition:
        return NotifierPartition(
            number=number,
            folds=folds,
            held=held,
            chains=chains,
            figures=figures,
            at_once=at_once,
            noted=standing.noted,
            peering=peers(held),
            checkpoints=signs(number, held),
        )

    notifier = Notifier(
        app=make_app(cluster, "notifier"),
        topics=topics,
        folds=folds,
        chains=chains,
        stage=stage,
        dispatcher=_dispatchers(settings, reach, sinks, gates, telemetry, standing.clock(clock)),
        noted=standing.noted,
        first=first_of(cluster),
        session_seconds=cluster.session_seconds,
        stored=telemetry.stored,
    )
    join_peers_held(settings, notifier.held, standing.knowledge, sinks)
    sinks[DUTY] = _duty(settings, reach, dict(sinks), notifier)
    notifier.install()
    _watch(metrics, notifier, gates, cluster.prefix)
    return Notifying(notifier, notifier.app, metrics, sinks, _beats(settings, notifier))


def _standing(settings: Settings, topics: Topics, metrics: CollectorRegistry) -> Standing:
    """Make what knows the revisions in force, and show them."""
    stores = replace(open_memory(), content=KafkaContentStore(cluster_of(settings), topics))
    standing = Standing(Shelf(stores, settings.content.cache))
    watch_versions(metrics, lambda: standing.newest.revisions, settings.law.regime)
    return standing


def _folds(cluster: ClusterSettings, topics: Topics) -> int:
    """Give how many partitions there are; a topic that is missing is told with its way out."""
    with Reading(cluster) as reading:
        reading.partitions(topics("checkpoints"))
        return reading.partitions(topics("outcomes"))


def _watch(metrics: CollectorRegistry, notifier: Notifier, gates: Gates, prefix: str) -> None:
    """Show what a notifier holds and how far it is."""
    watch_terms(metrics, lambda: [one.stores.state for one in notifier.held()])
    watch_outboxes(metrics, lambda: [one.stores.outbox for one in notifier.held()], time.time_ns)
    watch_lines(metrics, gates, time.time_ns)
    watch_progress(
        metrics, notifier.app, notifier.progress, lambda topic: topic.removeprefix(prefix)
    )


def _dispatchers(
    settings: Settings,
    reach: Reach,
    sinks: Mapping[str, Sink],
    gates: Gates,
    telemetry: Prometheus,
    clock: Clock,
) -> Callable[[PartitionStores], Dispatcher]:
    """Make deliveries of partitions: they have their lines, breakers and limits in common."""
    courier = make_courier(settings.notify, reach, sinks)
    page, owner = make_page(reach, Undelivered(settings.centre, read_texts())), uuid4().hex

    def dispatcher(held: PartitionStores) -> Dispatcher:
        return Dispatcher(
            stores=held.stores,
            courier=courier,
            clock=clock,
            telemetry=telemetry,
            gates=gates,
            owner=owner,
            page=page,
        )

    return dispatcher


def _beats(settings: Settings, notifier: Notifier) -> Heartbeats | None:
    """Make signs of life to the coordination centre, where its line is set up."""
    if settings.notify.ncc is None:
        return None
    heart, seconds = HeartbeatSink(settings.notify.ncc), settings.auditor.heartbeat_seconds
    return Heartbeats(heart, notifier.held, settings.centre, seconds, time.time_ns)


def _duty(
    settings: Settings, reach: Reach, sinks: Mapping[str, Sink], notifier: Notifier
) -> DutySink:
    def taken(level: str) -> Taken | None:
        """Ask any partition: who took over is told to all of them."""
        found = (TermRows(held.stores.state).taken(level) for held in notifier.held())
        known = [one for one in found if one is not None]
        return max(known, key=lambda one: one.at, default=None)

    pages = PageWriter(settings.centre, read_texts())
    return DutySink(sinks, lambda: reach.registry().roster, taken, pages)
