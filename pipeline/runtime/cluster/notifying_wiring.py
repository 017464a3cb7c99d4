"""Put a notifier together from the settings: ways out, registry in force, application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import faust
from prometheus_client import CollectorRegistry

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
from pipeline.ports import Sink
from pipeline.registry import Registry
from pipeline.runtime.bootstrap import make_stages
from pipeline.runtime.chains import Chains
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.cluster.faust_app import make_app
from pipeline.runtime.cluster.notifier import Notifier
from pipeline.runtime.cluster.notifying import InForce, NotifierPartition
from pipeline.runtime.cluster.working import cluster_of
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.knowledge import Shelf
from pipeline.runtime.paging import DUTY, DutySink
from pipeline.runtime.telemetry import Prometheus
from pipeline.runtime.term_figures import TermFigures
from pipeline.runtime.term_rows import TermRows
from pipeline.runtime.ways_out import Reach, make_courier, make_gates, make_page, make_sinks
from pipeline.settings import Settings


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

    def registry(self) -> Registry:
        """Give the registry in force."""
        assert self.newest.revisions is not None  # nothing is delivered before
        return self.shelf(self.newest.revisions).registry


@dataclass(frozen=True, slots=True)
class Notifying:
    """A notifier with its application, its ways out and its figures."""

    notifier: Notifier
    app: Any
    metrics: CollectorRegistry
    sinks: Mapping[str, Sink]

    def run(self) -> int:
        """Work until a signal ends it; give the exit status."""
        made = faust.Worker(self.app, loglevel="WARN", quiet=True, override_logging=False)
        try:
            made.execute_from_commandline()
        except SystemExit as end:
            return int(end.code or 0)
        finally:
            for sink in self.sinks.values():
                sink.close()
        return 0

    def unready(self) -> str:
        """Say why nothing can be worked on now; "" where it can."""
        if self.notifier.trouble:
            return self.notifier.trouble
        return "" if self.app.started and not self.app.rebalancing else "partitions are assigned"


def make_notifier(settings: Settings) -> Notifying:
    """Make a notifier; ConfigurationError without a cluster or with a channel that is not well.

    StoreError where no broker answers.
    """
    cluster = cluster_of(settings)
    metrics = CollectorRegistry()
    telemetry = Prometheus(metrics)
    topics = Topics(cluster.prefix)
    stores = replace(open_memory(), content=KafkaContentStore(cluster, topics))
    shelf = Shelf(stores, settings.content.cache)
    standing = Standing(shelf)
    chains = Chains(shelf, make_stages(settings, settings, telemetry))
    figures = TermFigures(metrics)
    at_once = int(settings.statistics.at_once_seconds * NANOSECONDS)
    reach = Reach(standing.registry, settings.notify)
    sinks = make_sinks(settings.notify, reach, Spoken(read_texts()))
    with Reading(cluster) as reading:
        folds = reading.partitions(topics("outcomes"))

    def stage(number: int, held: PartitionStores) -> NotifierPartition:
        return NotifierPartition(number, folds, held, chains, figures, at_once, standing.noted)

    app = make_app(cluster, "notifier")
    notifier = Notifier(
        app=app,
        topics=topics,
        folds=folds,
        stage=stage,
        dispatcher=_dispatchers(settings, reach, sinks, telemetry),
        noted=standing.noted,
        session_seconds=cluster.session_seconds,
    )
    sinks[DUTY] = _duty(settings, reach, dict(sinks), notifier)
    notifier.install()
    return Notifying(notifier, app, metrics, sinks)


def _dispatchers(
    settings: Settings, reach: Reach, sinks: Mapping[str, Sink], telemetry: Prometheus
) -> Callable[[PartitionStores], Dispatcher]:
    """Make deliveries of partitions: they have their lines, breakers and limits in common."""
    gates, courier = make_gates(settings.notify), make_courier(settings.notify, reach, sinks)
    page, owner = make_page(reach, Undelivered(settings.centre, read_texts())), uuid4().hex

    def dispatcher(held: PartitionStores) -> Dispatcher:
        return Dispatcher(
            stores=held.stores,
            courier=courier,
            clock=SystemClock(),
            telemetry=telemetry,
            gates=gates,
            owner=owner,
            page=page,
        )

    return dispatcher


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
